/* SPDX-License-Identifier: ISC */
/*
 * Sends datagrams of a file that mix wrote, each from the address of its router, as fast as it can or at a
 * given rate, evenly or in bursts.
 *
 * Stamps and uptimes are those of the moment of sending. Says on standard output how many went out in what
 * time.
 */
#include "datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, STAMP = 20, FILES = 2 };

struct file {
    char *p, *at, *end;
};

struct sender {
    int fd;
    struct file files[FILES];
    size_t files_n, turn;
    uint16_t port[2]; /* by kind */
    double begin;
    char stamp[STAMP + 1];
    time_t stamped;
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in to[BATCH];
    struct {
        _Alignas(max_align_t) char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control[BATCH];
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
    (void)sig;
    ended = 1;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stop(const char *what)
{
    perror(what);
    exit(2);
}

/* Private: stamps are written over in memory. */
static struct file load(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        stop(path);
    char *p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (p == MAP_FAILED)
        stop(path);
    close(fd);
    return (struct file){p, p, p + st.st_size};
}

/* The files in turn; each from its start again when it is over. */
static char *next(struct sender *s, struct datagram_head *head)
{
    struct file *f = &s->files[s->turn++ % s->files_n];
    if (f->at >= f->end)
        f->at = f->p;
    memcpy(head, f->at, sizeof *head);
    char *bytes = f->at + sizeof *head;
    f->at = bytes + head->length;
    return bytes;
}

static void patch(struct sender *s, const struct datagram_head *head, char *bytes)
{
    if (head->how == PATCH_STAMP) {
        memcpy(bytes + head->patch, s->stamp, STAMP);
    } else if (head->how == PATCH_UPTIME) {
        uint32_t ticks = htonl(1u << 24 | (uint32_t)((now() - s->begin) * 100));
        memcpy(bytes + head->patch, &ticks, sizeof ticks);
    }
}

static void prepare(struct sender *s, unsigned i)
{
    struct datagram_head head;
    char *bytes = next(s, &head);
    patch(s, &head, bytes);
    s->vectors[i] = (struct iovec){bytes, head.length};
    s->to[i].sin_port = htons(s->port[head.kind]);
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(head.source)};
    struct cmsghdr *control = CMSG_FIRSTHDR(&s->headers[i].msg_hdr);
    if (control != NULL)
        memcpy(CMSG_DATA(control), &from, sizeof from);
}

static void set_up(struct sender *s, const char *address)
{
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        stop("socket");
    for (int i = 0; i < BATCH; i++) {
        struct msghdr *h = &s->headers[i].msg_hdr;
        s->to[i] = (struct sockaddr_in){.sin_family = AF_INET};
        if (inet_pton(AF_INET, address, &s->to[i].sin_addr) != 1)
            stop(address);
        *h = (struct msghdr){.msg_name = &s->to[i],
                             .msg_namelen = sizeof s->to[i],
                             .msg_iov = &s->vectors[i],
                             .msg_iovlen = 1,
                             .msg_control = s->control[i].bytes,
                             .msg_controllen = sizeof s->control[i].bytes};
        *CMSG_FIRSTHDR(h) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
                                             .cmsg_level = IPPROTO_IP,
                                             .cmsg_type = IP_PKTINFO};
    }
}

static void send_batch(struct sender *s, unsigned n)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec != s->stamped) {
        struct tm tm;
        gmtime_r(&t.tv_sec, &tm);
        strftime(s->stamp, sizeof s->stamp, "%b %e %Y %H:%M:%S", &tm);
        s->stamped = t.tv_sec;
    }
    for (unsigned i = 0; i < n; i++)
        prepare(s, i);
    for (unsigned done = 0; done < n && !ended;) {
        int sent = sendmmsg(s->fd, s->headers + done, n - done, 0);
        if (sent < 0 && errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS)
            stop("sendmmsg");
        done += sent > 0 ? (unsigned)sent : 0;
    }
}

/* rate 0: as fast as it goes. burst: so many at a time, with pauses that keep the rate. seconds: at most that
 * long. */
static unsigned long send_all(struct sender *s, unsigned long count, double rate, unsigned long burst,
                              double seconds)
{
    unsigned long sent = 0;
    s->begin = now();
    while (sent < count && !ended) {
        double gone = now() - s->begin;
        if (gone >= seconds)
            break;
        unsigned long due = rate > 0 ? ((unsigned long)(gone * rate) / burst + 1) * burst : count;
        due = due < count ? due : count;
        if (due <= sent) {
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
            continue;
        }
        unsigned n = due - sent < BATCH ? (unsigned)(due - sent) : BATCH;
        send_batch(s, n);
        sent += n;
    }
    return sent;
}

int main(int argc, char **argv)
{
    struct sender s = {.files_n = 0};
    const char *address = "127.0.0.1";
    unsigned long count = 1000, burst = 1;
    double rate = 0, seconds = 60;
    for (int c; (c = getopt(argc, argv, "a:s:p:n:r:b:t:")) != -1;) {
        switch (c) {
        case 'a': address = optarg; break;
        case 's': s.port[SYSLOG] = (uint16_t)atoi(optarg); break;
        case 'p': s.port[TRAP] = (uint16_t)atoi(optarg); break;
        case 'n': count = strtoul(optarg, NULL, 10); break;
        case 'r': rate = atof(optarg); break;
        case 'b': burst = strtoul(optarg, NULL, 10); break;
        case 't': seconds = atof(optarg); break;
        default: optind = argc; break;
        }
    }
    if (optind >= argc || argc - optind > FILES || burst == 0) {
        fputs("usage: blast [-a ADDRESS] [-s SYSLOG-PORT] [-p TRAP-PORT] [-n COUNT] [-r PER-SECOND "
              "[-b BURST]] [-t SECONDS] FILE...\n",
              stderr);
        return 2;
    }
    for (; optind < argc; optind++)
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): zero, as all that is not named */
        s.files[s.files_n++] = load(argv[optind]);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    set_up(&s, address);
    unsigned long sent = send_all(&s, count, rate, burst, seconds);
    printf("{\"sent\": %lu, \"seconds\": %.6f}\n", sent, now() - s.begin);
    return 0;
}
