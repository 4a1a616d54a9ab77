/* SPDX-License-Identifier: ISC */
#include "curl.h"

#include "base/err.h"
#include "base/mem.h"
#include "curl_internal.h"
#include "plat/clock.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDLE_CONNECTIONS = 1 };

static void check(struct tw_curl *c);

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_curl *c = ctx;
    int running = 0;
    int flags =
        ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
    (void)curl_multi_socket_action(c->multi, (curl_socket_t)fd, flags, &running);
    check(c);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_curl *c = ctx;
    int running = 0;
    (void)fd;
    (void)what;
    (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    check(c);
}

/* libcurl says which sockets it waits for. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
    struct tw_curl *c = ctx;
    struct event *event = of_socket;
    short flags =
        (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) | ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
    (void)easy;
    if (event != NULL)
        event_free(event);
    event =
        what == CURL_POLL_REMOVE ? NULL : event_new(c->base, fd, (short)(flags | EV_PERSIST), on_socket, c);
    if (event != NULL)
        (void)event_add(event, NULL);
    (void)curl_multi_assign(c->multi, fd, event);
    return 0;
}

static int want_timer(CURLM *multi, long ms, void *ctx)
{
    struct tw_curl *c = ctx;
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    (void)multi;
    if (ms < 0)
        (void)event_del(c->timer);
    else
        (void)event_add(c->timer, &tv);
    return 0;
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
    struct tw_curl *c = ctx;
    size_t room = TW_CURL_BODY_MAX - c->body.n;
    n *= size;
    tw_buf_add(&c->body, p, n < room ? n : room);
    c->body_bytes += n;
    return c->body_bytes <= TW_CURL_ANSWER_MAX ? n : 0;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
    struct tw_curl *c = ctx;
    n *= size;
    struct tw_str line = tw_str_cut(tw_str_trim(tw_str_of(p, n)), TW_CURL_LINE_MAX);
    c->headers_bytes += n;
    if (line.n > 0 && !c->said_bye) {
        memcpy(c->line, line.p, line.n);
        c->line_n = line.n;
    }
    return c->headers_bytes <= TW_CURL_HEADERS_MAX ? n : 0;
}

/* It asked to be left alone for a while. */
static void note_pause(struct tw_curl *c, long status)
{
    curl_off_t s = 0;
    if (status >= 300)
        (void)curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &s);
    s = s < TW_CURL_PAUSE_MAX_S ? s : TW_CURL_PAUSE_MAX_S;
    c->not_before_ms = s > 0 ? tw_clock_mono_ms() + s * 1000 : 0;
}

/* Of what was answered before our good-bye; libcurl tells of the last answer, which may be to that. */
static long smtp_status(struct tw_str line)
{
    uint64_t status = 0;
    return tw_str_u64(tw_str_cut(line, 3), 999, &status) ? (long)status : 0;
}

static void answer(struct tw_curl *c, CURLcode code)
{
    char why[TW_SINK_WHY] = "";
    struct tw_curl_answer a = {
        .body = tw_buf_view(&c->body), .line = tw_str_of(c->line, c->line_n), .code = code};
    (void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &a.status);
    if (c->smtp)
        a.status = smtp_status(a.line);
    note_pause(c, a.status);
    /* Whoever says that much has said what became of the request before. */
    if (code != CURLE_OK && c->body_bytes <= TW_CURL_ANSWER_MAX) {
        tw_curl_explain(c, code, why);
        a.why = why;
    }
    c->done(c->ctx, &a);
}

/* What has ended, if anything: at most one request is under way. */
static void check(struct tw_curl *c)
{
    int left = 0;
    const CURLMsg *m = curl_multi_info_read(c->multi, &left);
    if (m == NULL || m->msg != CURLMSG_DONE)
        return;
    CURLcode code = m->data.result;
    (void)curl_multi_remove_handle(c->multi, c->easy);
    c->busy = c->added = false;
    answer(c, code);
}

static void add(struct tw_curl *c)
{
    c->added = true;
    TW_ASSERT(curl_multi_add_handle(c->multi, c->easy) == CURLM_OK);
}

static void on_pause_end(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    add(ctx);
}

void tw_curl_begin(struct tw_curl *c)
{
    int64_t wait = c->not_before_ms - tw_clock_mono_ms();
    struct timeval tv = {wait / 1000, wait % 1000 * 1000};
    TW_ASSERT(!c->busy);
    c->busy = true;
    tw_buf_clear(&c->body);
    c->body_bytes = c->headers_bytes = c->line_n = 0;
    c->said_bye = false;
    c->error[0] = '\0';
    if (wait > 0)
        (void)event_add(c->pause, &tv);
    else
        add(c);
}

void tw_curl_post(struct tw_curl *c, const struct curl_slist *headers, struct tw_str body)
{
    (void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    (void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body.p);
    tw_curl_begin(c);
}

void tw_curl_header(struct curl_slist **headers, const char *name, const char *value)
{
    struct tw_buf line = {0};
    tw_buf_fmt(&line, value[0] != '\0' ? "%s: %s" : "%s:%s", name, value);
    struct curl_slist *more = curl_slist_append(*headers, line.p);
    TW_ASSERT(more != NULL);
    *headers = more;
    tw_buf_finish(&line);
}

CURL *tw_curl_easy(struct tw_curl *c)
{
    return c->easy;
}

static void set_login(struct tw_curl *c, const struct tw_setting_value *values)
{
    if (!values[TW_CURL_USER].given)
        return;
    c->secret = true;
    (void)curl_easy_setopt(c->easy, CURLOPT_USERNAME, values[TW_CURL_USER].text.p);
    (void)curl_easy_setopt(c->easy, CURLOPT_PASSWORD, values[TW_CURL_PASSWORD].text.p);
}

static void set_tls(struct tw_curl *c, const struct tw_setting_value *values)
{
    (void)curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (values[TW_CURL_CA_FILE].given) {
        (void)curl_easy_setopt(c->easy, CURLOPT_CAINFO, values[TW_CURL_CA_FILE].text.p);
        (void)curl_easy_setopt(c->easy, CURLOPT_CAPATH, NULL);
    }
    if (!values[TW_CURL_CERTIFICATE].given)
        return;
    (void)curl_easy_setopt(c->easy, CURLOPT_SSLCERT, values[TW_CURL_CERTIFICATE].text.p);
    (void)curl_easy_setopt(c->easy, CURLOPT_SSLKEY, values[TW_CURL_KEY].text.p);
    /* Else a key with a passphrase would have it asked for at the terminal. */
    (void)curl_easy_setopt(c->easy, CURLOPT_KEYPASSWD, "");
}

static void set_common(struct tw_curl *c, const struct tw_setting_value *values)
{
    c->timeout_ms = (long)(values[TW_CURL_TIMEOUT].number / 1000000);
    (void)curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
    (void)curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c->easy, CURLOPT_NOPROGRESS, 1L);
    (void)curl_easy_setopt(c->easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, c->timeout_ms);
    (void)curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, c->timeout_ms);
    (void)curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    (void)curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    set_tls(c, values);
    set_login(c, values);
}

static void set_multi(struct tw_curl *c)
{
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
}

struct tw_curl *tw_curl_create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                               tw_curl_done *done, void *ctx, char why[static TW_SINK_WHY])
{
    static bool ready;
    if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)snprintf(why, TW_SINK_WHY, "libcurl can't be used");
        return NULL;
    }
    ready = true;
    if (!tw_curl_check_tls(values, why))
        return NULL;
    struct tw_curl *c = tw_xcalloc(1, sizeof *c);
    c->base = env->base;
    c->done = done;
    c->ctx = ctx;
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    c->timer = evtimer_new(env->base, on_timer, c);
    c->pause = evtimer_new(env->base, on_pause_end, c);
    TW_ASSERT(c->multi != NULL && c->easy != NULL && c->timer != NULL && c->pause != NULL);
    char agent[64];
    (void)snprintf(agent, sizeof agent, "trunkwatch/%s", env->version != NULL ? env->version : "0");
    (void)curl_easy_setopt(c->easy, CURLOPT_USERAGENT, agent);
    set_multi(c);
    set_common(c, values);
    return c;
}

void tw_curl_destroy(struct tw_curl *c)
{
    if (c == NULL)
        return;
    if (c->added)
        (void)curl_multi_remove_handle(c->multi, c->easy);
    curl_easy_cleanup(c->easy);
    (void)curl_multi_cleanup(c->multi);
    event_free(c->timer);
    event_free(c->pause);
    tw_buf_finish(&c->body);
    free(c);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    size_t n = strlen(host);
    return strcmp(host, "[::1]") == 0 || tw_str_ieq(tw_str_z(host), TW_STR("localhost")) ||
           (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127) ||
           (n > 10 && tw_str_ieq(tw_str_z(host + n - 10), TW_STR(".localhost")));
}

static bool set_proxy(struct tw_curl *c, const char *host, const struct tw_setting_value *proxy,
                      char why[static TW_SINK_WHY])
{
    bool none = proxy->given ? tw_str_eq(proxy->text, TW_STR("none")) : is_loopback(host);
    if (none) {
        (void)curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    } else if (proxy->given) {
        if (!tw_curl_check_url("proxy", proxy->text, "http,https,socks5h", why))
            return false;
        (void)curl_easy_setopt(c->easy, CURLOPT_PROXY, proxy->text.p);
        (void)curl_easy_setopt(c->easy, CURLOPT_NOPROXY, "");
    }
    return true;
}

void tw_curl_secret(struct tw_curl *c)
{
    c->secret = true;
}

/* Others may read what goes there. */
static bool is_open(CURLU *u, const char *host)
{
    char *scheme = NULL;
    bool plain = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "http") == 0;
    curl_free(scheme);
    return plain && !is_loopback(host);
}

bool tw_curl_http(struct tw_curl *c, struct tw_str url, const struct tw_setting_value *proxy,
                  char why[static TW_SINK_WHY])
{
    char *host = NULL;
    CURLU *u = curl_url();
    if (!tw_curl_check_url("url", url, "http,https", why)) {
        curl_url_cleanup(u);
        return false;
    }
    bool ok = curl_url_set(u, CURLUPART_URL, url.p, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && set_proxy(c, host, proxy, why);
    if (ok && c->secret && is_open(u, host)) {
        (void)snprintf(why, TW_SINK_WHY,
                       "url: over http:// anybody can read the password or token, expected https://");
        ok = false;
    }
    (void)curl_easy_setopt(c->easy, CURLOPT_URL, url.p);
    (void)curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    (void)curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
    curl_free(host);
    curl_url_cleanup(u);
    return ok;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct tw_curl *c = ctx;
    (void)purpose;
    if (c->sockets_n == TW_CURL_SOCKETS_MAX)
        return CURL_SOCKET_BAD;
    curl_socket_t fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd != CURL_SOCKET_BAD)
        c->sockets[c->sockets_n++] = fd;
    return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct tw_curl *c = ctx;
    for (size_t i = 0; i < c->sockets_n; i++) {
        if (c->sockets[i] == fd) {
            c->sockets[i] = c->sockets[--c->sockets_n];
            break;
        }
    }
    return close(fd);
}

/* After its QUIT libcurl waits for an answer, and the loop with it. Nobody needs that answer: when the QUIT
 * is written the connection is shut down, and the wait ends before it begins. */
static int watch_quit(CURL *easy, curl_infotype type, char *p, size_t n, void *ctx)
{
    static const char quit[] = "QUIT\r\n";
    struct tw_curl *c = ctx;
    (void)easy;
    if (type == CURLINFO_HEADER_OUT && n > 0 && n < sizeof quit && memcmp(p, quit, n) == 0) {
        c->said_bye = true;
        for (size_t i = 0; i < c->sockets_n; i++)
            (void)shutdown(c->sockets[i], SHUT_RDWR);
    }
    return 0;
}

void tw_curl_smtp(struct tw_curl *c)
{
    c->smtp = true;
    (void)curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c);
    (void)curl_easy_setopt(c->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    (void)curl_easy_setopt(c->easy, CURLOPT_CLOSESOCKETDATA, c);
    (void)curl_easy_setopt(c->easy, CURLOPT_DEBUGFUNCTION, watch_quit);
    (void)curl_easy_setopt(c->easy, CURLOPT_DEBUGDATA, c);
    (void)curl_easy_setopt(c->easy, CURLOPT_VERBOSE, 1L);
}
