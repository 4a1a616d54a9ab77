/* SPDX-License-Identifier: ISC */
/* What every sink owes, and what the file sink does when its file is moved, full or gone. */
#include "sink/outlet.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/event.h>
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

static struct event_base *base;
static uint64_t seq;
static char folder[64], path[128], moved[128];

static int begin(void **state)
{
    (void)state;
    base = event_base_new();
    seq = 0;
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
    event_base_free(base);
    return rmdir(folder);
}

static const struct tw_sink_ops *ops_of(const char *name)
{
    for (size_t i = 0; tw_sink_registry[i] != NULL; i++) {
        if (strcmp(tw_sink_registry[i]->name, name) == 0)
            return tw_sink_registry[i];
    }
    return NULL;
}

static struct tw_outlet *create(const char *at)
{
    char why[TW_SINK_WHY] = "";
    const struct tw_setting_value values[] = {{.given = true, .text = tw_str_z(at)}, {.given = true}};
    struct tw_outlet_options o = {.name = "x", .ops = ops_of("file"), .values = values, .env.base = base};
    struct tw_outlet *outlet = tw_outlet_create(&o, why);
    TW_ASSERT(outlet != NULL);
    tw_outlet_start(outlet, 0, false);
    return outlet;
}

static void deliver(struct tw_outlet *o, const char *text)
{
    seq++;
    struct tw_transition t = {.seq = seq,
                              .kind = TW_RAISED,
                              .severity = TW_SEVERITY_CRITICAL,
                              .alert_id = "0123456789abcdef",
                              .condition = "no-switchover",
                              .summary = "x"};
    struct tw_item *i = tw_item_create(&t, tw_str_z(text));
    tw_outlet_take(o, i);
    tw_item_unref(i);
}

/* Everything that can be done now, pauses left out. */
static void flush(struct tw_outlet *o)
{
    tw_outlet_hurry(o);
    tw_outlet_go(o);
    for (int i = 0; i < 4; i++)
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static const struct tw_outlet_stats *stats(const struct tw_outlet *o)
{
    return tw_outlet_stats(o);
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
        assert_true(o->name != NULL && o->help != NULL && o->batch > 0);
        assert_true(o->create != NULL && o->send != NULL && o->destroy != NULL);
        for (const struct tw_setting *s = o->settings; s != NULL && s->name != NULL; s++) {
            assert_non_null(s->help);
            assert_int_equal(s->kind == TW_SETTING_WORD, s->words != NULL);
            assert_false(s->needed && s->preset != NULL);
        }
    }
}

static void a_file_is_appended_to_and_opened_anew(void **state)
{
    struct stat st;
    struct tw_outlet *s = create(path);
    (void)state;
    deliver(s, "one\n");
    assert_int_equal(stats(s)->waiting_bytes, 4);
    flush(s);
    holds(path, "one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07137, 0);
    assert_int_equal(rename(path, moved), 0);
    deliver(s, "two\n");
    flush(s); /* still the file that was moved */
    tw_outlet_reopen(s);
    deliver(s, "four\n");
    flush(s);
    holds(moved, "one\ntwo\n");
    holds(path, "four\n");
    tw_outlet_destroy(s);
    s = create(path);
    deliver(s, "five\n");
    flush(s);
    holds(path, "four\nfive\n");
    tw_outlet_destroy(s);
}

static void what_fails_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/full", path), 0);
    struct tw_outlet *s = create(path);
    deliver(s, "kept\n");
    for (int i = 0; i < 3; i++)
        flush(s);
    assert_true(stats(s)->failing);
    assert_int_equal(0, strcmp(stats(s)->why, strerror(ENOSPC)));
    assert_true(stats(s)->errors >= 1);
    assert_int_equal(stats(s)->waiting_bytes, 5);
    assert_int_equal(stats(s)->delivered, 0);
    assert_int_equal(unlink(path), 0);
    flush(s);
    assert_int_equal(stats(s)->delivered, 1);
    assert_false(stats(s)->failing);
    holds(path, "kept\n");
    tw_outlet_destroy(s);
}

static void a_folder_that_comes_later(void **state)
{
    char deep[160];
    (void)state;
    (void)snprintf(deep, sizeof deep, "%s/a/x", folder);
    struct tw_outlet *s = create(deep);
    assert_true(stats(s)->failing);
    assert_int_equal(0, strcmp(stats(s)->why, strerror(ENOENT)));
    deliver(s, "late\n");
    flush(s);
    assert_true(stats(s)->failing);
    assert_int_equal(mkdir(path, 0700), 0);
    flush(s);
    assert_false(stats(s)->failing);
    holds(deep, "late\n");
    tw_outlet_destroy(s);
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
    struct tw_outlet *s = create(path);
    room(6);
    deliver(s, "one\n");
    deliver(s, "second\n");
    for (int i = 0; i < 3; i++)
        flush(s);
    room(RLIM_INFINITY);
    assert_true(stats(s)->failing);
    assert_int_equal(stats(s)->delivered, 1);
    holds(path, "one\nse");
    deliver(s, "third\n");
    flush(s);
    holds(path, "one\nsecond\nthird\n");
    assert_int_equal(stats(s)->delivered, 3);
    assert_int_equal(stats(s)->waiting, 0);
    tw_outlet_destroy(s);
}

/* As before, but the file was moved away meanwhile, or emptied: the line is written again, whole. */
static void a_line_that_was_torn_is_whole_in_the_next_file(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (int emptied = 0; emptied < 2; emptied++) {
        struct tw_outlet *s = create(path);
        room(6);
        deliver(s, "one\n");
        deliver(s, "second\n");
        flush(s);
        flush(s);
        room(RLIM_INFINITY);
        holds(path, "one\nse");
        assert_int_equal(emptied ? truncate(path, 0) : rename(path, moved), 0);
        flush(s);
        holds(path, "second\n");
        tw_outlet_destroy(s);
        (void)unlink(path);
    }
}

/* Nobody reads the pipe: nothing waits, what finds no room is counted, and whole lines come out in the end.
 */
static void a_pipe_that_nobody_reads(void **state)
{
    static char line[1 << 16], got[1 << 16];
    size_t total = 0, n = 0, sent = 400;
    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 2] = '\n';
    assert_int_equal(mkfifo(path, 0600), 0);
    struct tw_outlet *s = create(path);
    assert_true(stats(s)->failing); /* no reader yet */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (size_t i = 0; i < sent; i++) {
        deliver(s, line);
        flush(s);
    }
    assert_false(stats(s)->failing);
    assert_true(stats(s)->lost > 0);
    assert_true(stats(s)->waiting_bytes <= TW_OUTLET_BYTES_MAX + sizeof line);
    assert_true(stats(s)->delivered + stats(s)->lost < sent);
    for (int idle = 0; idle < 2;) {
        ssize_t r = read(fd, got, sizeof got);
        idle = r > 0 ? 0 : idle + 1;
        total += r > 0 ? (size_t)r : 0;
        for (ssize_t i = 0; i < r; i++)
            n += got[i] == '\n';
        flush(s);
    }
    assert_int_equal(stats(s)->waiting, 0);
    assert_int_equal(stats(s)->delivered + stats(s)->lost, sent);
    assert_int_equal(n, stats(s)->delivered);
    assert_int_equal(total, n * (sizeof line - 1));
    tw_outlet_destroy(s);
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
