/* SPDX-License-Identifier: ISC */
#include "curl.h"
#include "mail.h"

#include "base/mem.h"
#include "number.h"
#include "plat/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVER = TW_CURL_ROWS, TLS, FROM, TO, LINK };
enum { TLS_REQUIRED, TLS_OPPORTUNISTIC, TLS_NONE };
enum { TO_MAX = 64, SENT_MAX = 4096, TOO_LARGE = 552 };

/* A transition that was sent: if it comes once more, that is a reminder. */
struct sent {
    char id[TW_ALERT_ID];
    uint64_t number;
};

struct email {
    struct tw_sink sink; /* first */
    struct tw_curl *curl;
    struct curl_slist *recipients;
    struct tw_mail mail;
    struct tw_mailbox *to;
    struct tw_buf text;
    size_t read; /* of `text`, by libcurl */
    struct sent now, *sent;
    size_t sent_n, sent_at;
};

static const char *const tls_words[] = {"required", "opportunistic", "none", NULL};

static const struct tw_setting settings[] = {
    TW_CURL_SETTINGS("60s"),
    [SERVER] = {.name = "server",
                .kind = TW_SETTING_TEXT,
                .needed = true,
                .help = "smtp://HOST:PORT of a mail server that takes mail for others; smtps:// for one that "
                        "speaks TLS from the first byte. Behind a slash: the name that we give, instead of "
                        "this machine's."},
    [TLS] = {.name = "tls",
             .kind = TW_SETTING_WORD,
             .preset = "required",
             .words = tls_words,
             .help = "required: STARTTLS or smtps, and a certificate that is verified; opportunistic: what "
                     "the server offers, nothing is verified."},
    [FROM] = {.name = "from",
              .kind = TW_SETTING_TEXT,
              .needed = true,
              .help = "Who sends: an address, or \"Name <address>\"."},
    [TO] = {.name = "to", .kind = TW_SETTING_LIST, .needed = true, .help = "To whom, likewise."},
    [LINK] = {.name = "link",
              .kind = TW_SETTING_TEXT,
              .help = "URL of alerts, for people; the alert's id is put behind it."},
    {.name = NULL}};

static size_t give(char *p, size_t size, size_t n, void *ctx)
{
    struct email *e = ctx;
    size_t left = e->text.n - e->read;
    n = n * size < left ? n * size : left;
    memcpy(p, e->text.p + e->read, n);
    e->read += n;
    return n;
}

static bool was_sent(const struct email *e)
{
    for (size_t i = 0; i < e->sent_n; i++) {
        if (e->sent[i].number == e->now.number && strcmp(e->sent[i].id, e->now.id) == 0)
            return true;
    }
    return false;
}

static void note_sent(struct email *e)
{
    if (was_sent(e))
        return;
    e->sent[e->sent_at] = e->now;
    e->sent_at = (e->sent_at + 1) % SENT_MAX;
    e->sent_n += e->sent_n < SENT_MAX;
}

static void send_one(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct email *e = (struct email *)s;
    CURL *easy = tw_curl_easy(e->curl);
    (void)n;
    memcpy(e->now.id, items[0]->t.alert_id, TW_ALERT_ID);
    e->now.number = tw_item_number(items[0]);
    e->mail.number = e->now.number;
    e->mail.now = tw_clock_wall();
    e->mail.reminder = was_sent(e);
    tw_buf_clear(&e->text);
    tw_mail_write(&e->mail, &items[0]->t, &e->text);
    e->read = 0;
    (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)e->text.n);
    tw_curl_begin(e->curl);
}

/* The server's own words, when they are what it failed at. */
static void say(const struct email *e, const struct tw_curl_answer *a, char why[static TW_SINK_WHY])
{
    struct tw_buf b = {0};
    (void)e;
    if (a->code == CURLE_USE_SSL_FAILED && a->status < 400)
        tw_buf_z(&b, "it offers no STARTTLS, and tls is required");
    else if (a->code == CURLE_LOGIN_DENIED)
        tw_buf_z(&b, "it does not take our user and password: ");
    else if (a->status < 400)
        tw_buf_z(&b, a->why);
    if (a->status >= 400)
        tw_buf_safe(&b, a->line);
    tw_buf_shorten(&b, TW_SINK_WHY - 1);
    (void)snprintf(why, TW_SINK_WHY, "%s", b.p);
    tw_buf_finish(&b);
}

static void done(void *ctx, const struct tw_curl_answer *a)
{
    struct email *e = ctx;
    char why[TW_SINK_WHY];
    if (a->code == CURLE_OK) {
        note_sent(e);
        tw_sink_done(&e->sink, 1, TW_SENT_OK, NULL);
        return;
    }
    /* No for this mail, when it was read; anything before is about us, or about now. */
    bool refused = a->status == TOO_LARGE || (a->status > 500 && e->read == e->text.n);
    say(e, a, why);
    tw_sink_done(&e->sink, 0, refused ? TW_SENT_REFUSED : TW_SENT_AGAIN, why);
}

static void destroy(struct tw_sink *s)
{
    struct email *e = (struct email *)s;
    tw_curl_destroy(e->curl);
    curl_slist_free_all(e->recipients);
    tw_buf_finish(&e->text);
    free(e->sent);
    free(e->to);
    free(e);
}

static bool parse_mailboxes(struct email *e, const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    static const char form[] = "expected someone@example.net or \"Some One <someone@example.net>\"";
    if (!tw_mailbox_parse(v[FROM].text, &e->mail.from)) {
        (void)snprintf(why, TW_SINK_WHY, "from: %s", form);
        return false;
    }
    if (v[TO].list_n > TO_MAX) {
        (void)snprintf(why, TW_SINK_WHY, "to: expected at most %d", TO_MAX);
        return false;
    }
    e->to = tw_xcalloc(v[TO].list_n, sizeof *e->to);
    for (size_t i = 0; i < v[TO].list_n; i++) {
        struct tw_buf address = {0};
        if (!tw_mailbox_parse(v[TO].list[i], &e->to[i])) {
            (void)snprintf(why, TW_SINK_WHY, "to: %s", form);
            return false;
        }
        tw_buf_fmt(&address, "<%.*s>", TW_STR_ARG(e->to[i].address));
        e->recipients = curl_slist_append(e->recipients, address.p);
        tw_buf_finish(&address);
    }
    e->mail.to = e->to;
    e->mail.to_n = v[TO].list_n;
    return true;
}

static bool check_values(const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    if (!tw_curl_check_url("server", v[SERVER].text, "smtp,smtps", why) ||
        (v[LINK].given && !tw_curl_check_url("link", v[LINK].text, "http,https", why)))
        return false;
    if (v[TW_CURL_USER].given && v[TLS].number != TLS_REQUIRED) {
        (void)snprintf(why, TW_SINK_WHY,
                       "user: a password needs tls: required, else everybody could read it");
        return false;
    }
    return true;
}

static void set_up(struct email *e, const struct tw_setting_value *v)
{
    static const long levels[] = {CURLUSESSL_ALL, CURLUSESSL_TRY, CURLUSESSL_NONE};
    CURL *easy = tw_curl_easy(e->curl);
    struct tw_buf from = {0};
    tw_buf_fmt(&from, "<%.*s>", TW_STR_ARG(e->mail.from.address));
    tw_curl_smtp(e->curl);
    (void)curl_easy_setopt(easy, CURLOPT_URL, v[SERVER].text.p);
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, levels[v[TLS].number]);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, v[TLS].number == TLS_REQUIRED ? 1L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, v[TLS].number == TLS_REQUIRED ? 2L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, e);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.p);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, e->recipients);
    /* One address that is not there any more keeps the mail from nobody else. */
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    tw_buf_finish(&from);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    if (!check_values(values, why))
        return NULL;
    struct email *e = tw_xcalloc(1, sizeof *e);
    e->sent = tw_xcalloc(SENT_MAX, sizeof *e->sent);
    e->mail.version = env->version;
    e->mail.link = values[LINK].text;
    e->curl = parse_mailboxes(e, values, why) ? tw_curl_create(env, values, done, e, why) : NULL;
    if (e->curl == NULL) {
        destroy(&e->sink);
        return NULL;
    }
    set_up(e, values);
    return &e->sink;
}

extern const struct tw_sink_ops tw_sink_email;
const struct tw_sink_ops tw_sink_email = {.name = "email",
                                          .help = "A mail for each transition, by SMTP.",
                                          .settings = settings,
                                          .batch = 1,
                                          .create = create,
                                          .send = send_one,
                                          .destroy = destroy};
