/* SPDX-License-Identifier: ISC */
#include "state.h"

#include "base/err.h"
#include "base/json.h"
#include "incidents.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDED_SHOWN = 1000, OPEN_MOST = 1 << 20 };
#define PATIENCE TW_SECONDS(60)

__attribute__((format(printf, 2, 3))) static int unreadable(const struct tw_client *c, const char *fmt, ...)
{
    va_list ap;
    (void)fprintf(stderr, "trunkwatch %s: %s: ", c->command->name, c->state);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    return TW_EXIT_USAGE;
}

static int in_trouble(const struct tw_client *c, struct tw_store *s)
{
    char why[TW_STORE_WHY];
    tw_store_why(s, why);
    return unreadable(c, "the store can't be read: %s", why);
}

static void add_alert(void *ctx, uint64_t seq, struct tw_str json)
{
    struct tw_buf *b = ctx;
    (void)seq;
    tw_json_next(b);
    tw_buf_str(b, tw_str_trim(json));
}

static int alerts(const struct tw_client *c, struct tw_store *s, const struct evkeyvalq *query,
                  struct tw_buf *b)
{
    const char *state = evhttp_find_header(query, "state");
    bool firing = state == NULL || strcmp(state, "firing") == 0;
    bool ended = state == NULL || strcmp(state, "resolved") == 0;
    tw_buf_z(b, "{\"alerts\":[");
    if ((firing && !tw_store_alerts(s, true, OPEN_MOST, add_alert, b)) ||
        (ended && !tw_store_alerts(s, false, ENDED_SHOWN, add_alert, b)))
        return in_trouble(c, s);
    tw_buf_z(b, "]}\n");
    return TW_EXIT_OK;
}

static void number(struct tw_buf *b, const char *key, uint64_t n)
{
    char digits[TW_U64_TEXT];
    tw_json_key(b, key);
    tw_buf_z(b, tw_u64_text(n, digits));
}

static void moment(struct tw_buf *b, const char *key, tw_time t)
{
    tw_json_key(b, key);
    tw_json_time(b, t);
}

static void add_count(void *ctx, const char *condition, uint64_t n)
{
    number(ctx, condition, n);
}

struct output_list {
    struct tw_buf *out;
    uint64_t last;
};

static void add_output(void *ctx, const char *name, uint64_t seq)
{
    const struct output_list *l = ctx;
    tw_json_next(l->out);
    tw_buf_z(l->out, "{\"name\":");
    tw_json_z(l->out, name);
    number(l->out, "seq", seq);
    number(l->out, "behind", l->last > seq ? l->last - seq : 0);
    tw_buf_char(l->out, '}');
}

static int status(const struct tw_client *c, struct tw_store *s, struct tw_buf *b)
{
    struct tw_store_outline o;
    if (!tw_store_outline(s, &o))
        return in_trouble(c, s);
    tw_buf_z(b, "{\"version\":\"" TRUNKWATCH_VERSION "\",\"state\":");
    tw_json_z(b, c->state);
    moment(b, "now", o.now);
    tw_json_key(b, "store");
    tw_buf_char(b, '{');
    number(b, "schema", (uint64_t)o.schema);
    number(b, "file_bytes", o.file_bytes);
    number(b, "log_bytes", o.log_bytes);
    tw_json_key(b, "ended_in_order");
    tw_buf_z(b, o.clean ? "true" : "false");
    number(b, "records", o.records);
    moment(b, "first_record", o.first_record);
    moment(b, "last_record", o.last_record);
    number(b, "transitions", o.transitions);
    number(b, "last_seq", o.last_seq);
    number(b, "alerts", o.alerts);
    number(b, "open_alerts", o.open_alerts);
    number(b, "incidents", o.incidents);
    tw_buf_z(b, "},\"alerts\":{\"firing\":{");
    bool ok = tw_store_firing(s, add_count, b);
    tw_buf_z(b, "}},\"outputs\":[");
    struct output_list l = {b, o.last_seq};
    ok = ok && tw_store_cursors(s, add_output, &l);
    tw_buf_z(b, "]}\n");
    return ok ? TW_EXIT_OK : in_trouble(c, s);
}

static int said(const struct tw_client *c, int code, const char *why)
{
    if (code == 200)
        return TW_EXIT_OK;
    (void)unreadable(c, "%s", why);
    return code == 404 ? TW_EXIT_NOT_RIGHT : TW_EXIT_USAGE;
}

/* The moment up to which the store tells: what goes on counts until then. */
static tw_time now_of(struct tw_store *s)
{
    struct tw_store_outline o;
    return tw_store_outline(s, &o) && tw_time_is_finite(o.now) ? o.now : (tw_time){0};
}

static int incidents(const struct tw_client *c, struct tw_store *s, const struct evkeyvalq *query,
                     struct tw_buf *b)
{
    const struct tw_incidents_query q = {
        evhttp_find_header(query, "state"), evhttp_find_header(query, "pair"),
        evhttp_find_header(query, "before"), evhttp_find_header(query, "limit")};
    struct tw_store_which which;
    char why[TW_INCIDENTS_WHY] = "";
    int code = 400;
    if (tw_incidents_which(&q, &which, why))
        code = tw_incidents_list(s, &which, now_of(s), b, why);
    return said(c, code, why);
}

static int page(const struct tw_client *c, struct tw_store *s, const char *path,
                const struct evkeyvalq *query, struct tw_buf *b)
{
    static const char one[] = "/api/v1/incidents/";
    char why[TW_INCIDENTS_WHY] = "";
    if (strcmp(path, "/api/v1/alerts") == 0)
        return alerts(c, s, query, b);
    if (strcmp(path, "/api/v1/status") == 0)
        return status(c, s, b);
    if (strcmp(path, "/api/v1/incidents") == 0)
        return incidents(c, s, query, b);
    if (strncmp(path, one, sizeof one - 1) == 0)
        return said(c, tw_incidents_one(s, path + sizeof one - 1, now_of(s), b, why), why);
    return unreadable(c, "the store does not hold this");
}

int tw_state_get(const struct tw_client *c, const char *path, struct tw_buf *body)
{
    const struct tw_store_options o = {.folder = c->state};
    char why[TW_STORE_WHY] = "";
    struct evkeyvalq query = {0};
    struct evhttp_uri *uri = evhttp_uri_parse(path);
    TW_ASSERT(uri != NULL);
    query.tqh_last = &query.tqh_first;
    if (evhttp_uri_get_query(uri) != NULL)
        TW_ASSERT(evhttp_parse_query_str(evhttp_uri_get_query(uri), &query) == 0);
    struct tw_store *s = tw_store_open(&o, why);
    int status_of = s == NULL ? unreadable(c, "the store can't be read: %s", why) : TW_EXIT_OK;
    if (s != NULL) {
        tw_store_bound(s, PATIENCE, NULL);
        status_of = page(c, s, evhttp_uri_get_path(uri), &query, body);
        if (tw_store_was_disturbed(s))
            status_of = unreadable(c, "a daemon was started there while it was read: ask again");
    }
    tw_store_close(s);
    evhttp_clear_headers(&query);
    evhttp_uri_free(uri);
    return status_of;
}
