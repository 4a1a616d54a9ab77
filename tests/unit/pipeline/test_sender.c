/* SPDX-License-Identifier: ISC */
/* Who sent a record: what proves it counts more than an address, and names inside only behind a relay. */
#include "pipeline_of.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], certificate: pe-a.example, engine-id: "
    "'0x800007DB03000000AA'}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B], certificate: pe-b.example, engine-id: "
    "'0x800007DB03000000BB'}\n"
    "relays: [192.0.2.50, {certificate: relay.example}, {address: 192.0.2.51, certificate: two.example}]\n";
static const char line[] = "<190>Aug  8 2026 18:00:00 PE-B %%01OPS/5/X(l):CID=1;nothing of interest";

/* A notification that no rule is about: sysUpTime.0, snmpTrapOID.0 = 1.3.6.1.6.3.1.1.5.5 */
static const char pdu[] = "\xa7\x34\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x29"
                          "\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x02\x61\xa8"
                          "\x30\x17\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00\x06\x09\x2b\x06\x01\x06"
                          "\x03\x01\x01\x05\x05";

enum { PE_A, PE_B, NOBODY };

static void the_sender_is(int expected, uint64_t conflicts, const char *from, struct tw_record r)
{
    struct tw_pipeline *p = test_pipeline_of(inventory);
    r.rx = (tw_time){INT64_C(1786212000000000000)};
    r.at = TW_TIME_MIN;
    r.bytes =
        r.transport == TW_TRANSPORT_PDU ? tw_str_of(pdu, sizeof pdu - 1) : tw_str_of(line, sizeof line - 1);
    assert_true(tw_addr_parse(tw_str_z(from), &r.from));
    tw_pipeline_feed(p, &r);
    for (uint32_t d = PE_A; d < NOBODY; d++)
        assert_int_equal(tw_pipeline_device_stats(p, d)->records, (int)d == expected);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_IDENTITY_CONFLICT), conflicts);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_BAD_TRAP), 0);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_NO_RULE), expected != NOBODY);
    tw_pipeline_destroy(p);
}

static void address_or_behind_a_relay_the_name(void **state)
{
    (void)state;
    the_sender_is(PE_A, 0, "192.0.2.1", (struct tw_record){0});
    the_sender_is(PE_B, 0, "192.0.2.50", (struct tw_record){0});
    the_sender_is(NOBODY, 0, "192.0.2.77", (struct tw_record){0});
}

static void a_certificate_whatever_the_address(void **state)
{
    struct tw_record r = {.security = TW_SECURITY_CERTIFICATE, .certificate = TW_STR("PE-A.example")};
    (void)state;
    the_sender_is(PE_A, 0, "192.0.2.77", r);
    the_sender_is(PE_A, 0, "192.0.2.1", r);
    the_sender_is(PE_A, 1, "192.0.2.2", r);
    r.certificate = TW_STR("Relay.example"); /* a relay's */
    the_sender_is(PE_B, 0, "192.0.2.77", r);
    the_sender_is(PE_B, 0, "192.0.2.1", r); /* also where it has a device's address */
    r.certificate = TW_STR("two.example");
    the_sender_is(PE_B, 0, "192.0.2.77", r);
    r.certificate = TW_STR("collector.example"); /* a stranger's */
    the_sender_is(PE_B, 0, "192.0.2.51", r);
    the_sender_is(PE_B, 0, "192.0.2.50", r);
    the_sender_is(NOBODY, 0, "192.0.2.77", r);
}

static void an_engine_id_that_was_authenticated(void **state)
{
    struct tw_record r = {.security = TW_SECURITY_AUTH_NO_PRIV,
                          .engine_id = TW_STR("\x80\0\x07\xdb\x03\0\0\0\xaa")};
    (void)state;
    the_sender_is(PE_A, 0, "192.0.2.77", r);
    the_sender_is(PE_A, 1, "192.0.2.2", r);
    r.security = TW_SECURITY_NO_AUTH_NO_PRIV;
    the_sender_is(PE_B, 0, "192.0.2.2", r);
    the_sender_is(NOBODY, 0, "192.0.2.77", r);
    r.security = TW_SECURITY_AUTH_PRIV;
    r.engine_id = TW_STR("0123456789012345678901234567890123456789"); /* longer than any */
    the_sender_is(NOBODY, 0, "192.0.2.77", r);
}

/* The glance at what no rule is about goes by the same rules. */
static void notifications_of_v3(void **state)
{
    struct tw_record r = {.transport = TW_TRANSPORT_PDU,
                          .security = TW_SECURITY_AUTH_PRIV,
                          .engine_id = TW_STR("\x80\0\x07\xdb\x03\0\0\0\xaa")};
    (void)state;
    the_sender_is(PE_A, 0, "192.0.2.77", r);
    the_sender_is(PE_A, 1, "192.0.2.2", r);
    r.engine_id = (struct tw_str){0};
    the_sender_is(PE_B, 0, "192.0.2.2", r);
    the_sender_is(NOBODY, 0, "192.0.2.77", r);
    r.sender = 1 + PE_A; /* learnt by the source */
    the_sender_is(PE_A, 0, "192.0.2.77", r);
    the_sender_is(PE_A, 1, "192.0.2.2", r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_or_behind_a_relay_the_name),
        cmocka_unit_test(a_certificate_whatever_the_address),
        cmocka_unit_test(an_engine_id_that_was_authenticated),
        cmocka_unit_test(notifications_of_v3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
