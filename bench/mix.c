/* SPDX-License-Identifier: ISC */
/* Writes the mix into a folder: inventory.yaml, truth.json, and mix.log or, to be sent, syslog.dgrams,
 * traps.dgrams and secure.dgrams. */
#include "datagram.h"
#include "mix.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STAMP = 32, LINE = 1024 };

uint32_t device_address(uint32_t device)
{
    return (127u << 24) + (16u << 16) + 1 + device;
}

uint32_t trunk_of(uint32_t pair, uint32_t side)
{
    return 10 + pair % 40 + (pair % 3 == 0 ? 50 * side : 0); /* ids may differ between the two routers */
}

uint32_t e_trunk_of(uint32_t pair)
{
    return 1 + pair % 4;
}

uint32_t sub_number(uint32_t sub)
{
    return 100 + sub;
}

static void make_stamps(const struct shape *s, uint32_t at, char stamp[static STAMP],
                        char short_stamp[static STAMP])
{
    time_t t = (time_t)s->start + at;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(stamp, STAMP, "%b %e %Y %H:%M:%S", &tm);
    strftime(short_stamp, STAMP, "%b %e %H:%M:%S", &tm);
}

/* Where the lines go: to the log, or as datagrams, one of each kind. */
struct writer {
    const struct shape *shape;
    FILE *log, *syslog, *traps, *secured;
    struct secure *secure;
    struct rng rng;
    char stamp[STAMP], short_stamp[STAMP];
    uint32_t request;
};

static void put_datagram(FILE *f, uint32_t device, enum datagram_kind kind, const char *bytes, size_t n,
                         size_t patch)
{
    enum datagram_patch how = kind == SYSLOG ? PATCH_STAMP : patch > 0 ? PATCH_UPTIME : PATCH_NONE;
    struct datagram_head head = {.source = device_address(device),
                                 .length = (uint16_t)n,
                                 .patch = (uint16_t)patch,
                                 .kind = (uint8_t)kind,
                                 .how = (uint8_t)how};
    fwrite_unlocked(&head, sizeof head, 1, f);
    fwrite_unlocked(bytes, 1, n, f);
}

/* `h`: NULL for noise */
static void write_line(struct writer *w, const struct happening *h)
{
    char line[LINE];
    uint32_t device = h != NULL ? h->pair * 2 + h->side : 0;
    size_t n = h != NULL ? happening_line(h, w->stamp, line, LINE - 1)
                         : noise_line(&w->rng, w->shape, w->stamp, w->short_stamp, line, LINE - 1, &device);
    if (!w->shape->live) {
        line[n] = '\n';
        fwrite_unlocked(line, 1, n + 1, w->log);
        return;
    }
    put_datagram(w->syslog, device, SYSLOG, line, n, sizeof "<189>" - 1);
    size_t uptime;
    n = h != NULL ? happening_trap(h, w->request, line, &uptime)
                  : noise_trap(&w->rng, w->shape, w->request, line, &uptime, &device);
    put_datagram(w->traps, device, TRAP, line, n, uptime);
    if (w->secure != NULL) { /* what is signed can't be patched */
        char secured[LINE * 2];
        n = secure_trap(w->secure, device, line, n, secured, sizeof secured);
        put_datagram(w->secured, device, TRAP, secured, n, 0);
    }
    w->request = (w->request + 1) & 0x7fffffff;
}

/* Spreads the noise evenly over the time line, and what happens in a second over the noise of that second. */
static void write_all(struct writer *w, const struct plan *p)
{
    const struct shape *s = w->shape;
    uint64_t noise = s->lines > p->n ? s->lines - p->n : 0, written = 0;
    size_t next = 0;
    for (uint32_t at = 0; at < s->duration; at++) {
        uint64_t quiet = noise * (at + 1) / s->duration - written;
        size_t due = next;
        while (due < p->n && p->rows[due].at == at)
            due++;
        if (quiet + due - next > 0)
            make_stamps(s, at, w->stamp, w->short_stamp);
        while (quiet + due - next > 0) {
            bool noisy = rng_below(&w->rng, (uint32_t)(quiet + due - next)) < quiet;
            write_line(w, noisy ? NULL : &p->rows[next]);
            next += !noisy;
            quiet -= noisy;
            written += noisy;
        }
    }
}

static void write_device(FILE *f, const struct shape *s, uint32_t device)
{
    uint32_t a = device_address(device);
    char id[32];
    fprintf(f, "  pe-%05u-%c: {addresses: [%u.%u.%u.%u], hostnames: [PE-%05u-%c]", device / 2 + 1,
            device % 2 ? 'b' : 'a', a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, device / 2 + 1,
            device % 2 ? 'B' : 'A');
    engine_name(device, id);
    if (s->secure)
        fprintf(f, ", engine-id: \"%s\"", id);
    fputs("}\n", f);
}

static void write_inventory(const struct shape *s, FILE *f)
{
    fputs("# Simulated routers.\ndevices:\n", f);
    for (uint32_t d = 0; d < 2 * s->pairs; d++)
        write_device(f, s, d);
    fputs("pairs:\n", f);
    for (uint32_t i = 0; i < s->pairs; i++) {
        fprintf(
            f,
            "  pair-%05u:\n    devices: [pe-%05u-a, pe-%05u-b]\n    e-trunks:\n      %u:\n        members:\n"
            "          - trunks: {pe-%05u-a: Eth-Trunk%u, pe-%05u-b: Eth-Trunk%u}\n            "
            "sub-interfaces:\n",
            i + 1, i + 1, i + 1, e_trunk_of(i), i + 1, trunk_of(i, 0), i + 1, trunk_of(i, 1));
        for (uint32_t k = 0; k < s->subs; k++)
            fprintf(f, s->rich ? "              %u: {services: [arp]}\n" : "              %u: {}\n",
                    sub_number(k));
    }
}

static void write_time(FILE *f, const char *key, const struct shape *s, uint32_t at)
{
    char text[STAMP];
    time_t t = (time_t)s->start + at;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (at == UINT32_MAX)
        fprintf(f, ", \"%s\": null", key);
    else
        fprintf(f, ", \"%s\": \"%s.000Z\"", key, text);
}

/* One alert a line, in the order in which they must be raised. */
static void write_truth(const struct shape *s, const struct plan *p, FILE *f)
{
    for (size_t i = 0; i < p->truth_n; i++) {
        const struct interruption *t = &p->truth[i];
        fprintf(f,
                "{\"pair\": \"pair-%05u\", \"device\": \"pe-%05u-%c\", \"trunk\": \"Eth-Trunk%u\", "
                "\"sub_interfaces\": [",
                t->pair + 1, t->pair + 1, t->side ? 'b' : 'a', trunk_of(t->pair, t->side));
        for (uint32_t k = 0; k < t->n; k++)
            fprintf(f, "%s\"Eth-Trunk%u.%u\"", k > 0 ? ", " : "", trunk_of(t->pair, t->side),
                    sub_number(p->subs[t->first + k]));
        fputs("]", f);
        write_time(f, "since", s, t->since);
        write_time(f, "raised", s, t->since + s->hold);
        write_time(f, "cleared", s, t->cleared);
        if (t->cleared == UINT32_MAX)
            fputs(", \"cleared_by\": null}\n", f);
        else
            fprintf(f, ", \"cleared_by\": \"%s\"}\n", t->switched_over ? "switched-over" : "recovered");
    }
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    setvbuf(f, NULL, _IOFBF, 1 << 20);
    return f;
}

static void close_file(FILE *f)
{
    if (ferror(f) || fclose(f) != 0) {
        perror("write");
        exit(2);
    }
}

static uint32_t number(const char *text, uint32_t least, uint32_t most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || n < least || n > most) {
        fprintf(stderr, "'%s': expected a number from %u to %u\n", text, least, most);
        exit(2);
    }
    return (uint32_t)n;
}

static int usage(void)
{
    fputs(
        "usage: mix [-n LINES] [-p PAIRS] [-s SUB-INTERFACES] [-t SECONDS] [-l] [-3] [-H HOLD] [-r] [-S "
        "SEED] "
        "FOLDER\n"
        "Writes mix.log, inventory.yaml and truth.json. -n 0: the inventory only; -r: with services in it.\n"
        "-l: datagrams to be sent within -t seconds, syslog.dgrams and traps.dgrams, instead of mix.log; -3: "
        "and\n"
        "secure.dgrams, the traps as SNMPv3, for a receiver that has not heard them for 150 s\n",
        stderr);
    return 2;
}

static void write_messages(const struct shape *s, const struct plan *p, const char *folder)
{
    struct writer w = {.shape = s, .rng = {s->seed ^ 0x6e6f697365}};
    if (s->live) {
        if (s->secure) {
            w.secured = open_in(folder, "secure.dgrams");
            w.secure = secure_begin(s->pairs * 2);
        }
        w.syslog = open_in(folder, "syslog.dgrams");
        w.traps = open_in(folder, "traps.dgrams");
    } else {
        w.log = open_in(folder, "mix.log");
    }
    write_all(&w, p);
    secure_end(w.secure);
    FILE *const files[] = {w.log, w.syslog, w.traps, w.secured};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] != NULL)
            close_file(files[i]);
}

int main(int argc, char **argv)
{
    /* 2025-08-08 06:00:00: in the past on any machine, some correlators will not believe the future */
    struct shape s = {.lines = 1000000, .pairs = 200, .subs = 50, .start = 1754632800, .hold = 10, .seed = 1};
    for (int c; (c = getopt(argc, argv, "n:p:s:t:l3H:rS:")) != -1;) {
        switch (c) {
        case 'n': s.lines = number(optarg, 0, 100000000); break;
        case 'p': s.pairs = number(optarg, 1, 99999); break;
        case 's': s.subs = number(optarg, 1, 3000); break;
        case 't': s.duration = number(optarg, 5, 100000000); break;
        case 'l': s.live = true; break;
        case '3': s.secure = true; break;
        case 'H': s.hold = number(optarg, 1, 3600); break;
        case 'r': s.rich = true; break;
        case 'S': s.seed = number(optarg, 0, UINT32_MAX); break;
        default: return usage();
        }
    }
    if (optind != argc - 1)
        return usage();
    if (s.duration == 0) { /* half a line a second from each pair, and an hour at least */
        s.duration = (uint32_t)(s.lines * 2 / s.pairs);
        s.duration = s.duration < 3600 ? 3600 : s.duration;
    }
    FILE *f = open_in(argv[optind], "inventory.yaml");
    write_inventory(&s, f);
    close_file(f);
    if (s.lines == 0)
        return 0;
    struct plan p = {0};
    plan_make(&p, &s);
    write_messages(&s, &p, argv[optind]);
    write_truth(&s, &p, f = open_in(argv[optind], "truth.json"));
    close_file(f);
    plan_finish(&p);
    return 0;
}
