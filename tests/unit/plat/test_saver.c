/* SPDX-License-Identifier: ISC */
/* A disk that stands still is a pipe in the place of the file beside: opening it waits for a reader. */
#include "plat/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/trunkwatch-saver-XXXXXX", file[64], beside[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(file, sizeof file, "%s/kept", folder);
    (void)snprintf(beside, sizeof beside, "%s/kept.new", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static void put(struct tw_saver *s, const char *text)
{
    struct tw_buf b = {0};
    tw_buf_z(&b, text);
    tw_saver_put(s, &b);
    assert_null(b.p);
}

static void assert_kept(const char *want)
{
    char text[256] = "";
    FILE *f = fopen(file, "re");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    assert_int_equal(n, strlen(want));
    assert_string_equal(text, want);
}

static void each_replaces_the_one_before(void **state)
{
    struct tw_saver *s = tw_saver_create(file);
    int error = -1;
    struct stat st;
    (void)state;
    assert_false(tw_saver_busy(s, &error));
    assert_int_equal(error, 0);
    put(s, "the first, and long\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_kept("the first, and long\n");
    put(s, "the second\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_kept("the second\n");
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07, 0);
    assert_int_equal(access(beside, F_OK), -1);
    tw_saver_destroy(s);
}

/* Neither who hands over nor who asks waits; of what is handed over meanwhile the newest is written. */
static void nobody_waits_and_the_newest_wins(void **state)
{
    struct tw_saver *s = tw_saver_create(file);
    char through[64];
    int error;
    (void)state;
    put(s, "of before\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_int_equal(mkfifo(beside, 0600), 0);
    int held = open(beside, O_PATH | O_CLOEXEC);
    assert_true(held >= 0);
    put(s, "old\n");
    (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    for (int i = 0; i < 100; i++)
        put(s, "newer\n");
    put(s, "newest\n");
    assert_true(tw_saver_busy(s, &error));
    assert_kept("of before\n");
    assert_int_equal(unlink(beside), 0);
    (void)snprintf(through, sizeof through, "/proc/self/fd/%d", held);
    int reader = open(through, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(tw_saver_wait(s), 0);
    assert_kept("newest\n");
    (void)close(reader);
    (void)close(held);
    tw_saver_destroy(s);
}

static void a_failure_is_told_and_leaves_the_old_one(void **state)
{
    struct tw_saver *s = tw_saver_create(file);
    int error = 0;
    (void)state;
    put(s, "old\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_int_equal(mkdir(beside, 0700), 0);
    put(s, "new\n");
    assert_int_equal(tw_saver_wait(s), EISDIR);
    assert_false(tw_saver_busy(s, &error));
    assert_int_equal(error, EISDIR);
    assert_kept("old\n");
    assert_int_equal(rmdir(beside), 0);
    put(s, "new\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_kept("new\n");
    tw_saver_destroy(s);
}

static void a_full_disk(void **state)
{
    struct tw_saver *s = tw_saver_create(file);
    (void)state;
    put(s, "old\n");
    assert_int_equal(tw_saver_wait(s), 0);
    assert_int_equal(symlink("/dev/full", beside), 0);
    put(s, "new\n");
    assert_int_equal(tw_saver_wait(s), ENOSPC);
    assert_kept("old\n");
    assert_int_equal(unlink(beside), 0);
    tw_saver_destroy(s);
}

static void the_end_writes_what_waits(void **state)
{
    struct tw_saver *s = tw_saver_create(file);
    (void)state;
    put(s, "one\n");
    put(s, "the last\n");
    tw_saver_destroy(s);
    assert_kept("the last\n");
    tw_saver_destroy(tw_saver_create(file)); /* which never had anything */
    tw_saver_destroy(NULL);
    assert_kept("the last\n");
}

static void a_name_without_a_folder(void **state)
{
    char before[4096];
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    struct tw_saver *s = tw_saver_create("kept");
    put(s, "here\n");
    assert_int_equal(tw_saver_wait(s), 0);
    tw_saver_destroy(s);
    assert_int_equal(chdir(before), 0);
    assert_kept("here\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_replaces_the_one_before),
        cmocka_unit_test(nobody_waits_and_the_newest_wins),
        cmocka_unit_test(a_failure_is_told_and_leaves_the_old_one),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(the_end_writes_what_waits),
        cmocka_unit_test(a_name_without_a_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
