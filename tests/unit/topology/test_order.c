/* SPDX-License-Identifier: ISC */
/* Pairs behind the devices are loaded while the text is being read, pairs before them at the end: nobody sees
 * a difference. */
#include "tests.h"

#include "base/buf.h"
#include "topology/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEVICES                                                                                              \
    "devices:\n"                                                                                             \
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"                                                  \
    "  pe-b: {addresses: [192.0.2.2]}\n"                                                                     \
    "  pe-c: {}\n"
#define RELAYS "relays: [192.0.2.50]\n"
#define PAIRS                                                                                                \
    "pairs:\n"                                                                                               \
    "  m7:\n"                                                                                                \
    "    devices: [pe-b, pe-a]\n"                                                                            \
    "    backup-profiles: {p: {mode: hot, services: [arp], rbs: r}, q: {mode: warm, protocol: vrrp}}\n"      \
    "    e-trunks:\n"                                                                                        \
    "      1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}, master: pe-a, sub-interfaces: "    \
    "{9: {profile: q}, 7: {services: [igmp], description: X y, protection: none}, 8: }},\n"                  \
    "        {trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk21}, mode: active-active}]}\n"                      \
    "      2: {hello: 1s}\n"                                                                                 \
    "  empty: {devices: [pe-a, pe-b], backup-profiles: {z: {}}}\n"                                           \
    "  m8: {devices: [pe-a, pe-c], backup-profiles: {s: {}}, e-trunks: {3: {members: [{unlisted: ignore, "   \
    "trunks: {pe-a: Eth-Trunk12, pe-c: Eth-Trunk1}}]}}}\n"

static void write_pair(struct tw_buf *b, const struct tw_pair *p)
{
    tw_buf_fmt(b, "pair %s %u %u e-trunks %u+%u profiles %u:", p->name, p->device[0], p->device[1],
               p->e_trunk0, p->e_trunks_n, p->profile0);
    for (size_t i = 0; i < p->profiles_n; i++)
        tw_buf_fmt(b, " %s/%d/%x/%s/%d", p->profiles[i].name, (int)p->profiles[i].mode,
                   p->profiles[i].services, p->profiles[i].rbs != NULL ? p->profiles[i].rbs : "-",
                   p->profiles[i].vrrp);
    tw_buf_z(b, "\n");
}

static void write_member(struct tw_buf *b, const struct tw_topology *t, const struct tw_member *m)
{
    int sides[2] = {9, 9};
    const struct tw_pair *p = &t->pairs[t->e_trunks[m->e_trunk].pair];
    tw_buf_fmt(b, "member of %u: %s %s, %d %d %d, found %u %u", m->e_trunk, m->trunk_name[0],
               m->trunk_name[1], m->active_active, m->master, m->ignore_unlisted,
               tw_topology_member(t, p->device[0], m->trunk[0], &sides[0]),
               tw_topology_member(t, p->device[1], m->trunk[1], &sides[1]));
    tw_buf_fmt(b, " sides %d %d\n", sides[0], sides[1]);
    for (size_t i = 0; i < m->subs_n; i++) {
        const struct tw_sub *s = &m->subs[i];
        tw_buf_fmt(b, "  %u %x %d %s %s\n", s->number, s->services, (int)s->protection,
                   s->profile != NULL ? s->profile->name : "-",
                   s->description != NULL ? s->description : "-");
    }
}

/* All of an inventory but its places, or its errors. */
static struct tw_buf read(const char *text)
{
    struct tw_errors e = {0};
    struct tw_buf b = {0};
    const struct tw_topology *t = tw_topology_create("i.yaml", tw_str_z(text), &e);
    assert_true((t != NULL) == (e.n == 0));
    for (size_t i = 0; i < e.n; i++)
        tw_buf_fmt(&b, "%s\n", e.text[i]);
    for (uint32_t i = 0; t != NULL && i < t->devices_n; i++) {
        int side = 9;
        uint32_t pair = tw_topology_pair_of(t, i, &side);
        tw_buf_fmt(&b, "device %s in %u side %d\n", t->devices[i].name, pair, side);
    }
    for (size_t i = 0; t != NULL && i < t->pairs_n; i++)
        write_pair(&b, &t->pairs[i]);
    for (size_t i = 0; t != NULL && i < t->e_trunks_n; i++)
        tw_buf_fmt(&b, "e-trunk %u of %u, members %u+%u\n", t->e_trunks[i].id, t->e_trunks[i].pair,
                   t->e_trunks[i].member0, t->e_trunks[i].members_n);
    for (size_t i = 0; t != NULL && i < t->members_n; i++)
        write_member(&b, t, &t->members[i]);
    if (t != NULL)
        tw_buf_fmt(&b, "relays %zu\n", t->relays_n);
    tw_topology_unref(t);
    tw_errors_finish(&e);
    return b;
}

static void check(const char *text, const char *expected)
{
    struct tw_buf got = read(text);
    tw_buf_z(&got, "");
    if (strcmp(got.p, expected) != 0)
        fail_msg("%s\n--- expected\n%s--- got\n%s", text, expected, got.p);
    tw_buf_finish(&got);
}

static void any_order_is_the_same(void **state)
{
    static const char *const texts[] = {DEVICES RELAYS PAIRS, DEVICES PAIRS RELAYS, RELAYS DEVICES PAIRS,
                                        PAIRS DEVICES RELAYS, PAIRS RELAYS DEVICES, RELAYS PAIRS DEVICES};
    static const char expected[] = "device pe-a in 0 side 1\n"
                                   "device pe-b in 0 side 0\n"
                                   "device pe-c in 2 side 1\n"
                                   "pair m7 1 0 e-trunks 0+2 profiles 0: p/0/1/r/0 q/1/0/-/1\n"
                                   "pair empty 0 1 e-trunks 2+0 profiles 2: z/0/0/-/0\n"
                                   "pair m8 0 2 e-trunks 2+1 profiles 3: s/0/0/-/0\n"
                                   "e-trunk 1 of 0, members 0+2\n"
                                   "e-trunk 2 of 0, members 2+0\n"
                                   "e-trunk 3 of 2, members 2+1\n"
                                   "member of 0: Eth-Trunk20 Eth-Trunk10, 0 1 0, found 0 0 sides 0 1\n"
                                   "  7 2 2 - X y\n"
                                   "  8 0 0 - -\n"
                                   "  9 0 1 q -\n"
                                   "member of 0: Eth-Trunk21 Eth-Trunk11, 1 -1 0, found 1 1 sides 0 1\n"
                                   "member of 2: Eth-Trunk12 Eth-Trunk1, 0 -1 1, found 2 2 sides 0 1\n"
                                   "relays 1\n";
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check(texts[i], expected);
}

#define BAD_PAIRS                                                                                            \
    "pairs:\n"                                                                                               \
    "  m1: {devices: [pe-a, pe-x]}\n"                                                                        \
    "  m2: [pe-a]\n"                                                                                         \
    "  m3: {devices: [pe-a, pe-c]}\n"                                                                        \
    "  m4:\n"

static void errors_are_told_in_the_same_order(void **state)
{
    (void)state;
    /* Of the whole, of devices, of relays, of pairs: wherever they stand. */
    check("devices: {pe-a: {x: 1}, pe-c: {}}\n" BAD_PAIRS "relays: [y]\nz: 1\n",
          "i.yaml:8:1: unknown key 'z' in the inventory, expected devices, pairs or relays\n"
          "i.yaml:1:18: unknown key 'x' in device, expected addresses, hostnames, engine-id, certificate, "
          "interfaces, stamp-offset, alarm-delay or poll\n"
          "i.yaml:7:10: relay is 'y', expected an IPv4 or IPv6 address\n"
          "i.yaml:3:24: unknown device 'pe-x' in pair 'm1', did you mean 'pe-a'?\n"
          "i.yaml:4:7: pair is a list, expected a mapping (key: value)\n"
          "i.yaml:6:6: pair is empty, expected a mapping (key: value)\n");
    check(BAD_PAIRS "z: 1\nrelays: [y]\ndevices: {pe-a: {x: 1}, pe-c: {}}\n",
          "i.yaml:6:1: unknown key 'z' in the inventory, expected devices, pairs or relays\n"
          "i.yaml:8:18: unknown key 'x' in device, expected addresses, hostnames, engine-id, certificate, "
          "interfaces, stamp-offset, alarm-delay or poll\n"
          "i.yaml:7:10: relay is 'y', expected an IPv4 or IPv6 address\n"
          "i.yaml:2:24: unknown device 'pe-x' in pair 'm1', did you mean 'pe-a'?\n"
          "i.yaml:3:7: pair is a list, expected a mapping (key: value)\n"
          "i.yaml:5:6: pair is empty, expected a mapping (key: value)\n");
    check("devices: []\n" BAD_PAIRS, "i.yaml:1:10: devices is a list, expected a mapping (key: value)\n");
    check("devices: {}\n" BAD_PAIRS, "i.yaml:1:10: the inventory has no devices, expected at least one\n");
}

static void broken_text_is_told_alone(void **state)
{
    (void)state;
    check(
        DEVICES BAD_PAIRS "relays: [y\nz: 1\n",
        "i.yaml:11:2: not valid YAML while parsing a flow sequence that begins at line 10, column 9, did not "
        "find expected ',' or ']'\n");
    check(DEVICES BAD_PAIRS "relays: *y\n",
          "i.yaml:10:9: alias 'y' is not allowed, expected the value written out\n");
    check(DEVICES "pairs:\n  m1: {devices: [pe-a, pe-x]}\n  m2: {devices: [pe-a, pe-b]}\n"
                  "  m1: {devices: [pe-a, pe-c]}\n",
          "i.yaml:8:3: key 'm1' is given twice (first at line 6, column 3), expected it once\n");
    check(DEVICES "pairs:\n  m1: {devices: [pe-a, pe-x], devices: [pe-a, pe-b]}\n  m2: [x]\n",
          "i.yaml:6:31: key 'devices' is given twice (first at line 6, column 8), expected it once\n");
    check(DEVICES PAIRS "pairs: {}\n",
          "i.yaml:15:1: key 'pairs' is given twice (first at line 5, column 1), expected it once\n");
}

static void errors_of_all_parts_have_one_cap(void **state)
{
    struct tw_errors e = {0};
    struct tw_buf text = {0};
    (void)state;
    tw_buf_z(&text, "devices:\n");
    for (int i = 0; i < 60; i++)
        tw_buf_fmt(&text, "  d%d: {x: 1}\n", i);
    tw_buf_z(&text, "pairs:\n");
    for (int i = 0; i < 120; i++)
        tw_buf_fmt(&text, "  p%d: []\n", i);
    assert_null(tw_topology_create("i.yaml", tw_buf_view(&text), &e));
    assert_int_equal(e.n, TW_ERRORS_MAX);
    assert_int_equal(e.dropped, 80);
    assert_string_equal(e.text[99], "i.yaml:102:8: pair is a list, expected a mapping (key: value)");
    tw_buf_finish(&text);
    tw_errors_finish(&e);
}

int run_order(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_is_the_same),
        cmocka_unit_test(errors_are_told_in_the_same_order),
        cmocka_unit_test(broken_text_is_told_alone),
        cmocka_unit_test(errors_of_all_parts_have_one_cap),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
