/* SPDX-License-Identifier: ISC */
/* Random sequences: realistic ones, and mean ones. */
#include "sequence.h"

#include <stdio.h>

#define LATE_MAX (30 * O_SECOND)
#define BASE     (INT64_C(1786212000) * O_SECOND) /* 2026-08-08T18:00:00Z */

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
    uint32_t n = random_below(r, 12);
    if (n >= 10)
        return n == 10 ? TW_DOWN_ADMIN : TW_DOWN_DELETED;
    return n < 3 ? TW_DOWN_UNKNOWN : n < 5 ? TW_DOWN_INHERITED : own[random_below(r, 5)];
}

static enum tw_role_reason one_of(struct random *r, const enum tw_role_reason *list, size_t n)
{
    /* Mostly the first, the usual one. */
    return one_in(r, 2) ? list[0] : list[random_below(r, (uint32_t)n)];
}
#define ONE_OF(r, list) one_of(r, list, sizeof(list) / sizeof *(list))

static void say_member(struct random *r, struct o_event *e)
{
    static const enum tw_role_reason master[] = {TW_WHY_ETRUNK_MASTER, TW_WHY_PEER_MEMBER_DOWN,
                                                 TW_WHY_FORCE_MASTER, TW_WHY_ACTIVE_ACTIVE,
                                                 TW_WHY_ALL_ACTIVE};
    static const enum tw_role_reason backup[] = {TW_WHY_ETRUNK_BACKUP, TW_WHY_PEER_MEMBER_UP,
                                                 TW_WHY_FORCE_BACKUP};
    e->kind = O_MEMBER;
    e->role = one_in(r, 2) ? TW_ROLE_MASTER : TW_ROLE_BACKUP;
    e->reason = e->role == TW_ROLE_MASTER ? ONE_OF(r, master) : ONE_OF(r, backup);
    if (one_in(r, 20)) {
        e->role = one_in(r, 2) ? TW_ROLE_INIT : TW_ROLE_BACKUP;
        e->reason = TW_WHY_ETRUNK_INIT;
    }
}

static void say_e_trunk(struct random *r, struct o_event *e)
{
    static const enum tw_role_reason master[] = {TW_WHY_PRI, TW_WHY_TIMEOUT, TW_WHY_BFD_DOWN};
    static const enum tw_role_reason backup[] = {TW_WHY_PRI, TW_WHY_PEER_TIMEOUT, TW_WHY_PEER_BFD_DOWN};
    e->kind = O_E_TRUNK;
    e->role = one_in(r, 2) ? TW_ROLE_MASTER : TW_ROLE_BACKUP;
    e->reason = e->role == TW_ROLE_MASTER ? ONE_OF(r, master) : ONE_OF(r, backup);
    if (one_in(r, 20)) {
        e->role = TW_ROLE_INIT;
        e->reason = TW_WHY_INIT;
    }
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
        e->shut = e->down == TW_DOWN_ADMIN;
    } else if (what < 60) {
        e->kind = O_UP;
    } else if (what < 70) {
        e->kind = O_DOWN;
        e->sub = O_MAIN;
        e->down = TW_DOWN_LACP;
    } else if (what < 80) {
        e->kind = O_UP;
        e->sub = O_MAIN;
    } else if (what < 90) {
        say_member(r, e);
    } else if (what < 96) {
        say_e_trunk(r, e);
    } else if (what < 98) {
        e->kind = O_PEER;
        e->peer_heard = one_in(r, 2);
    } else if (what < 99) {
        e->kind = O_RESTART;
        e->restart = one_in(r, 2) ? TW_RESTART_WARM : TW_RESTART_AGENT;
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

/* `seconds`: a router that stamps its lines in whole seconds. */
static void form(struct random *r, struct o_message *m, bool seconds)
{
    struct o_event *e = &m->says;
    bool trap = e->at % 10000000 == 0; /* sysUpTime counts hundredths of a second */
    m->form = seconds ? O_LINE_SECONDS : O_LINE;
    e->resolution = seconds ? O_SECOND : 0;
    if (e->kind == O_RESTART && !trap)
        e->kind = O_NOISE;
    if (e->kind == O_DELETED && !trap)
        e->kind = O_DOWN; /* for the same reason, in a line */
    if (e->kind == O_DOWN && e->down == TW_DOWN_DELETED && e->sub != O_MAIN && trap && one_in(r, 2))
        e->kind = O_DELETED;
    bool reason = e->kind == O_DOWN && e->down != TW_DOWN_UNKNOWN; /* which a trap does not tell */
    if (e->kind == O_DELETED || e->kind == O_RESTART ||
        (trap && one_in(r, 2) && !reason && e->role != TW_ROLE_INIT)) {
        m->form = O_TRAP;
        e->resolution = 0;
    }
}

/* The same again: a repeat, or the twin that tells it the other way, some time later. */
static void say_again(struct random *r, const struct o_sequence *s, struct o_event *e)
{
    *e = s->message[random_below(r, (uint32_t)s->n)].says;
}

void o_generate(struct random *r, int most, unsigned together, struct o_sequence *out)
{
    int n = 5 + (int)random_below(r, (uint32_t)most - 4);
    int64_t now = BASE;
    bool delays = one_in(r, 2), seconds = !delays && one_in(r, 4);
    out->world_number = (int)random_below(r, WORLDS);
    out->world = o_world(out->world_number);
    out->n = 0;
    for (int i = 0; delays && i < 2 * out->world.members; i++) {
        struct o_message m = {.says = {.side = i % 2, .member = i / 2, .at = now, .rx = now}};
        say_member(r, &m.says);
        out->message[out->n++] = m;
    }
    while (out->n < n) {
        struct o_message m = {0};
        bool twin = out->n > 0 && one_in(r, 8);
        if (together == 0 || random_below(r, 100) >= together)
            now = when(r, out, now);
        if (seconds)
            now = (now + O_SECOND - 1) / O_SECOND * O_SECOND;
        if (twin)
            say_again(r, out, &m.says);
        else
            say(r, &out->world, &m.says);
        m.says.rx = now;
        /* A twin keeps its time, if that is not too long ago; else it is a repeat. */
        if (!(twin && now - m.says.at <= LATE_MAX))
            m.says.at = delays && one_in(r, 8) ? now - (int64_t)random_below(r, 30000) * 1000000 : now;
        form(r, &m, seconds);
        m.snapshot = one_in(r, 40);
        m.advance = one_in(r, 10);
        out->message[out->n++] = m;
        if (!o_fair(out))
            out->n--;
    }
}
