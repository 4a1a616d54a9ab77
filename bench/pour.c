/* SPDX-License-Identifier: ISC */
/*
 * Sends log lines of a file that mix wrote over TCP or TLS, as fast as the other side takes them, from one
 * core.
 *
 * Stamps are those of the moment of sending. At the end every connection is closed in order, and waited for
 * until the other side has closed it too: what was sent is then read. Says on standard output how many lines
 * went out in what time, that included.
 */
#include "datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, PIECE = 64 << 10, LINE = 2048, STAMP = 20, PATIENCE_MS = 30000 };

struct connection {
    int fd;
    SSL *tls; /* NULL: plain */
    size_t n, at;
    char piece[PIECE + LINE];
};

struct pour {
    char *p, *at, *end;
    bool counted;
    char stamp[STAMP + 1];
    time_t stamped;
    unsigned long lines, most;
    size_t n;
    struct connection *rows[CONNECTIONS];
};

static _Noreturn void stop(const char *what)
{
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void load(struct pour *s, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        stop(path);
    s->at = s->p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (s->p == MAP_FAILED)
        stop(path);
    s->end = s->p + st.st_size;
    close(fd);
}

/* The next line, framed; returns its length. */
static size_t put_line(struct pour *s, char *out)
{
    struct datagram_head head;
    if (s->at >= s->end)
        s->at = s->p;
    memcpy(&head, s->at, sizeof head);
    const char *bytes = s->at + sizeof head;
    s->at += sizeof head + head.length;
    size_t n = s->counted ? (size_t)sprintf(out, "%u ", head.length) : 0;
    memcpy(out + n, bytes, head.length);
    if (head.how == PATCH_STAMP)
        memcpy(out + n + head.patch, s->stamp, STAMP);
    n += head.length;
    if (!s->counted)
        out[n++] = '\n';
    s->lines++;
    return n;
}

static void fill(struct pour *s, struct connection *c)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec != s->stamped) {
        struct tm tm;
        gmtime_r(&t.tv_sec, &tm);
        strftime(s->stamp, sizeof s->stamp, "%b %e %Y %H:%M:%S", &tm);
        s->stamped = t.tv_sec;
    }
    for (c->at = c->n = 0; c->n < PIECE && s->lines < s->most;)
        c->n += put_line(s, c->piece + c->n);
}

static void push(struct connection *c)
{
    const char *from = c->piece + c->at;
    if (c->tls == NULL) {
        ssize_t n = send(c->fd, from, c->n - c->at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            stop("send");
        c->at += n > 0 ? (size_t)n : 0;
        return;
    }
    int n = SSL_write(c->tls, from, (int)(c->n - c->at));
    int why = n > 0 ? 0 : SSL_get_error(c->tls, n);
    if (n <= 0 && why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ)
        stop("SSL_write");
    c->at += n > 0 ? (size_t)n : 0;
}

static void pour(struct pour *s, double until)
{
    struct pollfd fds[CONNECTIONS];
    for (;;) {
        size_t open = 0;
        bool over = now() >= until;
        for (size_t i = 0; i < s->n; i++) {
            struct connection *c = s->rows[i];
            if (c->at == c->n && !over)
                fill(s, c);
            fds[i] = (struct pollfd){.fd = c->at < c->n ? c->fd : -1, .events = POLLOUT};
            open += c->at < c->n;
        }
        if (open == 0)
            return;
        if (poll(fds, s->n, PATIENCE_MS) <= 0)
            stop("poll: the receiver takes nothing");
        for (size_t i = 0; i < s->n; i++) {
            if (fds[i].revents != 0)
                push(s->rows[i]);
        }
    }
}

static struct connection *reach(const char *address, uint16_t port, SSL_CTX *tls)
{
    struct connection *c = calloc(1, sizeof *c);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (c == NULL || inet_pton(AF_INET, address, &to.sin_addr) != 1)
        stop(address);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        stop("connect");
    if (tls == NULL)
        return c;
    c->tls = SSL_new(tls);
    if (c->tls == NULL || SSL_set_fd(c->tls, c->fd) != 1 || SSL_connect(c->tls) != 1)
        stop("SSL_connect");
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        stop("fcntl");
    return c;
}

/* Reads what there is, tickets and farewells, until the other side closes. */
static void leave(struct connection *c)
{
    char piece[4096];
    struct pollfd fd = {.fd = c->fd, .events = POLLIN};
    if (c->tls != NULL)
        (void)SSL_shutdown(c->tls);
    (void)shutdown(c->fd, SHUT_WR);
    for (;;) {
        if (poll(&fd, 1, PATIENCE_MS) <= 0)
            stop("poll: the receiver does not close");
        ssize_t n = recv(c->fd, piece, sizeof piece, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            break;
    }
    SSL_free(c->tls);
    close(c->fd);
    free(c);
}

int main(int argc, char **argv)
{
    static struct pour s;
    const char *address = "127.0.0.1";
    uint16_t port = 0;
    double seconds = 60;
    bool secure = false;
    s.n = 1;
    s.most = 1000;
    for (int c; (c = getopt(argc, argv, "a:p:c:n:t:or")) != -1;) {
        switch (c) {
        case 'a': address = optarg; break;
        case 'p': port = (uint16_t)atoi(optarg); break;
        case 'c': s.n = strtoul(optarg, NULL, 10); break;
        case 'n': s.most = strtoul(optarg, NULL, 10); break;
        case 't': seconds = atof(optarg); break;
        case 'o': s.counted = true; break;
        case 'r': secure = true; break;
        default: optind = argc; break;
        }
    }
    if (optind != argc - 1 || port == 0 || s.n == 0 || s.n > CONNECTIONS) {
        fputs("usage: pour -p PORT [-a ADDRESS] [-c CONNECTIONS] [-n LINES] [-t SECONDS] [-o] [-r] FILE\n"
              "-o: octet counting, else a line feed; -r: TLS, whoever the other side is\n",
              stderr);
        return 2;
    }
    load(&s, argv[optind]);
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *tls = secure ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (secure && tls == NULL)
        stop("TLS");
    if (secure)
        SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    for (size_t i = 0; i < s.n; i++)
        s.rows[i] = reach(address, port, tls);
    double begin = now();
    pour(&s, begin + seconds);
    for (size_t i = 0; i < s.n; i++)
        leave(s.rows[i]);
    printf("{\"sent\": %lu, \"seconds\": %.6f}\n", s.lines, now() - begin);
    SSL_CTX_free(tls);
    return 0;
}
