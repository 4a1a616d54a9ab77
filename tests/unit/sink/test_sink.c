/* SPDX-License-Identifier: ISC */
/* What every sink owes, and what the file sink does when its file is moved, full or gone. */
#include "sink/sink.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64], path[128], moved[128];

static int begin(void **state)
{
    (void)state;
    (void)strcpy(folder, "/tmp/trunkwatch-sink-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/a", folder);
    (void)snprintf(moved, sizeof moved, "%s/b", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(moved);
    return rmdir(folder);
}

static struct tw_sink *create(const char *name, const char *at)
{
    struct tw_sink *s = NULL;
    for (size_t i = 0; tw_sink_registry[i] != NULL && s == NULL; i++) {
        if (strcmp(tw_sink_registry[i]->name, name) == 0)
            s = tw_sink_registry[i]->create(at);
    }
    TW_ASSERT(s != NULL);
    return s;
}

static void deliver(struct tw_sink *s, const char *text)
{
    s->ops->deliver(s, NULL, tw_str_z(text));
}

static void holds(const char *file, const char *want)
{
    char text[4096];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, want);
    (void)close(fd);
}

static void every_entry_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; tw_sink_registry[i] != NULL; i++) {
        const struct tw_sink_ops *o = tw_sink_registry[i];
        assert_non_null(o->name);
        assert_true(o->create != NULL && o->deliver != NULL && o->flush != NULL && o->reopen != NULL);
        o->destroy(NULL);
        struct tw_sink *s = o->create(o->needs_path ? path : NULL);
        assert_ptr_equal(s->ops, o);
        o->flush(s); /* nothing to write is no failure */
        assert_false(s->stats.failing);
        o->reopen(s);
        assert_int_equal(s->stats.delivered + s->stats.lost + s->stats.errors + s->stats.waiting, 0);
        o->destroy(s);
    }
}

static void a_file_is_appended_to_and_opened_anew(void **state)
{
    struct stat st;
    struct tw_sink *s = create("file", path);
    (void)state;
    deliver(s, "one\n");
    assert_int_equal(s->stats.waiting, 4);
    s->ops->flush(s);
    holds(path, "one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07137, 0);
    assert_int_equal(rename(path, moved), 0);
    deliver(s, "two\n");
    s->ops->flush(s); /* still the file that was moved */
    deliver(s, "three\n");
    s->ops->reopen(s); /* what was delivered before belongs to the old one */
    deliver(s, "four\n");
    s->ops->flush(s);
    holds(moved, "one\ntwo\nthree\n");
    holds(path, "four\n");
    s->ops->destroy(s);
    s = create("file", path);
    deliver(s, "five\n");
    s->ops->flush(s);
    holds(path, "four\nfive\n");
    s->ops->destroy(s);
}

static void what_fails_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/full", path), 0);
    struct tw_sink *s = create("file", path);
    deliver(s, "kept\n");
    for (int i = 0; i < 3; i++)
        s->ops->flush(s);
    assert_true(s->stats.failing);
    assert_int_equal(s->stats.why, ENOSPC);
    assert_int_equal(s->stats.errors, 1);
    assert_int_equal(s->stats.waiting, 5);
    assert_int_equal(s->stats.delivered, 0);
    assert_int_equal(unlink(path), 0);
    s->ops->flush(s);
    assert_int_equal(s->stats.delivered, 1);
    assert_false(s->stats.failing);
    holds(path, "kept\n");
    s->ops->destroy(s);
}

static void a_folder_that_comes_later(void **state)
{
    char deep[160];
    (void)state;
    (void)snprintf(deep, sizeof deep, "%s/a/x", folder);
    struct tw_sink *s = create("file", deep);
    assert_true(s->stats.failing);
    assert_int_equal(s->stats.why, ENOENT);
    deliver(s, "late\n");
    s->ops->flush(s);
    assert_true(s->stats.failing);
    assert_int_equal(mkdir(path, 0700), 0);
    s->ops->flush(s);
    assert_false(s->stats.failing);
    holds(deep, "late\n");
    s->ops->destroy(s);
    (void)unlink(deep);
    (void)rmdir(path);
}

static void room(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The file takes part of a line and no more: when there is room again the rest follows, and nothing comes
 * twice. */
static void a_line_that_found_half_the_room_is_whole_in_the_end(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct tw_sink *s = create("file", path);
    room(6);
    deliver(s, "one\n");
    deliver(s, "second\n");
    for (int i = 0; i < 3; i++)
        s->ops->flush(s);
    room(RLIM_INFINITY);
    assert_true(s->stats.failing);
    assert_int_equal(s->stats.delivered, 1);
    holds(path, "one\nse");
    deliver(s, "third\n");
    s->ops->flush(s);
    holds(path, "one\nsecond\nthird\n");
    assert_int_equal(s->stats.delivered, 3);
    assert_int_equal(s->stats.waiting, 0);
    s->ops->destroy(s);
}

/* As before, but the file was moved away meanwhile, or emptied: the line is written again, whole. */
static void a_line_that_was_torn_is_whole_in_the_next_file(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (int emptied = 0; emptied < 2; emptied++) {
        struct tw_sink *s = create("file", path);
        room(6);
        deliver(s, "one\n");
        deliver(s, "second\n");
        s->ops->flush(s);
        s->ops->flush(s);
        room(RLIM_INFINITY);
        holds(path, "one\nse");
        assert_int_equal(emptied ? truncate(path, 0) : rename(path, moved), 0);
        s->ops->flush(s);
        holds(path, "second\n");
        s->ops->destroy(s);
        (void)unlink(path);
    }
}

/* Nobody reads the pipe: nothing waits, what finds no room is counted, and whole lines come out in the end.
 */
static void a_pipe_that_nobody_reads(void **state)
{
    static char line[1 << 16], got[1 << 16];
    size_t total = 0, n = 0;
    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 2] = '\n';
    assert_int_equal(mkfifo(path, 0600), 0);
    struct tw_sink *s = create("file", path);
    assert_true(s->stats.failing); /* no reader yet */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (int i = 0; i < 200; i++) {
        deliver(s, line);
        s->ops->flush(s);
    }
    assert_false(s->stats.failing);
    assert_true(s->stats.lost > 0);
    assert_true(s->stats.waiting <= TW_SINK_MAX_BYTES);
    assert_true(s->stats.delivered + s->stats.lost < 200);
    for (int idle = 0; idle < 2;) {
        ssize_t r = read(fd, got, sizeof got);
        idle = r > 0 ? 0 : idle + 1;
        total += r > 0 ? (size_t)r : 0;
        for (ssize_t i = 0; i < r; i++)
            n += got[i] == '\n';
        s->ops->flush(s);
    }
    assert_int_equal(s->stats.waiting, 0);
    assert_int_equal(s->stats.delivered + s->stats.lost, 200);
    assert_int_equal(n, s->stats.delivered);
    assert_int_equal(total, n * (sizeof line - 1));
    s->ops->destroy(s);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_entry_is_complete, begin, end),
        cmocka_unit_test_setup_teardown(a_file_is_appended_to_and_opened_anew, begin, end),
        cmocka_unit_test_setup_teardown(what_fails_is_tried_again, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_later, begin, end),
        cmocka_unit_test_setup_teardown(a_line_that_found_half_the_room_is_whole_in_the_end, begin, end),
        cmocka_unit_test_setup_teardown(a_line_that_was_torn_is_whole_in_the_next_file, begin, end),
        cmocka_unit_test_setup_teardown(a_pipe_that_nobody_reads, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
