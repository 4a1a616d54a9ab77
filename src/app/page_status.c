/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include "base/json.h"
#include "values.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ROWS_MAX = 256 }; /* of a list that others can make long */

static void number(struct tw_buf *b, const char *key, uint64_t n)
{
    tw_json_key(b, key);
    tw_buf_fmt(b, "%" PRIu64, n);
}

/* What is thought of a device's clock. */
static void clock_words(const struct tw_clock_state *c, struct tw_buf *b)
{
    bool doubtful = c->doubt != TW_CLOCK_FINE;
    tw_json_key(b, "clock");
    tw_json_z(b, tw_clock_doubt_name(c->doubt));
    tw_json_key(b, "clock_advice");
    tw_json_z(b, doubtful ? tw_clock_advice(c->doubt) : NULL);
}

/* A list of all that a scope has. */
static void list(struct tw_daemon *d, enum tw_scope scope, const char *key, struct tw_buf *b)
{
    tw_json_key(b, key);
    tw_buf_char(b, '[');
    for (size_t i = 0; i < tw_scope_n(d, scope); i++) {
        struct tw_view v;
        tw_scope_view(d, scope, i, &v);
        tw_json_next(b);
        tw_buf_z(b, "{\"name\":");
        tw_json_z(b, v.name);
        if (scope == TW_SCOPE_SOCKET) {
            tw_json_key(b, "transport");
            tw_json_z(b, v.in->tls ? "tls" : v.in->tcp != NULL ? "tcp" : "udp");
        }
        tw_values_json(scope, &v, b);
        if (scope == TW_SCOPE_OUTPUT) {
            tw_json_key(b, "why");
            tw_json_z(b, v.outlet->failing ? v.outlet->why : NULL);
        }
        if (scope == TW_SCOPE_DEVICE)
            clock_words(&v.clock, b);
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
}

static void object(struct tw_daemon *d, enum tw_scope scope, const char *key, struct tw_buf *b)
{
    struct tw_view v;
    tw_scope_view(d, scope, 0, &v);
    tw_json_key(b, key);
    tw_buf_char(b, '{');
    tw_values_json(scope, &v, b);
    tw_buf_char(b, '}');
}

/* What has to do with SNMPv3 only when there was any. */
static void strangers(const struct tw_strangers *s, struct tw_buf *b)
{
    static const char *const names[TW_STRANGE_V3] = {[TW_STRANGE_DATAGRAM] = "unknown",
                                                     [TW_STRANGE_COMMUNITY] = "other_community",
                                                     [TW_STRANGE_CONNECTION] = "connections",
                                                     [TW_STRANGE_HANDSHAKE] = "tls_failed",
                                                     [TW_STRANGE_CERTIFICATE] = "unknown_certificate"};
    char text[TW_ADDR_TEXT];
    tw_json_key(b, "strangers");
    tw_buf_char(b, '[');
    for (uint32_t i = 0; i < s->n; i++) {
        tw_json_next(b);
        tw_buf_z(b, "{\"from\":");
        tw_json_z(b, tw_addr_text(&s->rows[i].from, text));
        for (int k = 0; k < TW_STRANGE; k++) {
            if (k < TW_STRANGE_V3)
                number(b, names[k], s->rows[i].counts[k]);
            else if (s->rows[i].counts[k] > 0)
                number(b, tw_strange_name((enum tw_strange)k), s->rows[i].counts[k]);
        }
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
}

static uint64_t all_shed(const struct tw_shed_row *r)
{
    return r->shed[TW_CLASS_NOISE] + r->shed[TW_CLASS_OTHER] + r->shed[TW_CLASS_VITAL];
}

/* The most first. */
static int by_shed(const void *a, const void *b)
{
    uint64_t m = all_shed(*(const struct tw_shed_row *const *)a),
             n = all_shed(*(const struct tw_shed_row *const *)b);
    return n < m ? -1 : n > m;
}

static void shed_row(const struct tw_shed_row *r, const char *of, struct tw_buf *b)
{
    if (all_shed(r) == 0)
        return;
    tw_json_next(b);
    tw_buf_z(b, "{\"of\":");
    tw_json_z(b, of);
    for (int c = 0; c < TW_CLASSES; c++)
        number(b, tw_class_name((enum tw_class)c), r->shed[c]);
    tw_buf_char(b, '}');
}

/* What was put aside, of whom; and of how many there is no room here to say it. */
static void storm(const struct tw_shed *s, struct tw_buf *b)
{
    const struct tw_shed_row *sorted[TW_SHED_SOURCES];
    char text[TW_ADDR_TEXT];
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (all_shed(&s->rows[i]) > 0)
            sorted[n++] = &s->rows[i];
    }
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, by_shed);
    tw_json_key(b, "storm");
    tw_buf_z(b, "{\"put_aside\":[");
    for (size_t i = 0; i < n && i < ROWS_MAX; i++)
        shed_row(sorted[i], tw_addr_text(&sorted[i]->from, text), b);
    shed_row(&s->others, "others", b);
    shed_row(&s->strangers, "strangers", b);
    tw_buf_char(b, ']');
    number(b, "more", n > ROWS_MAX ? n - ROWS_MAX : 0);
    tw_buf_char(b, '}');
}

/* The engines that are not in the inventory or configuration. */
static void engines(const struct tw_daemon *d, struct tw_buf *b)
{
    char id[TW_USM_ID_TEXT], text[TW_ADDR_TEXT];
    size_t n, listed = 0;
    uint64_t changes;
    const struct tw_usm_engine *e = tw_usm_engines(d->snmp.usm, &n, &changes);
    tw_json_key(b, "engines");
    tw_buf_z(b, "{\"listed\":[");
    for (size_t i = 0; i < n; i++) {
        if (e[i].state == TW_ENGINE_KNOWN || listed++ >= ROWS_MAX)
            continue;
        tw_json_next(b);
        tw_buf_z(b, "{\"engine_id\":");
        tw_json_z(b, tw_usm_id_text(&e[i].id, id));
        tw_json_key(b, "state");
        tw_json_z(b, e[i].state == TW_ENGINE_LEARNT ? "learnt" : "asked");
        tw_json_key(b, "device");
        tw_json_z(b, e[i].device);
        tw_json_key(b, "user");
        tw_json_z(b, e[i].user);
        tw_json_key(b, "from");
        tw_json_z(b, tw_addr_text(&e[i].from, text));
        number(b, "boots", (uint64_t)e[i].boots);
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
    number(b, "more", listed > ROWS_MAX ? listed - ROWS_MAX : 0);
    tw_buf_char(b, '}');
}

static void reload(const struct tw_reloads *r, struct tw_buf *b)
{
    tw_json_key(b, "last_reload");
    if (r->done + r->refused == 0) {
        tw_buf_z(b, "null");
        return;
    }
    tw_buf_z(b, "{\"time\":");
    tw_json_time(b, r->last);
    tw_json_key(b, "ok");
    tw_buf_z(b, r->last_refused ? "false" : "true");
    tw_reload_errors_json(r, b);
    tw_buf_char(b, '}');
}

static void alerts(const struct tw_daemon *d, struct tw_buf *b)
{
    const struct tw_board_row *row;
    tw_json_key(b, "alerts");
    tw_buf_z(b, "{\"firing\":{");
    for (size_t i = 0; (row = tw_board_row(d->board, i)) != NULL; i++) {
        uint64_t n = 0;
        for (size_t s = 0; s < TW_SEVERITIES; s++)
            n += row->firing[s];
        if (n > 0)
            number(b, row->condition, n);
    }
    tw_buf_char(b, '}');
    number(b, "raised", tw_pipeline_counter(d->pipeline, TW_COUNT_RAISED));
    number(b, "cleared", tw_pipeline_counter(d->pipeline, TW_COUNT_CLEARED));
    tw_buf_char(b, '}');
}

/* With the reason when it is in trouble. */
static void store(struct tw_daemon *d, struct tw_buf *b)
{
    object(d, TW_SCOPE_STORE, "store", b);
    TW_ASSERT(b->p[b->n - 1] == '}');
    b->n--;
    tw_json_key(b, "trouble");
    tw_json_z(b, tw_keep_trouble(d));
    tw_buf_char(b, '}');
}

void tw_page_status(struct tw_daemon *d, struct tw_buf *b)
{
    tw_buf_z(b, "{\"version\":\"" TRUNKWATCH_VERSION "\"");
    tw_json_key(b, "now");
    tw_json_time(b, tw_clock_now(&d->clock));
    tw_json_key(b, "config");
    tw_json_z(b, d->config_path);
    reload(&d->reloads, b);
    object(d, TW_SCOPE_DAEMON, "daemon", b);
    alerts(d, b);
    tw_json_key(b, "core");
    tw_buf_char(b, '{');
    for (enum tw_counter c = 0; c < TW_COUNTERS; c++)
        number(b, tw_counter_name(c), tw_pipeline_counter(d->pipeline, c));
    tw_buf_char(b, '}');
    list(d, TW_SCOPE_SOCKET, "sources", b);
    strangers(&d->strangers, b);
    storm(&d->shed, b);
    list(d, TW_SCOPE_DEVICE, "devices", b);
    list(d, TW_SCOPE_PAIR, "pairs", b);
    object(d, TW_SCOPE_NOBODY, "nobody", b);
    object(d, TW_SCOPE_SNMP, "snmp", b);
    engines(d, b);
    store(d, b);
    list(d, TW_SCOPE_OUTPUT, "outputs", b);
    object(d, TW_SCOPE_HTTP, "http", b);
    object(d, TW_SCOPE_PROCESS, "process", b);
    tw_buf_z(b, "}\n");
}
