/* SPDX-License-Identifier: ISC */
#ifndef TW_BENCH_MIX_H
#define TW_BENCH_MIX_H
/*
 * The benchmark's mix: what a network of simulated router pairs writes to its log host, and which
 * interruptions are in it.
 *
 * plan.c decides what happens when, and with it the truth; noise.c words everything else; mix.c writes the
 * files. The same options give the same bytes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* 0 when n is 0 */
uint32_t rng_between(struct rng *r, uint32_t lo, uint32_t hi);

struct shape {
    uint64_t lines;
    uint32_t pairs, subs;
    uint32_t start;    /* of the time line, seconds since 1970 */
    uint32_t duration; /* seconds */
    uint32_t hold;     /* how long a fault must last to be an interruption */
    uint64_t seed;
    bool rich;   /* an inventory with services */
    bool secure; /* traps as SNMPv3 too */
    bool live; /* nothing but noise and interruptions, many in a short time; only of routers of the inventory
                */
};

enum what {
    SUB_DOWN,  /* `sub`, with `reason` */
    SUB_UP,    /* `sub` */
    MAIN_DOWN, /* `reason` */
    MAIN_UP,
    PORT_DOWN, /* `sub` is a number to make the name of a port or trunk that is nobody's */
    PORT_UP,
    E_TRUNK_ROLE, /* `role`, `reason` is a word */
    MEMBER_ROLE,
};

enum role { BACKUP, MASTER };

struct happening {
    uint32_t at; /* seconds since the start */
    uint32_t pair, seq;
    uint16_t sub;
    uint8_t side, what, role;
    const char *reason;
};

/* What must be found: one alert. */
struct interruption {
    uint32_t pair, since, cleared; /* cleared: UINT32_MAX = not in this log */
    uint32_t first, n;             /* its sub-interfaces, in plan.subs */
    uint8_t side;
    bool switched_over; /* ended by a switchover */
};

struct plan {
    struct happening *rows;
    struct interruption *truth;
    uint16_t *subs;
    size_t n, cap, truth_n, truth_cap, subs_n, subs_cap;
};

void plan_make(struct plan *p, const struct shape *s);
void plan_finish(struct plan *p);

/* Names of the pairs' things, the same everywhere. */
uint32_t device_address(uint32_t device); /* 127.x.y.z, host order; device = pair * 2 + side */
uint32_t trunk_of(uint32_t pair, uint32_t side);
uint32_t e_trunk_of(uint32_t pair);
uint32_t sub_number(uint32_t sub);
void port_name(uint32_t number, char out[static 64]);

/* One line of something else, without an end of line; returns its length. */
size_t noise_line(struct rng *r, const struct shape *s, const char *stamp, const char *short_stamp, char *out,
                  size_t room, uint32_t *device);
size_t happening_line(const struct happening *h, const char *stamp, char *out, size_t room);

/* The same as an SNMPv2c trap; `uptime` is where its sysUpTime stands, 4 bytes. */
size_t noise_trap(struct rng *r, const struct shape *s, uint32_t request, char *out, size_t *uptime,
                  uint32_t *device);
size_t happening_trap(const struct happening *h, uint32_t request, char *out, size_t *uptime);

/* The same as SNMPv3, authPriv: of a v2c message, the user "noc" and the router's own engine. */
struct secure;
struct secure *secure_begin(uint32_t devices);
void secure_end(struct secure *s); /* NULL: nothing */
size_t secure_trap(struct secure *s, uint32_t device, const char *trap, size_t n, char *out, size_t room);
void engine_name(uint32_t device, char out[static 32]);

#endif
