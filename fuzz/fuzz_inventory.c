/* SPDX-License-Identifier: ISC */
/* Any bytes as an inventory: errors, or a snapshot in which every way in leads to what it names. */
#include "topology/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_device(const struct tw_topology *t, uint32_t i)
{
    const struct tw_device *d = &t->devices[i];
    for (size_t k = 0; k < d->addresses_n; k++) {
        TW_ASSERT(tw_topology_by_address(t, &d->addresses[k]) == i);
        TW_ASSERT(!tw_topology_is_relay(t, &d->addresses[k]));
    }
    TW_ASSERT(d->hostnames_n > 0);
    for (size_t k = 0; k < d->hostnames_n; k++)
        TW_ASSERT(tw_topology_by_hostname(t, tw_str_z(d->hostnames[k])) == i);
    for (size_t k = 0; k < d->interfaces_n; k++)
        TW_ASSERT(tw_topology_if_name(t, i, d->interfaces[k].index) == d->interfaces[k].name);
    int side = -1;
    uint32_t pair = tw_topology_pair_of(t, i, &side);
    TW_ASSERT(pair == TW_NONE || t->pairs[pair].device[side] == i);
}

static void check_member(const struct tw_topology *t, uint32_t i)
{
    const struct tw_member *m = &t->members[i];
    const struct tw_pair *p = &t->pairs[t->e_trunks[m->e_trunk].pair];
    for (int s = 0; s < 2; s++) {
        uint32_t trunk, sub;
        int side = -1;
        TW_ASSERT(tw_topology_member(t, p->device[s], m->trunk[s], &side) == i && side == s);
        TW_ASSERT(tw_trunk_name_parse(tw_str_z(m->trunk_name[s]), &trunk, &sub) && trunk == m->trunk[s] &&
                  sub == 0);
    }
    TW_ASSERT(m->master >= -1 && m->master <= 1);
    for (size_t k = 0; k < m->subs_n; k++) {
        const struct tw_sub *s = &m->subs[k];
        TW_ASSERT(tw_member_sub(m, s->number) == s && s->number >= 1);
        TW_ASSERT(s->profile == NULL ||
                  (s->profile >= p->profiles && s->profile < p->profiles + p->profiles_n));
    }
}

static void check(const struct tw_topology *t)
{
    TW_ASSERT(t->devices_n > 0);
    for (uint32_t i = 0; i < t->devices_n; i++)
        check_device(t, i);
    for (uint32_t i = 0; i < t->e_trunks_n; i++) {
        const struct tw_e_trunk *e = &t->e_trunks[i];
        TW_ASSERT(e->id >= 1 && e->id <= 128 && e->member0 + e->members_n <= t->members_n);
        for (int s = 0; s < 2; s++) {
            int side = -1;
            TW_ASSERT(tw_topology_e_trunk(t, t->pairs[e->pair].device[s], e->id, &side) == i && side == s);
        }
    }
    for (uint32_t i = 0; i < t->members_n; i++)
        check_member(t, i);
    for (size_t i = 0; i < t->relays_n; i++)
        TW_ASSERT(tw_topology_is_relay(t, &t->relays[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_errors errors = {0};
    const struct tw_topology *t = tw_topology_create("f", tw_str_of((const char *)data, size), &errors);
    TW_ASSERT((t != NULL) == (errors.n == 0));
    if (t != NULL)
        check(t);
    tw_topology_unref(t);
    tw_errors_finish(&errors);
    return 0;
}
