/* SPDX-License-Identifier: ISC */
#include "files.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define S INT64_C(1000000000)
enum { HOSTS = 8 };

/* A host of a generated log. */
struct host {
    double period; /* mean seconds between lines; 0: none */
    int64_t skew;  /* seconds its clock is ahead */
    double set_at; /* then its clock becomes skew_then; 0: never */
    int64_t skew_then;
    double from;         /* first line */
    unsigned late_every; /* every so many lines one comes late */
    double late;         /* by so much */
    bool exact;          /* like clockwork */
    double echo;         /* not 0: so long after each line of the first host */
    double jitter;       /* every line is late by up to this */
};

struct made {
    double arrival, happened;
    unsigned host;
};

#define IS(p, s)                                                                                             \
    {                                                                                                        \
        .period = (p), .skew = (s)                                                                           \
    }
#define BUT(p, s, ...)                                                                                       \
    {                                                                                                        \
        .period = (p), .skew = (s), __VA_ARGS__                                                              \
    }

static uint64_t seed;
static double chance(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static int by_arrival(const void *a, const void *b)
{
    double x = ((const struct made *)a)->arrival, y = ((const struct made *)b)->arrival;
    return (x > y) - (x < y);
}

static struct made *generate(const struct host *hosts, double seconds, size_t *n)
{
    struct made *m = NULL;
    size_t cap = 0;
    *n = 0;
    for (unsigned h = 0; h < HOSTS; h++) {
        unsigned k = 0;
        size_t first = *n;
        for (size_t i = 0; hosts[h].echo != 0 && i < first; i++) {
            double t = m[i].happened + hosts[h].echo;
            struct made *x = TW_PUSH(m, *n, cap);
            *x = (struct made){t, t, h};
        }
        double t = hosts[h].from;
        while (hosts[h].period > 0 && t < seconds) {
            struct made *x = TW_PUSH(m, *n, cap);
            bool late = hosts[h].late_every > 0 && ++k % hosts[h].late_every == 0;
            *x = (struct made){t + (late ? hosts[h].late : 0) + hosts[h].jitter * chance(), t, h};
            t += hosts[h].period * (hosts[h].exact ? 1 : 0.5 + chance());
        }
    }
    qsort(m, *n, sizeof *m, by_arrival);
    return m;
}

static size_t check(const char *name, const struct host *hosts, double seconds, int64_t mtime, double allowed)
{
    static const char *const names[HOSTS] = {"PE-A", "PE-B", "PE-C", "PE-D", "PE-E", "PE-F", "PE-G", "PE-H"};
    struct tw_buf b = {0};
    struct run r;
    size_t n, wrong = 0, worst_line = 0;
    double worst = 0;
    seed = 1;
    struct made *m = generate(hosts, seconds, &n);
    for (size_t i = 0; i < n; i++) {
        const struct host *h = &hosts[m[i].host];
        bool set = h->set_at > 0 && m[i].happened >= h->set_at;
        line_date(&b, T0 + (int64_t)m[i].happened + (set ? h->skew_then : h->skew), names[m[i].host], "x");
    }
    run_one(&r, file_write("clock.log", tw_buf_view(&b), mtime), 0);
    assert_int_equal(r.n, n);
    for (size_t i = 0; i < n; i++) {
        double at = (double)(r.seen[i].at.ns - T0 * S) / 1e9 + 0.5, off = at - m[i].happened;
        off = off < 0 ? -off : off;
        wrong += off > 0.5 + allowed;
        if (off > worst) {
            worst = off;
            worst_line = i;
        }
    }
    if (wrong > 0)
        print_error("%s: %zu of %zu lines are off by more than %g s, the worst (%zu) by %g s\n", name, wrong,
                    n, allowed, worst_line + 1, worst);
    run_finish(&r);
    free(m);
    tw_buf_finish(&b);
    return wrong;
}

static void clocks_are_measured(void **state)
{
    (void)state;
    static const int64_t end = T0 + 305;
    size_t wrong = 0;
    static const struct {
        const char *name;
        struct host hosts[HOSTS];
        double seconds;
        int64_t mtime;
        double allowed;
    } rows[] = {
        {"right", {IS(1, 0), IS(1, 0)}, 300, end, 0.1},
        {"7 min ahead", {IS(1, 420), IS(1, 0)}, 300, end, 0.1},
        {"7 min ahead, the other first", {IS(1, 0), IS(1, 420)}, 300, end, 0.1},
        {"7 min behind", {IS(1, -420), IS(1, 0)}, 300, end, 0.1},
        {"1 h ahead", {IS(1, 0), IS(1, 3600)}, 300, end, 0.1},
        {"1 h behind", {IS(1, 0), IS(1, -3600)}, 300, end, 0.1},
        {"8 h ahead", {IS(1, 28800), IS(1, 0)}, 300, end, 0.1},
        {"8 h behind", {IS(1, -28800), IS(1, 0)}, 300, end, 0.1},
        {"7 s ahead", {IS(1, 7), IS(1, 0)}, 300, T0 + 300, 0.1},
        {"an odd number", {IS(1, 12347), IS(1, 0)}, 300, end, 0.1},
        {"years", {IS(1, -820000000), IS(1, 0)}, 300, end, 0.1},
        {"few lines of the wrong one", {IS(25, 3600), IS(0.7, 0)}, 300, end, 0.1},
        {"few lines of the right one", {IS(0.7, 3600), IS(25, 0)}, 300, end, 0.1},
        {"sparse zone", {IS(60, 3600), IS(45, 0)}, 3600, T0 + 3700, 0.1},
        {"sparse minutes", {IS(60, 420), IS(45, 0)}, 3600, T0 + 3700, 0.1},
        {"sparse odd", {IS(20, 433), IS(15, 0)}, 3600, T0 + 3700, 4},
        {"two of three are right", {IS(1, 0), IS(1, 420), IS(1, 0)}, 300, 0, 0.1},
        {"two of three are right, chatty", {IS(0.2, 0), IS(10, 420), IS(10, 0)}, 300, 0, 0.1},
        {"each its own", {IS(1, 0), IS(1, 420), IS(1, -3600), IS(1, 0)}, 300, 0, 0.1},
        {"two groups, mtime tells", {IS(1, 28800), IS(1, 0), IS(1, 0), IS(1, 28800)}, 300, end, 0.1},
        {"six, one of them far",
         {IS(1, 0), IS(2, 0), IS(3, 28800), IS(1, 0), IS(5, 0), IS(1, 0)},
         300,
         0,
         0.1},
        {"late lines are not a skew", {BUT(1, 0, .late_every = 7, .late = 20), IS(1, 0)}, 300, end, 0.1},
        {"sparse and late", {BUT(20, 0, .late_every = 5, .late = 25), IS(15, 0)}, 3000, T0 + 3000, 0.1},
        {"late and skewed", {BUT(1, 420, .late_every = 9, .late = 12), IS(1, 0)}, 300, end, 0.1},
        {"set in between", {BUT(1, 0, .set_at = 150, .skew_then = 420), IS(1, 0)}, 300, end, 0.1},
        {"set right in between", {BUT(1, -3600, .set_at = 100, .skew_then = 0), IS(1, 0)}, 300, end, 0.1},
        {"set late in a long log",
         {BUT(0.5, 0, .set_at = 4000, .skew_then = 420), IS(0.5, 0)},
         5000,
         T0 + 5000,
         0.1},
        {"a newcomer", {IS(1, 0), IS(1, 0), BUT(1, 3600, .from = 3000)}, 4000, 0, 0.1},
        {"a newcomer to one", {IS(0.3, 0), BUT(1, 3600, .from = 3000)}, 4000, 0, 0.1},
        {"clockwork, the first is ahead",
         {BUT(120, 420, .exact = true), BUT(120, 0, .exact = true, .from = 1)},
         1800,
         T0 + 1801,
         1},
        {"clockwork, the second is ahead",
         {BUT(120, 0, .exact = true), BUT(120, 420, .exact = true, .from = 1)},
         1800,
         T0 + 1801,
         1},
        {"clockwork, the second is an hour ahead",
         {BUT(300, 0, .exact = true), BUT(300, 3600, .exact = true, .from = 2)},
         3600,
         T0 + 3601,
         1},
        {"clockwork, behind",
         {BUT(120, -420, .exact = true), BUT(120, 0, .exact = true, .from = 1)},
         1800,
         T0 + 1801,
         1},
        {"echoes, the first is ahead", {IS(150, 420), BUT(0, 0, .echo = 1)}, 3600, T0 + 3602, 1},
        {"echoes, the second is ahead", {IS(150, 0), BUT(0, 437, .echo = 0.6)}, 3600, T0 + 3602, 1},
        {"echoes, the second is behind", {IS(100, 0), BUT(0, -437, .echo = 0.6)}, 3600, T0 + 3602, 1},
        {"in disorder", {BUT(1, 0, .jitter = 5), BUT(1, 0, .jitter = 5)}, 9000, T0 + 9001, 0.1},
        {"in great disorder", {BUT(1, 0, .jitter = 25), BUT(1, 0, .jitter = 25)}, 9000, T0 + 9001, 0.1},
        {"one in disorder", {BUT(0.5, 0, .jitter = 8), IS(3, 0), IS(1, 0)}, 9000, T0 + 9001, 0.1},
        {"in disorder and ahead", {BUT(1, 420, .jitter = 4), BUT(1, 0, .jitter = 4)}, 3000, T0 + 3001, 2},
        {"long log, mtime tells", {IS(0.5, 420), IS(1, 0)}, 9000, T0 + 9001, 0.1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += check(rows[i].name, rows[i].hosts, rows[i].seconds, rows[i].mtime, rows[i].allowed);
    assert_int_equal(wrong, 0);
}

static void logs_one_after_the_other_prove_nothing(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    struct run r;
    for (int i = 0; i < 100; i++)
        line_date(&b, T0 + i, "PE-A", "x");
    for (int i = 0; i < 100; i++)
        line_date(&b, T0 + 50 + i, "PE-B", "x");
    run_one(&r, file_write("cat.log", tw_buf_view(&b), T0 + 200), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(r.seen[i].at.ns, (T0 + i) * S);
        int64_t late = 50 + i < 69 ? 69 : 50 + i;
        assert_int_equal(r.seen[100 + i].at.ns, (T0 + late) * S);
    }
    run_finish(&r);
    tw_buf_finish(&b);
}

static void under_eight_lines_nothing_is_corrected(void **state)
{
    (void)state;
    for (int lines = 7; lines <= 8; lines++) {
        struct tw_buf b = {0};
        struct run r;
        for (int i = 0; i < lines; i++) {
            line_date(&b, T0 + INT64_C(2) * i, "PE-A", "x");
            line_date(&b, T0 + INT64_C(2) * i + 1 - 20, "PE-B", "x");
        }
        run_one(&r, file_write("few.log", tw_buf_view(&b), T0 + 60), 0);
        assert_int_equal(r.seen[1].at.ns, (T0 + (lines < 8 ? -19 : 1)) * S);
        run_finish(&r);
        tw_buf_finish(&b);
    }
}

static void one_wild_stamp_does_not_carry_the_clock_away(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    struct run r;
    for (int i = 0; i < 40; i++) {
        line_date(&b, T0 + i, i % 2 ? "PE-A" : "PE-B", "x");
        if (i == 5)
            line_date(&b, T0 + 28800, "stranger", "x");
        if (i == 9)
            line_date(&b, T0 + INT64_C(400) * 86400, "PE-A", "x");
    }
    run_one(&r, file_write("wild.log", tw_buf_view(&b), T0 + 60), 0);
    assert_int_equal(r.seen[6].rx.ns, (T0 + 5) * S);
    assert_int_equal(r.seen[11].rx.ns, (T0 + 9) * S);
    assert_int_equal(r.seen[41].rx.ns, (T0 + 39) * S);
    assert_int_equal(r.seen[41].at.ns, (T0 + 39) * S);
    run_finish(&r);
    tw_buf_finish(&b);
}

static void more_hosts_than_can_be_kept(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    struct run r;
    char name[32];
    for (int i = 0; i < 6000; i++) {
        (void)snprintf(name, sizeof name, "host-%d", i);
        line_date(&b, T0 + i, name, "x");
    }
    run_one(&r, file_write("hosts.log", tw_buf_view(&b), T0 + 6000), 0);
    assert_int_equal(r.n, 6000);
    assert_int_equal(r.seen[5999].at.ns, (T0 + 5999) * S);
    run_finish(&r);
    tw_buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_measured),
        cmocka_unit_test(logs_one_after_the_other_prove_nothing),
        cmocka_unit_test(under_eight_lines_nothing_is_corrected),
        cmocka_unit_test(one_wild_stamp_does_not_carry_the_clock_away),
        cmocka_unit_test(more_hosts_than_can_be_kept),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
