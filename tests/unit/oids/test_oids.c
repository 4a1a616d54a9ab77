/* SPDX-License-Identifier: ISC */
#include "oids/oids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static void dotted(const uint32_t *id, uint32_t n, char *to, size_t room)
{
    size_t at = 0;
    to[0] = '\0';
    for (uint32_t i = 0; i < n; i++)
        at += (size_t)snprintf(to + at, room - at, "%s%u", i ? "." : "", id[i]);
}

static void names_have_their_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *id;
    } rows[] = {
        {"SNMPv2-MIB::sysUpTime", "1.3.6.1.2.1.1.3"},
        {"SNMPv2-MIB::snmpTrapOID", "1.3.6.1.6.3.1.1.4.1"},
        {"SNMPv2-MIB::coldStart", "1.3.6.1.6.3.1.1.5.1"},
        {"SNMP-COMMUNITY-MIB::snmpTrapAddress", "1.3.6.1.6.3.18.1.3"},
        {"IF-MIB::linkDown", "1.3.6.1.6.3.1.1.5.3"},
        {"linkUp", "1.3.6.1.6.3.1.1.5.4"},
        {"IF-MIB::ifDescr", "1.3.6.1.2.1.2.2.1.2"},
        {"IF-MIB::ifOperStatus", "1.3.6.1.2.1.2.2.1.8"},
        {"HUAWEI-E-TRUNK-MIB::hwETrunkStatus", "1.3.6.1.4.1.2011.5.25.178.1.1.1.4"},
        {"HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatus", "1.3.6.1.4.1.2011.5.25.178.1.2.1.4"},
        {"HUAWEI-E-TRUNK-MIB::hwETrunkTrapETrunkId", "1.3.6.1.4.1.2011.5.25.178.1.4.1"},
        {"HUAWEI-E-TRUNK-MIB::hwETrunkStatusChange", "1.3.6.1.4.1.2011.5.25.178.2.1"},
        {"HUAWEI-E-TRUNK-MIB::hwEtrunkStatusTimeOutResume", "1.3.6.1.4.1.2011.5.25.178.2.8"},
        {"HUAWEI-IF-EXT-MIB::hwIFExtFlowStatus", "1.3.6.1.4.1.2011.5.25.41.1.1.1.1.8"},
        {"HUAWEI-IF-EXT-MIB::hwIFExtMemberOf", "1.3.6.1.4.1.2011.5.25.41.1.1.3"},
        {"HUAWEI-IF-EXT-MIB::hwTrunkIfID", "1.3.6.1.4.1.2011.5.25.41.1.3.3.1.2"},
        {"HUAWEI-IF-EXT-MIB::hwTrunkIfStatus", "1.3.6.1.4.1.2011.5.25.41.1.20.14"},
        {"HUAWEI-IF-EXT-MIB::hwTrunkStatusChange", "1.3.6.1.4.1.2011.5.25.41.3.54"},
        {"HUAWEI-IF-EXT-MIB::hwIPv4IfStateResume", "1.3.6.1.4.1.2011.5.25.41.3.63"},
        {"HUAWEI-AAA-MIB::hwRbpNewState", "1.3.6.1.4.1.2011.5.2.2.1.10"},
        {"HUAWEI-AAA-MIB::hwRbpStateChange", "1.3.6.1.4.1.2011.5.2.2.2.0.6"},
        {"HUAWEI-AAA-MIB::hwAAANoBackupInterfaceAlarm", "1.3.6.1.4.1.2011.5.2.2.2.0.81"},
        {"HUAWEI-BFD-MIB::hwBfdSessDown", "1.3.6.1.4.1.2011.5.25.38.3.1"},
        {"HUAWEI-BFD-MIB::hwBfdSessDiag", "1.3.6.1.4.1.2011.5.25.38.2.3.1.18"},
        {"VRRP-MIB::vrrpTrapNewMaster", "1.3.6.1.2.1.68.0.1"},
        {"VRRP-MIB::vrrpOperMasterIpAddr", "1.3.6.1.2.1.68.1.3.1.7"},
        {"HUAWEI-VRRP-EXT-MIB::hwVrrpExtTrapNonMaster", "1.3.6.1.4.1.2011.5.25.127.2.30.2"},
        {"HUAWEI-ETHOAM-MIB::hwDot1agCfmLOC", "1.3.6.1.4.1.2011.5.25.136.1.6.42"},
        {"HUAWEI-CONFIG-MAN-MIB::hwCfgConfigChangeLog", "1.3.6.1.4.1.2011.6.10.2.17"},
        {"HUAWEI-ENTITY-TRAP-MIB::hwBoardFail", "1.3.6.1.4.1.2011.5.25.219.2.2.3"},
        {"HUAWEI-SYS-MAN-MIB::hwSysReloadNotification", "1.3.6.1.4.1.2011.5.25.19.2.2"},
        {"HUAWEI-SNMP-EXT-MIB::hwSNMPReset", "1.3.6.1.4.1.2011.5.25.164.3.3"},
        {"HUAWEI-NTP-TRAP-MIB::hwNtpStateChangeTrap", "1.3.6.1.4.1.2011.6.80.2.1"},
        {"HUAWEI-ERRORDOWN-MIB::hwErrordown", "1.3.6.1.4.1.2011.5.25.257.2.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        const struct tw_oid_name *o = tw_oid_by_name(tw_str_z(rows[i].name));
        if (o == NULL) {
            fail_msg("%s is not known", rows[i].name);
            continue; /* never: the analyzer does not know fail_msg() */
        }
        dotted(o->id, o->n, text, sizeof text);
        assert_string_equal(text, rows[i].id);
    }
}

static void unknown_names_are_not_found(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       ":",
                                       "::",
                                       "IF-MIB::",
                                       "::ifIndex",
                                       "ifindex",
                                       "ifInde",
                                       "ifIndexx",
                                       "IF-MIB::linkdown",
                                       "SNMPv2-MIB::ifIndex",
                                       "IF-MIB:ifIndex",
                                       "zzz"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_null(tw_oid_by_name(tw_str_z(rows[i])));
}

static void every_name_finds_itself(void **state)
{
    (void)state;
    size_t n;
    const struct tw_oid_name *all = tw_oid_all(&n);
    assert_true(n > 200);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(tw_oid_by_name(tw_str_z(all[i].name)), &all[i]);
        assert_ptr_equal(tw_oid_by_prefix(all[i].id, all[i].n), &all[i]);
    }
}

static void the_longest_prefix_wins(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        uint32_t id[20];
        const char *name;
        uint32_t rest;
    } rows[] = {
        {11, {1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 37}, "IF-MIB::ifOperStatus", 1},
        {16,
         {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 1, 2, 1, 4, 7, 9},
         "HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatus",
         2},
        {10, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 4711}, "HUAWEI-MIB::hwDatacomm", 1},
        {8, {1, 3, 6, 1, 4, 1, 9, 9}, "SNMPv2-SMI::enterprises", 2},
        {2, {0, 1}, NULL, 0},
        {1, {1}, NULL, 0},
        {0, {0}, NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_oid_name *o = tw_oid_by_prefix(rows[i].id, rows[i].n);
        if (rows[i].name == NULL) {
            assert_null(o);
            continue;
        }
        assert_non_null(o);
        assert_string_equal(o->name, rows[i].name);
        assert_int_equal(rows[i].n - o->n, rows[i].rest);
    }
    uint32_t deep[128] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 8};
    assert_string_equal(tw_oid_by_prefix(deep, 128)->name, "IF-MIB::ifOperStatus");
}

static void enumerations_have_labels(void **state)
{
    (void)state;
    const struct tw_oid_name *role = tw_oid_by_name(TW_STR("hwETrunkStatus"));
    const struct tw_oid_name *member = tw_oid_by_name(TW_STR("hwETrunkMemberStatus"));
    /* The two numberings differ. */
    assert_string_equal(tw_oid_label(role, 2), "backup");
    assert_string_equal(tw_oid_label(role, 3), "master");
    assert_string_equal(tw_oid_label(member, 2), "master");
    assert_null(tw_oid_label(member, 3));
    assert_null(tw_oid_label(role, 0));
    assert_null(tw_oid_label(tw_oid_by_name(TW_STR("ifIndex")), 1));
    assert_string_equal(tw_oid_bare(role), "hwETrunkStatus");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_their_numbers), cmocka_unit_test(unknown_names_are_not_found),
        cmocka_unit_test(every_name_finds_itself),  cmocka_unit_test(the_longest_prefix_wins),
        cmocka_unit_test(enumerations_have_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
