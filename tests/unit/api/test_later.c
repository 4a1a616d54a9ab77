/* SPDX-License-Identifier: ISC */
/* Answers that come later, or never. */
#include "api/http.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct event_base *base;
static struct tw_http *http;
static struct sockaddr_in address;
static struct tw_http_later *asked[4];
static int ids[4];
static unsigned asked_n, gone_n;
static int64_t clock_ms;

static int64_t now_ms(void)
{
    return clock_ms;
}

static int64_t cpu_us(void)
{
    return 0;
}

static void gone(void *ctx)
{
    int *id = ctx;
    asked[*id] = NULL;
    *id = -1; /* once */
    gone_n++;
}

static void later(void *ctx, struct tw_http_request *r)
{
    (void)ctx;
    assert_true(asked_n < 4);
    ids[asked_n] = (int)asked_n;
    asked[asked_n] = tw_http_later(r, gone, &ids[asked_n]);
    asked_n++;
}

static void now(void *ctx, struct tw_http_request *r)
{
    (void)ctx;
    tw_http_add(r, TW_STR("at once"));
}

static const struct tw_http_route routes[] = {
    {"/later", "text/plain", false, NULL, later, NULL},
    {"/now", "text/plain", false, NULL, now, NULL},
    {NULL, NULL, false, NULL, NULL, NULL},
};

static int set_up(void **state)
{
    const struct tw_http_options o = {routes, NULL, now_ms, cpu_us, 0};
    socklen_t n = sizeof address;
    (void)state;
    base = event_base_new();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        return -1;
    asked_n = gone_n = 0;
    clock_ms = 1000;
    memset(asked, 0, sizeof asked);
    http = tw_http_create(base, fd, &o);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tw_http_destroy(http);
    event_base_free(base);
    return 0;
}

static void turn(void)
{
    (void)event_base_loop(base, EVLOOP_NONBLOCK);
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Fails when it does not come about within half a minute. */
#define UNTIL(condition)                                                                                     \
    do {                                                                                                     \
        time_t end = time(NULL) + 30;                                                                        \
        while (!(condition) && time(NULL) < end)                                                             \
            turn();                                                                                          \
        assert_true(condition);                                                                              \
    } while (0)

static int ask(const char *path)
{
    char text[128];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* All that comes until the other side closes. */
static const char *answer(int fd)
{
    static char text[4096];
    size_t n = 0;
    ssize_t got = -1;
    for (time_t end = time(NULL) + 30; got != 0 && time(NULL) < end; turn()) {
        got = recv(fd, text + n, sizeof text - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
    }
    assert_int_equal(got, 0);
    text[n] = '\0';
    (void)close(fd);
    return text;
}

static void it_comes_later(void **state)
{
    (void)state;
    int first = ask("/later"), second;
    UNTIL(asked_n == 1);
    assert_non_null(strstr(answer(ask("/now")), "at once")); /* nobody waits for it */
    second = ask("/later");
    UNTIL(asked_n == 2);
    tw_http_later_answer(asked[1], TW_STR("the second"));
    tw_http_later_error(asked[0], 404, "there is \"none\"");
    const char *text = answer(second);
    assert_ptr_equal(strstr(text, "HTTP/1.1 200"), text);
    assert_non_null(strstr(text, "Content-Type: text/plain"));
    assert_non_null(strstr(text, "\r\n\r\nthe second"));
    text = answer(first);
    assert_ptr_equal(strstr(text, "HTTP/1.1 404"), text);
    assert_non_null(strstr(text, "Content-Type: application/json"));
    assert_non_null(strstr(text, "{\"error\":\"there is \\\"none\\\"\"}"));
    assert_int_equal(gone_n, 0);
    assert_int_equal(tw_http_stats(http).ok, 2);
    assert_int_equal(tw_http_stats(http).refused, 1);
    UNTIL(tw_http_stats(http).open == 0);
}

static void it_takes_too_long(void **state)
{
    (void)state;
    int fd = ask("/later");
    UNTIL(asked_n == 1);
    clock_ms += TW_HTTP_LATER_MS;
    const char *text = answer(fd);
    assert_ptr_equal(strstr(text, "HTTP/1.1 503"), text);
    assert_non_null(strstr(text, "too long"));
    assert_int_equal(gone_n, 1);
    assert_null(asked[0]);
    assert_int_equal(tw_http_stats(http).late, 1);
}

static void who_asked_has_gone(void **state)
{
    const struct linger at_once = {1, 0};
    (void)state;
    int fd = ask("/later");
    UNTIL(asked_n == 1);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(fd); /* with a reset */
    UNTIL(gone_n == 1);
    UNTIL(tw_http_stats(http).open == 0);
    /* One that only says that it has nothing more to say still gets its answer. */
    fd = ask("/later");
    UNTIL(asked_n == 2);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    for (time_t end = time(NULL) + 2; time(NULL) < end;)
        turn();
    assert_int_equal(gone_n, 1);
    tw_http_later_answer(asked[1], TW_STR("all the same"));
    assert_non_null(strstr(answer(fd), "all the same"));
}

static void the_server_ends(void **state)
{
    (void)state;
    int one = ask("/later"), two = ask("/later");
    UNTIL(asked_n == 2);
    tw_http_destroy(http);
    http = NULL;
    assert_int_equal(gone_n, 2);
    (void)close(one);
    (void)close(two);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(it_comes_later), TEST(it_takes_too_long),
                                       TEST(who_asked_has_gone), TEST(the_server_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
