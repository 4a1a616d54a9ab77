/* SPDX-License-Identifier: ISC */
/* Random sequences: realistic ones, and mean ones. */
#include "sequence.h"

#include <stdio.h>

#define BASE (INT64_C(1786212000) * O_SECOND) /* 2026-08-08T18:00:00Z */

/* splitmix64 */
static uint64_t next(struct random *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)((next(r) >> 32) * n >> 32);
}

static bool one_in(struct random *r, uint32_t n)
{
    return random_below(r, n) == 0;
}

/* ---- worlds: bit 0 two members, bit 1 … in one E-Trunk, bit 2 alarm-delay on pe-a, bits 3-4 the master */
enum { WORLDS = 64 };
int o_worlds(void)
{
    return WORLDS;
}

struct o_world o_world(int number)
{
    struct o_world w = {.members = 1 + (number & 1), .one_e_trunk = (number & 2) != 0};
    w.revert_delay = 120 * O_SECOND;
    w.hold = 10 * O_SECOND;
    if ((number & 4) != 0) {
        w.raise_delay[0] = 3 * O_SECOND;
        w.clear_delay[0] = 10 * O_SECOND;
    }
    w.master[0] = (number & 8) == 0 ? -1 : (number & 16) != 0;
    w.master[1] = -1;
    w.active_active[0] = (number & 32) != 0;
    return w;
}

void o_inventory(const struct o_world *w, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size,
                                "devices:\n  pe-a:\n    addresses: [192.0.2.1]\n    hostnames: [PE-A]\n%s"
                                "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
                                "pairs:\n  pair-1:\n    devices: [pe-a, pe-b]\n    e-trunks:\n",
                                w->raise_delay[0] != 0 ? "    alarm-delay: {raise: 3s, clear: 10s}\n" : "");
    for (int m = 0; m < w->members; m++) {
        if (m == 0 || !w->one_e_trunk)
            n += (size_t)snprintf(out + n, size - n, "      %d:\n        members:\n", o_e_trunk(w, m) + 1);
        n += (size_t)snprintf(out + n, size - n,
                              "          - trunks: {pe-a: Eth-Trunk%d, pe-b: Eth-Trunk%d}\n",
                              m == 0 ? 10 : 20, m == 0 ? 10 : 21);
        if (w->active_active[m])
            n += (size_t)snprintf(out + n, size - n, "            mode: active-active\n");
        if (w->master[m] >= 0)
            n += (size_t)snprintf(out + n, size - n, "            master: pe-%c\n",
                                  w->master[m] == 0 ? 'a' : 'b');
    }
}

/* ---- what a router says */
static enum tw_down_class down_reason(struct random *r)
{
    static const enum tw_down_class own[] = {TW_DOWN_OTHER, TW_DOWN_PHYSICAL, TW_DOWN_LACP, TW_DOWN_CONFIG,
                                             TW_DOWN_PROTOCOL};
    uint32_t n = random_below(r, 10);
    return n < 3 ? TW_DOWN_UNKNOWN : n < 5 ? TW_DOWN_INHERITED : own[random_below(r, 5)];
}

static void say_member(struct random *r, struct o_event *e)
{
    static const enum tw_role_reason master[] = {TW_WHY_ETRUNK_MASTER, TW_WHY_ETRUNK_MASTER};
    static const enum tw_role_reason backup[] = {TW_WHY_ETRUNK_BACKUP, TW_WHY_ETRUNK_BACKUP};
    e->kind = O_MEMBER;
    e->role = one_in(r, 2) ? TW_ROLE_MASTER : TW_ROLE_BACKUP;
    e->reason = e->role == TW_ROLE_MASTER ? master[random_below(r, 2)] : backup[random_below(r, 2)];
}

static void say(struct random *r, const struct o_world *w, struct o_event *e)
{
    uint32_t what = random_below(r, 100);
    e->side = (int)random_below(r, 2);
    e->member = (int)random_below(r, (uint32_t)w->members);
    e->sub = one_in(r, 2) ? 0 : (int)random_below(r, O_SUBS);
    if (what < 35) {
        e->kind = O_DOWN;
        e->down = down_reason(r);
    } else if (what < 60) {
        e->kind = O_UP;
    } else if (what < 70) {
        e->kind = O_DOWN;
        e->sub = O_MAIN;
        e->down = TW_DOWN_LACP;
    } else if (what < 80) {
        e->kind = O_UP;
        e->sub = O_MAIN;
    } else if (what < 97) {
        say_member(r, e);
    } else {
        e->kind = O_NOISE;
    }
}

/* ---- when */
static int64_t when(struct random *r, const struct o_sequence *s, int64_t now)
{
    static const int spans[] = {0, 1, 3, 10, 13, 20, 30, 60, 70, 120, 150, 300};
    static const int64_t around[] = {0, 0, 0, -1, 1, -1000000, 1000000};
    switch (random_below(r, 6)) {
    case 0: return now;
    case 1: return now + (int64_t)random_below(r, 3000) * 1000000;
    case 2: return now + (int64_t)random_below(r, 15) * O_SECOND;
    case 3: return now + (int64_t)random_below(r, 90) * O_SECOND;
    default:
        if (s->n > 0) {
            int64_t t = s->message[random_below(r, (uint32_t)s->n)].says.at +
                        spans[random_below(r, 12)] * O_SECOND + around[random_below(r, 7)];
            if (t >= now)
                return t;
        }
        return now + (int64_t)random_below(r, 12) * O_SECOND;
    }
}

static void form(struct random *r, struct o_message *m)
{
    struct o_event *e = &m->says;
    m->form = O_LINE;
    if (e->kind == O_DELETED || e->kind == O_RESTART ||
        (one_in(r, 2) && !(e->kind == O_DOWN && e->down != TW_DOWN_UNKNOWN) && e->role != TW_ROLE_INIT &&
         e->at % 10000000 == 0))
        m->form = O_TRAP;
}

void o_generate(struct random *r, struct o_sequence *out)
{
    int n = 5 + (int)random_below(r, 26);
    int64_t now = BASE;
    out->world_number = (int)random_below(r, WORLDS) & 31;
    out->world = o_world(out->world_number);
    out->n = 0;
    while (out->n < n) {
        struct o_message m = {0};
        now = when(r, out, now);
        say(r, &out->world, &m.says);
        m.says.at = m.says.rx = now;
        form(r, &m);
        out->message[out->n++] = m;
        if (!o_fair(out))
            out->n--;
    }
}
