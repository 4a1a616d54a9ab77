/* SPDX-License-Identifier: ISC */
/* One alert per condition, pair, E-Trunk, Eth-Trunk and device; items join and leave. */
#include "alert_internal.h"

#define UPDATE_DELAY TW_SECONDS(1) /* joins and leaves within this are one `updated` */

static uint32_t bundle_find(const struct tw_alerts *a, const struct alert *want)
{
    for (uint32_t i = 0; i < a->alerts_n; i++) {
        const struct alert *al = &a->alerts[i];
        if (al->used && al->condition == want->condition && al->pair == want->pair &&
            al->e_trunk == want->e_trunk && al->member == want->member && al->side == want->side)
            return i;
    }
    return TW_NONE;
}

static uint32_t bundle_new(struct tw_alerts *a)
{
    for (uint32_t i = 0; i < a->alerts_n; i++) {
        if (!a->alerts[i].used)
            return i;
    }
    (void)TW_PUSH(a->alerts, a->alerts_n, a->alerts_cap);
    return (uint32_t)a->alerts_n - 1;
}

/* Made from the key and `since`: the same after a restart, and on another machine that saw the same. */
static void make_id(const struct tw_alerts *a, struct alert *al)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    const struct tw_pair *p = &t->pairs[al->pair];
    struct tw_buf key = {0};
    tw_buf_fmt(&key, "%s|%s|%u|%s|%s|%lld", a->policy->conditions[al->condition].name, p->name,
               al->e_trunk == TW_NONE ? 0 : t->e_trunks[al->e_trunk].id,
               al->member == TW_NONE || al->side < 0 ? "" : t->members[al->member].trunk_name[al->side],
               al->side < 0 ? "" : t->devices[p->device[al->side]].name, (long long)al->since.ns);
    uint64_t h = tw_hash(key.p, key.n, 0);
    for (int i = 0; i < TW_ALERT_ID - 1; i++)
        al->id[i] = "0123456789abcdef"[h >> (60 - 4 * i) & 15];
    al->id[TW_ALERT_ID - 1] = '\0';
    tw_buf_finish(&key);
}

void alert_touch(struct tw_alerts *a, uint32_t i)
{
    if (!a->alerts[i].touched)
        *TW_PUSH(a->touched, a->touched_n, a->touched_cap) = i;
    a->alerts[i].touched = true;
}

void alert_join(struct tw_alerts *a, uint32_t track, tw_time now)
{
    struct track *t = &a->tracks[track];
    const struct tw_condition *c = &a->policy->conditions[t->condition];
    struct tw_item_place p = tw_item_place(a->facts, t->item);
    struct alert want = {.used = true,
                         .condition = t->condition,
                         .pair = p.pair,
                         .e_trunk = p.e_trunk,
                         .member = p.member,
                         .side = c->names_nobody ? -1 : p.side,
                         .since = TW_TIME_MAX,
                         .raised_at = now,
                         .last = now,
                         .update_due = TW_TIME_MAX};
    uint32_t i = bundle_find(a, &want);
    if (i == TW_NONE) {
        i = bundle_new(a);
        want.items = a->alerts[i].items;
        want.items_cap = a->alerts[i].items_cap;
        a->alerts[i] = want;
    }
    struct alert *al = &a->alerts[i];
    *TW_PUSH(al->items, al->items_n, al->items_cap) = track;
    if (!al->announced)
        al->since = tw_earlier(al->since, tw_time_add(t->since, (tw_dur){-t->raise_delay.ns}));
    al->joined = true;
    al->changed_at = now;
    t->alert = i;
    t->ending = false;
    alert_touch(a, i);
}

void alert_leave(struct tw_alerts *a, uint32_t track, const char *by, tw_time at)
{
    struct track *t = &a->tracks[track];
    struct alert *al = &a->alerts[t->alert];
    bool retracted = !tw_before(t->raised_at, at);
    t->ending = true;
    t->deadline = TW_TIME_MAX;
    al->left = true;
    al->changed_at = at;
    al->ended_by = retracted ? "retracted" : by;
    al->ended_at = retracted ? t->raised_at : at;
    al->ended_delay = tw_item_clear_delay(a->facts, t->item);
    alert_touch(a, t->alert);
}

static enum tw_help combined(enum tw_help a, enum tw_help b)
{
    return a == b ? a : TW_HELP_UNKNOWN;
}

/* Severity, confidence and help of what is in the alert now. True when one of them is another than before. */
static bool assess(struct tw_alerts *a, struct alert *al)
{
    const struct tw_condition *c = &a->policy->conditions[al->condition];
    enum tw_severity severity = TW_SEVERITY_WARNING;
    enum tw_confidence confidence = TW_CONFIDENCE_INFERRED;
    enum tw_help help = TW_HELP_NULL;
    for (size_t i = 0; i < al->items_n; i++) {
        const struct track *t = &a->tracks[al->items[i]];
        const struct tw_case *s = tw_judge_case(a->facts, c->severity, c->severity_n, t->item);
        const struct tw_case *h = tw_judge_case(a->facts, c->help, c->help_n, t->item);
        enum tw_confidence sure =
            t->state == TRACK_RESTARTED ? TW_CONFIDENCE_INFERRED : tw_item_confidence(a->facts, t->item);
        enum tw_help one = h != NULL       ? (enum tw_help)(h->value + 1)
                           : c->help_n > 0 ? TW_HELP_UNKNOWN
                                           : TW_HELP_NULL;
        if (s != NULL && (enum tw_severity)s->value > severity)
            severity = (enum tw_severity)s->value;
        confidence = sure > confidence ? sure : confidence;
        help = i == 0 ? one : combined(help, one);
    }
    bool changed = severity != al->severity || confidence != al->confidence || help != al->help;
    al->severity = severity;
    al->confidence = confidence;
    al->help = help;
    return changed;
}

static size_t staying(const struct tw_alerts *a, const struct alert *al)
{
    size_t n = 0;
    for (size_t i = 0; i < al->items_n; i++)
        n += !a->tracks[al->items[i]].ending;
    return n;
}

static void let_go(struct tw_alerts *a, struct alert *al)
{
    size_t kept = 0;
    for (size_t i = 0; i < al->items_n; i++) {
        if (a->tracks[al->items[i]].ending)
            track_free(a, al->items[i]);
        else
            al->items[kept++] = al->items[i];
    }
    al->items_n = kept;
}

static void close_alert(struct tw_alerts *a, struct alert *al)
{
    if (al->joined && al->announced)
        emit(a, al, TW_UPDATED, tw_later(al->last, al->changed_at));
    emit(a, al, TW_CLEARED, al->ended_at);
    a->cleared++;
    let_go(a, al);
    al->used = false;
    al->update_due = TW_TIME_MAX;
}

static void update_later(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct alert *al = &a->alerts[i];
    if (al->update_due.ns != INT64_MAX)
        return;
    al->update_due = tw_time_add(now, UPDATE_DELAY);
    al->update_seq = ++a->timer_seq;
    timer_push(a, al->update_due, al->update_seq, TIMER_UPDATE, i);
}

static void send_update(struct tw_alerts *a, struct alert *al, tw_time now)
{
    let_go(a, al);
    al->joined = al->left = false;
    al->update_due = TW_TIME_MAX;
    al->last = tw_later(al->last, now);
    emit(a, al, TW_UPDATED, al->last);
}

static void flush_one(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct alert *al = &a->alerts[i];
    if (!al->used)
        return;
    if (!al->announced) {
        (void)assess(a, al);
        make_id(a, al);
        al->announced = true;
        al->joined = false;
        a->raised++;
        emit(a, al, TW_RAISED, al->raised_at);
    }
    if (staying(a, al) == 0) {
        close_alert(a, al);
        return;
    }
    let_go(a, al);
    if (assess(a, al))
        send_update(a, al, now);
    else if (al->joined || al->left)
        update_later(a, i, now);
}

void alert_flush(struct tw_alerts *a, tw_time now)
{
    for (size_t i = 0; i < a->touched_n; i++) {
        a->alerts[a->touched[i]].touched = false;
        flush_one(a, a->touched[i], now);
    }
    a->touched_n = 0;
}

void alert_update_due(struct tw_alerts *a, uint32_t i)
{
    struct alert *al = &a->alerts[i];
    (void)assess(a, al);
    send_update(a, al, al->changed_at);
}
