/* SPDX-License-Identifier: ISC */
#include "tests.h"

#include "base/buf.h"
#include "topology/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Lines 1 to 3 of most of the texts, so that a row shows only what it is about. */
#define DEVICES                                                                                              \
    "devices:\n"                                                                                             \
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"                                                  \
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
/* Lines 4 to 6. */
#define PAIR                                                                                                 \
    "pairs:\n"                                                                                               \
    "  m7:\n"                                                                                                \
    "    devices: [pe-a, pe-b]\n"
/* Lines 7 and 8. */
#define MEMBERS                                                                                              \
    "    e-trunks: {1: {members: [\n"                                                                        \
    "      {trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20},\n"
#define END "      }]}}\n"

struct row {
    const char *text, *errors; /* one error a line */
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct tw_errors e = {0};
        struct tw_buf got = {0};
        const struct tw_topology *t = tw_topology_create("i.yaml", tw_str_z(rows[i].text), &e);
        for (size_t k = 0; k < e.n; k++)
            tw_buf_fmt(&got, "%s\n", e.text[k]);
        tw_buf_z(&got, "");
        if (strcmp(got.p, rows[i].errors) != 0)
            fail_msg("%s\n--- expected\n%s--- got\n%s", rows[i].text, rows[i].errors, got.p);
        assert_true((t != NULL) == (rows[i].errors[0] == '\0'));
        tw_buf_finish(&got);
        tw_errors_finish(&e);
        tw_topology_unref(t);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void whole_file(void **state)
{
    static const struct row rows[] = {
        {"", "i.yaml:1:1: the inventory is empty, expected devices\n"},
        {"# nothing\n", "i.yaml:1:1: the inventory is empty, expected devices\n"},
        {"[a]", "i.yaml:1:1: the inventory is a list, expected a mapping (key: value)\n"},
        {"\npairs: {}\n", "i.yaml:2:1: the inventory has no devices, expected at least one\n"},
        {"devices: {}\n", "i.yaml:1:10: the inventory has no devices, expected at least one\n"},
        {"devices:\n", "i.yaml:1:9: the inventory has no devices, expected at least one\n"},
        {"devices: [a]\n", "i.yaml:1:10: devices is a list, expected a mapping (key: value)\n"},
        {"devices: {a: {}}\ndevice: {}\n", "i.yaml:2:1: unknown key 'device' in the inventory, "
                                           "did you mean 'devices'?\n"},
        {"devices: {a: {}}\nsites: {}\n", "i.yaml:2:1: unknown key 'sites' in the inventory, "
                                          "expected devices, pairs or relays\n"},
        {"devices: {a: {}, a: {}}\n",
         "i.yaml:1:18: key 'a' is given twice (first at line 1, column 11), expected it once\n"},
        {"devices: {a: {}}\npairs: []\n", "i.yaml:2:8: pairs is a list, expected a mapping (key: value)\n"},
        {"devices: {a: {}}\n", ""},
    };
    (void)state;
    CHECK(rows);
}

static void devices(void **state)
{
    static const struct row rows[] = {
        {"devices:\n  pe-a: {adresses: []}\n  pe-b: [x]\n",
         "i.yaml:2:10: unknown key 'adresses' in device, did you mean 'addresses'?\n"
         "i.yaml:3:9: device is a list, expected a mapping (key: value)\n"},
        {"devices: {'': {}}\n",
         "i.yaml:1:11: device is '', expected 1 to 255 characters, none of them a control character\n"},
        {"devices: {a: {addresses: [192.0.2.300, pe-a.example, '::g', 192.0.2.0/24]}}\n",
         "i.yaml:1:27: address is '192.0.2.300', expected an IPv4 or IPv6 address\n"
         "i.yaml:1:40: address is 'pe-a.example', expected an IPv4 or IPv6 address\n"
         "i.yaml:1:54: address is '::g', expected an IPv4 or IPv6 address\n"
         "i.yaml:1:61: address is '192.0.2.0/24', expected an IPv4 or IPv6 address\n"},
        {"devices: {a: {addresses: 192.0.2.1}}\n",
         "i.yaml:1:26: addresses is '192.0.2.1', expected a list\n"},
        {"devices:\n  a: {addresses: [192.0.2.1]}\n  b: {addresses: ['::ffff:192.0.2.1']}\n",
         "i.yaml:3:19: address ::ffff:192.0.2.1 belongs to device 'a' too (line 2, column 19), "
         "expected it on one device only\n"},
        {"devices:\n  a: {addresses: ['2001:db8::1']}\n  b: {addresses: ['2001:DB8:0::1']}\n",
         "i.yaml:3:19: address 2001:DB8:0::1 belongs to device 'a' too (line 2, column 19), "
         "expected it on one device only\n"},
        {"devices:\n  a: {hostnames: [PE-A]}\n  b: {hostnames: [x, pe-a]}\n",
         "i.yaml:3:22: hostname 'pe-a' belongs to device 'a' too (line 2, column 19), "
         "expected it on one device only\n"},
        {"devices:\n  a: {hostnames: [PE-A]}\n  Pe-A: {}\n",
         "i.yaml:3:3: hostname 'Pe-A' belongs to device 'a' too (line 2, column 19), "
         "expected it on one device only\n"},
        {"devices:\n  a: {certificate: pe.example}\n  b: {certificate: PE.example}\n",
         "i.yaml:3:20: certificate 'PE.example' belongs to device 'a' too (line 2, column 20), "
         "expected it on one device only\n"},
        {"devices:\n  a: {engine-id: '0x80000001AB'}\n  b: {engine-id: '0x80000001ab'}\n",
         "i.yaml:3:18: engine-id '0x80000001ab' belongs to device 'a' too (line 2, column 18), "
         "expected it on one device only\n"},
        {"devices:\n  a: {addresses: [192.0.2.1, 192.0.2.1], hostnames: [X, x]}\n", ""},
        {"devices: {a: {addresses: [192.0.2.1]}}\nrelays: [192.0.2.50, 192.0.2.1, host]\n",
         "i.yaml:2:22: relay 192.0.2.1 is an address of device 'a' (line 1, column 27), expected a "
         "collector's own\n"
         "i.yaml:2:33: relay is 'host', expected an IPv4 or IPv6 address\n"},
        {"devices: {a: {certificate: a.example}}\nrelays: [{}, {address: x, key: y}, {certificate: "
         "A.example}, "
         "{certificate: \"\"}]\n",
         "i.yaml:2:10: relay has neither address nor certificate, expected one of them\n"
         "i.yaml:2:27: unknown key 'key' in relay, expected address or certificate\n"
         "i.yaml:2:24: relay is 'x', expected an IPv4 or IPv6 address\n"
         "i.yaml:2:50: certificate 'A.example' belongs to device 'a' too (line 1, column 28), expected it "
         "once\n"
         "i.yaml:2:76: certificate is '', expected 1 to 255 characters, none of them a control character\n"},
        {"devices: {a: {engine-id: 800007db03}}\n",
         "i.yaml:1:26: engine-id is '800007db03', expected 0x and the hexadecimal digits of 5 to 32 bytes\n"},
        {"devices: {a: {engine-id: '0x800007db0'}}\n", "i.yaml:1:26: engine-id is '0x800007db0', expected 0x "
                                                       "and the hexadecimal digits of 5 to 32 bytes\n"},
        {"devices: {a: {engine-id: '0x800007db0g'}}\n", "i.yaml:1:26: engine-id is '0x800007db0g', expected "
                                                        "0x and the hexadecimal digits of 5 to 32 bytes\n"},
        {"devices: {a: {certificate: []}}\n", "i.yaml:1:28: certificate is a list, expected a text\n"},
        {"devices: {a: {stamp-offset: UTC}}\n",
         "i.yaml:1:29: stamp-offset is 'UTC', expected local or utc; did you mean 'utc'?\n"},
        {"devices: {a: {alarm-delay: {rise: 3s, clear: soon}}}\n",
         "i.yaml:1:29: unknown key 'rise' in alarm-delay, did you mean 'raise'?\n"
         "i.yaml:1:46: clear is 'soon', expected a duration such as 500ms, 10s, 2m, 1h or 1d\n"},
        {"devices: {a: {interfaces: {0: x, 2147483648: y, eth0: z, 7: ''}}}\n",
         "i.yaml:1:28: ifIndex is '0', expected a whole number from 1 to 2147483647\n"
         "i.yaml:1:34: ifIndex is '2147483648', expected a whole number from 1 to 2147483647\n"
         "i.yaml:1:49: ifIndex is 'eth0', expected a whole number from 1 to 2147483647\n"
         "i.yaml:1:61: interface name is '', expected 1 to 63 characters, none of them a control "
         "character\n"},
        {"devices: {a: {interfaces: {7: x, 7: y}}}\n",
         "i.yaml:1:34: key '7' is given twice (first at line 1, column 28), expected it once\n"},
        {"devices: {a: {interfaces: {7: "
         "x234567890123456789012345678901234567890123456789012345678901234}}}\n",
         "i.yaml:1:31: interface name is 'x23456789012345678901234567890123456789012345678901234567890...', "
         "expected 1 to 63 characters, none of them a control character\n"},
        {"devices: {a: {interfaces: {7: \"a\\eb\"}}}\n",
         "i.yaml:1:31: interface name is 'a\\x1bb', expected 1 to 63 characters, none of them a control "
         "character\n"},
        {"devices: {a: {poll: {version: 2, port: 0, retries: 11, timeout: x, pass: y}}}\n",
         "i.yaml:1:68: unknown key 'pass' in poll, "
         "expected version, user, community-file, port, timeout or retries\n"
         "i.yaml:1:31: version is '2', expected 1, 2c or 3\n"
         "i.yaml:1:40: port is '0', expected a whole number from 1 to 65535\n"
         "i.yaml:1:65: timeout is 'x', expected a duration such as 500ms, 10s, 2m, 1h or 1d\n"
         "i.yaml:1:52: retries is '11', expected a whole number from 0 to 10\n"},
        {"devices: {a: {poll: {version: 3}}}\n",
         "i.yaml:1:21: poll has version 3 and no user, expected a 'user'\n"},
    };
    (void)state;
    CHECK(rows);
}

static void pairs(void **state)
{
    static const struct row rows[] = {
        {DEVICES "pairs:\n  m7: {e-trunks: {}}\n",
         "i.yaml:5:3: pair 'm7' has no devices, expected exactly two\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-a]}\n",
         "i.yaml:5:17: pair 'm7' has 1 device, expected exactly two\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-a, pe-b, pe-a]}\n",
         "i.yaml:5:17: pair 'm7' has 3 devices, expected exactly two\n"},
        {DEVICES "pairs:\n  m7: {devices: pe-a}\n", "i.yaml:5:17: devices is 'pe-a', expected a list\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-a, pe-a]}\n",
         "i.yaml:5:24: pair 'm7' has device 'pe-a' twice, expected two different ones\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-c, router-9]}\n",
         "i.yaml:5:18: unknown device 'pe-c' in pair 'm7', did you mean 'pe-a'?\n"
         "i.yaml:5:24: unknown device 'router-9' in pair 'm7', expected a name from 'devices'\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-a, {}]}\n",
         "i.yaml:5:24: device is a mapping, expected a text\n"},
        {DEVICES "pairs:\n  m7: {devices: [pe-a, pe-b], etrunks: {}}\n",
         "i.yaml:5:31: unknown key 'etrunks' in pair, did you mean 'e-trunks'?\n"},
        {DEVICES PAIR
         "    backup-profiles: {p: {mode: cold, services: [arp, smtp], protocol: VRRP, rbs: [], x: 1}}\n",
         "i.yaml:7:87: unknown key 'x' in profile, expected mode, services, rbs or protocol\n"
         "i.yaml:7:33: mode is 'cold', expected hot, warm or virtual\n"
         "i.yaml:7:55: service is 'smtp', expected arp, igmp, igmp-snooping, mld, multicast, ipsec, bras, "
         "l2tp, "
         "dhcp, nd, l3 or l2; did you mean 'l2tp'?\n"
         "i.yaml:7:83: rbs is a list, expected a text\n"
         "i.yaml:7:72: protocol is 'VRRP', expected e-trunk or vrrp; did you mean 'vrrp'?\n"},
        {DEVICES PAIR "    e-trunks: {0: {}, 129: {}, one: {}, 01: {}, 2: []}\n",
         "i.yaml:7:16: E-Trunk id is '0', expected a whole number from 1 to 128\n"
         "i.yaml:7:23: E-Trunk id is '129', expected a whole number from 1 to 128\n"
         "i.yaml:7:32: E-Trunk id is 'one', expected a whole number from 1 to 128\n"
         "i.yaml:7:41: E-Trunk id is '01', expected a whole number from 1 to 128\n"
         "i.yaml:7:52: E-Trunk is a list, expected a mapping (key: value)\n"},
        {DEVICES PAIR
         "    e-trunks: {1: {revert: 1s, revert-delay: 2w, hello: x, hold-on-failure-multiplier: 2}}\n",
         "i.yaml:7:20: unknown key 'revert' in E-Trunk, did you mean 'revert-delay'?\n"
         "i.yaml:7:46: revert-delay is '2w', expected a duration such as 500ms, 10s, 2m, 1h or 1d\n"
         "i.yaml:7:57: hello is 'x', expected a duration such as 500ms, 10s, 2m, 1h or 1d\n"
         "i.yaml:7:88: hold-on-failure-multiplier is '2', expected a whole number from 3 to 300\n"},
        {DEVICES "  pe-c: {}\n"
                 "pairs:\n"
                 "  m7: {devices: [pe-a, pe-b], e-trunks: {1: {}, 2: {}}}\n"
                 "  m8: {devices: [pe-c, pe-a], e-trunks: {1: {}, 3: {}}}\n",
         "i.yaml:7:42: E-Trunk 1 of device 'pe-a' is in pair 'm7' too (line 6, column 42), "
         "expected it in one pair only\n"},
        {DEVICES "pairs:\n"
                 "  m7: {devices: [pe-a, pe-b], e-trunks: {1: {}}}\n"
                 "  m8: {devices: [pe-a, pe-b], e-trunks: {2: {}}}\n",
         ""},
    };
    (void)state;
    CHECK(rows);
}

static void members(void **state)
{
    static const struct row rows[] = {
        {DEVICES PAIR "    e-trunks: {1: {members: {}}}\n",
         "i.yaml:7:29: members is a mapping, expected a list\n"},
        {DEVICES PAIR "    e-trunks: {1: {members: [x]}}\n",
         "i.yaml:7:30: member is 'x', expected a mapping (key: value)\n"},
        {DEVICES PAIR "    e-trunks: {1: {members: [{mode: auto}]}}\n",
         "i.yaml:7:30: member has no trunks, expected one each of 'pe-a' and 'pe-b'\n"},
        {DEVICES PAIR "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk1}}]}}\n",
         "i.yaml:7:39: trunks has no trunk of device 'pe-b', expected one each of 'pe-a' and 'pe-b'\n"},
        {DEVICES PAIR "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk1, pe-c: Eth-Trunk1}}]}}\n",
         "i.yaml:7:58: unknown key 'pe-c' in trunks, did you mean 'pe-a'?\n"
         "i.yaml:7:39: trunks has no trunk of device 'pe-b', expected one each of 'pe-a' and 'pe-b'\n"},
        {DEVICES PAIR "    e-trunks: {1: {members: [{trunks: {pe-a: GE0/1/1, pe-b: Eth-Trunk1.5}}]}}\n",
         "i.yaml:7:46: trunk is 'GE0/1/1', expected Eth-Trunk and a number from 0 to 65535, as Eth-Trunk10\n"
         "i.yaml:7:61: trunk is 'Eth-Trunk1.5', expected Eth-Trunk and a number from 0 to 65535, as "
         "Eth-Trunk10\n"},
        {DEVICES PAIR MEMBERS "      }, {trunks: {pe-a: eth-trunk 10, pe-b: Eth-Trunk21}}]}}\n",
         "i.yaml:9:26: Eth-Trunk10 of device 'pe-a' is in an E-Trunk already (line 8, column 23), "
         "expected every trunk once\n"},
        {DEVICES PAIR MEMBERS
         "      }]}, 2: {members: [{trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk20}}]}}\n",
         "i.yaml:9:61: Eth-Trunk20 of device 'pe-b' is in an E-Trunk already (line 8, column 42), "
         "expected every trunk once\n"},
        {DEVICES PAIR MEMBERS "       sub-interface: {}, mode: active, master: pe-c, unlisted: ignored\n" END,
         "i.yaml:9:8: unknown key 'sub-interface' in member, did you mean 'sub-interfaces'?\n"
         "i.yaml:9:33: mode is 'active', expected auto or active-active; did you mean 'active-active'?\n"
         "i.yaml:9:49: master is 'pe-c', expected pe-a or pe-b; did you mean 'pe-a'?\n"
         "i.yaml:9:65: unlisted is 'ignored', expected watch or ignore; did you mean 'ignore'?\n"},
    };
    (void)state;
    CHECK(rows);
}

static void sub_interfaces(void **state)
{
    static const struct row rows[] = {
        {DEVICES PAIR MEMBERS "      sub-interfaces: [100]\n" END,
         "i.yaml:9:23: sub-interfaces is a list, expected a mapping (key: value)\n"},
        {DEVICES PAIR MEMBERS "      sub-interfaces: {0: {}, 4294967295: {}, x: {}, 0100: {}, 5: []}\n" END,
         "i.yaml:9:24: sub-interface number is '0', expected a whole number from 1 to 4294967294\n"
         "i.yaml:9:31: sub-interface number is '4294967295', expected a whole number from 1 to 4294967294\n"
         "i.yaml:9:47: sub-interface number is 'x', expected a whole number from 1 to 4294967294\n"
         "i.yaml:9:54: sub-interface number is '0100', expected a whole number from 1 to 4294967294\n"
         "i.yaml:9:67: sub-interface is a list, expected a mapping (key: value)\n"},
        {DEVICES PAIR MEMBERS "      sub-interfaces: {100: {}, '100': {}}\n" END,
         "i.yaml:9:33: key '100' is given twice (first at line 9, column 24), expected it once\n"},
        {DEVICES PAIR MEMBERS
         "      sub-interfaces: {1: {service: [arp], services: [igpm, []], protection: hsrp}}\n" END,
         "i.yaml:9:28: unknown key 'service' in sub-interface, did you mean 'services'?\n"
         "i.yaml:9:55: service is 'igpm', expected arp, igmp, igmp-snooping, mld, multicast, ipsec, bras, "
         "l2tp, dhcp, "
         "nd, l3 or l2; did you mean 'igmp'?\n"
         "i.yaml:9:61: service is a list, expected arp, igmp, igmp-snooping, mld, multicast, ipsec, bras, "
         "l2tp, dhcp, "
         "nd, l3 or l2\n"
         "i.yaml:9:78: protection is 'hsrp', expected e-trunk, vrrp or none; did you mean 'vrrp'?\n"},
        {DEVICES PAIR MEMBERS "      sub-interfaces: {1: {profile: rbp-arp, description: {}}}\n" END,
         "i.yaml:9:37: unknown profile 'rbp-arp' in pair 'm7', expected a name from its 'backup-profiles'\n"
         "i.yaml:9:59: description is a mapping, expected a text\n"},
        {DEVICES PAIR "    backup-profiles: {rbp-arp: {}, rbp-igmp: {}}\n" MEMBERS
                      "      sub-interfaces: {1: {profile: rbp-imgp}}\n" END,
         "i.yaml:10:37: unknown profile 'rbp-imgp' in pair 'm7', did you mean 'rbp-igmp'?\n"},
    };
    (void)state;
    CHECK(rows);
}

static void many_errors_are_counted(void **state)
{
    struct tw_errors e = {0};
    struct tw_buf text = {0};
    (void)state;
    tw_buf_z(&text, DEVICES "pairs:\n");
    for (int i = 0; i < 150; i++)
        tw_buf_fmt(&text, "  m%d: {devices: [pe-a, pe-c]}\n", i);
    assert_null(tw_topology_create("i.yaml", tw_buf_view(&text), &e));
    assert_int_equal(e.n, TW_ERRORS_MAX);
    assert_int_equal(e.dropped, 50);
    assert_string_equal(e.text[99],
                        "i.yaml:104:25: unknown device 'pe-c' in pair 'm99', did you mean 'pe-a'?");
    tw_buf_finish(&text);
    tw_errors_finish(&e);
}

int run_errors(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file),     cmocka_unit_test(devices),
        cmocka_unit_test(pairs),          cmocka_unit_test(members),
        cmocka_unit_test(sub_interfaces), cmocka_unit_test(many_errors_are_counted),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
