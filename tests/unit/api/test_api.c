/* SPDX-License-Identifier: ISC */
#include "api/board.h"
#include "api/control.h"
#include "api/http.h"
#include "api/metrics.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void samples_are_escaped(void **state)
{
    static const struct tw_label labels[] = {{"a", "plain"},
                                             {"b", "a \"quote\", a \\ and\na line"},
                                             {"c", "\xff\xfe"},
                                             {"d", "\xc3\xa9"},
                                             {NULL, NULL}};
    struct tw_buf b = {0};
    (void)state;
    tw_metrics_family(&b, "x_total", "counter", "Help with \"quotes\", a \\ and\na line.");
    tw_metrics_sample(&b, "x_total", labels, 1);
    assert_string_equal(b.p,
                        "# HELP x_total Help with \"quotes\", a \\\\ and\\na line.\n# TYPE x_total counter\n"
                        "x_total{a=\"plain\",b=\"a \\\"quote\\\", a \\\\ and\\na line\",c=\"\\\\xff\\\\xfe\","
                        "d=\"\xc3\xa9\"} 1\n");
    tw_buf_finish(&b);
}

static void values_are_exact(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "x 0\n"},
                {-3, "x -3\n"},
                {0.5, "x 0.5\n"},
                {1795629759.25, "x 1795629759.25\n"},
                {9007199254740991.0, "x 9007199254740991\n"},
                {1e300, "x 1.0000000000000001e+300\n"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf b = {0};
        tw_metrics_sample(&b, "x", NULL, rows[i].value);
        assert_string_equal(b.p, rows[i].text);
        tw_buf_finish(&b);
    }
}

static void names_of_this_machine(void **state)
{
    static const char *const yes[] = {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "[::1]"};
    static const char *const no[] = {"",
                                     "example.org",
                                     "localhost.example",
                                     "127.0.0.1.example",
                                     "10.0.0.1",
                                     "::1",
                                     "[127.0.0.1]",
                                     "[::2]",
                                     "[::1",
                                     "[::ffff:10.0.0.1]",
                                     "0.0.0.0",
                                     "[::]",
                                     "127.0.0.1 "};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(tw_http_is_loopback_name(tw_str_z(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(tw_http_is_loopback_name(tw_str_z(no[i])));
}

static void take(struct tw_board *b, unsigned n, enum tw_transition_kind kind, enum tw_severity severity,
                 const char *json)
{
    struct tw_transition t = {.kind = kind, .condition = n % 2 ? "odd" : "even", .severity = severity};
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%016x", n);
    tw_board_take(b, &t, tw_str_z(json));
}

static const char *found(const struct tw_board *b, unsigned n)
{
    static char text[64];
    char id[TW_ALERT_ID];
    (void)snprintf(id, sizeof id, "%016x", n);
    const struct tw_shared *s = tw_board_find(b, id);
    (void)snprintf(text, sizeof text, "%.*s", s != NULL ? (int)s->n : 1, s != NULL ? s->p : "-");
    return text;
}

static void an_alert_lives(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    take(b, 1, TW_RAISED, TW_SEVERITY_MAJOR, "{1}\n");
    take(b, 2, TW_RAISED, TW_SEVERITY_MINOR, "{2}\n");
    assert_string_equal(found(b, 1), "{1}");
    assert_string_equal(found(b, 3), "-");
    take(b, 1, TW_UPDATED, TW_SEVERITY_CRITICAL, "{1,updated}\n");
    assert_string_equal(found(b, 1), "{1,updated}");
    assert_string_equal(tw_board_row(b, 0)->condition, "odd");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_MAJOR], 0);
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 1);
    assert_int_equal(tw_board_row(b, 1)->firing[TW_SEVERITY_MINOR], 1);
    assert_null(tw_board_row(b, 2));
    take(b, 1, TW_CLEARED, TW_SEVERITY_CRITICAL, "{1,cleared}\n");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 0);
    assert_int_equal(tw_board_stats(b).firing, 1);
    assert_int_equal(tw_board_stats(b).ended, 1);
    /* The same again: an alert may come back under its old id. */
    take(b, 1, TW_RAISED, TW_SEVERITY_MAJOR, "{1,again}\n");
    assert_int_equal(tw_board_stats(b).firing, 2);
    assert_int_equal(tw_board_stats(b).ended, 0);
    assert_string_equal(found(b, 1), "{1,again}");
    tw_board_destroy(b);
}

static void the_last_that_ended_are_kept(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    for (unsigned i = 1; i <= TW_BOARD_ENDED_MAX + 5; i++) {
        take(b, i, TW_RAISED, TW_SEVERITY_MAJOR, "{}");
        take(b, i, TW_CLEARED, TW_SEVERITY_MAJOR, "{ended}");
    }
    assert_int_equal(tw_board_stats(b).ended, TW_BOARD_ENDED_MAX);
    assert_int_equal(tw_board_stats(b).bytes, TW_BOARD_ENDED_MAX * strlen("{ended}"));
    assert_int_equal(tw_board_stats(b).no_room, 0);
    assert_string_equal(found(b, 5), "-");
    assert_string_equal(found(b, 6), "{ended}");
    tw_board_destroy(b);
}

static void what_finds_no_room_is_counted(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    for (unsigned i = 0; i < TW_BOARD_FIRING_MAX + 3; i++)
        take(b, i, TW_RAISED, TW_SEVERITY_MAJOR, "{}");
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_FIRING_MAX);
    assert_int_equal(tw_board_stats(b).no_room, 3);
    take(b, 0, TW_CLEARED, TW_SEVERITY_MAJOR, "{}");
    take(b, TW_BOARD_FIRING_MAX, TW_UPDATED, TW_SEVERITY_MAJOR, "{late}");
    assert_string_equal(found(b, TW_BOARD_FIRING_MAX), "{late}");
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_FIRING_MAX);
    tw_board_destroy(b);
}

static void long_texts_push_out_what_ended(void **state)
{
    enum { MANY = 40, LONG = 2 << 20 };
    struct tw_board *b = tw_board_create();
    char *text = malloc(LONG + 1);
    (void)state;
    memset(text, ' ', LONG);
    text[LONG] = '\0';
    for (unsigned i = 0; i < MANY; i++)
        take(b, i, TW_CLEARED, TW_SEVERITY_MAJOR, text);
    assert_int_equal(tw_board_stats(b).ended, TW_BOARD_TEXT_MAX / LONG);
    assert_int_equal(tw_board_stats(b).bytes, TW_BOARD_TEXT_MAX);
    for (unsigned i = 0; i < MANY; i++)
        take(b, MANY + i, TW_RAISED, TW_SEVERITY_MAJOR, text);
    assert_int_equal(tw_board_stats(b).ended, 0);
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_TEXT_MAX / LONG);
    assert_int_equal(tw_board_stats(b).no_room, MANY - TW_BOARD_TEXT_MAX / LONG);
    /* One that is shown and grows stays with its last text that found room. */
    take(b, MANY, TW_UPDATED, TW_SEVERITY_CRITICAL, "{short}");
    take(b, MANY + 1, TW_UPDATED, TW_SEVERITY_CRITICAL, text);
    assert_string_equal(found(b, MANY), "{short}");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 1);
    free(text);
    tw_board_destroy(b);
}

static void conditions_without_end_are_one(void **state)
{
    struct tw_board *b = tw_board_create();
    char name[16];
    (void)state;
    for (unsigned i = 0; i < TW_BOARD_CONDITIONS_MAX + 10; i++) {
        struct tw_transition t = {.kind = TW_RAISED, .condition = name, .severity = TW_SEVERITY_MINOR};
        (void)snprintf(name, sizeof name, "c%u", i);
        (void)snprintf(t.alert_id, sizeof t.alert_id, "%016x", i);
        tw_board_take(b, &t, TW_STR("{}"));
    }
    const struct tw_board_row *last = tw_board_row(b, TW_BOARD_CONDITIONS_MAX - 1);
    assert_string_equal(last->condition, "other");
    assert_int_equal(last->firing[TW_SEVERITY_MINOR], 11);
    assert_null(tw_board_row(b, TW_BOARD_CONDITIONS_MAX));
    tw_board_destroy(b);
}

/* Clocks: a costly answer moves the second on. */
static int64_t clock_ms, cpu_us, cost_ms;
static unsigned made;

static int64_t read_clock(void)
{
    return clock_ms;
}

static int64_t read_cpu(void)
{
    return cpu_us;
}

static void costly(void *ctx, struct tw_http_request *r)
{
    char text[16];
    (void)ctx;
    (void)snprintf(text, sizeof text, "made %u", ++made);
    cpu_us += cost_ms * 1000;
    tw_http_add(r, tw_str_z(text));
}

static int listen_somewhere(struct sockaddr_in *at)
{
    socklen_t n = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (const struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* room: in the kernel for what is not read; 0: as it is. */
static int request_with(const struct sockaddr_in *at, int room)
{
    static const char text[] = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (room > 0)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(send(fd, text, sizeof text - 1, 0), sizeof text - 1);
    return fd;
}

static int request(const struct sockaddr_in *at)
{
    return request_with(at, 0);
}

/* The body that a request gets. */
static const char *ask(struct event_base *base, const struct sockaddr_in *at)
{
    static char answer[4096];
    size_t n = 0;
    ssize_t got = -1;
    int fd = request(at);
    for (unsigned i = 0; i < 100000 && got != 0; i++) {
        assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
        got = recv(fd, answer + n, sizeof answer - 1 - n, MSG_DONTWAIT);
        n += got > 0 ? (size_t)got : 0;
    }
    assert_int_equal(got, 0);
    answer[n] = '\0';
    (void)close(fd);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    return body + 4;
}

static void a_costly_answer_is_sent_again(void **state)
{
    static const struct tw_http_route routes[] = {{"/x", "text/plain", true, NULL, costly, NULL},
                                                  {NULL, NULL, false, NULL, NULL, NULL}};
    const struct tw_http_options o = {routes, NULL, read_clock, read_cpu, 0};
    struct event_base *base = event_base_new();
    struct sockaddr_in at;
    struct tw_http *h = tw_http_create(base, listen_somewhere(&at), &o);
    (void)state;
    /* What costs nothing is made each time. */
    assert_string_equal(ask(base, &at), "made 1");
    assert_string_equal(ask(base, &at), "made 2");
    /* After 10 ms of work there is none for 200. */
    cost_ms = 10;
    assert_string_equal(ask(base, &at), "made 3");
    clock_ms += 199;
    assert_string_equal(ask(base, &at), "made 3");
    clock_ms += 1;
    /* However long it takes, it is never older than two seconds. */
    cost_ms = 60000;
    assert_string_equal(ask(base, &at), "made 4");
    clock_ms += 1999;
    assert_string_equal(ask(base, &at), "made 4");
    clock_ms += 1;
    assert_string_equal(ask(base, &at), "made 5");
    assert_int_equal(tw_http_stats(h).ok, 7);
    tw_http_destroy(h);
    event_base_free(base);
}

/* More than the kernel takes for a connection. */
static void huge(void *ctx, struct tw_http_request *r)
{
    tw_http_add_shared(r, ctx);
}

static void one_that_takes_nothing_is_ended(void **state)
{
    static const struct tw_http_route routes[] = {{"/x", "text/plain", false, NULL, huge, NULL},
                                                  {NULL, NULL, false, NULL, NULL, NULL}};
    struct tw_buf text = {0};
    (void)state;
    tw_buf_reserve(&text, 64 << 20);
    memset(text.p, 'x', 64 << 20);
    text.n = 64 << 20;
    struct tw_shared *shared = tw_shared_take(&text);
    const struct tw_http_options o = {routes, shared, read_clock, read_cpu, 0};
    struct event_base *base = event_base_new();
    struct sockaddr_in at;
    struct tw_http *h = tw_http_create(base, listen_somewhere(&at), &o);
    int fd = request(&at);
    while (tw_http_stats(h).requests == 0)
        assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
    clock_ms += TW_HTTP_ANSWER_MS - 1;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
    assert_int_equal(tw_http_stats(h).open, 1);
    assert_int_equal(tw_http_stats(h).late, 0);
    assert_true(shared->refs > 1);
    clock_ms += 1;
    for (unsigned i = 0; i < 100 && tw_http_stats(h).open > 0; i++) /* ticks */
        assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
    assert_int_equal(tw_http_stats(h).open, 0);
    assert_int_equal(tw_http_stats(h).late, 1);
    assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0); /* libevent lets go a turn later */
    assert_int_equal(shared->refs, 1);
    (void)close(fd);
    /* The end with one in flight lets go of it, too. */
    fd = request(&at);
    while (tw_http_stats(h).requests == 1)
        assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
    assert_true(shared->refs > 1);
    tw_http_destroy(h);
    event_base_free(base);
    assert_int_equal(shared->refs, 1);
    tw_shared_unref(shared);
    (void)close(fd);
}

/* A daemon that begins when the others do. Its word: whether it has the socket; its end: when it is told. */
static void begin_together(const char *path, int start, int word, int end)
{
    const struct tw_control_options o = {.path = path};
    char c = 0;
    struct event_base *base = event_base_new();
    if (read(start, &c, 1) != 0) /* until it is closed */
        _exit(1);
    struct tw_control *control = tw_control_create(base, &o);
    c = control != NULL ? 'y' : errno == EADDRINUSE ? 'n' : '?';
    bool ok = write(word, &c, 1) == 1 && read(end, &c, 1) == 0;
    tw_control_destroy(control);
    event_base_free(base);
    _exit(ok ? 0 : 1);
}

/* Of daemons that begin at the same moment, on what a killed one left behind, one has the socket and keeps
 * it. */
static void one_of_those_who_begin_together(void **state)
{
    enum { DAEMONS = 4, ROUNDS = 40 };
    char folder[] = "/tmp/trunkwatch-control-XXXXXX", path[64];
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/s", folder);
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    for (int round = 0; round < ROUNDS; round++) {
        int start[2] = {-1, -1}, word[2] = {-1, -1}, end[2] = {-1, -1},
            stale = socket(AF_UNIX, SOCK_STREAM, 0), have = 0;
        assert_int_equal(bind(stale, (const struct sockaddr *)&to, sizeof to), 0);
        (void)close(stale);
        assert_int_equal(pipe(start), 0);
        assert_int_equal(pipe(word), 0);
        assert_int_equal(pipe(end), 0);
        for (int i = 0; i < DAEMONS; i++) {
            if (fork() == 0) {
                (void)close(start[1]);
                (void)close(end[1]);
                begin_together(path, start[0], word[1], end[0]);
            }
        }
        (void)close(start[1]);
        for (int i = 0; i < DAEMONS; i++) {
            char c = 0;
            assert_int_equal(read(word[0], &c, 1), 1);
            assert_true(c == 'y' || c == 'n');
            have += c == 'y';
        }
        assert_int_equal(have, 1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0); /* it is there */
        (void)close(fd);
        (void)close(end[1]);
        for (int i = 0; i < DAEMONS; i++)
            assert_true(wait(NULL) > 0);
        assert_int_not_equal(access(path, F_OK), 0);
        (void)close(start[0]);
        (void)close(word[0]);
        (void)close(word[1]);
        (void)close(end[0]);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* As many bytes as ever are asked for, of a letter that changes. */
static char letter;
static void large(void *ctx, struct tw_http_request *r)
{
    struct tw_buf text = {0};
    tw_buf_reserve(&text, *(size_t *)ctx);
    memset(text.p, letter, *(size_t *)ctx);
    made++;
    tw_http_add(r, tw_str_of(text.p, *(size_t *)ctx));
    tw_buf_finish(&text);
}

static unsigned by_letter(const struct tw_http_request *r)
{
    return tw_http_parameter(r, "other") != NULL;
}

/* Who takes the same answer shares it; what many take nothing of is bounded. */
static void answers_that_are_not_taken(void **state)
{
    static const char *const other[] = {"other", NULL};
    static const struct tw_http_route routes[] = {{"/x", "text/plain", true, other, large, by_letter},
                                                  {NULL, NULL, false, NULL, NULL, NULL}};
    size_t size = 900000;
    const int room = 65536;
    const struct tw_http_options o = {routes, &size, read_clock, read_cpu, 2500000};
    struct event_base *base = event_base_new();
    struct sockaddr_in at;
    int listening = listen_somewhere(&at), fds[6];
    (void)state;
    /* So that the kernel takes little of an answer: each connection gets this from the socket that listens.
     */
    assert_int_equal(setsockopt(listening, SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    struct tw_http *h = tw_http_create(base, listening, &o);
    for (unsigned n = 0; n < 6; n++) {
        letter = n < 2 ? 'a' : (char)('a' + n); /* two of the same, then each another one */
        fds[n] = request_with(&at, room);
        while (tw_http_stats(h).requests == n)
            assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
        /* The one in hand is not among the old: before f those are a, c, d. */
        assert_int_equal(tw_http_stats(h).refused, n < 5 ? 0 : 1);
    }
    for (unsigned i = 0; i < 6; i++)
        (void)close(fds[i]);
    for (unsigned i = 0; i < 1000; i++)
        assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
    size = 3;
    assert_string_equal(ask(base, &at), "fff");
    assert_int_equal(tw_http_stats(h).refused, 1);
    tw_http_destroy(h);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_escaped),
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(names_of_this_machine),
        cmocka_unit_test(an_alert_lives),
        cmocka_unit_test(the_last_that_ended_are_kept),
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(long_texts_push_out_what_ended),
        cmocka_unit_test(conditions_without_end_are_one),
        cmocka_unit_test(a_costly_answer_is_sent_again),
        cmocka_unit_test(one_that_takes_nothing_is_ended),
        cmocka_unit_test(answers_that_are_not_taken),
        cmocka_unit_test(one_of_those_who_begin_together),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
