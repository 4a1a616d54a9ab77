/* SPDX-License-Identifier: ISC */
#include "script.h"

#include "base/mem.h"
#include "model/loss.h"
#include "model/operator.h"

#include <stdio.h>
#include <stdlib.h>

#define BEGIN ((tw_time){INT64_C(1786212000000000000)}) /* 2026-08-08T18:00:00Z */

/* 1: sides swapped, a member gone, other names of an ifIndex. 2: active-active, other sub-interfaces, delays,
 * profiles that do not fit. 3: one pair only, another id, nothing unlisted. */
static const char *const inventories[SCRIPT_INVENTORIES] = {
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], interfaces: {10: Eth-Trunk10, 37: "
    "Eth-Trunk10.100}}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B], interfaces: {20: Eth-Trunk20, 37: "
    "Eth-Trunk20.100}}\n"
    "  pe-c: {addresses: [192.0.2.3], hostnames: [PE-C]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks:\n"
    "      1:\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
    "            sub-interfaces: {100: {services: [arp]}, 200: {services: [igmp, ipsec]}, 9: {services: "
    "[l2tp]}}\n"
    "          - trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk11}\n"
    "            sub-interfaces: {100: {services: [bras]}, 300: {services: [dhcp], protection: vrrp}}\n"
    "  two:\n"
    "    devices: [pe-b, pe-c]\n"
    "    e-trunks: {2: {members: [{trunks: {pe-b: Eth-Trunk30, pe-c: Eth-Trunk30}, master: pe-b}]}}\n"
    "relays: [192.0.2.50]\n",
    "devices:\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B], interfaces: {20: Eth-Trunk20.100}}\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], interfaces: {10: Eth-Trunk10.200}}\n"
    "  pe-c: {addresses: [192.0.2.3], hostnames: [PE-C]}\n"
    "pairs:\n"
    "  two:\n"
    "    devices: [pe-c, pe-b]\n"
    "    e-trunks: {2: {members: [{trunks: {pe-b: Eth-Trunk30, pe-c: Eth-Trunk30}, master: pe-c}]}}\n"
    "  one:\n"
    "    devices: [pe-b, pe-a]\n"
    "    e-trunks:\n"
    "      1:\n"
    "        revert-delay: 0s\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
    "            sub-interfaces: {200: {services: [igmp], description: \"a\\tb\\u00e9\"}, 100: {services: "
    "[nd]}}\n"
    "relays: [192.0.2.50]\n",
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], alarm-delay: {raise: 3s, clear: 10s}, stamp-offset: "
    "utc}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B], alarm-delay: {raise: 60s, clear: 60s}}\n"
    "  pe-c: {addresses: [192.0.2.3, 192.0.2.4], hostnames: [PE-C, PE-D]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    backup-profiles:\n"
    "      rbp-arp: {mode: warm, services: [arp], rbs: rbs1, protocol: e-trunk}\n"
    "      rbp-bras: {mode: virtual, services: [bras, igmp], rbs: rbs2, protocol: e-trunk}\n"
    "    e-trunks:\n"
    "      1:\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
    "            mode: active-active\n"
    "            sub-interfaces: {100: {services: [arp], profile: rbp-arp}, 4094: {services: [l3]}}\n"
    "          - trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk11}\n"
    "            sub-interfaces: {100: {services: [bras], profile: rbp-bras}}\n"
    "      3: {members: [{trunks: {pe-a: Eth-Trunk7, pe-b: Eth-Trunk7}}]}\n"
    "relays: [192.0.2.50]\n",
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks:\n"
    "      2:\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
    "            unlisted: ignore\n"
    "            sub-interfaces: {100: {services: [arp]}}\n"};

const char *script_inventory(unsigned i)
{
    return inventories[i % SCRIPT_INVENTORIES];
}

unsigned dice_byte(struct dice *d)
{
    if (d->n == 0)
        return 0;
    d->n--;
    return *d->p++;
}

unsigned dice_below(struct dice *d, unsigned n)
{
    return dice_byte(d) % n;
}

static const char *const hosts[] = {"PE-A", "PE-B", "PE-C", "pe-x"};
static const int64_t waits_ms[] = {0,     1,     100,   999,   1000,  2000,   3000,   9999,
                                   10000, 10001, 20000, 30000, 60000, 150000, 300000, 3600000};
static const int64_t skews_ms[] = {0,      0,      0,      0,    -1000,   -5000,
                                   -29000, -31000, -90000, 2500, 7200000, -86400000};

struct reading {
    struct script *s;
    struct dice dice;
    tw_time now;
    tw_time boot[4];    /* of each device */
    unsigned mutations; /* for the next record */
};

static struct step *add(struct reading *r, enum step_kind kind)
{
    struct step *step = &r->s->step[r->s->n++];
    *step = (struct step){.kind = kind, .now = r->now};
    return step;
}

/* Bytes changed, lost and doubled, as drawn. */
static size_t mutate(struct reading *r, char *bytes, size_t n)
{
    for (; r->mutations > 0 && n > 0; r->mutations--) {
        size_t at = (dice_byte(&r->dice) * 257 + dice_byte(&r->dice)) % n;
        unsigned how = dice_byte(&r->dice);
        switch (how % 4) {
        case 0: bytes[at] = (char)dice_byte(&r->dice); break;
        case 1: n = at; break;
        case 2:
            memmove(bytes + at, bytes + at + 1, n - at - 1);
            n--;
            break;
        case 3:
            if (n < SCRIPT_BYTES_MAX) {
                memmove(bytes + at + 1, bytes + at, n - at);
                n++;
            }
            break;
        }
    }
    r->mutations = 0;
    return n;
}

static struct tw_addr sender(unsigned device, unsigned how)
{
    struct tw_addr a = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(device + 1)}};
    if (how % 8 == 1)
        a.bytes[3] = 50; /* a relay: the header says who */
    if (how % 8 == 2)
        a = (struct tw_addr){0}; /* a file */
    if (how % 8 == 3)
        a.bytes[3] = 99; /* a stranger */
    return a;
}

static void feed(struct reading *r, bool trap)
{
    char bytes[SCRIPT_BYTES_MAX];
    struct message_place w = {.device = dice_below(&r->dice, 4)};
    unsigned how = dice_byte(&r->dice);
    w.host = hosts[w.device];
    w.stamp =
        tw_time_add(r->now, TW_MILLIS(skews_ms[dice_below(&r->dice, sizeof skews_ms / sizeof *skews_ms)]));
    if (how % 32 == 31)
        r->boot[w.device] = r->now;
    uint32_t uptime = (uint32_t)(tw_time_sub(w.stamp, r->boot[w.device]).ns / 10000000);
    size_t n = trap ? message_trap(&r->dice, &w, uptime, bytes) : message_log(&r->dice, &w, bytes);
    n = mutate(r, bytes, n);
    struct step *step = add(r, STEP_FEED);
    step->record = (struct tw_record){.rx = r->now,
                                      .at = TW_TIME_MIN,
                                      .transport = trap ? TW_TRANSPORT_TRAP : TW_TRANSPORT_SYSLOG,
                                      .from = sender(w.device, how),
                                      .bytes = {tw_xstrndup(bytes, n), n}};
    if (how % 8 == 2) /* a file's reader works out itself when it happened */
        step->record.at = tw_time_add(r->now, TW_MILLIS(-(int64_t)how * 100));
}

static void feed_raw(struct reading *r)
{
    unsigned how = dice_byte(&r->dice);
    size_t n = (size_t)dice_byte(&r->dice) * 2;
    n = n < r->dice.n ? n : r->dice.n;
    struct step *step = add(r, STEP_FEED);
    step->record = (struct tw_record){.rx = r->now,
                                      .at = TW_TIME_MIN,
                                      .transport = how % 2 ? TW_TRANSPORT_TRAP : TW_TRANSPORT_SYSLOG,
                                      .from = sender(how / 2 % 4, how / 8),
                                      .bytes = {tw_xstrndup((const char *)r->dice.p, n), n}};
    r->dice.p += n;
    r->dice.n -= n;
}

/* The same datagram again: a twin of just now, or a late one. */
static void feed_again(struct reading *r)
{
    unsigned back = 1 + dice_below(&r->dice, 8);
    if (back > r->s->n || r->s->step[r->s->n - back].kind != STEP_FEED)
        return;
    struct tw_record old = r->s->step[r->s->n - back].record;
    struct step *step = add(r, STEP_FEED);
    step->record = old;
    step->record.rx = r->now;
    step->record.bytes.p = tw_xstrndup(old.bytes.p, old.bytes.n);
}

/* A note of a loss: of everybody, of a sender, or one that is none. */
static void feed_loss(struct reading *r)
{
    unsigned how = dice_byte(&r->dice), of = dice_byte(&r->dice);
    struct tw_loss l = {.cause = (enum tw_loss_cause)(how % TW_LOSSES), .count = 1 + of};
    struct tw_buf text = {0};
    if (how & 64)
        l.from = sender(of, how / 8);
    if (of % 4 == 1)
        l.certificate = TW_STR("pe-a.example");
    tw_buf_reserve(&text, 128); /* to be mutated in */
    tw_loss_text(&l, &text);
    struct step *step = add(r, STEP_FEED);
    step->record = (struct tw_record){.rx = r->now, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_LOSS};
    step->record.bytes.n = mutate(r, text.p, text.n > SCRIPT_BYTES_MAX ? SCRIPT_BYTES_MAX : text.n);
    step->record.bytes.p = tw_xstrndup(text.p, step->record.bytes.n);
    if (how & 128)
        step->record.from = sender(of, 0);
    tw_buf_finish(&text);
}

static const char nobody[] = "0000000000000000";

/* What people do: about an open alert, with some of its names, for a while, or again every day of a week. */
static void feed_operator(struct reading *r)
{
    static const char *const names[] = {"one", "*o*",         "pe-a",          "pe-*",     "1",
                                        "*",   "Eth-Trunk10", "no-switchover", "critical", "warning",
                                        "arp", "i*p",         "\x01\xff",      "x"};
    enum { NAMES = sizeof names / sizeof *names, IDS = 4 };
    unsigned what = dice_byte(&r->dice), which = dice_byte(&r->dice), wait = dice_below(&r->dice, 16);
    struct tw_operator o = {.act = (enum tw_act)(what % TW_ACTS), .by = "pat", .why = names[which % NAMES]};
    struct tw_buf text = {0};
    if (o.act == TW_ACT_ACK || o.act == TW_ACT_UNACK)
        memcpy(o.id, nobody, sizeof nobody);
    else if (what & 64)
        (void)snprintf(o.id, sizeof o.id, "i%u", which % IDS);
    o.when.from = tw_time_add(r->now, TW_MILLIS((int64_t)(wait % 4) * 5000 - 5000));
    o.when.until = tw_time_add(r->now, TW_MILLIS(waits_ms[wait] + 1));
    if (o.act == TW_ACT_MAINTENANCE && (what & 128)) {
        o.when.every = which & 16 ? TW_DAILY : TW_WEEKLY;
        o.when.lasts = TW_SECONDS(1 + wait * 60);
        o.when.days = which & 16 ? 0 : (uint8_t)(which & 0x7f);
        o.when.offset_s = 3600 * (int)(wait % 5) - 7200;
        o.when.until = tw_time_add(o.when.from, TW_SECONDS(7200 * (1 + wait / 2)));
    }
    const char *one = names[dice_below(&r->dice, NAMES)], *two = names[dice_below(&r->dice, NAMES)];
    if (o.act == TW_ACT_SILENCE || o.act == TW_ACT_MAINTENANCE) {
        o.match[which % TW_MATCHERS] = one;
        if (which & 64)
            o.match[what % TW_MATCHERS] = two;
    }
    tw_buf_reserve(&text, SCRIPT_BYTES_MAX); /* to be mutated in */
    tw_operator_text(&o, &text);
    struct step *step = add(r, STEP_FEED);
    step->record = (struct tw_record){.rx = r->now, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_OPERATOR};
    if (what & 32) /* a line of a file */
        step->record.transport = TW_TRANSPORT_SYSLOG;
    step->record.bytes.n = mutate(r, text.p, text.n);
    step->record.bytes.p = tw_xstrndup(text.p, step->record.bytes.n);
    tw_buf_finish(&text);
}

struct tw_record script_record(const struct step *s, const struct tw_pipeline *p,
                               char buf[static SCRIPT_BYTES_MAX])
{
    struct tw_record r = s->record;
    char id[TW_ALERT_ID];
    if (!tw_operator_is(r.bytes) || r.bytes.n >= SCRIPT_BYTES_MAX || tw_pipeline_find(p, "", id) == 0)
        return r;
    memcpy(buf, r.bytes.p, r.bytes.n);
    char *at = memmem(buf, r.bytes.n, nobody, sizeof nobody - 1);
    if (at == NULL)
        return r;
    memcpy(at, id, TW_ALERT_ID - 1);
    r.bytes.p = buf;
    return r;
}

void script_read(struct script *s, const uint8_t *data, size_t size)
{
    struct reading r = {.s = s, .dice = {data, size}, .now = BEGIN};
    for (unsigned i = 0; i < 4; i++)
        r.boot[i] = tw_time_add(BEGIN, TW_SECONDS(-(int64_t)i * 40000000));
    s->n = 0;
    while (r.dice.n > 0 && s->n < SCRIPT_STEPS_MAX) {
        unsigned op = dice_byte(&r.dice);
        switch (op % 16) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5: feed(&r, false); break;
        case 6:
        case 7:
        case 8: feed(&r, true); break;
        case 9: feed_raw(&r); break;
        case 10:
        case 11: r.now = tw_time_add(r.now, TW_MILLIS(waits_ms[dice_below(&r.dice, 16)])); break;
        case 12: r.now = tw_time_add(r.now, TW_MILLIS(dice_byte(&r.dice) * 97)); break;
        case 13: feed_again(&r); break;
        case 14:
            if (op & 16) {
                r.mutations = 1 + (op >> 5);
            } else {
                struct step *step = add(&r, STEP_SWAP);
                step->inventory = dice_below(&r.dice, SCRIPT_INVENTORIES);
                step->hold = dice_byte(&r.dice) % 2 ? TW_SECONDS(10) : TW_SECONDS(5);
            }
            break;
        case 15:
            if ((op & 48) == 48)
                feed_operator(&r);
            else if (op & 16)
                feed_loss(&r);
            else
                (void)add(&r, STEP_ADVANCE);
            break;
        }
    }
    s->end = r.now;
    for (size_t i = 0; i < s->n; i++)
        s->step[i].record.ref = (struct tw_record_ref){0, i + 1};
}

void script_finish(struct script *s)
{
    for (size_t i = 0; i < s->n; i++)
        free((void *)(uintptr_t)s->step[i].record.bytes.p);
    s->n = 0;
}

void script_shift(struct script *s, tw_dur by)
{
    for (size_t i = 0; i < s->n; i++) {
        struct step *step = &s->step[i];
        step->now = tw_time_add(step->now, by);
        step->record.rx = step->now;
        if (tw_time_is_finite(step->record.at))
            step->record.at = tw_time_add(step->record.at, by);
    }
    s->end = tw_time_add(s->end, by);
}
