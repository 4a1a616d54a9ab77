/* SPDX-License-Identifier: ISC */
/* The facts as bytes, by name: what another topology does not have is read and left out. */
#include "facts_internal.h"

#include <stdlib.h>

/* Only what is safe to print is ever written. */
static void snap_text(struct tw_snap *s, struct tw_str *text)
{
    struct tw_buf safe = {0};
    tw_snap_str(s, text);
    if (tw_snap_writing(s))
        return;
    tw_buf_safe(&safe, *text);
    if (safe.n != text->n) {
        s->bad = true;
        *text = (struct tw_str){0};
    }
    tw_buf_finish(&safe);
}

static bool name_same(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_facts *f = ctx;
    const struct tw_str *name = key;
    return tw_str_eq(tw_str_z(f->topology->devices[index].name), *name);
}

void tw_facts_snap_device(struct tw_facts *f, struct tw_snap *s, uint32_t *device)
{
    struct tw_str name = {0};
    if (tw_snap_writing(s) && *device != TW_NONE)
        name = tw_str_z(f->topology->devices[*device].name);
    tw_snap_str(s, &name);
    if (!tw_snap_writing(s))
        *device = name.n == 0
                      ? TW_NONE
                      : tw_map_find(&f->device_by_name, tw_hash(name.p, name.n, 0), name_same, f, &name);
}

void tw_facts_snap_member_side(struct tw_facts *f, struct tw_snap *s, uint32_t *ms)
{
    uint32_t device[2] = {TW_NONE, TW_NONE}, trunk[2] = {0, 0};
    bool second = false;
    if (tw_snap_writing(s)) {
        const struct tw_member *m = &f->topology->members[*ms / 2];
        const struct tw_pair *p = &f->topology->pairs[f->topology->e_trunks[m->e_trunk].pair];
        for (int side = 0; side < 2; side++) {
            device[side] = p->device[side];
            trunk[side] = m->trunk[side];
        }
        second = *ms % 2 != 0;
    }
    for (int side = 0; side < 2; side++) {
        tw_facts_snap_device(f, s, &device[side]);
        tw_snap_u32(s, &trunk[side]);
    }
    tw_snap_bool(s, &second);
    if (tw_snap_writing(s))
        return;
    *ms = TW_NONE;
    if (device[0] == TW_NONE || device[1] == TW_NONE)
        return;
    int a, b;
    uint32_t m = tw_topology_member(f->topology, device[0], trunk[0], &a);
    if (m != TW_NONE && tw_topology_member(f->topology, device[1], trunk[1], &b) == m && a != b)
        *ms = 2 * m + (uint32_t)(second ? b : a);
}

void tw_facts_snap_e_trunk_side(struct tw_facts *f, struct tw_snap *s, uint32_t *es)
{
    uint32_t device = TW_NONE, id = 0;
    int side;
    if (tw_snap_writing(s)) {
        const struct tw_e_trunk *e = &f->topology->e_trunks[*es / 2];
        device = f->topology->pairs[e->pair].device[*es % 2];
        id = e->id;
    }
    tw_facts_snap_device(f, s, &device);
    tw_snap_u32(s, &id);
    if (tw_snap_writing(s))
        return;
    uint32_t e = device == TW_NONE ? TW_NONE : tw_topology_e_trunk(f->topology, device, id, &side);
    *es = e == TW_NONE ? TW_NONE : 2 * e + (uint32_t)side;
}

void tw_facts_snap_sub_side(struct tw_facts *f, struct tw_snap *s, uint32_t *sub_side)
{
    uint32_t ms = 0, number = 0;
    if (tw_snap_writing(s)) {
        ms = 2 * f->subs[*sub_side / 2].member + *sub_side % 2;
        number = f->subs[*sub_side / 2].number;
    }
    tw_facts_snap_member_side(f, s, &ms);
    tw_snap_u32(s, &number);
    if (tw_snap_writing(s))
        return;
    uint32_t sub = ms == TW_NONE || number == 0 ? TW_NONE : sub_entry(f, ms / 2, number);
    *sub_side = sub == TW_NONE ? TW_NONE : 2 * sub + ms % 2;
}

void tw_facts_snap_rbs(struct tw_facts *f, struct tw_snap *s, uint32_t *rbs)
{
    uint32_t device = TW_NONE;
    struct tw_str name = {0};
    if (tw_snap_writing(s)) {
        device = f->rbs[*rbs].device;
        name = tw_str_z(f->rbs[*rbs].name);
    }
    tw_facts_snap_device(f, s, &device);
    snap_text(s, &name);
    if (tw_snap_writing(s))
        return;
    /* A device that is in no pair any more has no place for it. */
    bool there = device != TW_NONE && tw_topology_pair_of(f->topology, device, &(int){0}) != TW_NONE;
    *rbs = there ? rbs_entry(f, device, name) : TW_NONE;
}

static void snap_evidence(struct tw_facts *f, struct tw_snap *s, struct tw_evidence **e)
{
    bool there = *e != NULL;
    tw_snap_bool(s, &there);
    if (!there || s->bad) {
        if (!tw_snap_writing(s))
            *e = NULL;
        return;
    }
    struct tw_evidence head = {.refs = 1};
    struct tw_str rule = {0}, text = {0};
    if (tw_snap_writing(s) && *e != NULL) {
        head = **e;
        rule = tw_str_z((*e)->rule);
        text = tw_str_z((*e)->text);
    }
    tw_snap_time(s, &head.at);
    tw_snap_time(s, &head.rx);
    tw_snap_time(s, &head.stamp);
    tw_facts_snap_device(f, s, &head.device);
    head.source = (enum tw_source)tw_snap_enum(s, head.source, 4);
    tw_snap_u32(s, &head.ref.input);
    tw_snap_u64(s, &head.ref.position);
    snap_text(s, &rule);
    snap_text(s, &text);
    if (tw_snap_writing(s))
        return;
    *e = NULL;
    if (s->bad || head.device == TW_NONE)
        return;
    head.refs = 1;
    head.rule = rule_intern(f, rule);
    *e = tw_xmalloc(sizeof head + text.n + 1);
    **e = head;
    if (text.n > 0)
        memcpy((*e)->text, text.p, text.n);
    (*e)->text[text.n] = '\0';
}

static void snap_fact(struct tw_facts *f, struct tw_snap *s, struct tw_fact *x, uint32_t values)
{
    x->value = (uint8_t)tw_snap_enum(s, x->value, values);
    tw_snap_time(s, &x->since);
    tw_snap_time(s, &x->at);
    tw_snap_time(s, &x->before);
    tw_snap_dur(s, &x->resolution);
    tw_snap_u64(s, &x->seq);
    tw_snap_u64(s, &x->since_seq);
    snap_evidence(f, s, &x->why);
}

static void snap_member(struct tw_facts *f, struct tw_snap *s, struct tw_member_side *m)
{
    snap_fact(f, s, &m->role, TW_ROLE_MASTER + 1);
    m->reason = (enum tw_role_reason)tw_snap_enum(s, m->reason, TW_WHY_LOCAL_BANDWIDTH_LARGE + 1);
    m->mode = (enum tw_work_mode)tw_snap_enum(s, m->mode, TW_MODE_ACTIVE_ACTIVE + 1);
    snap_fact(f, s, &m->main, TW_STATE_DOWN + 1);
    tw_snap_bool(s, &m->main_shut);
    m->main_class = (enum tw_down_class)tw_snap_enum(s, m->main_class, TW_DOWN_PROTOCOL + 1);
    tw_snap_time(s, &m->main_down_at);
    tw_snap_time(s, &m->main_up_at);
    tw_snap_time(s, &m->came_back);
    tw_snap_time(s, &m->claimed);
    tw_snap_u64(s, &m->claimed_seq);
    tw_snap_bool(s, &m->claimed_by_e_trunk);
    tw_snap_time(s, &m->restored);
    tw_snap_time(s, &m->unknown_from);
    tw_snap_u64(s, &m->unknown_seq);
    tw_snap_time(s, &m->was_master);
    tw_snap_u64(s, &m->was_master_seq);
    tw_snap_time(s, &m->both_since);
    tw_snap_time(s, &m->settle);
}

static void snap_sub(struct tw_facts *f, struct tw_snap *s, struct tw_sub_side *x, struct sub_rare *rare)
{
    snap_fact(f, s, &x->oper, TW_STATE_DOWN + 1);
    snap_fact(f, s, &rare->protocol, TW_STATE_DOWN + 1);
    x->cause = (uint8_t)tw_snap_enum(s, x->cause, TW_CAUSES);
    x->down_class = (uint8_t)tw_snap_enum(s, x->down_class, TW_DOWN_PROTOCOL + 1);
    tw_snap_bool(s, &x->has_reason);
    tw_snap_bool(s, &x->inferred);
    tw_snap_bool(s, &x->later_fault);
    tw_snap_time(s, &x->reason_at);
    tw_snap_time(s, &x->fault_since);
    tw_snap_dur(s, &x->raise_delay);
    tw_snap_dur(s, &x->clear_delay);
    x->downs_n = (uint8_t)tw_snap_enum(s, x->downs_n, TW_FACTS_DOWNS + 1);
    for (unsigned i = 0; i < x->downs_n; i++)
        tw_snap_time(s, &rare->downs[i]);
}

/* Takes over what was read. */
static void put_sub(struct tw_facts *f, struct tw_sub_side *to, const struct tw_sub_side *x,
                    const struct sub_rare *rare)
{
    uint32_t place = to->rare;
    bool wanted = place > 0 || x->downs_n > 0 || rare->protocol.why != NULL || rare->protocol.value != 0 ||
                  tw_time_is_finite(rare->protocol.at);
    evidence_unref(to->oper.why);
    evidence_unref(sub_rare(f, to)->protocol.why);
    *to = *x;
    to->rare = place;
    if (wanted)
        *sub_rare_of(f, to) = *rare;
}

static void drop_facts(struct tw_fact *a, struct tw_fact *b)
{
    evidence_unref(a->why);
    evidence_unref(b->why);
}

static void snap_members(struct tw_facts *f, struct tw_snap *s)
{
    uint64_t n = 2 * f->topology->members_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t ms = (uint32_t)i;
        struct tw_member_side m = {.settle = TW_TIME_MAX};
        tw_facts_snap_member_side(f, s, &ms);
        if (tw_snap_writing(s))
            m = f->members[ms];
        snap_member(f, s, &m);
        if (tw_snap_writing(s))
            continue;
        if (ms != TW_NONE && !s->bad) {
            drop_facts(&f->members[ms].role, &f->members[ms].main);
            f->members[ms] = m;
        } else {
            drop_facts(&m.role, &m.main);
        }
    }
}

static void snap_subs(struct tw_facts *f, struct tw_snap *s)
{
    uint64_t n = f->subs_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        for (uint32_t side = 0; side < 2; side++) {
            uint32_t ss = 2 * (uint32_t)i + side;
            struct tw_sub_side x = {0};
            struct sub_rare rare = {0};
            tw_facts_snap_sub_side(f, s, &ss);
            if (tw_snap_writing(s)) {
                x = f->subs[i].side[side];
                rare = *sub_rare(f, &x);
            }
            snap_sub(f, s, &x, &rare);
            if (tw_snap_writing(s))
                continue;
            if (ss != TW_NONE && !s->bad)
                put_sub(f, &f->subs[ss / 2].side[ss % 2], &x, &rare);
            else
                drop_facts(&x.oper, &rare.protocol);
        }
    }
}

static void snap_e_trunks(struct tw_facts *f, struct tw_snap *s)
{
    uint64_t n = 2 * f->topology->e_trunks_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t es = (uint32_t)i;
        struct tw_e_trunk_side e = {0};
        tw_facts_snap_e_trunk_side(f, s, &es);
        if (tw_snap_writing(s))
            e = f->e_trunks[es];
        snap_fact(f, s, &e.role, TW_ROLE_MASTER + 1);
        e.reason = (enum tw_role_reason)tw_snap_enum(s, e.reason, TW_WHY_LOCAL_BANDWIDTH_LARGE + 1);
        snap_fact(f, s, &e.peer, TW_STATE_DOWN + 1);
        if (tw_snap_writing(s))
            continue;
        if (es != TW_NONE && !s->bad) {
            drop_facts(&f->e_trunks[es].role, &f->e_trunks[es].peer);
            f->e_trunks[es] = e;
        } else {
            drop_facts(&e.role, &e.peer);
        }
    }
}

static void snap_rbs(struct tw_facts *f, struct tw_snap *s)
{
    uint64_t n = f->rbs_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t rbs = (uint32_t)i;
        struct tw_fact channel = {0};
        tw_facts_snap_rbs(f, s, &rbs);
        if (tw_snap_writing(s))
            channel = f->rbs[rbs].channel;
        snap_fact(f, s, &channel, TW_STATE_DOWN + 1);
        if (tw_snap_writing(s))
            continue;
        if (rbs != TW_NONE && !s->bad) {
            evidence_unref(f->rbs[rbs].channel.why);
            f->rbs[rbs].channel = channel;
        } else {
            evidence_unref(channel.why);
        }
    }
}

static void snap_device(struct tw_facts *f, struct tw_snap *s, uint32_t device)
{
    struct device_facts none = {.stale_since = TW_TIME_MIN, .cold_at = TW_TIME_MIN}, *d = &none;
    tw_facts_snap_device(f, s, &device);
    if (device != TW_NONE)
        d = &f->devices[device];
    tw_snap_time(s, &d->stale_since);
    tw_snap_time(s, &d->cold_at);
    uint64_t n = d->learnt_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        struct if_learnt x = tw_snap_writing(s) ? d->learnt[i] : (struct if_learnt){0};
        tw_snap_u32(s, &x.index);
        tw_snap_u32(s, &x.trunk);
        tw_snap_u32(s, &x.sub);
        if (tw_snap_writing(s) || d == &none || s->bad || d->learnt_n >= TW_FACTS_IF_MAX)
            continue;
        tw_map_add(&d->by_index, x.index, (uint32_t)d->learnt_n);
        *TW_PUSH(d->learnt, d->learnt_n, d->learnt_cap) = x;
    }
}

void tw_facts_snap(struct tw_facts *f, struct tw_snap *s)
{
    uint64_t n = f->topology->devices_n;
    tw_snap_mark(s, 0x66616374);
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++)
        snap_device(f, s, (uint32_t)i);
    snap_e_trunks(f, s);
    snap_members(f, s);
    snap_subs(f, s);
    snap_rbs(f, s);
}
