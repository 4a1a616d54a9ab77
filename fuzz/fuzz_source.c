/* SPDX-License-Identifier: ISC */
/*
 * Recorded input of any type: text, gzip, capture. Times never go back, bytes stay within their limits, and a
 * second reading gives the same.
 */
#include "rules_dir.h"

#include "base/err.h"
#include "decode/log.h"
#include "source/source.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Half of the inputs are of an inventory's devices, whose clocks are compared. */
static const struct tw_topology *topology(size_t size)
{
    static const char text[] = "devices:\n"
                               "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
                               "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B], stamp-offset: utc}\n";
    static const struct tw_topology *t;
    struct tw_errors errors = {0};
    if (t == NULL)
        t = tw_topology_create("i", tw_str_of(text, sizeof text - 1), &errors);
    TW_ASSERT(t != NULL);
    return size % 2 != 0 ? t : NULL;
}

static bool same_place(struct tw_str a, struct tw_str b)
{
    return a.n == b.n && (a.n == 0 || a.p == b.p);
}

static bool same_stamp(const struct tw_stamp *a, const struct tw_stamp *b)
{
    return a->present == b->present &&
           (!a->present || (a->civil.ns == b->civil.ns && a->resolution.ns == b->resolution.ns &&
                            a->has_offset == b->has_offset && a->offset_s == b->offset_s));
}

static struct tw_rules *rules(void)
{
    static struct tw_rules *r;
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    if (r == NULL) {
        text = test_read_rules(TRUNKWATCH_SOURCE_RULES);
        r = tw_rules_create(&text, &errors);
        TW_ASSERT(r != NULL);
    }
    return r;
}

/* What need not be read is what the core would not read. */
static void check_glance(const struct tw_record *r)
{
    struct tw_log log;
    size_t offset;
    if (r->glance.of == NULL)
        return;
    TW_ASSERT(tw_log_decode(r->bytes, r->year, r->rx, &log, &offset) == TW_LOG_OK);
    TW_ASSERT((r->sender == 0) == (r->glance.verdict == TW_GLANCE_STRANGE));
    if (r->sender == 0)
        return;
    struct tw_glance g = tw_rules_glance(rules(), &log, NULL);
    TW_ASSERT(g.verdict == r->glance.verdict && g.forms == r->glance.forms);
    TW_ASSERT(g.verdict != TW_GLANCE_UNKNOWN ||
              (g.key == r->glance.key && same_place(g.name, r->glance.name)));
}

/* What the source decoded on the way is what the core would have. */
static void check_log(const struct tw_record *r)
{
    struct tw_log log, given;
    size_t offset;
    check_glance(r);
    if (r->log == NULL)
        return;
    given = *r->log;
    tw_log_split(&given);
    TW_ASSERT(tw_log_decode(r->bytes, r->year, r->rx, &log, &offset) == TW_LOG_OK);
    TW_ASSERT(same_place(log.host, given.host) && same_place(log.relay_host, given.relay_host) &&
              same_place(log.module, given.module) && same_place(log.brief, given.brief) &&
              same_place(log.fields, given.fields) && same_place(log.text, given.text));
    TW_ASSERT(log.pri == given.pri && log.severity == given.severity && log.type == given.type);
    TW_ASSERT(same_stamp(&log.stamp, &given.stamp) && same_stamp(&log.relay, &given.relay));
}

/* Everything about every record, as one number. */
static uint64_t read_all(const char *path, size_t size)
{
    char why[256];
    struct tw_replay_source_options options = {.topology = topology(size), .year = size % 4 < 2 ? 2026 : 0};
    options.rules = size % 8 < 4 ? rules() : NULL;
    struct tw_replay_source *s = tw_replay_source_open(&path, 1, &options, why);
    const struct tw_record *r;
    tw_time last = TW_TIME_MIN;
    uint64_t sum = 0;
    if (s == NULL)
        return 0;
    for (tw_err err; (err = tw_replay_source_next(s, &r)) != TW_ENOENT;) {
        if (err != TW_OK)
            continue;
        TW_ASSERT(!tw_before(r->rx, last) && r->bytes.n <= TW_LINE_MAX);
        TW_ASSERT(r->at.ns == INT64_MIN ||
                  (r->at.ns <= r->rx.ns && r->rx.ns - r->at.ns <= INT64_C(30000000000)));
        TW_ASSERT(r->from.family == 0 || r->from.family == 4 || r->from.family == 6);
        check_log(r);
        last = r->rx;
        const int64_t numbers[] = {r->rx.ns,      r->at.ns, r->transport, r->year, (int64_t)r->ref.position,
                                   r->from.family};
        sum = tw_hash(r->bytes.p, r->bytes.n, tw_hash(numbers, sizeof numbers, sum));
    }
    tw_replay_source_close(s);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char path[32];
    if (fd < 0)
        fd = memfd_create("input", 0);
    TW_ASSERT(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    TW_ASSERT(read_all(path, size) == read_all(path, size));
    return 0;
}
