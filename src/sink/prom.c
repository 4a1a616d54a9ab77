/* SPDX-License-Identifier: ISC */
#include "prom.h"

#include "base/json.h"
#include "base/mem.h"
#include "render/render.h"

#include <stdlib.h>

enum { DESCRIPTION_MAX = 8192, LIST_MAX = 2048 };

static bool is_name(struct tw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!tw_is_alnum(s.p[i]) && s.p[i] != '_')
            return false;
    }
    return s.n > 0 && !tw_is_digit(s.p[0]);
}

const char *tw_prom_check_label(struct tw_str label)
{
    static const char *const ours[] = {"alertname", "pair", "device", "etrunk", "interface", "severity"};
    size_t at = tw_str_find(label, '=', 0);
    struct tw_str name = tw_str_cut(label, at);
    if (at == SIZE_MAX || at + 1 == label.n || !is_name(name))
        return "expected \"name=value\", the name of letters, digits and _";
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (tw_str_eq(name, tw_str_z(ours[i])))
            return "trunkwatch makes this label itself";
    }
    return NULL;
}

/* One without a value would be dropped there. */
static void member(struct tw_buf *b, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    tw_json_key(b, key);
    tw_json_z(b, value);
}

static void labels(const struct tw_transition *t, const struct tw_prom_options *o, struct tw_buf *b)
{
    char number[TW_U64_TEXT];
    tw_buf_char(b, '{');
    member(b, "alertname", t->condition);
    member(b, "pair", t->pair);
    member(b, "device", t->device);
    member(b, "etrunk", t->e_trunk > 0 ? tw_u64_text(t->e_trunk, number) : NULL);
    member(b, "interface", t->trunk);
    if (o->severity)
        member(b, "severity", tw_severity_name(t->severity));
    for (size_t i = 0; i < o->labels_n; i++) {
        struct tw_buf key = {0};
        size_t at = tw_str_find(o->labels[i], '=', 0);
        tw_buf_str(&key, tw_str_cut(o->labels[i], at));
        tw_json_key(b, key.p);
        tw_json_str(b, tw_str_from(o->labels[i], at + 1));
        tw_buf_finish(&key);
    }
    tw_buf_char(b, '}');
}

static void list(struct tw_buf *b, const char *key, const char *const *items, size_t n)
{
    struct tw_buf all = {0};
    for (size_t i = 0; i < n && all.n <= LIST_MAX; i++)
        tw_buf_fmt(&all, "%s%s", i > 0 ? ", " : "", items[i]);
    tw_buf_shorten(&all, LIST_MAX);
    member(b, key, all.p);
    tw_buf_finish(&all);
}

static void annotations(const struct tw_transition *t, struct tw_buf *b)
{
    struct tw_buf text = {0};
    char time[TW_TIME_TEXT];
    tw_render_text(t, false, 0, &text);
    tw_buf_shorten(&text, DESCRIPTION_MAX);
    tw_buf_char(b, '{');
    member(b, "summary", t->summary);
    member(b, "description", text.p);
    member(b, "severity", tw_severity_name(t->severity));
    member(b, "confidence", tw_confidence_name(t->confidence));
    member(b, "switchover_would_help", tw_help_name(t->help));
    member(b, "peer", t->peer);
    list(b, "sub_interfaces", t->sub_interfaces, t->sub_interfaces_n);
    list(b, "services", t->services, t->services_n);
    member(b, "since", tw_time_text(t->since, time));
    member(b, "alert_id", t->alert_id);
    member(b, "acknowledged_by", t->acknowledged != NULL ? t->acknowledged->by : NULL);
    member(b, "silenced_by", t->silenced != NULL ? t->silenced->by : NULL);
    member(b, "cleared_by", t->cleared_by);
    tw_buf_char(b, '}');
    tw_buf_finish(&text);
}

void tw_prom_alert_make(const struct tw_transition *t, const struct tw_prom_options *o, tw_time now,
                        struct tw_prom_alert *out)
{
    *out = (struct tw_prom_alert){.starts = tw_earlier(t->since, now), .ended = TW_TIME_MAX};
    memcpy(out->id, t->alert_id, TW_ALERT_ID);
    /* An end before the beginning is refused, one that is yet to come is none. What is silenced ends there
     * until it is no longer. */
    if (t->kind == TW_CLEARED || (t->silenced != NULL && !o->silenced))
        out->ended = tw_later(tw_earlier(t->time, now), out->starts);
    labels(t, o, &out->labels);
    tw_buf_z(&out->rest, ",\"annotations\":");
    annotations(t, &out->rest);
    if (o->link.n == 0)
        return;
    struct tw_buf url = {0};
    tw_buf_str(&url, o->link);
    tw_buf_z(&url, t->alert_id);
    tw_buf_z(&out->rest, ",\"generatorURL\":");
    tw_json_z(&out->rest, url.p);
    tw_buf_finish(&url);
}

void tw_prom_alert_finish(struct tw_prom_alert *a)
{
    tw_buf_finish(&a->labels);
    tw_buf_finish(&a->rest);
}

void tw_prom_alert_json(const struct tw_prom_alert *a, tw_time until, struct tw_buf *out)
{
    tw_buf_z(out, "{\"labels\":");
    tw_buf_str(out, tw_buf_view(&a->labels));
    tw_buf_z(out, ",\"startsAt\":");
    tw_json_time(out, a->starts);
    tw_buf_z(out, ",\"endsAt\":");
    tw_json_time(out, tw_time_is_finite(a->ended) ? a->ended : until);
    tw_buf_str(out, tw_buf_view(&a->rest));
    tw_buf_char(out, '}');
}

static uint64_t hash_of(struct tw_str s)
{
    return tw_hash(s.p, s.n, 0);
}

static uint64_t id_hash(const struct tw_prom_alert *a)
{
    return hash_of(tw_str_z(a->id));
}

static bool same_labels(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_prom *p = ctx;
    const struct tw_prom_alert *a = key;
    return tw_str_eq(tw_buf_view(&p->alerts[index].labels), tw_buf_view(&a->labels));
}

/* Of those with this id the one that is open: under labels of before there may be ended ones. */
static bool same_open(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_prom_alert *a = &((const struct tw_prom *)ctx)->alerts[index], *want = key;
    return strcmp(a->id, want->id) == 0 && !tw_time_is_finite(a->ended);
}

struct tw_prom_alert *tw_prom_renamed(struct tw_prom *p, const struct tw_prom_alert *a)
{
    uint32_t at = tw_map_find(&p->by_id, id_hash(a), same_open, p, a);
    return at == TW_MAP_NONE || same_labels(p, at, a) ? NULL : &p->alerts[at];
}

static size_t bytes_of(const struct tw_prom_alert *a)
{
    return a->labels.cap + a->rest.cap;
}

bool tw_prom_put(struct tw_prom *p, struct tw_prom_alert *a)
{
    uint32_t at = tw_map_find(&p->by_labels, hash_of(tw_buf_view(&a->labels)), same_labels, p, a);
    size_t bytes = p->bytes + bytes_of(a) - (at != TW_MAP_NONE ? bytes_of(&p->alerts[at]) : 0);
    if ((at == TW_MAP_NONE && p->n >= TW_PROM_ALERTS_MAX) || bytes > TW_PROM_BYTES_MAX) {
        /* What is said of it stays; it goes on being sent, so whether it is over does not. */
        if (at != TW_MAP_NONE) {
            p->alerts[at].starts = a->starts;
            p->alerts[at].ended = a->ended;
            p->alerts[at].forget_ms = a->forget_ms;
        }
        tw_prom_alert_finish(a);
        return false;
    }
    p->bytes = bytes;
    if (at != TW_MAP_NONE) {
        tw_map_del(&p->by_id, id_hash(&p->alerts[at]), at);
        tw_prom_alert_finish(&p->alerts[at]);
    } else {
        at = (uint32_t)p->n;
        (void)TW_PUSH(p->alerts, p->n, p->cap);
        tw_map_add(&p->by_labels, hash_of(tw_buf_view(&a->labels)), at);
    }
    p->alerts[at] = *a;
    tw_map_add(&p->by_id, id_hash(a), at);
    return true;
}

void tw_prom_forget(struct tw_prom *p, int64_t now_ms)
{
    size_t kept = 0;
    tw_map_clear(&p->by_id);
    tw_map_clear(&p->by_labels);
    for (size_t i = 0; i < p->n; i++) {
        struct tw_prom_alert *a = &p->alerts[i];
        if (tw_time_is_finite(a->ended) && a->forget_ms <= now_ms) {
            p->bytes -= bytes_of(a);
            tw_prom_alert_finish(a);
            continue;
        }
        p->alerts[kept] = *a;
        tw_map_add(&p->by_id, id_hash(a), (uint32_t)kept);
        tw_map_add(&p->by_labels, hash_of(tw_buf_view(&a->labels)), (uint32_t)kept);
        kept++;
    }
    p->n = kept;
}

void tw_prom_finish(struct tw_prom *p)
{
    for (size_t i = 0; i < p->n; i++)
        tw_prom_alert_finish(&p->alerts[i]);
    free(p->alerts);
    tw_map_finish(&p->by_id);
    tw_map_finish(&p->by_labels);
}
