/* SPDX-License-Identifier: ISC */
#include "values.h"

#include "api/metrics.h"
#include "base/json.h"
#include "base/mem.h"
#include "plat/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum unit { UNIT_COUNTER, UNIT_GAUGE, UNIT_FLAG, UNIT_TIME, UNIT_SECONDS, UNIT_CPU };

#define TW_VALUE(scope, name, unit, help, value)                                                             \
    static int64_t scope##_##name(const struct tw_view *v)                                                   \
    {                                                                                                        \
        (void)v;                                                                                             \
        return (int64_t)(value);                                                                             \
    }
#define TW_PART(scope, group, reason, help, value)     TW_VALUE(scope, group##_##reason, COUNTER, help, value)
#define TW_RARE(scope, group, id, reason, help, value) TW_PART(scope, group, id, help, value)
#define TW_COUNTED(scope, group, id, reason, help, counts)                                                   \
    TW_PART(scope, group, id, help, (counts)[TW_COUNT_##id % TW_COUNT_BECAME])
#include "values.def"
#undef TW_VALUE
#undef TW_PART
#undef TW_RARE
#undef TW_COUNTED

static const struct row {
    enum tw_scope scope;
    enum unit unit;
    const char *name, *reason, *help; /* reason: of a part */
    int64_t (*value)(const struct tw_view *v);
    enum { ALWAYS, UNLESS_ZERO, NEVER } shown;
} rows[] = {
#define TW_VALUE(scope, name, unit, help, value)                                                             \
    {TW_SCOPE_##scope, UNIT_##unit, #name, NULL, help, scope##_##name, ALWAYS},
#define TW_PART(scope, group, reason, help, value)                                                           \
    {TW_SCOPE_##scope, UNIT_COUNTER, #group, #reason, help, scope##_##group##_##reason, ALWAYS},
#define TW_RARE(scope, group, id, reason, help, value)                                                       \
    {TW_SCOPE_##scope, UNIT_COUNTER, #group, reason, help, scope##_##group##_##id, UNLESS_ZERO},
/* Of the counters those that say why something was dropped. */
#define TW_COUNTED(scope, group, id, reason, help, counts)                                                   \
    {TW_SCOPE_##scope,                                                                                       \
     UNIT_COUNTER,                                                                                           \
     #group,                                                                                                 \
     reason,                                                                                                 \
     help,                                                                                                   \
     scope##_##group##_##id,                                                                                 \
     TW_COUNT_##id >= (int)TW_COUNT_DROPPED && TW_COUNT_##id < (int)TW_COUNT_BECAME ? UNLESS_ZERO : NEVER},
#include "values.def"
#undef TW_VALUE
#undef TW_PART
#undef TW_RARE
#undef TW_COUNTED
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct {
    const char *prefix, *label;
} scopes[TW_SCOPES] = {
    [TW_SCOPE_DAEMON] = {"trunkwatch_", NULL},
    [TW_SCOPE_SOCKET] = {"trunkwatch_socket_", "socket"},
    [TW_SCOPE_DEVICE] = {"trunkwatch_device_", "device"},
    [TW_SCOPE_PAIR] = {"trunkwatch_pair_", "pair"},
    [TW_SCOPE_NOBODY] = {"trunkwatch_nobody_", NULL},
    [TW_SCOPE_SNMP] = {"trunkwatch_snmp_", NULL},
    [TW_SCOPE_STORE] = {"trunkwatch_store_", NULL},
    [TW_SCOPE_OUTPUT] = {"trunkwatch_output_", "output"},
    [TW_SCOPE_HTTP] = {"trunkwatch_http_", NULL},
    [TW_SCOPE_PROCESS] = {"process_", NULL},
};

size_t tw_scope_n(const struct tw_daemon *d, enum tw_scope scope)
{
    switch (scope) {
    case TW_SCOPE_SOCKET: return d->inputs_n;
    case TW_SCOPE_DEVICE: return tw_pipeline_topology(d->pipeline)->devices_n;
    case TW_SCOPE_PAIR: return tw_pipeline_topology(d->pipeline)->pairs_n;
    case TW_SCOPE_OUTPUT: return d->outputs.n;
    case TW_SCOPE_DAEMON:
    case TW_SCOPE_NOBODY:
    case TW_SCOPE_SNMP:
    case TW_SCOPE_STORE:
    case TW_SCOPE_HTTP:
    case TW_SCOPE_PROCESS:
    case TW_SCOPES: break;
    }
    return 1;
}

static void view_socket(const struct tw_input *in, struct tw_view *v)
{
    v->in = in;
    v->name = in->name;
    if (in->udp != NULL) {
        v->udp = tw_udp_stats(in->udp);
        v->received = v->udp.received + v->udp.kernel_drops;
        v->bytes = v->udp.bytes;
        v->cut = v->udp.cut;
    } else {
        v->stream = tw_streams_stats(in, &v->open);
        v->received = v->stream.framing.messages + in->connections.lost;
        v->bytes = v->stream.bytes;
        v->cut = v->stream.framing.cut;
    }
}

static void view_device(struct tw_daemon *d, uint32_t i, struct tw_view *v)
{
    v->unfed = tw_unfed_of(&d->unfed, i);
    v->name = v->topology->devices[i].name;
    v->device = tw_pipeline_device_stats(d->pipeline, i);
    v->clock = tw_pipeline_device_clock(d->pipeline, i);
    v->feed = tw_pipeline_device_feed(d->pipeline, i);
}

static uint64_t engines(const struct tw_daemon *d)
{
    size_t n;
    uint64_t changes;
    (void)tw_usm_engines(d->snmp.usm, &n, &changes);
    return n;
}

void tw_scope_view(struct tw_daemon *d, enum tw_scope scope, size_t i, struct tw_view *out)
{
    *out = (struct tw_view){.d = d, .topology = tw_pipeline_topology(d->pipeline)};
    switch (scope) {
    case TW_SCOPE_DAEMON:
        out->board = tw_board_stats(d->board);
        out->people = tw_pipeline_people(d->pipeline);
        break;
    case TW_SCOPE_SOCKET: view_socket(&d->inputs[i], out); break;
    case TW_SCOPE_DEVICE: view_device(d, (uint32_t)i, out); break;
    case TW_SCOPE_PAIR:
        out->name = out->topology->pairs[i].name;
        out->feed = tw_pipeline_pair_feed(d->pipeline, (uint32_t)i);
        break;
    case TW_SCOPE_SNMP: out->engines = engines(d); break;
    case TW_SCOPE_NOBODY:
        out->nobody = tw_pipeline_nobody(d->pipeline);
        out->unfed = tw_unfed_of(&d->unfed, TW_NONE);
        break;
    case TW_SCOPE_STORE:
        out->trouble = tw_keep_trouble(d);
        if (d->keep.store != NULL)
            out->store = tw_store_stats(d->keep.store);
        break;
    case TW_SCOPE_OUTPUT:
        out->name = tw_outlet_name(d->outputs.rows[i].outlet);
        out->outlet = tw_outlet_stats(d->outputs.rows[i].outlet);
        break;
    case TW_SCOPE_HTTP: out->http = tw_http_stats(d->http); break;
    case TW_SCOPE_PROCESS: tw_process_read(&out->process); break;
    case TW_SCOPES: break;
    }
}

static void value_json(const struct row *r, int64_t value, struct tw_buf *b)
{
    switch (r->unit) {
    case UNIT_COUNTER:
    case UNIT_GAUGE: tw_buf_fmt(b, "%" PRId64, value); break;
    case UNIT_FLAG: tw_buf_z(b, value != 0 ? "true" : "false"); break;
    case UNIT_TIME: tw_json_time(b, (tw_time){value}); break;
    case UNIT_SECONDS:
    case UNIT_CPU: tw_buf_fmt(b, "%.3f", (double)value / 1e9); break;
    }
}

static bool is_shown(const struct row *r, int64_t value)
{
    return r->shown == ALWAYS || (r->shown == UNLESS_ZERO && value != 0);
}

static bool same_group(const struct row *a, const struct row *b)
{
    return a->scope == b->scope && a->reason != NULL && b->reason != NULL && strcmp(a->name, b->name) == 0;
}

void tw_values_json(enum tw_scope scope, const struct tw_view *v, struct tw_buf *b)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (r->scope != scope)
            continue;
        if (i == 0 || !same_group(r, r - 1)) {
            struct tw_buf key = {0};
            bool seconds = r->unit == UNIT_SECONDS || r->unit == UNIT_CPU;
            tw_buf_fmt(&key, "%s%s", r->name, seconds ? "_s" : "");
            tw_json_key(b, key.p);
            tw_buf_finish(&key);
            if (r->reason != NULL)
                tw_buf_char(b, '{');
        }
        int64_t value = r->value(v);
        if (is_shown(r, value)) {
            if (r->reason != NULL)
                tw_json_key(b, r->reason);
            value_json(r, value, b);
        }
        if (r->reason != NULL && (i + 1 == ROWS || !same_group(r, r + 1)))
            tw_buf_char(b, '}');
    }
}

static const char *suffix(enum unit u)
{
    switch (u) {
    case UNIT_COUNTER: return "_total";
    case UNIT_TIME: return "_timestamp_seconds";
    case UNIT_SECONDS: return "_seconds";
    case UNIT_CPU: return "_seconds_total";
    case UNIT_GAUGE:
    case UNIT_FLAG: break;
    }
    return "";
}

static double metric_value(const struct row *r, int64_t value)
{
    bool ns = r->unit == UNIT_TIME || r->unit == UNIT_SECONDS || r->unit == UNIT_CPU;
    return ns ? (double)value / 1e9 : (double)value;
}

static void family(const struct row *r, const struct tw_view *views, size_t n, bool head, struct tw_buf *b)
{
    struct tw_buf name = {0};
    const char *label = scopes[r->scope].label;
    tw_buf_fmt(&name, "%s%s%s", scopes[r->scope].prefix, r->name, suffix(r->unit));
    if (head)
        tw_metrics_family(b, name.p, r->unit == UNIT_COUNTER || r->unit == UNIT_CPU ? "counter" : "gauge",
                          r->help);
    for (size_t i = 0; i < n; i++) {
        struct tw_label labels[3] = {{NULL, NULL}};
        size_t labels_n = 0;
        int64_t value = r->value(&views[i]);
        bool no_time = r->unit == UNIT_TIME && !tw_time_is_finite((tw_time){value});
        if (no_time || !is_shown(r, value))
            continue;
        if (label != NULL)
            labels[labels_n++] = (struct tw_label){label, views[i].name};
        if (r->reason != NULL)
            labels[labels_n++] = (struct tw_label){"reason", r->reason};
        tw_metrics_sample(b, name.p, labels, metric_value(r, value));
    }
    tw_buf_finish(&name);
}

void tw_values_metrics(struct tw_daemon *d, struct tw_buf *b)
{
    struct tw_view *views = NULL;
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (i == 0 || r->scope != rows[i - 1].scope) {
            n = tw_scope_n(d, r->scope);
            n = n < TW_METRICS_DEVICES_MAX ? n : TW_METRICS_DEVICES_MAX;
            free(views);
            views = tw_xcalloc(n, sizeof *views);
            for (size_t k = 0; k < n; k++)
                tw_scope_view(d, r->scope, k, &views[k]);
        }
        if (n > 0)
            family(r, views, n, i == 0 || !same_group(r, r - 1), b);
    }
    free(views);
}
