/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/snap.h"
#include "base/time.h"

#include <stdlib.h>

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t ns;
    } rows[] = {
        {"10s", true, 10000000000},
        {"10", true, 10000000000},
        {"500ms", true, 500000000},
        {"2m", true, 120000000000},
        {"1h", true, 3600000000000},
        {"0s", true, 0},
        {"1d", true, 86400000000000},
        {"", false, 0},
        {"s", false, 0},
        {"-1s", false, 0},
        {"1.5s", false, 0},
        {"10 s", false, 0},
        {"9999999999", false, 0},
        {"1w", false, 0},
        {"999999999d", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tw_dur d = {-1};
        assert_int_equal(tw_dur_parse(tw_str_z(rows[i].text), &d), rows[i].ok);
        if (rows[i].ok)
            assert_int_equal(d.ns, rows[i].ns);
    }
}

static void civil_time_round_trips(void **state)
{
    (void)state;
    static const struct {
        struct tw_civil c;
        const char *text;
    } rows[] = {
        {{1970, 1, 1, 0, 0, 0, 0}, "1970-01-01T00:00:00.000Z"},
        {{2026, 8, 8, 18, 7, 30, 967000000}, "2026-08-08T18:07:30.967Z"},
        {{2024, 2, 29, 23, 59, 59, 999999999}, "2024-02-29T23:59:59.999Z"},
        {{1969, 12, 31, 23, 59, 59, 500000000}, "1969-12-31T23:59:59.500Z"},
        {{2100, 3, 1, 0, 0, 0, 0}, "2100-03-01T00:00:00.000Z"},
    };
    char buf[TW_TIME_TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_civil back;
        tw_time t = tw_time_from_civil(&rows[i].c);
        tw_time_to_civil(t, &back);
        assert_memory_equal(&back, &rows[i].c, sizeof back);
        assert_string_equal(tw_time_text(t, buf), rows[i].text);
    }
    assert_int_equal(tw_time_from_civil(&(struct tw_civil){2026, 8, 8, 18, 0, 0, 0}).ns, 1786212000000000000);
}

static void time_saturates(void **state)
{
    (void)state;
    assert_int_equal(tw_time_add(TW_TIME_MIN, TW_SECONDS(5)).ns, INT64_MIN);
    assert_int_equal(tw_time_add(TW_TIME_MAX, TW_SECONDS(-5)).ns, INT64_MAX);
    assert_int_equal(tw_time_add((tw_time){INT64_MAX - 1}, TW_SECONDS(5)).ns, INT64_MAX);
    assert_int_equal(tw_time_sub(TW_TIME_MAX, TW_TIME_MIN).ns, INT64_MAX);
    assert_int_equal(tw_time_sub(TW_TIME_MIN, TW_TIME_MAX).ns, INT64_MIN);
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void natural_order(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"Eth-Trunk10.9", "Eth-Trunk10.10", -1},
        {"Eth-Trunk10.10", "Eth-Trunk10.10", 0},
        {"a2b10", "a2b9", 1},
        {"a", "a1", -1},
        {"a01", "a1", 0},
        {"b", "a10", 1},
        {"", "a", -1},
        {"x100", "x99y", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(sign(tw_str_natural(tw_str_z(rows[i].a), tw_str_z(rows[i].b))), rows[i].order);
        assert_int_equal(sign(tw_str_natural(tw_str_z(rows[i].b), tw_str_z(rows[i].a))), -rows[i].order);
    }
}

static void foreign_text_is_made_safe(void **state)
{
    (void)state;
    const struct {
        struct tw_str in;
        const char *out;
    } rows[] = {
        {TW_STR("plain \"text\""), "plain \"text\""},
        {TW_STR("a\x1b[31mb"), "a\\x1b[31mb"},
        {TW_STR("nul\0x"), "nul\\x00x"},
        {TW_STR("caf\xc3\xa9"), "caf\xc3\xa9"},
        {TW_STR("broken \xc3"), "broken \\xc3"},
        {TW_STR("overlong \xc0\xaf"), "overlong \\xc0\\xaf"},
        {TW_STR("surrogate \xed\xa0\x80"), "surrogate \\xed\\xa0\\x80"},
        {TW_STR("c1 \xc2\x9b"), "c1 \\xc2\\x9b"},
        {TW_STR("line\nfeed"), "line\\x0afeed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf b = {0};
        tw_buf_safe(&b, rows[i].in);
        assert_string_equal(b.p, rows[i].out);
        tw_buf_finish(&b);
    }
}

static void numbers(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(tw_str_u64(TW_STR("4294967295"), UINT32_MAX, &n) && n == UINT32_MAX);
    assert_false(tw_str_u64(TW_STR("4294967296"), UINT32_MAX, &n));
    assert_false(tw_str_u64(TW_STR("99999999999999999999"), UINT64_MAX, &n));
    assert_false(tw_str_u64(TW_STR(""), 9, &n));
    assert_false(tw_str_u64(TW_STR("1x"), 9, &n));
    assert_false(tw_str_u64(TW_STR("-1"), 9, &n));
}

/* Against an array that is obviously right: adds, deletes and finds in an order that collides a lot. */
/* An empty string may have no address, or one behind bytes that are not its own. */
static void empty_strings_are_alike(void **state)
{
    static const char bytes[] = "x";
    const struct tw_str none = {0}, some = {bytes, 0};
    (void)state;
    assert_true(tw_hash_lower(none, 3) == tw_hash_lower(some, 3));
    assert_int_equal(tw_str_from(none, 0).n, 0);
    assert_int_equal(tw_str_from(none, 1).n, 0);
    assert_int_equal(tw_str_cut(none, 1).n, 0);
    assert_int_equal(tw_str_trim(none).n, 0);
    assert_true(tw_str_find(none, 'x', 0) == SIZE_MAX);
    assert_int_equal(tw_str_natural(none, some), 0);
    assert_true(tw_str_eq(none, some) && tw_str_ieq(none, some));
}

/* Strings are compared by words: every length, and a difference at every place. */
static void texts_compare_at_every_place(void **state)
{
    enum { LONGEST = 40 };
    char a[LONGEST], b[LONGEST];
    (void)state;
    for (size_t n = 0; n <= LONGEST; n++) {
        for (size_t i = 0; i < n; i++) {
            memset(a, 'x', n);
            memset(b, 'x', n);
            assert_true(tw_str_is_plain(tw_str_of(a, n)));
            b[i] = 'X';
            assert_true(tw_str_ieq(tw_str_of(a, n), tw_str_of(b, n)));
            b[i] = 'y';
            assert_false(tw_str_ieq(tw_str_of(a, n), tw_str_of(b, n)));
            static const char others[] = {'\x1f', '\x7f', '\x80', '\xff', '\0'};
            for (size_t k = 0; k < sizeof others; k++) {
                b[i] = others[k];
                assert_false(tw_str_is_plain(tw_str_of(b, n)));
            }
        }
    }
}

static void numbers_are_written_in_decimal(void **state)
{
    char digits[TW_U64_TEXT];
    (void)state;
    assert_string_equal(tw_u64_text(0, digits), "0");
    assert_string_equal(tw_u64_text(10, digits), "10");
    assert_string_equal(tw_u64_text(UINT64_MAX, digits), "18446744073709551615");
}

static void a_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    tw_buf_z(&b, "abcdef");
    tw_buf_shorten(&b, 6);
    assert_string_equal(b.p, "abcdef");
    tw_buf_shorten(&b, 5);
    assert_string_equal(b.p, "ab...");
    tw_buf_clear(&b);
    tw_buf_z(&b, "a\xc3\xa9\xc3\xa9\xc3\xa9");
    tw_buf_shorten(&b, 5);
    assert_string_equal(b.p, "a...");
    tw_buf_finish(&b);
}

static void map_agrees_with_an_array(void **state)
{
    (void)state;
    enum { KEYS = 600 };
    bool there[KEYS] = {false};
    struct tw_map m = {0};
    uint32_t x = 1;
    for (int round = 0; round < 20000; round++) {
        x = x * 1664525u + 1013904223u;
        uint32_t key = x >> 8 & 0xffffu;
        key %= KEYS;
        uint64_t hash = key % 7 == 0 ? 7 : key; /* every seventh shares one hash */
        if (!there[key] && (x & 1u) != 0) {
            tw_map_add(&m, hash, key);
            there[key] = true;
        } else if (there[key]) {
            tw_map_del(&m, hash, key);
            there[key] = false;
        }
        size_t n = 0;
        for (uint32_t k = 0; k < KEYS; k++)
            n += there[k];
        assert_int_equal(m.n, n);
        uint32_t probe = (key * 13u + 5u) % KEYS;
        if (probe % 7 != 0)
            assert_int_equal(tw_map_find(&m, probe, NULL, NULL, NULL), there[probe] ? probe : TW_MAP_NONE);
    }
    tw_map_finish(&m);
}

static void arena_gives_zeroed_memory_again(void **state)
{
    (void)state;
    struct tw_arena *a = tw_arena_create(64);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1; n < 300; n += 37) {
            unsigned char *p = tw_arena_alloc(a, n);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xaa, n);
        }
        memset(tw_arena_raw(a, 64), 0xff, 64);
        tw_arena_reset(a);
    }
    tw_arena_destroy(a);
    tw_arena_destroy(NULL);
}

static void walk(struct tw_snap *s, uint64_t *u, int64_t *i, bool *b, struct tw_str *t)
{
    tw_snap_mark(s, 77);
    tw_snap_u64(s, u);
    tw_snap_i64(s, i);
    tw_snap_bool(s, b);
    tw_snap_str(s, t);
}

static void snapshots_read_back(void **state)
{
    (void)state;
    uint64_t u = UINT64_MAX, u2;
    int64_t i = INT64_MIN, i2;
    bool b = true, b2;
    struct tw_str t = TW_STR("text"), t2;
    struct tw_buf bytes = {0};
    struct tw_snap w = {.out = &bytes};
    walk(&w, &u, &i, &b, &t);
    struct tw_snap r = {.in = tw_buf_view(&bytes)};
    walk(&r, &u2, &i2, &b2, &t2);
    assert_false(r.bad);
    assert_true(r.in.n == 0 && u2 == u && i2 == i && b2 && tw_str_eq(t, t2));
    for (size_t cut = 0; cut < bytes.n; cut++) {
        struct tw_snap broken = {.in = tw_str_cut(tw_buf_view(&bytes), cut)};
        walk(&broken, &u2, &i2, &b2, &t2);
        assert_true(broken.bad);
    }
    tw_buf_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(civil_time_round_trips),
        cmocka_unit_test(time_saturates),
        cmocka_unit_test(natural_order),
        cmocka_unit_test(foreign_text_is_made_safe),
        cmocka_unit_test(numbers),
        cmocka_unit_test(empty_strings_are_alike),
        cmocka_unit_test(texts_compare_at_every_place),
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(map_agrees_with_an_array),
        cmocka_unit_test(arena_gives_zeroed_memory_again),
        cmocka_unit_test(snapshots_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
