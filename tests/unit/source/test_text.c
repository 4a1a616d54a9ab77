/* SPDX-License-Identifier: ISC */
#include "files.h"

#include "decode/log.h"

#include <zlib.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define TAG " PE-A %%01IFNET/4/NOTE(l):CID=0x1;x\n"
#define S   INT64_C(1000000000)

static void arrival_is_the_highest_stamp(void **state)
{
    (void)state;
    static const char log[] =
        "<188>Aug  8 2026 18:00:10" TAG "<188>Aug  8 2026 18:00:05" TAG "<188>Aug  8 2026 18:01:00" TAG
        "<188>Aug  8 2026 18:00:00" TAG "no stamp at all\n"
        "<188>2026-08-08 18:01:01" TAG;
    static const int64_t rx[] = {10, 10, 60, 60, 60, 61}, at[] = {10, 5, 60, 30, 60, 61};
    struct run r;
    run_one(&r, file_write("a.log", BYTES(log), 0), 0);
    assert_int_equal(r.n, 6);
    for (size_t i = 0; i < r.n; i++) {
        assert_int_equal(r.seen[i].rx.ns, (T0 + rx[i]) * S);
        assert_int_equal(r.seen[i].at.ns, (T0 + at[i]) * S);
        assert_int_equal(r.seen[i].ref.position, i + 1);
        assert_int_equal(r.seen[i].from.family, 0);
        assert_int_equal(r.seen[i].transport, TW_TRANSPORT_SYSLOG);
    }
    assert_int_equal(r.stats.lines, 6);
    assert_int_equal(r.stats.bytes, sizeof log - 1);
    assert_int_equal(r.stats.bytes_total, sizeof log - 1);
    run_finish(&r);
}

static void a_relay_stamp_is_the_arrival(void **state)
{
    (void)state;
    static const char log[] = "2026-08-08T18:00:01.250+00:00 192.0.2.1 Aug  8 2026 17:00:00" TAG
                              "Aug  8 18:00:33 192.0.2.1 Aug  8 2026 18:00:33" TAG
                              "2026-08-08T20:00:32+02:00 192.0.2.1 Aug  8 2026 18:00:33" TAG;
    static const int64_t rx[] = {1250, 33000, 33000};
    struct run r;
    run_one(&r, file_write("relay.log", BYTES(log), T0 + 100), 0);
    assert_int_equal(r.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r.seen[i].rx.ns, T0 * S + rx[i] * 1000000);
        assert_int_equal(r.seen[i].at.ns, INT64_MIN);
        assert_int_equal(r.seen[i].year, 0);
    }
    run_finish(&r);
}

static void years_come_from_option_or_mtime(void **state)
{
    (void)state;
    static const struct {
        const char *log;
        int year;
        int64_t mtime;
        const char *want[3];
    } rows[] = {
        {"<188>Aug  8 18:00:00" TAG, 0, T0 + 60, {"2026-08-08T18:00:00.000Z"}},
        {"<188>Aug  8 18:00:00" TAG, 2019, T0 + 60, {"2019-08-08T18:00:00.000Z"}},
        /* a few hours after the file was written: a clock ahead; days: the year before */
        {"<188>Aug  9 17:00:00" TAG, 0, T0, {"2026-08-09T17:00:00.000Z"}},
        {"<188>Aug 10 18:00:00" TAG, 0, T0, {"2025-08-10T18:00:00.000Z"}},
        {"<188>Dec 31 23:59:59" TAG "<188>Jan  1 00:00:01" TAG,
         0,
         1767229200,
         {"2025-12-31T23:59:59.000Z", "2026-01-01T00:00:01.000Z"}},
        {"<188>Dec 31 23:59:59" TAG "<188>Jan  1 00:00:01" TAG "<188>Jan  2 00:00:01" TAG,
         2025,
         0,
         {"2025-12-31T23:59:59.000Z", "2026-01-01T00:00:01.000Z", "2026-01-02T00:00:01.000Z"}},
        {"<188>Jan  8 00:00:00" TAG "<188>Oct  1 00:00:01" TAG,
         2025,
         0,
         {"2025-01-08T00:00:00.000Z", "2025-10-01T00:00:01.000Z"}},
        /* a stamp with a year keeps it */
        {"<188>Aug  8 2020 18:00:00" TAG, 2026, 0, {"2020-08-08T18:00:00.000Z"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run r;
        char text[TW_TIME_TEXT];
        run_one(&r, file_write("year.log", tw_str_z(rows[i].log), rows[i].mtime), rows[i].year);
        for (size_t k = 0; k < 3 && rows[i].want[k] != NULL; k++) {
            assert_string_equal(tw_time_text(r.seen[k].at, text), rows[i].want[k]);
            long year = strtol(rows[i].want[k], NULL, 10);
            assert_int_equal(r.seen[k].year, year == 2020 ? 2026 : year);
        }
        run_finish(&r);
    }
}

static void a_late_line_of_the_old_year_stays_there(void **state)
{
    (void)state;
    static const char log[] = "<188>Dec 31 23:59:59" TAG "<188>Jan  1 00:00:01" TAG "<188>Dec 31 23:59:58" TAG
                              "<188>Jan  1 00:00:05" TAG;
    struct run r;
    char text[TW_TIME_TEXT];
    run_one(&r, file_write("ny.log", BYTES(log), 0), 2025);
    assert_string_equal(tw_time_text(r.seen[2].at, text), "2025-12-31T23:59:58.000Z");
    assert_string_equal(tw_time_text(r.seen[3].rx, text), "2026-01-01T00:00:05.000Z");
    assert_int_equal(r.seen[2].year, 2025);
    assert_int_equal(r.seen[3].year, 2026);
    run_finish(&r);
}

static void offsets_are_read_as_the_device_means_them(void **state)
{
    (void)state;
    static const char inventory[] =
        "devices:\n  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], stamp-offset: utc}\n"
        "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
        "pairs: {m: {devices: [pe-a, pe-b], e-trunks: {1: {members: "
        "[{trunks: {pe-a: Eth-Trunk1, pe-b: Eth-Trunk1}}]}}}}\n";
    struct tw_errors errors = {0};
    const struct tw_topology *topology = tw_topology_create("inventory", BYTES(inventory), &errors);
    if (topology == NULL)
        print_error("%s\n", errors.text[0]);
    assert_non_null(topology);
    struct tw_replay_source_options o = {.topology = topology};
    const char *a = file_write("a.log", TW_STR("<188>Aug  8 2026 18:00:00+08:00" TAG), 0);
    const char *b = file_write(
        "b.log", TW_STR("<188>Aug  8 2026 18:00:00+08:00 pe-b %%01IFNET/4/NOTE(l):CID=0x1;x\n"), 0);
    struct run r;
    run_all(&r, &a, 1, &o);
    assert_int_equal(r.seen[0].at.ns, T0 * S);
    run_finish(&r);
    run_all(&r, &b, 1, &o);
    assert_int_equal(r.seen[0].at.ns, (T0 - INT64_C(8) * 3600) * S);
    run_finish(&r);
    tw_topology_unref(topology);
    tw_errors_finish(&errors);
}

/* Names of every length, some told apart by one letter, more than are remembered: each line has its device.
 */
static void each_name_is_its_own_device(void **state)
{
    (void)state;
    enum { DEVICES = 3000, LENGTHS = 24, ROUNDS = 2 };
    struct tw_buf inventory = {0}, log = {0};
    tw_buf_z(&inventory, "devices:\n");
    for (int i = 0; i < DEVICES; i++)
        tw_buf_fmt(&inventory, "  d%d: {addresses: [10.0.%d.%d], hostnames: [R%.*s%d]}\n", i, i / 250,
                   i % 250 + 1, i % LENGTHS, "----------------------------", i);
    for (int k = 0; k < ROUNDS * DEVICES; k++) {
        int i = k % DEVICES;
        /* As in the inventory, the second time in small letters; and a name that no device has. */
        tw_buf_fmt(&log, "<188>Aug  8 2026 18:00:00 %c%.*s%d %%%%01A/4/B(l):x\n", k < DEVICES ? 'R' : 'r',
                   i % LENGTHS, "----------------------------", i);
        tw_buf_fmt(&log, "<188>Aug  8 2026 18:00:00 %c%.*s%d- %%%%01A/4/B(l):x\n", k < DEVICES ? 'R' : 'r',
                   i % LENGTHS, "----------------------------", i);
    }
    struct tw_errors errors = {0};
    const struct tw_topology *topology = tw_topology_create("inventory", tw_buf_view(&inventory), &errors);
    assert_non_null(topology);
    struct tw_replay_source_options o = {.topology = topology, .year = 2026};
    const char *path = file_write("names.log", tw_buf_view(&log), 0);
    char why[256];
    struct tw_replay_source *s = tw_replay_source_open(&path, 1, &o, why);
    assert_non_null(s);
    for (uint32_t k = 0; k < 2 * ROUNDS * DEVICES; k++) {
        const struct tw_record *r;
        assert_int_equal(tw_replay_source_next(s, &r), TW_OK);
        char name[16];
        (void)snprintf(name, sizeof name, "d%u", k / 2 % DEVICES);
        uint32_t want = tw_topology_by_hostname(topology, r->log->host);
        assert_int_equal(r->sender, want == TW_NONE ? 0 : want + 1);
        assert_int_equal(want == TW_NONE, k % 2);
        if (k % 2 == 0)
            assert_string_equal(topology->devices[r->sender - 1].name, name);
    }
    tw_replay_source_close(s);
    tw_topology_unref(topology);
    tw_errors_finish(&errors);
    tw_buf_finish(&inventory);
    tw_buf_finish(&log);
}

static void line_ends_and_odd_bytes(void **state)
{
    (void)state;
    static const char log[] = "\xef\xbb\xbf<188>Aug  8 2026 18:00:00" TAG "one\r\n\n\0two\0\nno newline";
    static const char *const want[] = {NULL, "one", "", "", "no newline"};
    static const size_t size[] = {0, 3, 0, 5, 10};
    struct run r;
    run_one(&r, file_write("odd.log", BYTES(log), 0), 0);
    assert_int_equal(r.n, 5);
    assert_memory_equal(r.seen[0].head, "<188>", 5);
    for (size_t i = 1; i < r.n; i++) {
        assert_int_equal(r.seen[i].n, size[i]);
        assert_string_equal(r.seen[i].head, want[i]);
        assert_int_equal(r.seen[i].rx.ns, T0 * S);
    }
    run_finish(&r);
}

static void lines_before_the_first_stamp_wait_for_it(void **state)
{
    (void)state;
    struct run r;
    run_one(&r, file_write("late.log", TW_STR("x\n<188>Aug  8 2026 18:00:00" TAG), 0), 0);
    assert_int_equal(r.seen[0].rx.ns, T0 * S);
    run_finish(&r);
    run_one(&r, file_write("never.log", TW_STR("x\n"), T0), 0);
    assert_int_equal(r.seen[0].rx.ns, T0 * S);
    run_finish(&r);
}

static void long_lines_are_cut_and_counted(void **state)
{
    (void)state;
    static const struct {
        size_t n, want;
        bool cut;
    } rows[] = {{100, 100, false},
                {TW_LINE_MAX, TW_LINE_MAX, false},
                {TW_LINE_MAX + 1, TW_LINE_MAX, true},
                {100000, TW_LINE_MAX, true},
                {3 << 20, TW_LINE_MAX, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int newline = 0; newline < 2; newline++) {
            struct tw_buf b = {0};
            struct run r;
            tw_buf_z(&b, "<188>Aug  8 2026 18:00:00" TAG);
            for (size_t k = 0; k < rows[i].n; k++)
                tw_buf_char(&b, 'x');
            tw_buf_z(&b, newline ? "\nlast\n" : "");
            run_one(&r, file_write("long.log", tw_buf_view(&b), 0), 0);
            assert_int_equal(r.n, newline ? 3 : 2);
            assert_int_equal(r.seen[1].n, rows[i].want);
            assert_int_equal(r.stats.cut, rows[i].cut);
            if (newline)
                assert_string_equal(r.seen[2].head, "last");
            run_finish(&r);
            tw_buf_finish(&b);
        }
    }
}

static void many_windows_lose_nothing(void **state)
{
    (void)state;
    enum { LINES = 30000 };
    struct tw_buf b = {0};
    struct run r, z;
    char text[400];
    memset(text, 'y', sizeof text);
    for (unsigned i = 0; i < LINES; i++) {
        text[i % 350 + 10] = '\0';
        line_date(&b, T0 + i / 10, i % 3 ? "PE-A" : "PE-B", text);
        text[i % 350 + 10] = 'y';
    }
    run_one(&r, file_write("big.log", tw_buf_view(&b), 0), 0);
    run_one(&z, file_gzip("big.gz", tw_buf_view(&b), 0), 0);
    assert_int_equal(r.n, LINES);
    assert_int_equal(z.n, LINES);
    for (unsigned i = 0; i < LINES; i++) {
        assert_int_equal(r.seen[i].ref.position, i + 1);
        assert_int_equal(r.seen[i].rx.ns, (T0 + i / 10) * S);
        assert_int_equal(r.seen[i].n, z.seen[i].n);
        assert_int_equal(r.seen[i].rx.ns, z.seen[i].rx.ns);
    }
    run_finish(&r);
    run_finish(&z);
    tw_buf_finish(&b);
}

static void gzip_damage_is_told_after_what_was_good(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    for (int i = 0; i < 20000; i++)
        line_date(&b, T0 + i, "PE-A", i % 7 ? "abc" : "some other text");
    const char *path = file_gzip("cut.gz", tw_buf_view(&b), 0);
    FILE *f = fopen(path, "r+");
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(f), ftell(f) / 2), 0);
    assert_int_equal(fclose(f), 0);
    struct run r;
    run_one(&r, path, 0);
    assert_int_equal(r.errors, 1);
    assert_non_null(strstr(r.error, "cut.gz: the gzip data ends early"));
    assert_true(r.n > 1000 && r.n < 20000);
    run_finish(&r);
    /* the sum at its end is wrong */
    path = file_gzip("sum.gz", tw_buf_view(&b), 0);
    f = fopen(path, "r+");
    assert_int_equal(fseek(f, -8, SEEK_END), 0);
    assert_int_equal(fwrite("\0\0\0\0", 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
    run_one(&r, path, 0);
    assert_int_equal(r.errors, 1);
    assert_non_null(strstr(r.error, "sum.gz: the gzip data is damaged"));
    assert_int_equal(r.n, 20000);
    run_finish(&r);
    /* two members in one file */
    const char *whole = file_gzip("two.gz", TW_STR("one\n"), 0);
    gzFile g = gzopen(whole, "a");
    assert_int_equal(gzputs(g, "two\n"), 4);
    assert_int_equal(gzclose(g), Z_OK);
    run_one(&r, whole, 0);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.errors, 0);
    run_finish(&r);
    tw_buf_finish(&b);
}

static void standard_input_is_an_input(void **state)
{
    (void)state;
    int ends[2];
    struct run r;
    assert_int_equal(pipe(ends), 0);
    static const char log[] = "<188>Aug  8 2026 18:00:00" TAG;
    assert_int_equal(write(ends[1], log, sizeof log - 1), sizeof log - 1);
    (void)close(ends[1]);
    int saved = dup(STDIN_FILENO);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    run_one(&r, "-", 0);
    assert_true(dup2(saved, STDIN_FILENO) >= 0);
    (void)close(saved);
    (void)close(ends[0]);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.seen[0].rx.ns, T0 * S);
    assert_int_equal(r.stats.bytes_total, 0);
    run_finish(&r);
}

static void inputs_are_merged_by_time(void **state)
{
    (void)state;
    struct tw_buf a = {0}, b = {0};
    line_date(&a, T0 + 1, "PE-A", "a1");
    line_date(&a, T0 + 3, "PE-A", "a3");
    line_date(&b, T0 + 1, "PE-B", "b1");
    line_date(&b, T0 + 2, "PE-B", "b2");
    line_date(&b, T0 + 4, "PE-B", "b4");
    const char *paths[] = {file_write("b.log", tw_buf_view(&b), 0), file_write("a.log", tw_buf_view(&a), 0),
                           file_write("none.log", TW_STR(""), 0)};
    static const uint32_t input[] = {0, 1, 0, 1, 0};
    static const uint64_t position[] = {1, 1, 2, 2, 3};
    struct run r;
    run_all(&r, paths, 3, &(struct tw_replay_source_options){0});
    assert_int_equal(r.n, 5);
    for (size_t i = 0; i < r.n; i++) {
        assert_int_equal(r.seen[i].ref.input, input[i]);
        assert_int_equal(r.seen[i].ref.position, position[i]);
    }
    run_finish(&r);
    tw_buf_finish(&a);
    tw_buf_finish(&b);
}

static void what_is_no_file_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want;
    } rows[] = {{"/", "is a directory"}, {"/nonexistent/x.log", "/nonexistent/x.log: No such file"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        struct tw_replay_source_options o = {0};
        const char *paths[] = {file_write("good.log", TW_STR("x\n"), 0), rows[i].path};
        assert_null(tw_replay_source_open(paths, 2, &o, why));
        assert_non_null(strstr(why, rows[i].want));
    }
    struct run r;
    run_one(&r, file_write("empty.log", TW_STR(""), 0), 0);
    assert_int_equal(r.n + r.errors, 0);
    run_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrival_is_the_highest_stamp),
        cmocka_unit_test(a_relay_stamp_is_the_arrival),
        cmocka_unit_test(years_come_from_option_or_mtime),
        cmocka_unit_test(a_late_line_of_the_old_year_stays_there),
        cmocka_unit_test(offsets_are_read_as_the_device_means_them),
        cmocka_unit_test(each_name_is_its_own_device),
        cmocka_unit_test(line_ends_and_odd_bytes),
        cmocka_unit_test(lines_before_the_first_stamp_wait_for_it),
        cmocka_unit_test(long_lines_are_cut_and_counted),
        cmocka_unit_test(many_windows_lose_nothing),
        cmocka_unit_test(gzip_damage_is_told_after_what_was_good),
        cmocka_unit_test(standard_input_is_an_input),
        cmocka_unit_test(inputs_are_merged_by_time),
        cmocka_unit_test(what_is_no_file_is_told),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
