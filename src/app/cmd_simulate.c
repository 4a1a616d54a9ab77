/* SPDX-License-Identifier: ISC */
#include "command.h"

#include "base/buf.h"
#include "base/mem.h"
#include "decode/log.h"
#include "load.h"
#include "output.h"
#include "source/source.h"
#include "source/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern const struct tw_command tw_cmd_simulate;

struct endpoint {
    bool given;
    struct tw_addr addr;
    uint16_t port;
};

struct simulate {
    const char *inventory;
    struct endpoint to[2]; /* by transport: syslog, SNMP */
    double speed;          /* 0: as fast as possible */
    tw_dur max_gap;
    bool keep_stamps, anywhere;
    int year;
    const struct tw_topology *topology;
    int *sockets; /* device and transport -> socket, -1: not opened yet, -2: has no address to send from */
    struct timespec due; /* when the next record goes out */
    tw_time last;
    uint64_t sent, skipped, failed;
    struct tw_buf line;
};

static bool is_loopback(const struct tw_addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    return a->family == 4 ? a->bytes[0] == 127 : a->family == 6 && memcmp(a->bytes, one, sizeof one) == 0;
}

/* "127.0.0.1:5514", "[::1]:5514" */
static bool parse_endpoint(const char *text, struct endpoint *out)
{
    struct tw_str s = tw_str_z(text), host;
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !tw_str_u64(tw_str_z(colon + 1), 65535, &port) || port == 0)
        return false;
    host = tw_str_cut(s, (size_t)(colon - text));
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = tw_str_of(host.p + 1, host.n - 2);
    else if (tw_str_find(host, ':', 0) != SIZE_MAX)
        return false;
    if (tw_str_eq(host, TW_STR("localhost")))
        host = TW_STR("127.0.0.1");
    out->port = (uint16_t)port;
    out->given = tw_addr_parse(host, &out->addr);
    return out->given;
}

/* The address that a device sends from: its first on loopback; with --anywhere, else its first. */
static const struct tw_addr *source_address(const struct simulate *m, const struct tw_device *d,
                                            uint8_t family)
{
    for (size_t i = 0; i < d->addresses_n; i++) {
        if (d->addresses[i].family == family && is_loopback(&d->addresses[i]))
            return &d->addresses[i];
    }
    for (size_t i = 0; m->anywhere && i < d->addresses_n; i++) {
        if (d->addresses[i].family == family)
            return &d->addresses[i];
    }
    return NULL;
}

static int open_socket(const struct simulate *m, const struct tw_device *d, const struct endpoint *to)
{
    struct sockaddr_storage from, target;
    char text[TW_ADDR_TEXT];
    const struct tw_addr *a = source_address(m, d, to->addr.family);
    if (a == NULL) {
        (void)fprintf(stderr, "trunkwatch simulate: the inventory gives %s no IPv%d address%s to send from\n",
                      d->name, to->addr.family, m->anywhere ? "" : " on loopback");
        return -2;
    }
    socklen_t from_n = tw_sockaddr_make(a, 0, &from),
              target_n = tw_sockaddr_make(&to->addr, to->port, &target);
    int fd = socket(from.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, from_n) != 0 ||
        connect(fd, (struct sockaddr *)&target, target_n) != 0) {
        (void)fprintf(stderr, "trunkwatch simulate: can't send from %s (%s): %s\n", tw_addr_text(a, text),
                      d->name, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -2;
    }
    return fd;
}

/* The form that routers send by default, now: <188>Aug  8 2026 18:07:30 PE-A %%01… */
static struct tw_str restamp(struct simulate *m, const struct tw_record *r, const struct tw_log *log)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct timespec now;
    struct tw_civil c;
    if (log->host.n == 0)
        return r->bytes;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    tw_time_to_civil((tw_time){(int64_t)now.tv_sec * 1000000000 + now.tv_nsec}, &c);
    tw_buf_clear(&m->line);
    tw_buf_fmt(&m->line, "<%d>%.3s %2d %04d %02d:%02d:%02d ", log->pri >= 0 ? log->pri : 188,
               &months[((size_t)c.month - 1) * 3], c.day, c.year, c.hour, c.minute, c.second);
    tw_buf_add(&m->line, log->host.p, r->bytes.n - (size_t)(log->host.p - r->bytes.p));
    return tw_buf_view(&m->line);
}

static uint32_t sender(struct simulate *m, const struct tw_record *r, struct tw_str *bytes)
{
    struct tw_log log;
    size_t offset;
    uint32_t device = r->from.family != 0 ? tw_topology_by_address(m->topology, &r->from) : TW_NONE;
    *bytes = r->bytes;
    if (r->transport != TW_TRANSPORT_SYSLOG ||
        tw_log_decode(r->bytes, r->year, r->rx, &log, &offset) != TW_LOG_OK)
        return device;
    if (!m->keep_stamps)
        *bytes = restamp(m, r, &log);
    uint32_t named = tw_topology_by_hostname(m->topology, log.host);
    return named != TW_NONE ? named : device;
}

static void wait_until_due(struct simulate *m, const struct tw_record *r)
{
    if (m->speed > 0 && tw_time_is_finite(m->last)) {
        tw_dur gap = tw_time_sub(r->rx, m->last);
        if (gap.ns > m->max_gap.ns)
            gap = m->max_gap;
        int64_t ns = (int64_t)((double)gap.ns / m->speed) + m->due.tv_nsec;
        m->due.tv_sec += ns / 1000000000;
        m->due.tv_nsec = ns % 1000000000;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &m->due, NULL) == EINTR)
            ;
    }
    m->last = r->rx;
}

static void play(struct simulate *m, const struct tw_record *r)
{
    struct tw_str bytes;
    wait_until_due(m, r);
    uint32_t device = sender(m, r, &bytes);
    const struct endpoint *to = &m->to[r->transport == TW_TRANSPORT_TRAP];
    if (device == TW_NONE || !to->given) {
        m->skipped++;
        return;
    }
    int *fd = &m->sockets[device * 2 + (r->transport == TW_TRANSPORT_TRAP)];
    if (*fd == -1)
        *fd = open_socket(m, &m->topology->devices[device], to);
    /* A refused datagram is told by the next send: nobody listens yet, which is no reason to stop. */
    /* NOLINTNEXTLINE(misc-redundant-expression): twice is meant */
    if (*fd < 0 || (send(*fd, bytes.p, bytes.n, 0) < 0 && send(*fd, bytes.p, bytes.n, 0) < 0))
        m->failed++;
    else
        m->sent++;
}

static int play_all(struct simulate *m, const char *const *inputs, size_t n)
{
    char why[256];
    struct tw_progress progress;
    const struct tw_record *record;
    int status = TW_EXIT_OK;
    struct tw_replay_source_options options = {.topology = m->topology, .year = m->year};
    struct tw_replay_source *source = tw_replay_source_open(inputs, n, &options, why);
    if (source == NULL) {
        (void)fprintf(stderr, "trunkwatch: %s\n", why);
        return TW_EXIT_USAGE;
    }
    tw_progress_init(&progress);
    (void)clock_gettime(CLOCK_MONOTONIC, &m->due);
    for (tw_err err; (err = tw_replay_source_next(source, &record)) != TW_ENOENT;) {
        if (err == TW_OK) {
            play(m, record);
            tw_progress_step(&progress, source);
            continue;
        }
        tw_progress_finish(&progress);
        (void)fprintf(stderr, "trunkwatch: %s\n", tw_replay_source_error(source));
        status = TW_EXIT_USAGE;
    }
    tw_progress_finish(&progress);
    (void)fprintf(stderr, "sent=%" PRIu64 " skipped=%" PRIu64 " failed=%" PRIu64 "\n", m->sent, m->skipped,
                  m->failed);
    tw_replay_source_close(source);
    if (m->sent == 0 && m->skipped > 0)
        (void)fprintf(
            stderr,
            "trunkwatch: nothing was sent: no line names a device of %s, or there is no --syslog or --snmp "
            "target for its kind\n",
            m->inventory);
    if (status == TW_EXIT_OK && (m->failed > 0 || m->sent == 0))
        status = TW_EXIT_NOT_RIGHT;
    return status;
}

static int simulate(struct simulate *m, char **inputs, int n)
{
    if (m->inventory == NULL)
        return tw_command_usage(&tw_cmd_simulate, "an inventory is needed: -i FILE");
    if (n == 0)
        return tw_command_usage(&tw_cmd_simulate,
                                "an input is needed: a log, a capture, or - for standard input");
    if (!m->to[0].given && !m->to[1].given)
        return tw_command_usage(&tw_cmd_simulate,
                                "a target is needed: --syslog HOST:PORT, --snmp HOST:PORT or both");
    for (size_t i = 0; i < 2; i++) {
        if (m->to[i].given && !m->anywhere && !is_loopback(&m->to[i].addr))
            return tw_command_usage(&tw_cmd_simulate,
                                    "the target is not this machine; --anywhere if that is meant");
    }
    int status = tw_load_inventory(m->inventory, &m->topology);
    if (status != TW_EXIT_OK)
        return status;
    size_t sockets = m->topology->devices_n * 2;
    m->sockets = tw_xcalloc(sockets, sizeof *m->sockets);
    for (size_t i = 0; i < sockets; i++)
        m->sockets[i] = -1;
    status = play_all(m, (const char *const *)inputs, (size_t)n);
    for (size_t i = 0; i < sockets; i++) {
        if (m->sockets[i] >= 0)
            (void)close(m->sockets[i]);
    }
    free(m->sockets);
    tw_buf_finish(&m->line);
    tw_topology_unref(m->topology);
    return status;
}

enum { OPT_SYSLOG = 256, OPT_SNMP, OPT_SPEED, OPT_MAX_GAP, OPT_NO_RESTAMP, OPT_ANYWHERE, OPT_YEAR };

static bool parse_speed(const char *text, double *out)
{
    char *end;
    if (strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out) && *out > 0;
}

/* -1: taken; else the exit status to end with. */
static int option(struct simulate *m, int c, const char *arg)
{
    const char *what = NULL;
    uint64_t year;
    switch (c) {
    case 'i': m->inventory = arg; break;
    case OPT_SYSLOG:
        what = parse_endpoint(arg, &m->to[0]) ? NULL : "--syslog: ADDRESS:PORT, as 127.0.0.1:5514";
        break;
    case OPT_SNMP:
        what = parse_endpoint(arg, &m->to[1]) ? NULL : "--snmp: ADDRESS:PORT, as 127.0.0.1:5162";
        break;
    case OPT_SPEED: what = parse_speed(arg, &m->speed) ? NULL : "--speed: a number above 0, or max"; break;
    case OPT_MAX_GAP:
        what = tw_dur_parse(tw_str_z(arg), &m->max_gap) ? NULL : "--max-gap: a time, as 500ms, 10s or 2m";
        break;
    case OPT_YEAR:
        what = tw_str_u64(tw_str_z(arg), 2199, &year) && year >= 1970 ? NULL
                                                                      : "--year: a year from 1970 to 2199";
        m->year = what == NULL ? (int)year : 0;
        break;
    case OPT_NO_RESTAMP: m->keep_stamps = true; break;
    case OPT_ANYWHERE: m->anywhere = true; break;
    default: return tw_command_other(&tw_cmd_simulate, c);
    }
    return what == NULL ? -1 : tw_command_usage(&tw_cmd_simulate, "%s was expected and not '%s'", what, arg);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"inventory", required_argument, NULL, 'i'},
                                            {"syslog", required_argument, NULL, OPT_SYSLOG},
                                            {"snmp", required_argument, NULL, OPT_SNMP},
                                            {"speed", required_argument, NULL, OPT_SPEED},
                                            {"max-gap", required_argument, NULL, OPT_MAX_GAP},
                                            {"year", required_argument, NULL, OPT_YEAR},
                                            {"no-restamp", no_argument, NULL, OPT_NO_RESTAMP},
                                            {"anywhere", no_argument, NULL, OPT_ANYWHERE},
                                            TW_COMMAND_OPTIONS};
    struct simulate m = {.speed = 1, .max_gap = {INT64_MAX}, .last = TW_TIME_MIN};
    for (int c; (c = getopt_long(argc, argv, "i:hV", options, NULL)) != -1;) {
        int status = option(&m, c, optarg);
        if (status >= 0)
            return status;
    }
    return simulate(&m, argv + optind, argc - optind);
}

const struct tw_command tw_cmd_simulate = {
    .name = "simulate",
    .summary = "play recorded input as router pairs on loopback addresses",
    .help = "usage: trunkwatch simulate -i INVENTORY [--syslog HOST:PORT] [--snmp HOST:PORT] [OPTION]... "
            "INPUT...\n\n"
            "Plays recorded input as real datagrams, each device's from its own address: the first one in\n"
            "127.0.0.0/8 (or ::1) that the inventory gives it. Logs get the stamps of now; traps go out as "
            "recorded.\n\n"
            "  -i, --inventory FILE         devices and pairs (required)\n"
            "      --syslog HOST:PORT       where syslog goes\n"
            "      --snmp HOST:PORT         where traps go\n"
            "      --speed N|max            so many times faster (default 1)\n"
            "      --max-gap TIME           shortens longer silences, as 5s\n"
            "      --year Y                 year of stamps without one\n"
            "      --no-restamp             log lines as recorded\n"
            "      --anywhere               also to and from other addresses than loopback\n"
            "  -h, --help                   this text\n"
            "  -V, --version                the version\n",
    .run = run,
};
