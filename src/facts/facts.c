/* SPDX-License-Identifier: ISC */
#include "facts_internal.h"

#include <stdlib.h>

static const struct tw_fact nothing = {.since = {INT64_MIN}, .at = {INT64_MIN}, .before = {INT64_MIN}};

struct tw_facts *tw_facts_create(const struct tw_topology *t, struct tw_facts_options options)
{
    struct tw_facts *f = tw_xcalloc(1, sizeof *f);
    f->topology = tw_topology_ref(t);
    f->options = options;
    f->devices = tw_xcalloc(t->devices_n, sizeof *f->devices);
    f->members = tw_xcalloc(2 * t->members_n, sizeof *f->members);
    f->first_sub = tw_xcalloc(t->members_n, sizeof *f->first_sub);
    f->unlisted = tw_xcalloc(t->members_n, sizeof *f->unlisted);
    f->member_dirty = tw_xcalloc(t->members_n, sizeof *f->member_dirty);
    f->e_trunks = tw_xcalloc(2 * t->e_trunks_n, sizeof *f->e_trunks);
    for (size_t i = 0; i < t->devices_n; i++) {
        struct tw_str name = tw_str_z(t->devices[i].name);
        f->devices[i].stale_since = f->devices[i].cold_at = TW_TIME_MIN;
        tw_map_add(&f->device_by_name, tw_hash(name.p, name.n, 0), (uint32_t)i);
    }
    for (size_t i = 0; i < 2 * t->members_n; i++) {
        f->members[i] = (struct tw_member_side){
            .role = nothing,
            .main = nothing,
            .main_down_at = TW_TIME_MIN,
            .main_up_at = TW_TIME_MIN,
            .came_back = TW_TIME_MIN,
            .claimed = TW_TIME_MIN,
            .restored = TW_TIME_MIN,
            .unknown_from = TW_TIME_MIN,
            .was_master = TW_TIME_MIN,
            .both_since = TW_TIME_MIN,
            .settle = TW_TIME_MAX,
        };
        f->first_sub[i / 2] = TW_NONE;
    }
    for (size_t i = 0; i < 2 * t->e_trunks_n; i++)
        f->e_trunks[i] = (struct tw_e_trunk_side){.role = nothing, .peer = nothing};
    f->restarted = TW_NONE;
    return f;
}

void tw_facts_destroy(struct tw_facts *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->topology->devices_n; i++) {
        free(f->devices[i].learnt);
        tw_map_finish(&f->devices[i].by_index);
    }
    for (size_t i = 0; i < 2 * f->topology->members_n; i++) {
        evidence_unref(f->members[i].role.why);
        evidence_unref(f->members[i].main.why);
    }
    for (size_t i = 0; i < 2 * f->topology->e_trunks_n; i++) {
        evidence_unref(f->e_trunks[i].role.why);
        evidence_unref(f->e_trunks[i].peer.why);
    }
    for (size_t i = 0; i < 2 * f->subs_n; i++)
        evidence_unref(f->subs[i / 2].side[i % 2].oper.why);
    for (size_t i = 0; i < f->rare_n; i++)
        evidence_unref(f->rare[i].protocol.why);
    for (size_t i = 0; i < f->rbs_n; i++) {
        evidence_unref(f->rbs[i].channel.why);
        free((void *)(uintptr_t)f->rbs[i].name);
    }
    tw_map_finish(&f->rbs_by_key);
    for (size_t i = 0; i < f->rules_n; i++)
        free((void *)(uintptr_t)f->rules[i].p);
    free(f->rules);
    tw_map_finish(&f->sub_by_key);
    tw_map_finish(&f->device_by_name);
    free(f->devices);
    free(f->members);
    free(f->first_sub);
    free(f->unlisted);
    free(f->member_dirty);
    free(f->e_trunks);
    free(f->subs);
    free(f->rare);
    free(f->rbs);
    free(f->dirty_subs.p);
    free(f->dirty_members.p);
    free(f->dirty_e_trunks.p);
    free(f->dirty_rbs.p);
    tw_topology_unref(f->topology);
    free(f);
}

static void list_add(struct list *l, uint32_t x)
{
    *TW_PUSH(l->p, l->n, l->cap) = x;
}

void dirty_sub(struct tw_facts *f, uint32_t sub)
{
    if (!f->subs[sub].dirty)
        list_add(&f->dirty_subs, sub);
    f->subs[sub].dirty = true;
}

void dirty_member_only(struct tw_facts *f, uint32_t member)
{
    if (!f->member_dirty[member])
        list_add(&f->dirty_members, member);
    f->member_dirty[member] = true;
}

void dirty_member(struct tw_facts *f, uint32_t member)
{
    dirty_member_only(f, member);
    for (uint32_t s = f->first_sub[member]; s != TW_NONE; s = f->subs[s].next)
        dirty_sub(f, s);
}

void dirty_e_trunk(struct tw_facts *f, uint32_t es)
{
    const struct tw_e_trunk *t = &f->topology->e_trunks[es / 2];
    if (!f->e_trunks[es].dirty)
        list_add(&f->dirty_e_trunks, es);
    f->e_trunks[es].dirty = true;
    for (uint32_t m = t->member0; m < t->member0 + t->members_n; m++)
        dirty_member(f, m);
}

uint32_t e_trunk_side(const struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    int side;
    uint32_t id = (uint32_t)tw_event_number(e, TW_FIELD_E_TRUNK);
    uint32_t et = tw_topology_e_trunk(f->topology, device, id, &side);
    return et == TW_NONE ? TW_NONE : 2 * et + (uint32_t)side;
}

void dirty_rbs(struct tw_facts *f, uint32_t rbs)
{
    if (!f->rbs[rbs].dirty)
        list_add(&f->dirty_rbs, rbs);
    f->rbs[rbs].dirty = true;
}

struct tw_dirty tw_facts_dirty(const struct tw_facts *f)
{
    return (struct tw_dirty){
        .subs = f->dirty_subs.p,
        .members = f->dirty_members.p,
        .e_trunks = f->dirty_e_trunks.p,
        .rbs = f->dirty_rbs.p,
        .subs_n = f->dirty_subs.n,
        .members_n = f->dirty_members.n,
        .e_trunks_n = f->dirty_e_trunks.n,
        .rbs_n = f->dirty_rbs.n,
        .by_role = f->by_role,
        .restarted = f->restarted,
    };
}

void tw_facts_clean(struct tw_facts *f)
{
    for (size_t i = 0; i < f->dirty_subs.n; i++)
        f->subs[f->dirty_subs.p[i]].dirty = false;
    for (size_t i = 0; i < f->dirty_members.n; i++)
        f->member_dirty[f->dirty_members.p[i]] = false;
    for (size_t i = 0; i < f->dirty_e_trunks.n; i++)
        f->e_trunks[f->dirty_e_trunks.p[i]].dirty = false;
    for (size_t i = 0; i < f->dirty_rbs.n; i++)
        f->rbs[f->dirty_rbs.p[i]].dirty = false;
    f->dirty_subs.n = f->dirty_members.n = f->dirty_e_trunks.n = f->dirty_rbs.n = 0;
    f->by_role = false;
    f->restarted = TW_NONE;
}

static const struct sub_rare no_rare = {
    .protocol = {.since = {INT64_MIN}, .at = {INT64_MIN}, .before = {INT64_MIN}}};

const struct sub_rare *sub_rare(const struct tw_facts *f, const struct tw_sub_side *s)
{
    return s->rare > 0 ? &f->rare[s->rare - 1] : &no_rare;
}

struct sub_rare *sub_rare_of(struct tw_facts *f, struct tw_sub_side *s)
{
    if (s->rare == 0) {
        *TW_PUSH(f->rare, f->rare_n, f->rare_cap) = no_rare;
        s->rare = (uint32_t)f->rare_n;
    }
    return &f->rare[s->rare - 1];
}

const tw_time *tw_facts_downs(const struct tw_facts *f, const struct tw_sub_side *s)
{
    return sub_rare(f, s)->downs;
}

const struct tw_fact *tw_facts_protocol(const struct tw_facts *f, const struct tw_sub_side *s)
{
    return &sub_rare(f, s)->protocol;
}

static uint64_t sub_key(uint32_t member, uint32_t number)
{
    return (uint64_t)member << 32 | number;
}

uint32_t tw_facts_sub_find(const struct tw_facts *f, uint32_t member, uint32_t number)
{
    return tw_map_find(&f->sub_by_key, sub_key(member, number), NULL, NULL, NULL);
}

uint32_t sub_entry(struct tw_facts *f, uint32_t member, uint32_t number)
{
    uint32_t found = tw_facts_sub_find(f, member, number);
    if (found != TW_NONE)
        return found;
    const struct tw_member *m = &f->topology->members[member];
    const struct tw_sub *listed = tw_member_sub(m, number);
    if (listed == NULL && (m->ignore_unlisted || f->unlisted[member] >= TW_FACTS_UNLISTED_MAX))
        return TW_NONE;
    if (listed == NULL)
        f->unlisted[member]++;
    uint32_t index = (uint32_t)f->subs_n;
    struct tw_sub_facts *s = TW_PUSH(f->subs, f->subs_n, f->subs_cap);
    *s = (struct tw_sub_facts){
        .member = member, .number = number, .listed = listed, .next = f->first_sub[member]};
    for (int side = 0; side < 2; side++) {
        s->side[side].oper = nothing;
        s->side[side].fault_since = s->side[side].reason_at = TW_TIME_MIN;
    }
    f->first_sub[member] = index;
    tw_map_add(&f->sub_by_key, sub_key(member, number), index);
    return index;
}

struct rbs_key {
    uint32_t device;
    struct tw_str name;
};

static bool rbs_same(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_rbs_facts *r = &((const struct tw_facts *)ctx)->rbs[index];
    const struct rbs_key *k = key;
    return r->device == k->device && tw_str_eq(k->name, tw_str_z(r->name));
}

uint32_t rbs_entry(struct tw_facts *f, uint32_t device, struct tw_str name)
{
    struct rbs_key key = {device, name};
    uint64_t hash = tw_hash(name.p, name.n, device);
    uint32_t found = tw_map_find(&f->rbs_by_key, hash, rbs_same, f, &key);
    if (found != TW_NONE)
        return found;
    if (f->devices[device].rbs_n >= TW_FACTS_RBS_MAX)
        return TW_NONE;
    f->devices[device].rbs_n++;
    found = (uint32_t)f->rbs_n;
    struct tw_rbs_facts *r = TW_PUSH(f->rbs, f->rbs_n, f->rbs_cap);
    *r = (struct tw_rbs_facts){.device = device, .name = tw_xstrndup(name.p, name.n), .channel = nothing};
    tw_map_add(&f->rbs_by_key, hash, found);
    return found;
}

static enum tw_applied apply_rbs(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    if (tw_topology_pair_of(f->topology, device, &(int){0}) == TW_NONE)
        return TW_APPLIED_ELSEWHERE;
    /* The name goes into summaries and commands: nothing in it may act on a terminal. */
    struct tw_buf name = {0};
    tw_buf_safe(&name, tw_str_cut(tw_event_text(e, TW_FIELD_NAME), 64));
    uint32_t rbs = rbs_entry(f, device, tw_buf_view(&name));
    tw_buf_finish(&name);
    if (rbs == TW_NONE)
        return TW_APPLIED_LIMIT;
    enum fact_change c =
        fact_set(f, &f->rbs[rbs].channel, (uint8_t)tw_event_number(e, TW_FIELD_STATE), device, e);
    if (c > FACT_CONFIRMED)
        dirty_rbs(f, rbs);
    return c == FACT_LATE ? TW_APPLIED_LATE : TW_APPLIED;
}

static enum tw_applied apply_peer(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    uint32_t es = e_trunk_side(f, device, e);
    if (es == TW_NONE)
        return TW_APPLIED_ELSEWHERE;
    enum fact_change c =
        fact_set(f, &f->e_trunks[es].peer, (uint8_t)tw_event_number(e, TW_FIELD_STATE), device, e);
    if (c > FACT_CONFIRMED)
        dirty_e_trunk(f, es);
    return c == FACT_LATE ? TW_APPLIED_LATE : TW_APPLIED;
}

enum tw_applied tw_facts_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    switch (e->kind) {
    case TW_EVENT_INTERFACE_DOWN:
    case TW_EVENT_INTERFACE_UP:
    case TW_EVENT_INTERFACE_DELETED:
    case TW_EVENT_LINE_PROTOCOL: return interface_apply(f, device, e);
    case TW_EVENT_E_TRUNK_ROLE: return role_apply_e_trunk(f, device, e);
    case TW_EVENT_MEMBER_ROLE: return role_apply_member(f, device, e);
    case TW_EVENT_E_TRUNK_PEER: return apply_peer(f, device, e);
    case TW_EVENT_RBS_CHANNEL: return apply_rbs(f, device, e);
    case TW_EVENT_DEVICE_RESTART: return restart_apply(f, device, e);
    case TW_EVENT_RBP_ROLE:
    case TW_EVENT_CLOCK_CHANGED:
    case TW_EVENT_NOTED:
    case TW_EVENT_NONE:
    case TW_EVENT_KINDS: break;
    }
    return TW_APPLIED;
}

uint64_t tw_facts_take_unlearnt(struct tw_facts *f)
{
    uint64_t n = f->unlearnt;
    f->unlearnt = 0;
    return n;
}

const struct tw_topology *tw_facts_topology(const struct tw_facts *f)
{
    return f->topology;
}

size_t tw_facts_subs_n(const struct tw_facts *f)
{
    return f->subs_n;
}

const struct tw_sub_facts *tw_facts_sub(const struct tw_facts *f, uint32_t sub)
{
    return &f->subs[sub];
}

uint32_t tw_facts_sub_first(const struct tw_facts *f, uint32_t member)
{
    return f->first_sub[member];
}

const struct tw_member_side *tw_facts_member(const struct tw_facts *f, uint32_t member_side)
{
    return &f->members[member_side];
}

const struct tw_e_trunk_side *tw_facts_e_trunk(const struct tw_facts *f, uint32_t e_trunk_side)
{
    return &f->e_trunks[e_trunk_side];
}

size_t tw_facts_rbs_n(const struct tw_facts *f)
{
    return f->rbs_n;
}

const struct tw_rbs_facts *tw_facts_rbs(const struct tw_facts *f, uint32_t rbs)
{
    return &f->rbs[rbs];
}

tw_time tw_facts_stale_since(const struct tw_facts *f, uint32_t device)
{
    return f->devices[device].stale_since;
}
