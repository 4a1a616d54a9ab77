/* SPDX-License-Identifier: ISC */
#include "topology/topology.h"

#include "base/buf.h"
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char full[] =
    "devices:\n"
    "  pe-a:\n"
    "    addresses: [192.0.2.1, '2001:db8::1']\n"
    "    hostnames: [PE-A, pe-a.example]\n"
    "    engine-id: \"0x800007DB03AABBCCDDEEFF\"\n"
    "    certificate: pe-a.noc\n"
    "    interfaces: {37: eth-trunk 10.100, 12: Eth-Trunk10, 5: GigabitEthernet0/1/1}\n"
    "    stamp-offset: utc\n"
    "    alarm-delay: {raise: 3s, clear: 10s}\n"
    "    poll: {version: 3, user: noc, port: 1161, timeout: 500ms, retries: 2}\n"
    "  pe-b: {addresses: [192.0.2.2], poll: {version: 2c, community-file: ro.txt}}\n"
    "  pe-c: {}\n"
    "  spare: {hostnames: [Lab-1]}\n"
    "pairs:\n"
    "  metro-7:\n"
    "    devices: [pe-b, pe-a]\n"
    "    backup-profiles:\n"
    "      rbp-arp: {mode: hot, services: [arp], rbs: rbs1, protocol: e-trunk}\n"
    "      rbp-bras: {mode: virtual, services: [bras, l2tp], protocol: vrrp}\n"
    "      rbp-bare: {mode: warm}\n"
    "    e-trunks:\n"
    "      1:\n"
    "        revert-delay: 60s\n"
    "        hello: 900ms\n"
    "        hold-on-failure-multiplier: 30\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: eth-trunk20}\n"
    "            mode: active-active\n"
    "            master: pe-a\n"
    "            unlisted: ignore\n"
    "            sub-interfaces:\n"
    "              300: {profile: rbp-bras}\n"
    "              100: {services: [igmp, nd], profile: rbp-arp, description: \"customer X\"}\n"
    "              200: {profile: rbp-bras, protection: e-trunk}\n"
    "              400: {services: [], profile: rbp-arp, protection: none}\n"
    "              500:\n"
    "          - trunks: {pe-b: Eth-Trunk21, pe-a: Eth-Trunk11}\n"
    "      7: {}\n"
    "  metro-8:\n"
    "    devices: [pe-a, pe-c]\n"
    "    e-trunks: {2: {members: [{trunks: {pe-a: Eth-Trunk12, pe-c: Eth-Trunk10}}]}}\n"
    "relays: [192.0.2.50, '2001:db8::50', 192.0.2.50, {address: 192.0.2.50, certificate: R.example}, "
    "{certificate: r.example}]\n";

static const struct tw_topology *load(const char *text)
{
    struct tw_errors e = {0};
    /* From a copy that is gone before the snapshot is used: it may not borrow. */
    char *copy = malloc(strlen(text));
    assert_non_null(copy);
    memcpy(copy, text, strlen(text));
    const struct tw_topology *t = tw_topology_create("i.yaml", tw_str_of(copy, strlen(text)), &e);
    if (e.n > 0)
        fail_msg("%s", e.text[0]);
    free(copy);
    assert_non_null(t);
    return t;
}

static int setup(void **state)
{
    *state = (void *)(uintptr_t)load(full);
    return 0;
}

static int teardown(void **state)
{
    tw_topology_unref(*state);
    return 0;
}

static struct tw_addr addr(const char *text)
{
    struct tw_addr a;
    assert_true(tw_addr_parse(tw_str_z(text), &a));
    return a;
}

static void device_fields(void **state)
{
    const struct tw_topology *t = *state;
    assert_string_equal(t->file, "i.yaml");
    assert_int_equal(t->devices_n, 4);
    const struct tw_device *a = &t->devices[0], *b = &t->devices[1], *c = &t->devices[2];
    assert_string_equal(a->name, "pe-a");
    assert_int_equal(a->addresses_n, 2);
    const struct tw_addr second = addr("2001:db8::1");
    assert_true(tw_addr_eq(&a->addresses[1], &second));
    assert_int_equal(a->hostnames_n, 2);
    assert_string_equal(a->hostnames[1], "pe-a.example");
    assert_string_equal(a->engine_id, "0x800007db03aabbccddeeff");
    assert_string_equal(a->certificate, "pe-a.noc");
    assert_true(a->stamp_offset_utc);
    assert_true(a->has_alarm_delay);
    assert_int_equal(a->alarm_raise.ns, 3000000000);
    assert_int_equal(a->alarm_clear.ns, 10000000000);
    assert_int_equal(a->poll.version, 3);
    assert_string_equal(a->poll.user, "noc");
    assert_null(a->poll.community_file);
    assert_int_equal(a->poll.port, 1161);
    assert_int_equal(a->poll.timeout.ns, 500000000);
    assert_int_equal(a->poll.retries, 2);

    assert_int_equal(b->poll.version, 2);
    assert_string_equal(b->poll.community_file, "ro.txt");
    assert_int_equal(b->poll.port, 161);
    assert_int_equal(b->poll.retries, -1);
    assert_int_equal(b->hostnames_n, 1);
    assert_string_equal(b->hostnames[0], "pe-b");

    assert_int_equal(c->addresses_n, 0);
    assert_null(c->engine_id);
    assert_null(c->certificate);
    assert_false(c->stamp_offset_utc);
    assert_false(c->has_alarm_delay);
    assert_int_equal(c->alarm_raise.ns, 0);
    assert_int_equal(c->poll.version, 0);
    assert_int_equal(c->interfaces_n, 0);
}

static void interface_names(void **state)
{
    const struct tw_topology *t = *state;
    assert_string_equal(tw_topology_if_name(t, 0, 5), "GigabitEthernet0/1/1");
    assert_string_equal(tw_topology_if_name(t, 0, 12), "Eth-Trunk10");
    assert_string_equal(tw_topology_if_name(t, 0, 37), "Eth-Trunk10.100");
    assert_null(tw_topology_if_name(t, 0, 13));
    assert_null(tw_topology_if_name(t, 1, 12));
    assert_null(tw_topology_if_name(t, 99, 12));
    assert_int_equal(t->devices[0].interfaces_n, 3);
    assert_int_equal(t->devices[0].interfaces[0].index, 5);
    assert_int_equal(t->devices[0].interfaces[2].index, 37);
}

static void who_sent_this(void **state)
{
    static const struct {
        const char *address;
        uint32_t device;
        bool relay;
    } rows[] = {
        {"192.0.2.1", 0, false},         {"::ffff:192.0.2.1", 0, false},  {"2001:db8::1", 0, false},
        {"192.0.2.2", 1, false},         {"192.0.2.3", TW_NONE, false},   {"192.0.2.50", TW_NONE, true},
        {"2001:db8::50", TW_NONE, true}, {"2001:db8::2", TW_NONE, false},
    };
    static const struct {
        const char *host;
        uint32_t device;
    } hosts[] = {
        {"PE-A", 0},  {"pe-a", 0},        {"Pe-A.Example", 0}, {"PE-B", 1},        {"pe-c", 2},
        {"lab-1", 3}, {"spare", TW_NONE}, {"pe", TW_NONE},     {"pe-a.", TW_NONE}, {"", TW_NONE},
    };
    const struct tw_topology *t = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_addr a = addr(rows[i].address);
        assert_int_equal(tw_topology_by_address(t, &a), rows[i].device);
        assert_int_equal(tw_topology_is_relay(t, &a), rows[i].relay);
    }
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(tw_topology_by_hostname(t, tw_str_z(hosts[i].host)), hosts[i].device);
    const struct tw_addr none = {0};
    assert_int_equal(tw_topology_by_address(t, &none), TW_NONE);
    assert_int_equal(t->relays_n, 2);
    assert_int_equal(t->relay_certificates_n, 1);
    assert_true(tw_topology_is_relay_certificate(t, TW_STR("r.Example")));
    assert_false(tw_topology_is_relay_certificate(t, TW_STR("s.example")));
    assert_false(tw_topology_is_relay_certificate(t, TW_STR("")));
}

static void pairs_and_profiles(void **state)
{
    const struct tw_topology *t = *state;
    assert_int_equal(t->pairs_n, 2);
    const struct tw_pair *p = &t->pairs[0];
    assert_string_equal(p->name, "metro-7");
    assert_int_equal(p->device[0], 1);
    assert_int_equal(p->device[1], 0);
    assert_int_equal(p->e_trunk0, 0);
    assert_int_equal(p->e_trunks_n, 2);
    assert_int_equal(p->profiles_n, 3);
    assert_string_equal(p->profiles[0].name, "rbp-arp");
    assert_int_equal(p->profiles[0].mode, TW_BACKUP_HOT);
    assert_string_equal(p->profiles[0].rbs, "rbs1");
    assert_false(p->profiles[0].vrrp);
    assert_int_equal(p->profiles[0].line, 18);
    assert_int_equal(p->profiles[0].column, 7);
    assert_int_equal(p->profiles[1].mode, TW_BACKUP_VIRTUAL);
    assert_int_equal(p->profiles[1].services, 1u << TW_SERVICE_BRAS | 1u << 7);
    assert_true(p->profiles[1].vrrp);
    assert_null(p->profiles[1].rbs);
    assert_int_equal(p->profiles[2].mode, TW_BACKUP_WARM);
    assert_int_equal(p->profiles[2].services, 0);

    const struct tw_pair *q = &t->pairs[1];
    assert_int_equal(q->e_trunk0, 2);
    assert_int_equal(q->e_trunks_n, 1);
    assert_int_equal(q->profiles_n, 0);
}

static void e_trunks_and_members(void **state)
{
    const struct tw_topology *t = *state;
    assert_int_equal(t->e_trunks_n, 3);
    assert_int_equal(t->members_n, 3);
    const struct tw_e_trunk *e = t->e_trunks;
    assert_int_equal(e[0].pair, 0);
    assert_int_equal(e[0].id, 1);
    assert_int_equal(e[0].revert_delay.ns, 60000000000);
    assert_int_equal(e[0].hello.ns, 900000000);
    assert_int_equal(e[0].hold_multiplier, 30);
    assert_int_equal(e[0].member0, 0);
    assert_int_equal(e[0].members_n, 2);
    assert_int_equal(e[1].id, 7);
    assert_int_equal(e[1].revert_delay.ns, 120000000000);
    assert_int_equal(e[1].hello.ns, 0);
    assert_int_equal(e[1].members_n, 0);
    assert_int_equal(e[2].pair, 1);
    assert_int_equal(e[2].member0, 2);
    assert_int_equal(e[2].members_n, 1);

    const struct tw_member *m = t->members;
    assert_int_equal(m[0].e_trunk, 0);
    assert_int_equal(m[0].trunk[0], 20); /* side 0 is pe-b */
    assert_int_equal(m[0].trunk[1], 10);
    assert_string_equal(m[0].trunk_name[0], "Eth-Trunk20");
    assert_string_equal(m[0].trunk_name[1], "Eth-Trunk10");
    assert_true(m[0].active_active);
    assert_int_equal(m[0].master, 1);
    assert_true(m[0].ignore_unlisted);
    assert_false(m[1].active_active);
    assert_int_equal(m[1].master, -1);
    assert_false(m[1].ignore_unlisted);
    assert_int_equal(m[1].subs_n, 0);
    assert_int_equal(m[2].e_trunk, 2);
}

static void sub_interfaces(void **state)
{
    static const struct {
        uint32_t number, services;
        enum tw_protection protection;
        const char *profile, *description;
    } rows[] = {
        {100, 1u << 1 | 1u << 9, TW_PROTECTION_E_TRUNK, "rbp-arp", "customer X"},
        {200, 1u << 6 | 1u << 7, TW_PROTECTION_E_TRUNK, "rbp-bras", NULL},
        {300, 1u << 6 | 1u << 7, TW_PROTECTION_VRRP, "rbp-bras", NULL},
        {400, 0, TW_PROTECTION_NONE, "rbp-arp", NULL},
        {500, 0, TW_PROTECTION_E_TRUNK, NULL, NULL},
    };
    const struct tw_topology *t = *state;
    const struct tw_member *m = &t->members[0];
    assert_int_equal(m->subs_n, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < m->subs_n; i++) {
        const struct tw_sub *s = tw_member_sub(m, rows[i].number);
        assert_ptr_equal(s, &m->subs[i]);
        assert_int_equal(s->services, rows[i].services);
        assert_int_equal(s->protection, rows[i].protection);
        if (rows[i].profile != NULL)
            assert_string_equal(s->profile->name, rows[i].profile);
        else
            assert_null(s->profile);
        if (rows[i].description != NULL)
            assert_string_equal(s->description, rows[i].description);
        else
            assert_null(s->description);
    }
    assert_null(tw_member_sub(m, 101));
    assert_null(tw_member_sub(&t->members[1], 100));
}

static void which_member_and_e_trunk(void **state)
{
    static const struct {
        uint32_t device, trunk, member;
        int side;
    } members[] = {
        {0, 10, 0, 1},        {1, 20, 0, 0},
        {0, 11, 1, 1},        {1, 21, 1, 0},
        {0, 12, 2, 0},        {2, 10, 2, 1},
        {0, 20, TW_NONE, 9},  {3, 10, TW_NONE, 9},
        {99, 10, TW_NONE, 9}, {TW_NONE, 10, TW_NONE, 9},
    };
    static const struct {
        uint32_t device, id, e_trunk;
        int side;
    } e_trunks[] = {
        {0, 1, 0, 1}, {1, 1, 0, 0},       {0, 7, 1, 1},       {0, 2, 2, 0},
        {2, 2, 2, 1}, {1, 2, TW_NONE, 9}, {3, 1, TW_NONE, 9},
    };
    static const struct {
        uint32_t device, pair;
        int side;
    } pairs[] = {{0, 0, 1}, {1, 0, 0}, {2, 1, 1}, {3, TW_NONE, 9}, {4, TW_NONE, 9}};
    const struct tw_topology *t = *state;
    int side;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        side = 9;
        assert_int_equal(tw_topology_member(t, members[i].device, members[i].trunk, &side),
                         members[i].member);
        assert_int_equal(side, members[i].side);
    }
    for (size_t i = 0; i < sizeof e_trunks / sizeof *e_trunks; i++) {
        side = 9;
        assert_int_equal(tw_topology_e_trunk(t, e_trunks[i].device, e_trunks[i].id, &side),
                         e_trunks[i].e_trunk);
        assert_int_equal(side, e_trunks[i].side);
    }
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        side = 9;
        assert_int_equal(tw_topology_pair_of(t, pairs[i].device, &side), pairs[i].pair);
        assert_int_equal(side, pairs[i].side);
    }
}

static void references_are_counted(void **state)
{
    (void)state;
    const struct tw_topology *t = load("devices: {a: {}}\n");
    assert_ptr_equal(tw_topology_ref(t), t);
    tw_topology_unref(t);
    assert_int_equal(tw_topology_by_hostname(t, TW_STR("A")), 0);
    tw_topology_unref(t);
    tw_topology_unref(NULL);
}

/* JSON is YAML: every key in quotes. */
static void json_will_do(void **state)
{
    (void)state;
    const struct tw_topology *t = load(
        "{\"devices\": {\"a\": {\"addresses\": [\"192.0.2.1\"], \"interfaces\": {\"12\": \"Eth-Trunk1\"}},"
        " \"b\": {}}, \"pairs\": {\"p\": {\"devices\": [\"a\", \"b\"], \"e-trunks\": {\"1\": {\"members\":"
        " [{\"trunks\": {\"a\": \"Eth-Trunk1\", \"b\": \"Eth-Trunk1\"}, \"sub-interfaces\":"
        " {\"100\": {\"services\": [\"arp\"]}}}]}}}}}");
    assert_string_equal(tw_topology_if_name(t, 0, 12), "Eth-Trunk1");
    assert_non_null(tw_member_sub(&t->members[0], 100));
    tw_topology_unref(t);
}

static void many_pairs(void **state)
{
    enum { PAIRS = 300, SUBS = 40 };
    struct tw_buf text = {0};
    (void)state;
    tw_buf_z(&text, "devices:\n");
    for (int i = 0; i < 2 * PAIRS; i++)
        tw_buf_fmt(&text, "  d%d: {addresses: [10.0.%d.%d]}\n", i, i / 250, i % 250);
    tw_buf_z(&text, "pairs:\n");
    for (int i = 0; i < PAIRS; i++) {
        tw_buf_fmt(&text, "  p%d:\n    devices: [d%d, d%d]\n    e-trunks:\n      %d:\n        members:\n", i,
                   2 * i, 2 * i + 1, i % 128 + 1);
        tw_buf_fmt(&text,
                   "          - trunks: {d%d: Eth-Trunk5, d%d: Eth-Trunk6}\n            sub-interfaces:\n",
                   2 * i, 2 * i + 1);
        for (int s = SUBS; s > 0; s--)
            tw_buf_fmt(&text, "              %d: {services: [l3]}\n", s);
    }
    const struct tw_topology *t = load(text.p);
    tw_buf_finish(&text);
    assert_int_equal(t->members_n, PAIRS);
    for (uint32_t i = 0; i < 2 * PAIRS; i++) {
        struct tw_buf host = {0};
        int side = 9;
        tw_buf_fmt(&host, "D%u", i);
        assert_int_equal(tw_topology_by_hostname(t, tw_buf_view(&host)), i);
        assert_int_equal(tw_topology_by_address(t, &t->devices[i].addresses[0]), i);
        assert_int_equal(tw_topology_member(t, i, 5 + i % 2, &side), i / 2);
        assert_int_equal(side, i % 2);
        assert_int_equal(tw_topology_e_trunk(t, i, i / 2 % 128 + 1, &side), i / 2);
        assert_int_equal(tw_member_sub(&t->members[i / 2], SUBS)->services, 1u << 10);
        tw_buf_finish(&host);
    }
    tw_topology_unref(t);
}

/* The inventory that the recorded scenarios come with. */
static void scenario_inventory(void **state)
{
    (void)state;
    const struct tw_topology *t =
        load("devices:\n"
             "  pe-a:\n"
             "    addresses: [192.0.2.1]\n"
             "    hostnames: [PE-A]\n"
             "    interfaces: {10: Eth-Trunk10, 37: Eth-Trunk10.100, 20: Eth-Trunk20}\n"
             "  pe-b:\n"
             "    addresses: [192.0.2.2]\n"
             "    hostnames: [PE-B]\n"
             "pairs:\n"
             "  metro-7:\n"
             "    devices: [pe-a, pe-b]\n"
             "    e-trunks:\n"
             "      1:\n"
             "        members:\n"
             "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}\n"
             "            sub-interfaces:\n"
             "              100: {services: [arp]}\n"
             "              200: {services: [igmp, igmp-snooping]}\n"
             "          - trunks: {pe-a: Eth-Trunk20, pe-b: Eth-Trunk21}\n"
             "            sub-interfaces:\n"
             "              9: {services: [bras]}\n"
             "              10: {services: [l2tp]}\n");
    int side = 9;
    assert_int_equal(tw_topology_member(t, 1, 21, &side), 1);
    assert_int_equal(side, 1);
    assert_int_equal(tw_member_sub(&t->members[0], 200)->services, 1u << 1 | 1u << 2);
    tw_topology_unref(t);
}

static int run_lookups(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_fields),
        cmocka_unit_test(interface_names),
        cmocka_unit_test(who_sent_this),
        cmocka_unit_test(pairs_and_profiles),
        cmocka_unit_test(e_trunks_and_members),
        cmocka_unit_test(sub_interfaces),
        cmocka_unit_test(which_member_and_e_trunk),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(json_will_do),
        cmocka_unit_test(many_pairs),
        cmocka_unit_test(scenario_inventory),
    };
    return cmocka_run_group_tests_name("topology", tests, setup, teardown);
}

int main(void)
{
    int failed = run_lookups();
    failed += run_errors();
    failed += run_names();
    failed += run_order();
    return failed;
}
