/* SPDX-License-Identifier: ISC */
/*
 * How fast it could be: judges the mix, and nothing but the mix.
 *
 * It knows the exact forms, the exact names and that nothing is late or wrong; no inventory, no rules, no
 * evidence.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEVICES = 200000, SUBS = 4096, HOLD = 10, WAITING = 1 << 16 };

struct device {
    uint32_t trunk;
    uint8_t master, main_down;
    uint32_t *since; /* by sub-interface; 0 = up */
};

struct waiting {
    uint32_t device, sub, since;
    const char *stamp;
};

static struct device devices[DEVICES];
static struct waiting waiting[WAITING];
static uint32_t first, last;

static uint32_t digits(const char **p)
{
    uint32_t n = 0;
    for (; **p >= '0' && **p <= '9'; ++*p)
        n = n * 10 + (uint32_t)(**p - '0');
    return n;
}

/* "Aug  8 2025 06:00:00": the mix lasts less than a month. */
static uint32_t seconds_of(const char *p)
{
#define TWO(i) ((uint32_t)(p[i] == ' ' ? 0 : p[i] - '0') * 10 + (uint32_t)(p[(i) + 1] - '0'))
    return TWO(4) * 86400 + TWO(12) * 3600 + TWO(15) * 60 + TWO(18);
#undef TWO
}

static void fire(uint32_t now)
{
    for (; first != last && waiting[first % WAITING].since + HOLD < now; first++) {
        const struct waiting *w = &waiting[first % WAITING];
        const struct device *d = &devices[w->device];
        if (d->since[w->sub] == w->since && d->master && !d->main_down)
            printf("RAISED %.20s PE-%05u-%c Eth-Trunk%u.%u\n", w->stamp, w->device / 2 + 1,
                   w->device % 2 ? 'B' : 'A', d->trunk, w->sub);
    }
}

static void sub_interface(uint32_t index, uint32_t sub, int down, const char *rest, const char *stamp,
                          uint32_t now)
{
    struct device *d = &devices[index];
    if (!down) {
        d->since[sub] = 0;
        return;
    }
    static const char inherited[] = "The main interface is down";
    const char *reason = rest + sizeof ", AdminStatus=UP, OperStatus=DOWN, Reason=" - 1;
    if (d->since[sub] != 0 || !d->master || d->main_down ||
        memcmp(reason, inherited, sizeof inherited - 1) == 0)
        return;
    d->since[sub] = now;
    if (last - first == WAITING)
        abort();
    waiting[last++ % WAITING] = (struct waiting){index, sub, now, stamp};
}

static void link_line(uint32_t index, const char *p, const char *end, const char *stamp)
{
    static const char name[] = "(ifName=Eth-Trunk";
    int down = p[sizeof "IFNET/2/linkDown_" - 1] == 'a';
    p += down ? sizeof "IFNET/2/linkDown_active(l):CID=0x807a0408-alarmID=0x08520003;The interface status "
                       "changes. " -
                    1
              : sizeof "IFNET/2/"
                       "linkDown_clear(l):CID=0x807a0408-alarmID=0x08520003-clearType=service_resume;The "
                       "interface status changes. " -
                    1;
    if (end - p < 80 || memcmp(p, name, sizeof name - 1) != 0)
        return;
    p += sizeof name - 1;
    struct device *d = &devices[index];
    if (digits(&p) != d->trunk || d->since == NULL)
        return;
    uint32_t now = seconds_of(stamp);
    fire(now);
    if (*p != '.') {
        d->main_down = (uint8_t)down;
        return;
    }
    p++;
    uint32_t sub = digits(&p);
    if (sub < SUBS)
        sub_interface(index, sub, down, p, stamp, now);
}

static void role_line(uint32_t index, const char *p, const char *end, const char *stamp)
{
    static const char member[] = "MemberId=";
    p = memmem(p, (size_t)(end - p), member, sizeof member - 1);
    if (p == NULL)
        return;
    fire(seconds_of(stamp));
    struct device *d = &devices[index];
    p += sizeof member - 1;
    d->trunk = digits(&p);
    d->master = p[sizeof ", State=" - 1] == 'M';
    if (d->since == NULL && (d->since = calloc(SUBS, sizeof *d->since)) == NULL)
        abort();
}

static void line(const char *p, const char *end)
{
    enum { STAMP = 5, HOST = 26 };
    if (end - p < 60 || p[HOST] != 'P' || p[HOST + 1] != 'E')
        return;
    const char *host = p + HOST + 3, *what = host + 7 + 5;
    int link = memcmp(what, "IFNET/2/link", 12) == 0;
    if (!link && memcmp(what, "ETRUNK/4/ETRUNK_MEMBER", 22) != 0)
        return;
    uint32_t index = (digits(&host) - 1) * 2 + (host[1] == 'B');
    if (index >= DEVICES)
        return;
    if (link)
        link_line(index, what, end, p + STAMP);
    else
        role_line(index, what, end, p + STAMP);
}

int main(int argc, char **argv)
{
    struct stat st;
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &st) != 0) {
        fputs("usage: limit LOG\n", stderr);
        return 2;
    }
    const char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    for (const char *end = p + st.st_size; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        eol = eol != NULL ? eol : end;
        line(p, eol);
        p = eol + 1;
    }
    fire(UINT32_MAX);
    return fflush(stdout) == 0 ? 0 : 1;
}
