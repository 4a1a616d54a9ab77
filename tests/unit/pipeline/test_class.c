/* SPDX-License-Identifier: ISC */
/* How much a message matters, by its name alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline_of.h"

static const char inventory[] = "devices:\n  pe-a: {addresses: [192.0.2.1]}\n";

static void logs(void **state)
{
    static const struct {
        enum tw_class class;
        const char *line;
    } rows[] = {
        {TW_CLASS_VITAL, "<186>Aug  8 2026 18:00:00 PE-A %%01IFNET/2/linkDown_active(l):CID=1;x"},
        {TW_CLASS_VITAL, "<186>Aug  8 2026 18:00:00 PE-A %%01IFNET/2/linkdown_CLEAR(l):CID=1;x"},
        {TW_CLASS_VITAL, "%%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):x"},
        {TW_CLASS_VITAL, "100% of a relay <188>PE-A %%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE"},
        {TW_CLASS_VITAL, "<188>PE-A %%01ETRUNK/4/ETRUNK_MEMBER_STATU CID=1;x"}, /* cut by a relay */
        {TW_CLASS_OTHER, "%%01IFNET/4/LINK_STATE(l):x"},
        {TW_CLASS_NOISE, "<190>Aug  8 2026 18:00:00 PE-A %%01LLDP/4/BAD_PACKET(l):CID=1;x"},
        {TW_CLASS_NOISE, "%%01IFNET/2/linkDown_activated(l):x"},
        {TW_CLASS_NOISE, "%%01IFNET/x/linkDown_active(l):x"},
        {TW_CLASS_NOISE, "%%01IFNET"},
        {TW_CLASS_NOISE, "%%01IFNET/2/"},
        {TW_CLASS_NOISE, "%%0"},
        {TW_CLASS_NOISE, "no tag"},
        {TW_CLASS_NOISE, ""},
    };
    struct tw_pipeline *p = test_pipeline_of(inventory);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_record r = {.transport = TW_TRANSPORT_SYSLOG, .bytes = tw_str_z(rows[i].line)};
        if (tw_pipeline_class(p, &r) != rows[i].class)
            print_error("%s\n", rows[i].line);
        assert_int_equal(tw_pipeline_class(p, &r), rows[i].class);
    }
    tw_pipeline_destroy(p);
}

static void traps(void **state)
{
    /* v2c with sysUpTime.0 and snmpTrapOID.0: linkDown, and one that nobody knows; garbage. */
    static const char down[] =
        "\x30\x3c\x02\x01\x01\x04\x06public\xa7\x2f\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x24"
        "\x30\x0d\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x01\x05"
        "\x30\x13\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00\x06\x05\x2b\x06\x01\x06\x03";
    struct tw_pipeline *p = test_pipeline_of(inventory);
    struct tw_record r = {.transport = TW_TRANSPORT_TRAP, .bytes = {down, sizeof down - 1}};
    (void)state;
    assert_int_equal(tw_pipeline_class(p, &r), TW_CLASS_NOISE);
    r.bytes = TW_STR("garbage");
    assert_int_equal(tw_pipeline_class(p, &r), TW_CLASS_OTHER); /* or of version 1, or 3 */
    r.transport = TW_TRANSPORT_LOSS;
    assert_int_equal(tw_pipeline_class(p, &r), TW_CLASS_VITAL);
    tw_pipeline_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(logs), cmocka_unit_test(traps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
