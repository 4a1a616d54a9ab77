/* SPDX-License-Identifier: ISC */
#include "trap_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define IF_MIB    "1.3.6.1.2.1.2.2.1."
#define LINK_DOWN "1.3.6.1.6.3.1.1.5.3"

static void test_limits(void **state)
{
    (void)state;
    static struct built list, v, inner;
    for (int count = TW_VARBINDS_MAX - 3; count <= 200; count += count < TW_VARBINDS_MAX ? 1 : 10) {
        list.n = 0;
        put_v2_start(&list, 1, LINK_DOWN);
        for (int i = 0; i < count; i++)
            put_int_varbind(&list, "1.3.9", i);
        struct built b = v2_message(1, 0xA7, &list);
        struct tw_trap trap;
        size_t offset;
        bool fits = count + 2 <= TW_VARBINDS_MAX;
        assert_int_equal(decode(b.p, b.n, &trap, &offset), fits ? TW_TRAP_OK : TW_TRAP_LIMIT);
        assert_int_equal(trap.varbinds_n, fits ? count : 0);
    }
    static const struct {
        size_t n;
        enum tw_trap_fault want;
    } rows[] = {{127, TW_TRAP_OK}, {128, TW_TRAP_OK}, {129, TW_TRAP_LIMIT}, {300, TW_TRAP_LIMIT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int as_name = 0; as_name < 2; as_name++) {
            struct tw_trap trap;
            size_t offset;
            list.n = v.n = inner.n = 0;
            put_v2_start(&list, 1, LINK_DOWN);
            put_long_oid(&inner, as_name ? rows[i].n : 3);
            put_long_oid(&inner, as_name ? 3 : rows[i].n);
            put_all(&list, 0x30, &inner);
            struct built b = v2_message(1, 0xA7, &list);
            assert_int_equal(decode(b.p, b.n, &trap, &offset), rows[i].want);
            if (rows[i].want == TW_TRAP_OK)
                assert_int_equal(as_name ? trap.varbinds[0].oid_n : trap.varbinds[0].value_oid_n, rows[i].n);
        }
    }
    static char huge[TW_TRAP_MAX + 1];
    struct tw_trap trap;
    size_t offset;
    assert_int_equal(decode(huge, sizeof huge, &trap, &offset), TW_TRAP_LIMIT);
    assert_int_equal(decode(huge, sizeof huge - 1, &trap, &offset), TW_TRAP_BER);
    assert_int_equal(decode(NULL, 0, &trap, &offset), TW_TRAP_BER);
}

/* An enterprise that would outgrow the limit by what RFC 3584 adds to it. */
static void test_long_enterprise(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *want;
    } rows[] = {{126, NULL}, {127, "limit"}, {128, "limit"}, {129, "limit"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char dotted[512] = "1.3", want[TEXT];
        static struct built list;
        for (size_t n = 2; n < rows[i].n; n++)
            memcpy(dotted + 3 + 2 * (n - 2), ".1", 3);
        struct built b = v1_message(dotted, 6, 5, &list);
        (void)snprintf(want, sizeof want, "v1 0 public %s.0.5 4000000000 192.0.2.1", dotted);
        expect(&b, rows[i].want ? rows[i].want : want);
    }
}

static void test_truncations(void **state)
{
    (void)state;
    static struct built list;
    list.n = 0;
    put_int_varbind(&list, IF_MIB "1.9", 9);
    struct built all[] = {from_hex(member_trap), from_hex(link_trap),
                          v1_message("1.3.6.1.4.1.2011", 6, 2, &list)};
    for (size_t m = 0; m < 3; m++) {
        struct tw_trap trap;
        size_t offset;
        for (size_t n = 0; n < all[m].n; n++) {
            assert_int_equal(decode(all[m].p, n, &trap, &offset), TW_TRAP_BER);
            assert_true(offset <= n);
        }
        all[m].p[all[m].n] = 0;
        assert_int_equal(decode(all[m].p, all[m].n + 1, &trap, &offset), TW_TRAP_BER);
        assert_int_equal(offset, all[m].n);
    }
}

/* Walks the tree of a message we made: the position of every length byte. */
/* NOLINTNEXTLINE(misc-no-recursion): a message of ours, five levels */
static size_t length_bytes(const struct built *b, size_t from, size_t end, size_t *out)
{
    size_t count = 0;
    while (from < end) {
        int tag = b->p[from];
        size_t length = b->p[from + 1], start = from + 2;
        out[count++] = from + 1;
        if (length == 0x81)
            length = b->p[start++];
        if ((tag & 0x20) != 0)
            count += length_bytes(b, start, start + length, out + count);
        from = start + length;
    }
    return count;
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } lies[] = {{"\x7f", 1},
                {"\x80", 1},
                {"\x84\xff\xff\xff\xff", 5},
                {"\x84\x7f\xff\xff\xff", 5},
                {"\x88\xff\xff\xff\xff\xff\xff\xff\xff", 9},
                {"\xff", 1},
                {"\x00", 1}};
    static struct built list;
    list.n = 0;
    put_int_varbind(&list, IF_MIB "1.9", 9);
    struct built all[] = {from_hex(member_trap), from_hex(link_trap),
                          v1_message("1.3.6.1.4.1.2011", 6, 2, &list)};
    for (size_t m = 0; m < 3; m++) {
        size_t places[128], count = length_bytes(&all[m], 0, all[m].n, places);
        assert_in_range(count, 10, 128);
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < sizeof lies / sizeof *lies; k++) {
                struct tw_trap trap;
                size_t offset;
                struct built b = all[m];
                memcpy(b.p + places[i], lies[k].bytes, lies[k].n);
                memcpy(b.p + places[i] + lies[k].n, all[m].p + places[i] + 1, all[m].n - places[i] - 1);
                b.n = all[m].n - 1 + lies[k].n;
                if (b.n == all[m].n && b.p[places[i]] == all[m].p[places[i]])
                    continue;
                assert_int_not_equal(decode(b.p, b.n, &trap, &offset), TW_TRAP_OK);
            }
        }
    }
}

/* Padded lengths are legal BER, and some agents send nothing else. */
static void test_padded_lengths(void **state)
{
    (void)state;
    struct built b = from_hex("30820038020101040670"
                              "75626c6963a7820029020107020100020100"
                              "3082001c3082001806810a2b06010603010104010006092b0601060301010503");
    expect(&b, "v2 7 public " LINK_DOWN " -1 -");
}

static void test_community(void **state)
{
    (void)state;
    static char name[300];
    memset(name, 'c', sizeof name);
    for (size_t n = 0; n <= 300; n += n < 250 ? 250 : 1) {
        static struct built list, pdu, inner, b;
        list.n = pdu.n = inner.n = b.n = 0;
        put_v2_start(&list, 1, LINK_DOWN);
        for (int i = 0; i < 3; i++)
            put_number(&pdu, 0x02, 0);
        put_all(&pdu, 0x30, &list);
        put_number(&inner, 0x02, 1);
        put(&inner, 0x04, name, n);
        put_all(&inner, 0xA7, &pdu);
        put_all(&b, 0x30, &inner);
        struct tw_trap trap;
        size_t offset;
        assert_int_equal(decode(b.p, b.n, &trap, &offset), n < 256 ? TW_TRAP_OK : TW_TRAP_LIMIT);
        if (n < 256)
            assert_int_equal(trap.community.n, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_long_enterprise),
        cmocka_unit_test(test_truncations),    cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_padded_lengths), cmocka_unit_test(test_community)};
    return cmocka_run_group_tests(tests, trap_setup, trap_teardown);
}
