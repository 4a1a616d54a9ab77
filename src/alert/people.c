/* SPDX-License-Identifier: ISC */
/* What people do about alerts: who has taken one on, what is to be quiet, and until when. */
#include "alert_internal.h"

#include <stdlib.h>

static char *copy(const char *z)
{
    return z != NULL ? tw_xstrndup(z, strlen(z)) : NULL;
}

static void standing_free(struct tw_standing *s)
{
    for (int m = 0; m < TW_MATCHERS; m++)
        free(s->match[m]);
    free(s->by);
    free(s->why);
    free(s);
}

void people_finish(struct people *p)
{
    for (size_t i = 0; i < p->n; i++)
        standing_free(p->list[i]);
    free(p->list);
}

void ack_free(struct ack *k)
{
    if (k == NULL)
        return;
    free(k->by);
    free(k->why);
    free(k);
}

static size_t standing_find(const struct people *p, const char *id)
{
    size_t i = 0;
    while (i < p->n && strcmp(p->list[i]->id, id) != 0)
        i++;
    return i;
}

static struct alert *alert_of(const struct tw_alerts *a, const char *id)
{
    for (size_t i = 0; i < a->alerts_n; i++) {
        if (a->alerts[i].used && a->alerts[i].announced && strcmp(a->alerts[i].id, id) == 0)
            return &a->alerts[i];
    }
    return NULL;
}

static bool has_service(const struct tw_alerts *a, const struct alert *al, const char *pattern)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < al->items_n; i++)
        bits |= tw_item_services(a->facts, a->tracks[al->items[i]].item);
    for (unsigned i = 0; i < TW_SERVICES; i++) {
        if ((bits >> i & 1) != 0 && tw_glob(tw_str_z(pattern), tw_str_z(tw_service_name(i))))
            return true;
    }
    return false;
}

/* What an alert is matched by. */
struct sight {
    const char *value[TW_MATCHERS]; /* NULL: it has none */
    const char *peer;
    char number[TW_U64_TEXT];
};

static void see(const struct tw_alerts *a, const struct alert *al, struct sight *out)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    const struct tw_pair *p = &t->pairs[al->pair];
    *out = (struct sight){{NULL}, NULL, {0}};
    out->value[TW_MATCHER_PAIR] = p->name;
    out->value[TW_MATCHER_CONDITION] = a->policy->conditions[al->condition].name;
    out->value[TW_MATCHER_SEVERITY] = tw_severity_name(al->severity);
    if (al->e_trunk != TW_NONE)
        out->value[TW_MATCHER_E_TRUNK] = tw_u64_text(t->e_trunks[al->e_trunk].id, out->number);
    if (al->side < 0)
        return;
    out->value[TW_MATCHER_DEVICE] = t->devices[p->device[al->side]].name;
    out->peer = t->devices[p->device[!al->side]].name;
    if (al->member != TW_NONE)
        out->value[TW_MATCHER_TRUNK] = t->members[al->member].trunk_name[al->side];
}

static bool glob(const char *pattern, const char *text)
{
    return text != NULL && tw_glob(tw_str_z(pattern), tw_str_z(text));
}

static bool matches(const struct tw_alerts *a, const struct alert *al, const struct sight *sight,
                    const struct tw_standing *s)
{
    for (int m = 0; m < TW_MATCHERS; m++) {
        const char *pattern = s->match[m];
        if (pattern == NULL)
            continue;
        bool is = m == TW_MATCHER_SERVICE ? has_service(a, al, pattern) : glob(pattern, sight->value[m]);
        /* That its peers miss a router at which somebody works is no news; that they fail themselves is. */
        if (!is && m == TW_MATCHER_DEVICE && s->kind == TW_MAINTENANCE && al->severity == TW_SEVERITY_WARNING)
            is = glob(pattern, sight->peer);
        if (!is)
            return false;
    }
    return true;
}

bool people_look(const struct tw_alerts *a, struct alert *al)
{
    const struct people *p = &a->people;
    const struct tw_standing *before = al->silence, *best = NULL;
    struct sight sight;
    if (p->n == 0)
        return false; /* then it has none */
    see(a, al, &sight);
    /* The one that it has stays, as long as it may; else the one that ends last. */
    if (before != NULL && before->open && matches(a, al, &sight, before))
        return false;
    for (size_t i = 0; i < p->n; i++) {
        const struct tw_standing *s = p->list[i];
        if (s->open && (best == NULL || tw_before(best->next, s->next)) && matches(a, al, &sight, s))
            best = s;
    }
    al->silence = best;
    return best != before;
}

static void look_at_all(struct tw_alerts *a)
{
    for (uint32_t i = 0; i < a->alerts_n; i++) {
        if (!a->alerts[i].used || !a->alerts[i].announced)
            continue;
        a->alerts[i].look = true;
        alert_touch(a, i);
    }
}

/* Those that it kept quiet are to be heard of again, unless another one keeps them. */
static void standing_drop(struct tw_alerts *a, size_t index)
{
    struct people *p = &a->people;
    struct tw_standing *s = p->list[index];
    for (size_t i = 0; i < a->alerts_n; i++) {
        if (a->alerts[i].used && a->alerts[i].silence == s) {
            a->alerts[i].silence = NULL;
            a->alerts[i].changes |= 1u << TW_CHANGE_SILENCED;
        }
    }
    memmove(&p->list[index], &p->list[index + 1], (p->n - index - 1) * sizeof *p->list);
    p->n--;
    standing_free(s);
}

static void arm(struct tw_alerts *a)
{
    struct people *p = &a->people;
    tw_time due = TW_TIME_MAX;
    for (size_t i = 0; i < p->n; i++)
        due = tw_earlier(due, p->list[i]->next);
    if (due.ns == p->due.ns)
        return;
    p->due = due;
    p->due_seq = ++a->timer_seq;
    if (due.ns != INT64_MAX)
        timer_push(a, due, p->due_seq, TIMER_PEOPLE, 0);
}

void people_due(struct tw_alerts *a, tw_time now)
{
    struct people *p = &a->people;
    p->due = TW_TIME_MAX;
    for (size_t i = 0; i < p->n;) {
        struct tw_standing *s = p->list[i];
        if (!tw_before(now, s->next))
            s->open = tw_window_open(&s->when, now, &s->next);
        if (!s->open && s->next.ns == INT64_MAX)
            standing_drop(a, i);
        else
            i++;
    }
    arm(a);
    look_at_all(a);
}

static enum tw_silence_kind kind_of(enum tw_act act)
{
    return act == TW_ACT_SILENCE || act == TW_ACT_UNSILENCE ? TW_SILENCE : TW_MAINTENANCE;
}

/* Of this kind, all of them. */
static size_t count(const struct people *p, enum tw_silence_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->list[i]->kind == kind;
    return n;
}

static const char *may_begin(const struct tw_alerts *a, const struct tw_operator *o, tw_time now)
{
    struct tw_window w = o->when;
    char id[TW_OPERATOR_ID];
    tw_time next;
    if (o->act == TW_ACT_SILENCE)
        w.from = now;
    tw_operator_id(o, now, id);
    if (standing_find(&a->people, o->id[0] != '\0' ? o->id : id) < a->people.n)
        return "there is one with this id already";
    if (!tw_window_open(&w, now, &next) && next.ns == INT64_MAX)
        return "it is over already";
    return count(&a->people, kind_of(o->act)) < TW_STANDING_MAX ? NULL
                                                                : "there are too many: end some of them";
}

const char *tw_alerts_may_act(const struct tw_alerts *a, const struct tw_operator *o, tw_time now)
{
    const struct alert *al = NULL;
    switch (o->act) {
    case TW_ACT_ACK:
    case TW_ACT_UNACK:
        al = alert_of(a, o->id);
        if (al == NULL)
            return "no alert with this id is open";
        return o->act == TW_ACT_ACK || al->ack != NULL ? NULL : "nobody has acknowledged it";
    case TW_ACT_SILENCE:
    case TW_ACT_MAINTENANCE: return may_begin(a, o, now);
    case TW_ACT_UNSILENCE:
    case TW_ACT_UNMAINTENANCE: {
        size_t i = standing_find(&a->people, o->id);
        bool is = i < a->people.n && a->people.list[i]->kind == kind_of(o->act);
        return is                           ? NULL
               : o->act == TW_ACT_UNSILENCE ? "no silence has this id"
                                            : "no maintenance has this id";
    }
    case TW_ACTS: break;
    }
    return "what is to be done is not known";
}

/* The same again changes nothing. */
static void acknowledge(struct tw_alerts *a, const struct tw_operator *o, tw_time now)
{
    struct alert *al = alert_of(a, o->id);
    bool ack = o->act == TW_ACT_ACK;
    if (ack && al->ack != NULL && strcmp(al->ack->by, o->by) == 0 && strcmp(al->ack->why, o->why) == 0)
        return;
    ack_free(al->ack);
    al->ack = NULL;
    if (ack) {
        al->ack = tw_xcalloc(1, sizeof *al->ack);
        *al->ack = (struct ack){copy(o->by), copy(o->why), now};
    }
    al->changes |= 1u << TW_CHANGE_ACKNOWLEDGED;
    alert_touch(a, (uint32_t)(al - a->alerts));
}

static void begin(struct tw_alerts *a, const struct tw_operator *o, tw_time now)
{
    struct tw_standing *s = tw_xcalloc(1, sizeof *s);
    s->kind = kind_of(o->act);
    memcpy(s->id, o->id, sizeof s->id);
    if (s->id[0] == '\0')
        tw_operator_id(o, now, s->id);
    s->by = copy(o->by);
    s->why = copy(o->why);
    for (int m = 0; m < TW_MATCHERS; m++)
        s->match[m] = copy(o->match[m]);
    s->when = o->when;
    s->said = now;
    if (s->kind == TW_SILENCE)
        s->when.from = now;
    s->open = tw_window_open(&s->when, now, &s->next);
    *TW_PUSH(a->people.list, a->people.n, a->people.cap) = s;
}

const char *tw_alerts_act(struct tw_alerts *a, const struct tw_operator *o, const struct tw_moment *m)
{
    const char *why = tw_alerts_may_act(a, o, m->rx);
    if (why != NULL)
        return why;
    switch (o->act) {
    case TW_ACT_ACK:
    case TW_ACT_UNACK: acknowledge(a, o, m->rx); break;
    case TW_ACT_SILENCE:
    case TW_ACT_MAINTENANCE: begin(a, o, m->rx); break;
    case TW_ACT_UNSILENCE:
    case TW_ACT_UNMAINTENANCE: standing_drop(a, standing_find(&a->people, o->id)); break;
    case TW_ACTS: break;
    }
    if (o->act != TW_ACT_ACK && o->act != TW_ACT_UNACK) {
        arm(a);
        look_at_all(a);
    }
    alert_flush(a, m->rx);
    return NULL;
}

const struct tw_standing *const *tw_alerts_standing(const struct tw_alerts *a, size_t *n)
{
    *n = a->people.n;
    return (const struct tw_standing *const *)a->people.list;
}

struct tw_people tw_alerts_people(const struct tw_alerts *a)
{
    struct tw_people p = {0};
    for (size_t i = 0; i < a->people.n; i++) {
        const struct tw_standing *s = a->people.list[i];
        *(s->kind == TW_SILENCE ? &p.silences : &p.windows) += 1;
        *(s->kind == TW_SILENCE ? &p.silences_open : &p.windows_open) += s->open;
    }
    for (size_t i = 0; i < a->alerts_n; i++) {
        const struct alert *al = &a->alerts[i];
        p.acknowledged += al->used && al->ack != NULL;
        p.silenced += al->used && al->silence != NULL;
    }
    return p;
}

size_t tw_alerts_find(const struct tw_alerts *a, const char *prefix, char id[static TW_ALERT_ID])
{
    size_t n = 0;
    for (size_t i = 0; i < a->alerts_n; i++) {
        const struct alert *al = &a->alerts[i];
        if (!al->used || !al->announced || strncmp(al->id, prefix, strlen(prefix)) != 0)
            continue;
        if (n++ == 0)
            memcpy(id, al->id, TW_ALERT_ID);
    }
    return n;
}

static void snap_text(struct tw_snap *s, char **z)
{
    bool is = *z != NULL;
    struct tw_str text = {"", 0};
    if (is)
        text = tw_str_of(*z, strlen(*z));
    tw_snap_bool(s, &is);
    if (!is)
        return;
    tw_snap_str(s, &text);
    if (!tw_snap_writing(s))
        *z = tw_xstrndup(text.n > 0 ? text.p : "", text.n);
}

static void snap_needed(struct tw_snap *s, char **z)
{
    snap_text(s, z);
    if (*z == NULL) {
        s->bad = true;
        *z = copy("");
    }
}

static void snap_id(struct tw_snap *s, char id[static TW_OPERATOR_ID])
{
    struct tw_str text = tw_str_z(id);
    tw_snap_str(s, &text);
    if (tw_snap_writing(s))
        return;
    s->bad = s->bad || text.n >= TW_OPERATOR_ID;
    if (!s->bad && text.n > 0)
        memcpy(id, text.p, text.n);
}

/* What recurs is counted with: nothing may overflow there, whatever the bytes say. */
static void snap_window(struct tw_snap *s, struct tw_window *w)
{
    uint32_t days = w->days;
    int64_t offset = w->offset_s;
    tw_snap_time(s, &w->from);
    tw_snap_time(s, &w->until);
    w->every = (enum tw_every)tw_snap_enum(s, w->every, TW_WEEKLY + 1);
    tw_snap_dur(s, &w->lasts);
    tw_snap_u32(s, &days);
    tw_snap_i64(s, &offset);
    s->bad = s->bad || days > 0x7f || offset < -86400 || offset > 86400;
    if (w->every != TW_ONCE)
        s->bad = s->bad || w->from.ns < 0 || !tw_before(w->from, TW_WINDOW_TIME_MAX) || w->lasts.ns <= 0 ||
                 w->lasts.ns > TW_SECONDS(7 * 86400).ns;
    if (s->bad || tw_snap_writing(s))
        return;
    w->days = (uint8_t)days;
    w->offset_s = (int32_t)offset;
}

static void snap_standing(struct tw_snap *s, struct tw_standing *t)
{
    t->kind = (enum tw_silence_kind)tw_snap_enum(s, t->kind, TW_MAINTENANCE + 1);
    snap_id(s, t->id);
    snap_needed(s, &t->by);
    snap_needed(s, &t->why);
    for (int m = 0; m < TW_MATCHERS; m++)
        snap_text(s, &t->match[m]);
    snap_window(s, &t->when);
    tw_snap_time(s, &t->said);
    tw_snap_bool(s, &t->open);
    tw_snap_time(s, &t->next);
}

void people_snap(struct tw_alerts *a, struct tw_snap *s)
{
    struct people *p = &a->people;
    uint64_t n = p->n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        if (!tw_snap_writing(s))
            *TW_PUSH(p->list, p->n, p->cap) = tw_xcalloc(1, sizeof **p->list);
        snap_standing(s, p->list[i]);
    }
    tw_snap_time(s, &p->due);
    tw_snap_u64(s, &p->due_seq);
    if (!tw_snap_writing(s) && !s->bad && p->due.ns != INT64_MAX)
        timer_push(a, p->due, p->due_seq, TIMER_PEOPLE, 0);
}

void people_snap_alert(struct tw_alerts *a, struct tw_snap *s, struct alert *al)
{
    char id[TW_OPERATOR_ID] = {0};
    bool taken = al->ack != NULL;
    tw_snap_bool(s, &taken);
    if (taken) {
        if (!tw_snap_writing(s))
            al->ack = tw_xcalloc(1, sizeof *al->ack);
        TW_ASSERT(al->ack != NULL);
        snap_needed(s, &al->ack->by);
        snap_needed(s, &al->ack->why);
        tw_snap_time(s, &al->ack->time);
    }
    if (al->silence != NULL)
        memcpy(id, al->silence->id, sizeof id);
    snap_id(s, id);
    if (tw_snap_writing(s) || s->bad || id[0] == '\0')
        return;
    size_t i = standing_find(&a->people, id);
    al->silence = i < a->people.n ? a->people.list[i] : NULL;
}
