/* SPDX-License-Identifier: ISC */
/* One alert per condition, pair, E-Trunk, Eth-Trunk and device; items join and leave. */
#include "alert_internal.h"

#define UPDATE_DELAY TW_SECONDS(1) /* joins and leaves within this are one `updated` */

static uint64_t bundle_hash(const struct alert *al)
{
    uint32_t key[5] = {al->condition, al->pair, al->e_trunk, al->member, (uint32_t)al->side};
    return tw_hash(key, sizeof key, 0);
}

static bool bundle_same(const void *ctx, uint32_t index, const void *key)
{
    const struct alert *al = &((const struct tw_alerts *)ctx)->alerts[index], *want = key;
    return al->condition == want->condition && al->pair == want->pair && al->e_trunk == want->e_trunk &&
           al->member == want->member && al->side == want->side;
}

static uint32_t bundle_find(const struct tw_alerts *a, const struct alert *want)
{
    return tw_map_find(&a->alert_by_key, bundle_hash(want), bundle_same, a, want);
}

void alert_index(struct tw_alerts *a, uint32_t i)
{
    tw_map_add(&a->alert_by_key, bundle_hash(&a->alerts[i]), i);
}

static uint32_t bundle_new(struct tw_alerts *a, const struct alert *want)
{
    uint32_t i;
    if (a->alerts_free_n > 0) {
        i = a->alerts_free[--a->alerts_free_n];
    } else {
        i = (uint32_t)a->alerts_n;
        (void)TW_PUSH(a->alerts, a->alerts_n, a->alerts_cap);
    }
    struct alert *al = &a->alerts[i], old = *al;
    *al = *want;
    al->items = old.items;
    al->items_cap = old.items_cap;
    al->leaving = old.leaving;
    al->leaving_cap = old.leaving_cap;
    alert_index(a, i);
    return i;
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

static void judge_item(struct tw_alerts *a, struct track *t)
{
    const struct tw_condition *c = &a->policy->conditions[t->condition];
    const struct tw_case *s = tw_judge_case(a->facts, c->severity, c->severity_n, t->item);
    const struct tw_case *h = tw_judge_case(a->facts, c->help, c->help_n, t->item);
    t->severity = s != NULL ? (uint8_t)s->value : TW_SEVERITY_WARNING;
    t->confidence = TW_CONFIDENCE_INFERRED;
    if (t->state != TRACK_RESTARTED)
        t->confidence = (uint8_t)tw_item_confidence(a->facts, t->item);
    t->help = h != NULL ? (uint8_t)(h->value + 1) : c->help_n > 0 ? TW_HELP_UNKNOWN : TW_HELP_NULL;
}

static void count_item(struct alert *al, const struct track *t, int by)
{
    al->severities[t->severity] += (uint32_t)by;
    al->confidences[t->confidence] += (uint32_t)by;
    al->helps[t->help] += (uint32_t)by;
}

void alert_put(struct tw_alerts *a, uint32_t i, uint32_t track)
{
    struct alert *al = &a->alerts[i];
    struct track *t = &a->tracks[track];
    t->slot = (uint32_t)al->items_n;
    *TW_PUSH(al->items, al->items_n, al->items_cap) = track;
    judge_item(a, t);
    count_item(al, t, 1);
}

void alert_refresh(struct tw_alerts *a, uint32_t track)
{
    struct track *t = &a->tracks[track];
    struct alert *al = &a->alerts[t->alert];
    count_item(al, t, -1);
    judge_item(a, t);
    count_item(al, t, 1);
    alert_touch(a, t->alert);
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
    if (i == TW_MAP_NONE)
        i = bundle_new(a, &want);
    struct alert *al = &a->alerts[i];
    if (!al->announced)
        al->since = tw_earlier(al->since, tw_time_add(t->since, (tw_dur){-t->raise_delay.ns}));
    al->joined = true;
    al->changed_at = now;
    t->alert = i;
    t->ending = false;
    alert_put(a, i, track);
    alert_touch(a, i);
}

void alert_leave(struct tw_alerts *a, uint32_t track, const char *by, tw_time at)
{
    struct track *t = &a->tracks[track];
    struct alert *al = &a->alerts[t->alert];
    bool retracted = !tw_before(t->raised_at, at);
    t->ending = true;
    t->ended = at;
    t->deadline = TW_TIME_MAX;
    count_item(al, t, -1);
    al->items[t->slot] = al->items[--al->items_n];
    a->tracks[al->items[t->slot]].slot = t->slot;
    *TW_PUSH(al->leaving, al->leaving_n, al->leaving_cap) = track;
    al->left = true;
    al->changed_at = at;
    al->ended_by = retracted ? "retracted" : by;
    al->ended_at = retracted ? t->raised_at : at;
    al->ended_delay = tw_item_clear_delay(a->facts, t->item);
    alert_touch(a, t->alert);
}

/* Severity, confidence and help of the whole: the worst, the surest, and what all agree on. Returns which of
 * them are others than before. */
static uint32_t assess(struct alert *al)
{
    int severity = TW_SEVERITY_CRITICAL, confidence = TW_CONFIDENCE_VERIFIED, help = TW_HELP_UNKNOWN;
    while (severity > TW_SEVERITY_WARNING && al->severities[severity] == 0)
        severity--;
    while (confidence > TW_CONFIDENCE_INFERRED && al->confidences[confidence] == 0)
        confidence--;
    for (int h = TW_HELP_NULL; h <= TW_HELP_UNKNOWN; h++) {
        if (al->helps[h] == al->items_n)
            help = h;
    }
    uint32_t changed = (uint32_t)(severity != (int)al->severity) << TW_CHANGE_SEVERITY |
                       (uint32_t)(confidence != (int)al->confidence) << TW_CHANGE_CONFIDENCE |
                       (uint32_t)(help != (int)al->help) << TW_CHANGE_HELP;
    al->severity = (enum tw_severity)severity;
    al->confidence = (enum tw_confidence)confidence;
    al->help = (enum tw_help)help;
    return changed;
}

/* Something of one of the pair's devices was lost within TW_LOSSY_FOR before `at`, or later. */
static bool lost_of(const struct tw_alerts *a, const struct alert *al, tw_time at)
{
    const struct tw_pair *p = &tw_facts_topology(a->facts)->pairs[al->pair];
    tw_time last = tw_later(a->lost_at[p->device[0]], a->lost_at[p->device[1]]);
    return tw_time_is_finite(last) && tw_time_sub(at, last).ns <= TW_LOSSY_FOR.ns;
}

void alert_lost(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct alert *al = &a->alerts[i];
    if (!al->used || !al->announced || al->lossy || !lost_of(a, al, now))
        return;
    al->lossy = al->noted = true;
    al->changed_at = tw_later(al->changed_at, now);
    alert_touch(a, i);
}

static void let_go(struct tw_alerts *a, struct alert *al)
{
    for (size_t i = 0; i < al->leaving_n; i++)
        track_end(a, al->leaving[i], a->tracks[al->leaving[i]].ended);
    al->leaving_n = 0;
}

/* Cleared: it shows what left last. */
static void close_alert(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct alert *al = &a->alerts[i];
    for (size_t k = 0; k < al->leaving_n; k++)
        *TW_PUSH(al->items, al->items_n, al->items_cap) = al->leaving[k];
    if (al->joined)
        emit(a, al, TW_UPDATED, tw_later(al->last, al->changed_at));
    emit(a, al, TW_CLEARED, al->ended_at);
    a->cleared++;
    gone_add(a, al, now);
    tw_map_del(&a->alert_by_key, bundle_hash(al), i);
    let_go(a, al);
    ack_free(al->ack);
    al->ack = NULL;
    al->silence = NULL;
    al->items_n = 0;
    al->used = false;
    al->update_due = TW_TIME_MAX;
    *TW_PUSH(a->alerts_free, a->alerts_free_n, a->alerts_free_cap) = i;
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
    al->update_due = TW_TIME_MAX;
    al->last = tw_later(al->last, now);
    emit(a, al, TW_UPDATED, al->last);
    al->joined = al->left = al->noted = false;
    al->changes = 0;
}

static void flush_one(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct alert *al = &a->alerts[i];
    if (!al->used)
        return;
    if (!al->announced) {
        (void)assess(al);
        make_id(a, al);
        al->number = gone_number(a, al);
        al->announced = true;
        al->joined = false;
        al->lossy = lost_of(a, al, al->raised_at);
        (void)people_look(a, al);
        al->changes = 0;
        a->raised++;
        emit(a, al, TW_RAISED, al->raised_at);
    }
    if (al->items_n == 0) {
        close_alert(a, i, now);
        return;
    }
    let_go(a, al);
    al->changes |= assess(al);
    if ((al->look || al->joined || al->left || al->changes != 0) && people_look(a, al))
        al->changes |= 1u << TW_CHANGE_SILENCED;
    al->look = false;
    if (al->changes != 0)
        send_update(a, al, now);
    else if (al->joined || al->left || al->noted)
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
    send_update(a, al, al->changed_at);
}
