/* SPDX-License-Identifier: ISC */
/* A file of many windows is read ahead on another thread; a pipe is not. Both give the same records. */
#include "files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { LINES = 60000 };
#define S INT64_C(1000000000)

/* Four routers, one of them 90 s ahead from the middle on; a line that is too long, and one without a stamp.
 */
static struct tw_buf make_log(void)
{
    static const char *const hosts[] = {"PE-A", "PE-B", "PE-C", "PE-D"};
    struct tw_buf b = {0};
    for (int i = 0; i < LINES; i++) {
        const char *host = hosts[i * 7 % 4];
        int64_t ahead = host == hosts[3] && i > LINES / 2 ? 90 : 0;
        line_date(&b, T0 + i / 10 + ahead, host,
                  "%%01IFNET/4/NOTE(l):CID=0x1;something of no interest happened here");
        if (i == LINES / 3) {
            for (int k = 0; k < TW_LINE_MAX / 8 + 100; k++)
                tw_buf_add(&b, "too long", 8);
            tw_buf_z(&b, "\nno stamp at all\n");
        }
    }
    return b;
}

static void same(const struct run *x, const struct run *y)
{
    assert_int_equal(x->n, y->n);
    assert_int_equal(x->stats.cut, y->stats.cut);
    assert_int_equal(x->stats.lines, y->stats.lines);
    for (size_t i = 0; i < x->n; i++) {
        const struct seen *a = &x->seen[i], *b = &y->seen[i];
        assert_int_equal(a->rx.ns, b->rx.ns);
        assert_int_equal(a->at.ns, b->at.ns);
        assert_int_equal(a->ref.position, b->ref.position);
        assert_int_equal(a->year, b->year);
        assert_int_equal(a->n, b->n);
        assert_memory_equal(a->head, b->head, a->n < sizeof a->head ? a->n : sizeof a->head);
    }
}

static void run_pipe(struct run *r, struct tw_str bytes)
{
    const char *path = file_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        size_t at = 0;
        for (ssize_t n; at < bytes.n && (n = write(fd, bytes.p + at, bytes.n - at)) > 0;)
            at += (size_t)n;
        _exit(at == bytes.n ? 0 : 1);
    }
    assert_true(pid > 0);
    run_one(r, path, 2026);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)unlink(path);
}

static void ahead_or_not_the_records_are_the_same(void **state)
{
    (void)state;
    struct tw_buf log = make_log();
    struct run file, pipe, packed;
    run_one(&file, file_write("long.log", tw_buf_view(&log), 0), 2026);
    run_pipe(&pipe, tw_buf_view(&log));
    run_one(&packed, file_gzip("long.log.gz", tw_buf_view(&log), 0), 2026);
    assert_int_equal(file.n, LINES + 2);
    assert_int_equal(file.stats.cut, 1);
    assert_int_equal(file.stats.bytes, log.n);
    same(&file, &pipe);
    same(&file, &packed);
    run_finish(&file);
    run_finish(&pipe);
    run_finish(&packed);
    tw_buf_finish(&log);
}

static void more_inputs_than_threads(void **state)
{
    (void)state;
    enum { INPUTS = 6 };
    struct tw_buf log = make_log();
    const char *paths[INPUTS];
    char names[INPUTS][32];
    for (int i = 0; i < INPUTS; i++) {
        (void)snprintf(names[i], sizeof names[i], "part%d.log", i);
        paths[i] = file_write(names[i], tw_buf_view(&log), 0);
    }
    struct run r;
    struct tw_replay_source_options o = {.year = 2026};
    run_all(&r, paths, INPUTS, &o);
    assert_int_equal(r.n, INPUTS * (LINES + 2));
    run_finish(&r);
    tw_buf_finish(&log);
}

static void an_input_may_be_left_at_any_record(void **state)
{
    (void)state;
    struct tw_buf log = make_log();
    const char *path = file_write("left.log", tw_buf_view(&log), 0);
    static const size_t stops[] = {0, 1, 4095, 4096, 4097, 9000, 12287, 12288};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        char why[256];
        struct tw_replay_source_options o = {.year = 2026};
        struct tw_replay_source *s = tw_replay_source_open(&path, 1, &o, why);
        const struct tw_record *rec;
        assert_non_null(s);
        for (size_t k = 0; k < stops[i]; k++)
            assert_int_equal(tw_replay_source_next(s, &rec), TW_OK);
        tw_replay_source_close(s);
    }
    tw_buf_finish(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ahead_or_not_the_records_are_the_same),
                                       cmocka_unit_test(more_inputs_than_threads),
                                       cmocka_unit_test(an_input_may_be_left_at_any_record)};
    return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
