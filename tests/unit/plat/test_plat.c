/* SPDX-License-Identifier: ISC */
#include "plat/clock.h"
#include "plat/listen_fds.h"
#include "plat/log.h"
#include "plat/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define S INT64_C(1000000000)

static void clock_never_goes_back(void **state)
{
    static const struct {
        int64_t real, mono, want;
    } steps[] = {
        {100 * S, 5 * S, 100 * S},   {101 * S, 6 * S, 101 * S},
        {51 * S, 6 * S, 101 * S},    /* set back: nothing has passed yet */
        {53 * S, 8 * S, 102 * S},    /* half speed, so that holds still run out */
        {93 * S, 48 * S, 122 * S},   /* … */
        {200 * S, 155 * S, 200 * S}, /* caught up: the wall clock again */
        {500 * S, 156 * S, 500 * S}, /* set on */
    };
    struct tw_clock c = {0};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_int_equal(tw_clock_step(&c, steps[i].real, steps[i].mono).ns, steps[i].want);
}

static void clock_progresses_in_tiny_steps(void **state)
{
    struct tw_clock c = {0};
    tw_time t = tw_clock_step(&c, 100 * S, 0);
    (void)state;
    for (int64_t mono = 1; mono <= 1000; mono++)
        t = tw_clock_step(&c, 50 * S, mono);
    assert_int_equal(t.ns, 100 * S + 500);
    struct tw_clock real = {0};
    tw_time a = tw_clock_now(&real), b = tw_clock_now(&real);
    assert_true(a.ns > 1600000000 * S && a.ns <= b.ns);
}

/* What `write` puts on stderr. */
static size_t captured(void (*write_lines)(void), char *out, size_t room)
{
    int pipe_fds[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
    write_lines();
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    (void)close(old);
    (void)close(pipe_fds[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(pipe_fds[0], out + n, room - 1 - n)) > 0;)
        n += (size_t)got;
    (void)close(pipe_fds[0]);
    out[n] = '\0';
    return n;
}

static void log_hostile(void)
{
    tw_log(TW_LEVEL_WARNING, "test.hostile", "line",
           TW_KVS(TW_KV("a", "x\n<0>y"), TW_KV("b", "say \"hi\""), TW_KV_N("n", -5), TW_KV("e", "")));
    tw_log(TW_LEVEL_DEBUG, "test.hostile", "not written", NULL);
}

static void log_escapes(void **state)
{
    char text[4096];
    (void)state;
    (void)captured(log_hostile, text, sizeof text);
    const char *line = strchr(text, ' ');
    assert_non_null(line);
    assert_string_equal(line, " warning test.hostile: line a=x\\x0a<0>y b=\"say \\\"hi\\\"\" n=-5 e=\"\"\n");
}

static void log_many(void)
{
    for (int i = 0; i < 60; i++)
        tw_log(TW_LEVEL_INFO, "test.many", "m", NULL);
    tw_log(TW_LEVEL_NOTICE, "test.many", "told", NULL);
    tw_log(TW_LEVEL_INFO, "test.other", "o", NULL);
}

static void log_holds_back_and_tells(void **state)
{
    static char text[65536];
    unsigned lines = 0;
    (void)state;
    (void)captured(log_many, text, sizeof text);
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, 52);
    assert_non_null(strstr(text, "test.many: told suppressed=10\n"));
    assert_non_null(strstr(text, "test.other: o\n"));
}

static void log_without_end(void)
{
    for (int i = 0; i < 3000; i++)
        tw_log(TW_LEVEL_NOTICE, "test.full",
               "a line of some length that nobody reads ............................", NULL);
}

/* The pipe is full long before the end: reaching the assertion is the test. */
static void log_never_waits(void **state)
{
    static char text[1 << 20];
    uint64_t before = tw_log_lost();
    (void)state;
    size_t n = captured(log_without_end, text, sizeof text);
    assert_true(tw_log_lost() > before);
    assert_true(n > 0 && text[n - 1] == '\n');
}

static void log_cuts(void)
{
    static char z[20000];
    memset(z, 'z', sizeof z - 1);
    tw_log(TW_LEVEL_INFO, "test.cut", z, NULL);
}

static void log_lines_are_bounded(void **state)
{
    static char text[65536];
    (void)state;
    size_t n = captured(log_cuts, text, sizeof text);
    assert_true(n < 4096);
    assert_string_equal(text + n - 10, " cut=true\n");
}

static void listen_fds_are_ours(void **state)
{
    static const struct {
        bool own_pid;
        const char *fds, *names;
        size_t want;
        const char *first, *second;
    } rows[] = {
        {true, "2", "syslog:snmp", 2, "syslog", "snmp"},
        {true, "2", "syslog", 2, "syslog", ""},
        {true, "2", NULL, 2, "", ""},
        {false, "2", "syslog:snmp", 0, "", ""},
        {true, "x", "a:b", 0, "", ""},
        {true, "65", "a:b", 0, "", ""},
        {true, NULL, NULL, 0, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_listen_fd out[TW_LISTEN_FDS_MAX] = {{0}};
        char pid[32];
        (void)snprintf(pid, sizeof pid, "%d", (int)getpid() + (rows[i].own_pid ? 0 : 1));
        (void)setenv("LISTEN_PID", pid, 1);
        (void)(rows[i].fds != NULL ? setenv("LISTEN_FDS", rows[i].fds, 1) : unsetenv("LISTEN_FDS"));
        (void)(rows[i].names != NULL ? setenv("LISTEN_FDNAMES", rows[i].names, 1)
                                     : unsetenv("LISTEN_FDNAMES"));
        assert_int_equal(tw_listen_fds(out), rows[i].want);
        assert_null(getenv("LISTEN_PID"));
        assert_null(getenv("LISTEN_FDS"));
        if (rows[i].want > 0) {
            assert_int_equal(out[1].fd, 4);
            assert_string_equal(out[0].name, rows[i].first);
            assert_string_equal(out[1].name, rows[i].second);
        }
    }
}

static void a_long_name_is_cut(void **state)
{
    struct tw_listen_fd out[TW_LISTEN_FDS_MAX];
    char pid[32], name[300];
    (void)state;
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)setenv("LISTEN_PID", pid, 1);
    (void)setenv("LISTEN_FDS", "1", 1);
    (void)setenv("LISTEN_FDNAMES", name, 1);
    assert_int_equal(tw_listen_fds(out), 1);
    assert_int_equal(strlen(out[0].name), TW_LISTEN_NAME - 1);
}

static void notify_without_a_manager(void **state)
{
    struct tw_notify n;
    static const char *const paths[] = {"", "/", "relative", "/nowhere/at/all", "@trunkwatch-test-nobody"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        (void)setenv("NOTIFY_SOCKET", paths[i], 1);
        tw_notify_init(&n);
        assert_int_equal(n.fd, -1);
        tw_notify_send(&n, TW_NOTIFY_READY);
        tw_notify_finish(&n);
    }
    (void)unsetenv("NOTIFY_SOCKET");
}

static void notify_reaches_the_manager(void **state)
{
    static const struct {
        const char *usec;
        int pid; /* added to ours; 99: not set */
        int64_t want;
    } rows[] = {
        {"1000000", 99, S / 2}, {"1000000", 0, S / 2}, {"1000000", 1, 0}, {"x", 99, 0}, {NULL, 99, 0}};
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char name[64], text[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@trunkwatch-unit-%d", (int)getpid());
    memcpy(a.sun_path + 1, name + 1, strlen(name) - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
        0);
    (void)setenv("NOTIFY_SOCKET", name, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_notify n;
        char pid[32];
        (void)snprintf(pid, sizeof pid, "%d", (int)getpid() + rows[i].pid);
        (void)(rows[i].usec != NULL ? setenv("WATCHDOG_USEC", rows[i].usec, 1) : unsetenv("WATCHDOG_USEC"));
        (void)(rows[i].pid != 99 ? setenv("WATCHDOG_PID", pid, 1) : unsetenv("WATCHDOG_PID"));
        tw_notify_init(&n);
        assert_true(n.fd >= 0);
        assert_int_equal(n.watchdog.ns, rows[i].want);
        tw_notify_send(&n, TW_NOTIFY_READY "\nSTATUS=x");
        ssize_t got = recv(fd, text, sizeof text, MSG_DONTWAIT);
        assert_int_equal(got, 16);
        assert_memory_equal(text, "READY=1\nSTATUS=x", 16);
        for (int k = 0; k < 12; k++) /* a manager that does not read holds nobody up for long */
            tw_notify_send(&n, TW_NOTIFY_WATCHDOG);
        while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0)
            ;
        tw_notify_finish(&n);
    }
    (void)close(fd);
    (void)unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_never_goes_back),
        cmocka_unit_test(clock_progresses_in_tiny_steps),
        cmocka_unit_test(log_escapes),
        cmocka_unit_test(log_holds_back_and_tells),
        cmocka_unit_test(log_never_waits),
        cmocka_unit_test(log_lines_are_bounded),
        cmocka_unit_test(listen_fds_are_ours),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(notify_without_a_manager),
        cmocka_unit_test(notify_reaches_the_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
