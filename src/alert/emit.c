/* SPDX-License-Identifier: ISC */
/* An alert as a transition: names instead of indices, text instead of facts. */
#include "alert_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVIDENCE_MAX = 12, SHOWN_SUBS = 5, REASON_MAX = 80 };

static const char *format(struct tw_arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *format(struct tw_arena *arena, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return tw_arena_dup(arena, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* Effects outlive an inventory that is being replaced, so its names are copied. */
static const char *keep(struct tw_alerts *a, const char *name)
{
    return tw_arena_dup(a->arena, name, strlen(name));
}

static const char *number_name(struct tw_alerts *a, uint32_t number)
{
    char digits[TW_U64_TEXT];
    return keep(a, tw_u64_text(number, digits));
}

static const char *sub_name(struct tw_alerts *a, uint32_t sub_side)
{
    const struct tw_sub_facts *s = tw_facts_sub(a->facts, sub_side / 2);
    const char *trunk = tw_facts_topology(a->facts)->members[s->member].trunk_name[sub_side % 2];
    char digits[TW_U64_TEXT];
    const char *number = tw_u64_text(s->number, digits);
    size_t n = strlen(trunk), m = strlen(number);
    char *name = tw_arena_raw(a->arena, n + 1 + m + 1);
    memcpy(name, trunk, n);
    name[n] = '.';
    memcpy(name + n + 1, number, m + 1);
    return name;
}

static const char *extra_name(struct tw_alerts *a, struct tw_item item)
{
    uint32_t pair;
    if (item.scope == TW_SCOPE_RBS)
        return tw_facts_rbs(a->facts, item.index)->name;
    if (item.scope == TW_SCOPE_PROFILE) {
        const struct tw_profile *p = tw_profile_at(tw_facts_topology(a->facts), item.index, &pair);
        static const char *const modes[] = {"hot", "warm", "virtual"};
        return p != NULL ? format(a->arena, "%s (mode %s)", p->name, modes[p->mode]) : "";
    }
    return NULL;
}

const char *item_name(struct tw_alerts *a, struct tw_item item)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    struct tw_item_place p = tw_item_place(a->facts, item);
    if (p.pair == TW_NONE)
        return "";
    const struct tw_pair *pair = &t->pairs[p.pair];
    const char *device = p.side >= 0 ? t->devices[pair->device[p.side]].name : pair->name;
    switch (item.scope) {
    case TW_SCOPE_SUB: return format(a->arena, "%s %s", device, sub_name(a, item.index));
    case TW_SCOPE_MEMBER: return format(a->arena, "%s %s", pair->name, t->members[item.index].trunk_name[0]);
    case TW_SCOPE_E_TRUNK: return format(a->arena, "%s E-Trunk %u", device, t->e_trunks[item.index / 2].id);
    case TW_SCOPE_RBS:
    case TW_SCOPE_PROFILE: return format(a->arena, "%s %s", device, extra_name(a, item));
    case TW_SCOPES: break;
    }
    return "";
}

void trace(struct tw_alerts *a, const struct track *t, const struct tw_moment *m, const char *fmt, ...)
{
    if (!a->trace)
        return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct tw_trace *x = tw_arena_alloc(a->arena, sizeof *x);
    x->time = m->at;
    x->ref = m->ref;
    x->condition = keep(a, a->policy->conditions[t->condition].name);
    x->subject = item_name(a, t->item);
    x->text = keep(a, text);
    const struct alert *al = t->alert != TW_NONE ? &a->alerts[t->alert] : NULL;
    x->alert_id = al != NULL && al->announced ? tw_arena_dup(a->arena, al->id, TW_ALERT_ID - 1) : NULL;
    *TW_PUSH(a->traces, a->traces_n, a->traces_cap) = x;
}

struct member_name {
    uint32_t index;
    uint32_t number;
};

static int by_number(const void *x, const void *y)
{
    const struct member_name *p = x, *q = y;
    return (p->number > q->number) - (p->number < q->number);
}

/* Sub-interfaces of the alert in natural order: all are of one Eth-Trunk, so the order of numbers. */
static const struct member_name *alert_subs(struct tw_alerts *a, const struct alert *al, size_t *n)
{
    struct member_name *list = tw_arena_alloc(a->arena, al->items_n * sizeof *list);
    *n = 0;
    for (size_t i = 0; i < al->items_n; i++) {
        struct tw_item item = a->tracks[al->items[i]].item;
        if (item.scope == TW_SCOPE_SUB)
            list[(*n)++] = (struct member_name){item.index, tw_facts_sub(a->facts, item.index / 2)->number};
    }
    if (*n > 1)
        qsort(list, *n, sizeof *list, by_number);
    return list;
}

static const char *joined(struct tw_arena *arena, const char *const *names, size_t n, size_t shown)
{
    struct tw_buf b = {0};
    for (size_t i = 0; i < n && i < shown; i++) {
        if (i > 0)
            tw_buf_z(&b, ", ");
        tw_buf_z(&b, names[i]);
    }
    if (n > shown)
        tw_buf_fmt(&b, " and %zu more", n - shown);
    const char *text = tw_arena_dup(arena, b.p, b.n);
    tw_buf_finish(&b);
    return text;
}

static const char *const *profile_names(struct tw_alerts *a, const struct alert *al, size_t *n)
{
    const char **list = tw_arena_alloc(a->arena, (al->items_n + 1) * sizeof *list);
    uint32_t pair;
    *n = 0;
    for (size_t i = 0; i < al->items_n; i++) {
        struct tw_item item = a->tracks[al->items[i]].item;
        const struct tw_profile *p = item.scope == TW_SCOPE_PROFILE
                                         ? tw_profile_at(tw_facts_topology(a->facts), item.index, &pair)
                                         : NULL;
        if (p != NULL)
            list[(*n)++] = keep(a, p->name);
    }
    return list;
}

/* What an alert is about when it is not about sub-interfaces. */
static const char *items_text(struct tw_alerts *a, const struct alert *al)
{
    struct tw_buf b = {0};
    for (size_t i = 0; i < al->items_n; i++) {
        struct tw_item item = a->tracks[al->items[i]].item;
        const char *comma = b.n > 0 ? ", " : "";
        if (item.scope == TW_SCOPE_E_TRUNK)
            tw_buf_fmt(&b, "%shellos of E-Trunk %u", comma,
                       tw_facts_topology(a->facts)->e_trunks[item.index / 2].id);
        else if (item.scope == TW_SCOPE_RBS)
            tw_buf_fmt(&b, "%sRBS channel %s", comma, extra_name(a, item));
        else if (item.scope == TW_SCOPE_PROFILE)
            tw_buf_fmt(&b, "%s%s", comma, extra_name(a, item));
    }
    const char *text = tw_arena_dup(a->arena, b.p, b.n);
    tw_buf_finish(&b);
    return text;
}

/* What the summary calls a sub-interface: its name, and what the inventory says it is. */
static const char *described(struct tw_alerts *a, uint32_t sub_side, const char *name)
{
    const struct tw_sub *listed = tw_facts_sub(a->facts, sub_side / 2)->listed;
    if (listed == NULL || listed->description == NULL)
        return name;
    struct tw_buf safe = {0};
    struct tw_str text = tw_str_z(listed->description), cut = tw_str_cut(text, 60);
    while (cut.n < text.n && cut.n > 0 && (text.p[cut.n] & 0xc0) == 0x80)
        cut.n--; /* not inside a character */
    tw_buf_safe(&safe, cut);
    name = format(a->arena, "%s \"%.*s\"", name, TW_STR_ARG(tw_buf_view(&safe)));
    tw_buf_finish(&safe);
    return name;
}

/* The router's own reason for the first sub-interface, out of its message; an own half sentence without one.
 */
static const char *reason_text(struct tw_alerts *a, uint32_t sub_side)
{
    const struct tw_sub_side *s = &tw_facts_sub(a->facts, sub_side / 2)->side[sub_side % 2];
    const char *at = s->oper.why != NULL ? strstr(s->oper.why->text, "Reason=") : NULL;
    if (s->inferred)
        return " (it did not come back with its main interface)";
    if (at == NULL || s->oper.value != TW_STATE_DOWN)
        return "";
    at += strlen("Reason=");
    size_t n = strcspn(at, ",)");
    return n == 0 ? "" : format(a->arena, " (%.*s)", (int)(n > REASON_MAX ? REASON_MAX : n), at);
}

/* Why it would not help: the facts of the first sub-interface that say so, in words. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
static void why_no(struct tw_alerts *a, const struct tw_expr *e, struct tw_item item, const struct words *w,
                   struct tw_buf *out)
{
    static const struct {
        enum tw_attr attr;
        bool peer;
        const char *text;
    } words[] = {
        {TW_ATTR_FAULTY, true, "{peer-sub-interface} on {peer} is faulty or shut as well"},
        {TW_ATTR_MAIN_UNUSABLE, true, "{peer-trunk} on {peer} is shut or physically down"},
        {TW_ATTR_FORCED_BACKUP, true, "{peer-trunk} on {peer} is forced to backup"},
        {TW_ATTR_PEER_LOST, false, "{device} does not hear {peer}"},
        {TW_ATTR_PEER_LOST, true, "{peer} does not hear {device}"},
        {TW_ATTR_ACTIVE_ACTIVE, false, "both routers forward"},
    };
    if (!tw_holds(a->facts, e, item))
        return;
    if (e->op == TW_OP_OR) {
        why_no(a, e->a, item, w, out);
        why_no(a, e->b, item, w, out);
        return;
    }
    for (size_t i = 0; e->op == TW_OP_ATTR && i < sizeof words / sizeof *words; i++) {
        size_t wrong;
        if (words[i].attr != e->attr || words[i].peer != e->peer)
            continue;
        struct tw_template t = tw_template_parse(tw_str_z(words[i].text), a->arena, &wrong);
        const char *text = text_fill(a->arena, &t, w);
        if (text != NULL)
            tw_buf_fmt(out, "%s%s", out->n > 0 ? ", " : ": ", text);
    }
}

static const char *help_text(struct tw_alerts *a, const struct alert *al, const struct words *w)
{
    const struct tw_condition *c = &a->policy->conditions[al->condition];
    struct tw_buf why = {0};
    const char *text = "";
    switch (al->help) {
    case TW_HELP_YES: return "a switchover would help";
    case TW_HELP_NO:
        for (size_t i = 0; i < c->help_n && al->items_n > 0; i++) {
            if (c->help[i].value + 1 == TW_HELP_NO && c->help[i].expr != NULL)
                why_no(a, c->help[i].expr, a->tracks[al->items[0]].item, w, &why);
        }
        text = format(a->arena, "a switchover would not help%.*s", TW_STR_ARG(tw_buf_view(&why)));
        tw_buf_finish(&why);
        return text;
    case TW_HELP_UNKNOWN: return "whether a switchover would help is not known: check the peer first";
    case TW_HELP_NULL: break;
    }
    return text;
}

static const char *rbs_of(struct tw_alerts *a, const struct alert *al, const struct member_name *subs,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct tw_sub *listed = tw_facts_sub(a->facts, subs[i].index / 2)->listed;
        if (listed != NULL && listed->profile != NULL && listed->profile->rbs != NULL)
            return listed->profile->rbs;
    }
    for (size_t i = 0; i < al->items_n; i++) {
        struct tw_item item = a->tracks[al->items[i]].item;
        if (item.scope == TW_SCOPE_RBS)
            return tw_facts_rbs(a->facts, item.index)->name;
    }
    return NULL;
}

static void place_words(struct tw_alerts *a, const struct alert *al, struct words *w)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    const struct tw_pair *p = &t->pairs[al->pair];
    int side = al->side >= 0 ? al->side : 0;
    w->v[TW_PH_PAIR] = keep(a, p->name);
    w->v[TW_PH_DEVICE] = keep(a, t->devices[p->device[side]].name);
    w->v[TW_PH_PEER] = keep(a, t->devices[p->device[!side]].name);
    if (al->e_trunk != TW_NONE)
        w->v[TW_PH_E_TRUNK] = number_name(a, t->e_trunks[al->e_trunk].id);
    if (al->member == TW_NONE)
        return;
    const struct tw_member *m = &t->members[al->member];
    w->v[TW_PH_TRUNK] = keep(a, m->trunk_name[side]);
    w->v[TW_PH_PEER_TRUNK] = keep(a, m->trunk_name[!side]);
    w->v[TW_PH_TRUNK_ID] = number_name(a, m->trunk[side]);
    w->v[TW_PH_PEER_TRUNK_ID] = number_name(a, m->trunk[!side]);
}

/* How many other sub-interfaces a switchover of this Eth-Trunk would move as well. */
static const char *others_text(struct tw_alerts *a, const struct alert *al, size_t in_alert)
{
    if (al->member == TW_NONE)
        return NULL;
    const struct tw_topology *t = tw_facts_topology(a->facts);
    size_t all = t->members[al->member].subs_n;
    for (uint32_t s = tw_facts_sub_first(a->facts, al->member); s != TW_NONE;
         s = tw_facts_sub(a->facts, s)->next)
        all += tw_facts_sub(a->facts, s)->listed == NULL;
    size_t n = all > in_alert ? all - in_alert : 0;
    return n == 0 ? "no other known sub-interface"
                  : format(a->arena, "%zu other known sub-interface%s", n, n > 1 ? "s" : "");
}

static void services(struct tw_alerts *a, const struct alert *al, struct tw_transition *t, struct words *w,
                     uint32_t *bits)
{
    const char **names = tw_arena_alloc(a->arena, TW_SERVICES * sizeof *names);
    *bits = 0;
    for (size_t i = 0; i < al->items_n; i++)
        *bits |= tw_item_services(a->facts, a->tracks[al->items[i]].item);
    for (unsigned i = 0; i < TW_SERVICES; i++) {
        if (*bits >> i & 1)
            names[t->services_n++] = tw_service_name(i);
    }
    t->services = names;
    w->v[TW_PH_SERVICES] =
        t->services_n > 0 ? joined(a->arena, names, t->services_n, TW_SERVICES) : "service unknown";
}

/* One message may stand behind several facts. */
static bool same_evidence(const struct tw_evidence *x, const struct tw_evidence *y)
{
    return x == y || (x->device == y->device && x->at.ns == y->at.ns && x->ref.input == y->ref.input &&
                      x->ref.position == y->ref.position && strcmp(x->text, y->text) == 0);
}

static size_t evidence_add(struct tw_alerts *a, struct tw_item item, const struct tw_evidence *all[],
                           size_t n)
{
    const struct tw_evidence *some[EVIDENCE_MAX];
    size_t k = tw_item_evidence(a->facts, item, some, EVIDENCE_MAX);
    for (size_t j = 0; j < k && n < EVIDENCE_MAX; j++) {
        size_t twin = 0;
        while (twin < n && !same_evidence(all[twin], some[j]))
            twin++;
        if (twin == n)
            all[n++] = some[j];
    }
    return n;
}

static struct tw_evidence_line *evidence_lines(struct tw_alerts *a, const struct tw_evidence *const all[],
                                               size_t n)
{
    const struct tw_topology *top = tw_facts_topology(a->facts);
    struct tw_evidence_line *lines = tw_arena_alloc(a->arena, (n + 1) * sizeof *lines);
    for (size_t i = 0; i < n; i++) {
        lines[i] = (struct tw_evidence_line){.time = all[i]->at,
                                             .received = all[i]->rx,
                                             .stamp = all[i]->stamp,
                                             .device = keep(a, top->devices[all[i]->device].name),
                                             .source = all[i]->source,
                                             .text = keep(a, all[i]->text),
                                             .ref = all[i]->ref,
                                             .rule = keep(a, all[i]->rule)};
    }
    return lines;
}

void trace_evidence(struct tw_alerts *a, struct tw_item item)
{
    const struct tw_evidence *all[EVIDENCE_MAX] = {NULL};
    struct tw_trace *last = (struct tw_trace *)(uintptr_t)a->traces[a->traces_n - 1];
    last->evidence_n = evidence_add(a, item, all, 0);
    last->evidence = evidence_lines(a, all, last->evidence_n);
}

static void evidence(struct tw_alerts *a, const struct alert *al, struct tw_transition *t)
{
    const struct tw_evidence *all[EVIDENCE_MAX] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < al->items_n && n < EVIDENCE_MAX; i++)
        n = evidence_add(a, a->tracks[al->items[i]].item, all, n);
    struct tw_evidence_line *lines = evidence_lines(a, all, n);
    const char *items = items_text(a, al);
    if (n == 0 && items[0] != '\0') {
        lines[n++] =
            (struct tw_evidence_line){.time = al->since,
                                      .received = TW_TIME_MIN,
                                      .stamp = TW_TIME_MIN,
                                      .device = keep(a, tw_facts_topology(a->facts)->pairs[al->pair].name),
                                      .source = TW_SOURCE_INVENTORY,
                                      .text = format(a->arena, "backup-profiles: %s", items),
                                      .rule = ""};
    }
    t->evidence = lines;
    t->evidence_n = n;
}

static void names(struct tw_alerts *a, const struct alert *al, struct tw_transition *t,
                  const struct member_name *subs, size_t n)
{
    const struct tw_topology *top = tw_facts_topology(a->facts);
    const struct tw_pair *p = &top->pairs[al->pair];
    const char **list = tw_arena_alloc(a->arena, n * sizeof *list);
    for (size_t i = 0; i < n; i++)
        list[i] = sub_name(a, subs[i].index);
    t->sub_interfaces = list;
    t->sub_interfaces_n = n;
    t->pair = keep(a, p->name);
    t->e_trunk = al->e_trunk == TW_NONE ? 0 : top->e_trunks[al->e_trunk].id;
    if (al->side >= 0) {
        t->device = keep(a, top->devices[p->device[al->side]].name);
        t->peer = keep(a, top->devices[p->device[!al->side]].name);
        t->trunk = al->member == TW_NONE ? NULL : keep(a, top->members[al->member].trunk_name[al->side]);
    }
}

/* "Traffic interruption, no switchover: over (recovered) after 85 s: Eth-Trunk10.200 (igmp) on pe-a" */
static const char *over_text(struct tw_alerts *a, const struct tw_transition *t, const struct words *w)
{
    size_t title = strcspn(t->summary, ":");
    double seconds = (double)(t->duration.ns / 1000000) / 1000.0;
    const char *what = w->v[TW_PH_SUBS] != NULL ? w->v[TW_PH_SUBS]
                       : t->trunk != NULL       ? t->trunk
                                                : w->v[TW_PH_ITEMS];
    return format(a->arena, "%.*s: over (%s) after %g s: %s%s(%s) on %s", (int)title, t->summary,
                  t->cleared_by, seconds, what, what[0] != '\0' ? " " : "", w->v[TW_PH_SERVICES],
                  t->device != NULL ? t->device : t->pair);
}

static void ended(struct tw_alerts *a, const struct alert *al, struct tw_transition *t, const struct words *w)
{
    tw_time end = tw_time_add(al->ended_at, (tw_dur){-al->ended_delay.ns});
    t->duration = tw_time_sub(tw_later(end, al->since), al->since);
    t->cleared_by = keep(a, al->ended_by);
    t->summary = over_text(a, t, w);
}

static const char *with_loss(struct tw_alerts *a, const char *summary)
{
    static const char more[] = ". Messages of this pair were lost: not all that happened may be known";
    size_t n = strlen(summary);
    char *text = tw_arena_alloc(a->arena, n + sizeof more);
    memcpy(text, summary, n);
    memcpy(text + n, more, sizeof more);
    return text;
}

static void people(struct tw_alerts *a, const struct alert *al, struct tw_transition *t)
{
    const struct tw_standing *s = al->silence;
    if (al->ack != NULL) {
        struct tw_acknowledged *k = tw_arena_alloc(a->arena, sizeof *k);
        *k = (struct tw_acknowledged){keep(a, al->ack->by), keep(a, al->ack->why), al->ack->time};
        t->acknowledged = k;
    }
    if (s != NULL) {
        struct tw_silenced *k = tw_arena_alloc(a->arena, sizeof *k);
        *k = (struct tw_silenced){keep(a, s->id), s->kind, keep(a, s->by), keep(a, s->why), s->next};
        t->silenced = k;
    }
}

static uint32_t changes(const struct alert *al)
{
    return al->changes | (uint32_t)(al->joined || al->left) << TW_CHANGE_SUB_INTERFACES |
           (uint32_t)al->noted << TW_CHANGE_FEED;
}

void emit(struct tw_alerts *a, struct alert *al, enum tw_transition_kind kind, tw_time time)
{
    const struct tw_condition *c = &a->policy->conditions[al->condition];
    struct tw_transition *t = tw_arena_alloc(a->arena, sizeof *t);
    struct words w = {{NULL}};
    size_t n;
    uint32_t bits;
    const struct member_name *subs = alert_subs(a, al, &n);
    *t = (struct tw_transition){.seq = ++a->seq,
                                .time = time,
                                .kind = kind,
                                .severity = al->severity,
                                .since = al->since,
                                .help = al->help,
                                .confidence = al->confidence,
                                .lossy = al->lossy,
                                .number = ++al->number,
                                .change = kind == TW_UPDATED ? changes(al) : 0};
    t->condition = keep(a, c->name);
    memcpy(t->alert_id, al->id, TW_ALERT_ID);
    names(a, al, t, subs, n);
    place_words(a, al, &w);
    services(a, al, t, &w, &bits);
    const char **peer_subs = tw_arena_alloc(a->arena, n * sizeof *peer_subs);
    for (size_t i = 0; i < n; i++)
        peer_subs[i] = sub_name(a, subs[i].index ^ 1);
    if (n > 0) {
        w.v[TW_PH_SUB] = t->sub_interfaces[0];
        w.v[TW_PH_PEER_SUB] = peer_subs[0];
        const char *shown[SHOWN_SUBS];
        for (size_t i = 0; i < n && i < SHOWN_SUBS; i++)
            shown[i] = described(a, subs[i].index, t->sub_interfaces[i]);
        w.v[TW_PH_SUBS] = joined(a->arena, shown, n, SHOWN_SUBS);
        w.v[TW_PH_REASON] = reason_text(a, subs[0].index);
    }
    w.v[TW_PH_RBS] = rbs_of(a, al, subs, n);
    w.v[TW_PH_ITEMS] = items_text(a, al);
    w.v[TW_PH_OTHERS] = others_text(a, al, n);
    w.v[TW_PH_HELP] = help_text(a, al, &w);
    t->summary = text_fill(a->arena, &c->summary, &w);
    if (t->summary == NULL)
        t->summary = t->condition;
    size_t profiles_n;
    const char *const *profiles = profile_names(a, al, &profiles_n);
    w.v[TW_PH_PROFILE] = profiles[0];
    struct hint_case hc = {.profiles = profiles,
                           .profiles_n = profiles_n,
                           .condition = c->name,
                           .services = bits,
                           .help = al->help,
                           .over = kind == TW_CLEARED,
                           .words = &w,
                           .subs = t->sub_interfaces,
                           .peer_subs = peer_subs,
                           .subs_n = n};
    text_hints(a->arena, a->policy, &hc, t);
    evidence(a, al, t);
    people(a, al, t);
    if (kind == TW_CLEARED)
        ended(a, al, t, &w);
    if (al->lossy)
        t->summary = with_loss(a, t->summary);
    *TW_PUSH(a->out, a->out_n, a->out_cap) = t;
}
