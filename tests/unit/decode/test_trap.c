/* SPDX-License-Identifier: ISC */
#include "trap_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define IF_MIB    "1.3.6.1.2.1.2.2.1."
#define LINK_DOWN "1.3.6.1.6.3.1.1.5.3"

static void test_captured(void **state)
{
    (void)state;
    struct built b = from_hex(member_trap);
    expect(&b, "v2 9400 public 1.3.6.1.4.1.2011.5.25.178.2.2 9994000 -"
               "|1.3.6.1.4.1.2011.5.25.178.1.2.1.4.1.1.10=i2|1.3.6.1.4.1.2011.5.25.178.1.2.1.5.1.1.10=i5");
    b = from_hex(link_trap);
    expect(&b, "v2 10000 public " LINK_DOWN " 10000000 -|" IF_MIB "1.37=i37|" IF_MIB "7.37=i1|" IF_MIB
               "8.37=i2|" IF_MIB "2.37=sEth-Trunk10.100");
}

static void test_slices_borrow(void **state)
{
    (void)state;
    struct built b = from_hex(link_trap);
    struct tw_trap trap;
    size_t offset;
    tw_arena_reset(arena);
    assert_int_equal(tw_trap_decode(built_str(&b), arena, &trap, &offset), TW_TRAP_OK);
    struct tw_str name = trap.varbinds[3].bytes;
    assert_ptr_equal(name.p, (const char *)b.p + b.n - name.n);
}

static void test_inform_and_place(void **state)
{
    (void)state;
    static struct built list;
    list.n = 0;
    put_int_varbind(&list, "1.3.6.1.4.1.2011.6.30.17.1", -5);
    put_v2_start(&list, 7, LINK_DOWN);
    put_v2_start(&list, 8, "1.3.6.1.6.3.1.1.5.4");
    put_int_varbind(&list, IF_MIB "1.9", 9);
    put_int_varbind(&list, "1.3.6.1.2.1.1.3.0", 3);
    struct built b = v2_message(1, 0xA6, &list);
    expect(&b, "v2! -77 public " LINK_DOWN " 7 -|1.3.6.1.4.1.2011.6.30.17.1=i-5|" IF_MIB
               "1.9=i9|1.3.6.1.2.1.1.3.0=i3");
}

static void test_types(void **state)
{
    (void)state;
    static struct built list, v;
    list.n = 0;
    put_v2_start(&list, 1, LINK_DOWN);
    static const struct {
        int tag;
        const char *contents;
        size_t n;
        const char *want;
    } rows[] = {
        {0x02, "\x80\x00\x00\x00", 4, "i-2147483648"},
        {0x02, "\x7f\xff\xff\xff", 4, "i2147483647"},
        {0x02, "\xff", 1, "i-1"},
        {0x02, "\x00\x00\x00\x00\x00\x05", 6, "i5"},
        {0x02, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, "i-2"},
        {0x41, "\x00\xff\xff\xff\xff", 5, "u4294967295"},
        {0x41, "\xff\xff\xff\xff", 4, "u4294967295"},
        {0x42, "\x07", 1, "u7"},
        {0x43, "\x01\x00", 2, "u256"},
        {0x47, "\x09", 1, "u9"},
        {0x46, "\x01\x02\x03\x04\x05\x06\x07\x08", 8, "u72623859790382856"},
        {0x46, "\x00\xff\xff\xff\xff\xff\xff\xff\xff", 9, "u9223372036854775807"},
        {0x04, "", 0, "s"},
        {0x04, "Eth-Trunk10.100", 15, "sEth-Trunk10.100"},
        {0x06, "\x2b\x06\x8f\xff\xff\xff\x7f", 7, "o1.3.6.4294967295"},
        {0x06, "\x2b", 1, "o1.3"},
        {0x06, "", 0, "o0"},
        {0x40, "\x0a\x00\x00\x07", 4, "a7"},
        {0x05, "", 0, "?"},
        {0x80, "", 0, "?"},
        {0x81, "", 0, "?"},
        {0x82, "", 0, "?"},
        {0x44, "xyz", 3, "?"},
        {0x44, "", 0, "?"},
        {0x44, "\x9f\x78\x04\x42\xf6\x00\x00", 7, "?"},
        {0x44, "\x9f\x79\x08\x42\xf6\x00\x00\x00\x00\x00\x00", 11, "?"},
        {0x44, "\x9f\x76\x01\x05", 4, "?"},
        {0x44, "\x9f\x7a\x01\xff", 4, "?"},
        {0x44, "\x9f\x70\x01\xff", 4, "?"},
        {0x45, "\x01\x02", 2, "?"},
    };
    static char want[TEXT];
    size_t at = (size_t)snprintf(want, sizeof want, "v2 -77 public " LINK_DOWN " 1 -");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        v.n = 0;
        put(&v, rows[i].tag, rows[i].contents, rows[i].n);
        put_varbind(&list, "1.3.9", &v);
        at += (size_t)snprintf(want + at, sizeof want - at, "|1.3.9=%s", rows[i].want);
    }
    struct built b = v2_message(1, 0xA7, &list);
    expect(&b, want);
}

/* Values that libsnmp would cut down, wrap or read past. */
static void test_wrong_values(void **state)
{
    (void)state;
    static const struct {
        int tag;
        const char *contents;
        size_t n;
    } rows[] = {
        {0x02, "", 0},
        {0x02, "\x00\x80\x00\x00\x00", 5},
        {0x02, "\x00\x00\x00\x00\x00\x00\x00\x00\x01", 9},
        {0x41, "", 0},
        {0x41, "\x01\x00\x00\x00\x00", 5},
        {0x46, "", 0},
        {0x46, "\x01\x00\x00\x00\x00\x00\x00\x00\x00", 9},
        {0x46, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 10},
        {0x06, "\x2b\x90\x80\x80\x80\x00", 6},
        {0x06, "\x2b\x86", 2},
        {0x06, "\x2b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x81", 12},
        {0x40, "\x0a\x00\x00", 3},
        {0x40, "\x0a\x00\x00\x00\x01", 5},
        {0x05, "x", 1},
        {0x80, "x", 1},
        {0x44, "\x9f\x78\x05\x42\xf6\x00\x00", 7},
        {0x44, "\x9f\x78\x03\x42\xf6\x00", 6},
        {0x44, "\x9f\x76\x7f", 3},
        {0x44, "\x9f\x76\x84\xff\xff\xff\xff", 7},
        {0x44, "\x9f\x7b\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01", 12},
        {0x03, "\x00\x01", 2},
        {0x09, "\x01", 1},
        {0x30, "", 0},
        {0x1f, "\x01", 1},
        {0xA7, "", 0},
        {0xff, "\x01", 1},
        {0x00, "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct built list, v;
        list.n = v.n = 0;
        put_v2_start(&list, 1, LINK_DOWN);
        put(&v, rows[i].tag, rows[i].contents, rows[i].n);
        put_varbind(&list, "1.3.9", &v);
        struct built b = v2_message(1, 0xA7, &list);
        expect(&b, "ber");
    }
}

static void test_v1(void **state)
{
    (void)state;
    static struct built list;
    list.n = 0;
    put_int_varbind(&list, IF_MIB "1.9", 9);
    static const struct {
        const char *enterprise;
        int generic;
        int64_t specific;
        const char *want;
    } rows[] = {
        {"1.3.6.1.4.1.2011.2.62.20", 0, 0, "1.3.6.1.6.3.1.1.5.1"},
        {"1.3.6.1.4.1.2011.2.62.20", 2, 99, LINK_DOWN},
        {"1.3.6.1.4.1.2011.2.62.20", 5, 0, "1.3.6.1.6.3.1.1.5.6"},
        {"1.3.6.1.4.1.2011.5.25.178.2", 6, 2, "1.3.6.1.4.1.2011.5.25.178.2.0.2"},
        {"1.3.6.1.4.1.2011.5.25.178.2", 6, 2147483647, "1.3.6.1.4.1.2011.5.25.178.2.0.2147483647"},
        {"1.3.6.1.4.1.2011.5.25.178.2", 6, -1, NULL},
        {"1.3.6.1.4.1.2011.5.25.178.2", 7, 1, NULL},
        {"1.3.6.1.4.1.2011.5.25.178.2", -1, 1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[TEXT];
        struct built b = v1_message(rows[i].enterprise, rows[i].generic, rows[i].specific, &list);
        (void)snprintf(want, sizeof want, "v1 0 public %s 4000000000 192.0.2.1|" IF_MIB "1.9=i9",
                       rows[i].want);
        expect(&b, rows[i].want ? want : "no-oid");
    }
    struct built b = v1_message("", 6, 1, &list);
    expect(&b, "ber");
    list.n = 0;
    put_v2_start(&list, 5, "1.3.6.1.4.1.1");
    b = v1_message("1.3.6.1.4", 3, 0, &list);
    expect(&b, "v1 0 public 1.3.6.1.6.3.1.1.5.4 4000000000 192.0.2.1");
}

static void test_agent(void **state)
{
    (void)state;
    static struct built list, v;
    list.n = v.n = 0;
    put_v2_start(&list, 1, LINK_DOWN);
    put(&v, 0x40, "\xC6\x33\x64\x07", 4);
    put_varbind(&list, "1.3.6.1.6.3.18.1.3.0", &v);
    struct built b = v2_message(1, 0xA7, &list);
    expect(&b, "v2 -77 public " LINK_DOWN " 1 198.51.100.7|1.3.6.1.6.3.18.1.3.0=a7");
    list.n = v.n = 0;
    put_v2_start(&list, 1, LINK_DOWN);
    put(&v, 0x40, "\0\0\0\0", 4);
    put_varbind(&list, "1.3.6.1.6.3.18.1.3.0", &v);
    b = v2_message(1, 0xA7, &list);
    expect(&b, "v2 -77 public " LINK_DOWN " 1 -|1.3.6.1.6.3.18.1.3.0=a0");
}

static void test_versions_and_pdus(void **state)
{
    (void)state;
    static struct built list;
    static const struct {
        int version, pdu;
        const char *want;
    } rows[] = {
        {3, 0xA7, "version"}, {2, 0xA7, "version"}, {-1, 0xA7, "version"}, {1, 0xA0, "pdu"}, {1, 0xA1, "pdu"},
        {1, 0xA2, "pdu"},     {1, 0xA3, "pdu"},     {1, 0xA5, "pdu"},      {1, 0xA8, "pdu"}, {1, 0xA4, "pdu"},
        {0, 0xA7, "pdu"},     {0, 0xA6, "pdu"},     {0, 0xA0, "pdu"},      {1, 0x30, "pdu"}, {1, 0xff, "pdu"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        list.n = 0;
        put_v2_start(&list, 1, LINK_DOWN);
        struct built b = v2_message(rows[i].version, rows[i].pdu, &list);
        expect(&b, rows[i].want);
    }
    /* The beginning of a real v3 message: global data where v1 has the community. */
    struct built b = from_hex("301b020103300e020127020300ffe304010402010304020400"
                              "04020400");
    expect(&b, "version");
}

static void test_no_oid(void **state)
{
    (void)state;
    static struct built list;
    list.n = 0;
    struct built b = v2_message(1, 0xA7, &list);
    expect(&b, "no-oid");
    put_int_varbind(&list, "1.3.6.1.6.3.1.1.4.1.0", 4);
    b = v2_message(1, 0xA7, &list);
    expect(&b, "no-oid");
}

static void test_fault_names(void **state)
{
    (void)state;
    assert_string_equal(tw_trap_fault_name(TW_TRAP_OK), "ok");
    assert_string_equal(tw_trap_fault_name(TW_TRAP_DECODER), "decoder");
    assert_string_equal(tw_trap_fault_name(TW_TRAP_FAULTS), "unknown");
}

/* Runs last. */
static void test_glances(void **state)
{
    (void)state;
    struct tw_trap t;
    size_t offset, before = trap_glances;
    struct built b = from_hex(link_trap);
    assert_true(before > 3); /* all that was decoded so far was compared */
    assert_int_equal(decode(b.p, b.n, &t, &offset), TW_TRAP_OK);
    assert_int_equal(trap_glances, before + 1);
    /* sysUpTime.0 written a byte longer than it is: its bytes do not tell which object that is. */
    static struct built list, varbind;
    list.n = varbind.n = 0;
    put(&varbind, 0x06, "\x2b\x06\x01\x02\x01\x01\x80\x03\x00", 9);
    put_number(&varbind, 0x43, 77);
    put_all(&list, 0x30, &varbind);
    put_v2_start(&list, 8, LINK_DOWN);
    b = v2_message(1, 0xA7, &list);
    assert_int_equal(decode(b.p, b.n, &t, &offset), TW_TRAP_OK);
    assert_int_equal(t.uptime_cs, 77);
    assert_int_equal(trap_glances, before + 1);
}

/* What is left of a v3 message says what the whole message of v2c says. */
static void test_pdu_alone(void **state)
{
    enum { BEFORE = 14 }; /* the message's head, its version and community */
    struct built b = from_hex(link_trap);
    struct tw_str pdu = tw_str_of((const char *)b.p + BEFORE, b.n - BEFORE);
    struct tw_trap whole, alone, glance;
    size_t offset;
    (void)state;
    tw_arena_reset(arena);
    assert_int_equal(tw_trap_decode(built_str(&b), arena, &whole, &offset), TW_TRAP_OK);
    assert_int_equal(tw_trap_decode_pdu(pdu, arena, &alone, &offset), TW_TRAP_OK);
    assert_int_equal(alone.version, 3);
    assert_int_equal(alone.request_id, whole.request_id);
    assert_int_equal(alone.uptime_cs, whole.uptime_cs);
    assert_int_equal(alone.oid_n, whole.oid_n);
    assert_memory_equal(alone.oid, whole.oid, whole.oid_n * sizeof *whole.oid);
    assert_int_equal(alone.varbinds_n, 4);
    assert_true(tw_str_eq(alone.varbinds[3].bytes, whole.varbinds[3].bytes));
    assert_int_equal(alone.community.n, 0);
    assert_true(tw_trap_peek_pdu(pdu, arena, &glance));
    assert_int_equal(glance.version, 3);
    assert_int_equal(glance.oid_n, whole.oid_n);
    for (size_t n = 0; n < pdu.n; n++) {
        assert_int_equal(tw_trap_decode_pdu(tw_str_cut(pdu, n), arena, &alone, &offset), TW_TRAP_BER);
        assert_true(offset <= n);
        assert_false(tw_trap_peek_pdu(tw_str_cut(pdu, n), arena, &alone));
    }
    b.n++; /* a byte too much */
    assert_int_equal(tw_trap_decode_pdu(tw_str_of(pdu.p, pdu.n + 1), arena, &alone, &offset), TW_TRAP_BER);
    assert_int_equal(tw_trap_decode_pdu(tw_str_of((const char *)b.p, b.n - 1), arena, &alone, &offset),
                     TW_TRAP_PDU);
    assert_int_equal(tw_trap_decode(pdu, arena, &alone, &offset), TW_TRAP_BER);
    b.p[BEFORE] = 0xA6;
    assert_int_equal(tw_trap_decode_pdu(pdu, arena, &alone, &offset), TW_TRAP_OK);
    assert_true(alone.inform);
    b.p[BEFORE] = 0xA4; /* v1's has no place in v3 */
    assert_int_equal(tw_trap_decode_pdu(pdu, arena, &alone, &offset), TW_TRAP_PDU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_captured),
                                       cmocka_unit_test(test_slices_borrow),
                                       cmocka_unit_test(test_inform_and_place),
                                       cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_wrong_values),
                                       cmocka_unit_test(test_v1),
                                       cmocka_unit_test(test_agent),
                                       cmocka_unit_test(test_versions_and_pdus),
                                       cmocka_unit_test(test_pdu_alone),
                                       cmocka_unit_test(test_no_oid),
                                       cmocka_unit_test(test_fault_names),
                                       cmocka_unit_test(test_glances)};
    return cmocka_run_group_tests(tests, trap_setup, trap_teardown);
}
