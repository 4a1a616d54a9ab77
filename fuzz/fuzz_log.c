/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "decode/log.h"

/* A log message in any state: whatever is made of it lies inside its bytes, and its numbers inside their
 * ranges. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct tw_str s, struct tw_str whole)
{
    TW_ASSERT(s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n));
}

static void check_stamp(const struct tw_stamp *s)
{
    if (!s->present)
        return;
    TW_ASSERT(s->resolution.ns >= 1 && s->resolution.ns <= 1000000000);
    TW_ASSERT(s->offset_s > -16 * 3600 && s->offset_s < 16 * 3600);
    TW_ASSERT(s->civil.ns >= 0 && s->civil.ns < 7258118400 * 1000000000 + 1000000000);
    TW_ASSERT(s->has_offset || tw_stamp_time(s, false).ns == s->civil.ns);
}

static void check_pairs(struct tw_str text)
{
    enum { ALL = 32 };
    static struct tw_kv_shape shape; /* of whatever was before */
    struct tw_kv_pair all[ALL], again[ALL];
    size_t all_n = tw_kv_all(text, &shape, all, ALL), n = 0;
    TW_ASSERT(tw_kv_all(text, &shape, again, ALL) == all_n);
    struct tw_kv it;
    for (tw_kv_init(&it, text); tw_kv_next(&it); n++) {
        if (n < ALL) {
            TW_ASSERT(n < all_n && tw_str_eq(all[n].key, it.key) && tw_str_eq(all[n].value, it.value));
            TW_ASSERT(tw_str_eq(again[n].key, it.key) && tw_str_eq(again[n].value, it.value));
        }
        inside(it.key, text);
        inside(it.value, text);
        TW_ASSERT(it.key.n > 0 && n < text.n);
    }
    TW_ASSERT(all_n == (n < ALL ? n : ALL));
}

static void same_stamp(const struct tw_stamp *a, const struct tw_stamp *b)
{
    TW_ASSERT(a->present == b->present && (!a->present || a->civil.ns == b->civil.ns));
}

static void same_log(const struct tw_log *a, const struct tw_log *b)
{
    same_stamp(&a->stamp, &b->stamp);
    same_stamp(&a->relay, &b->relay);
    TW_ASSERT(tw_str_eq(a->module, b->module) && tw_str_eq(a->brief, b->brief));
    TW_ASSERT(tw_str_eq(a->fields, b->fields) && tw_str_eq(a->text, b->text));
    TW_ASSERT(a->severity == b->severity && a->type == b->type && a->cut == b->cut);
}

/* Line after line with one reader: what it remembers changes nothing. */
static void check_reader(struct tw_str rest, int year, tw_time near)
{
    static struct tw_log_name names[TW_LOG_NAMES];
    struct tw_log_reader reader = TW_LOG_READER(year, near);
    memset(names, 0, sizeof names);
    reader.names = names;
    while (rest.n > 0) {
        struct tw_str line = tw_str_cut(rest, tw_str_find(rest, '\n', 0));
        struct tw_log alone, next;
        size_t offset, at;
        enum tw_log_fault fault = tw_log_decode(line, year, near, &alone, &offset);
        TW_ASSERT(tw_log_peek(&reader, line, &next, &at) == fault && at == offset);
        tw_log_split(&next);
        if (fault == TW_LOG_OK)
            same_log(&next, &alone);
        rest = tw_str_from(rest, line.n + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_str whole = tw_str_of((const char *)data, size);
    struct tw_log log;
    size_t offset;
    const int year = size % 3 == 0 ? 2024 : 0;
    const tw_time near = {1786212000000000000};
    enum tw_log_fault fault = tw_log_decode(whole, year, near, &log, &offset);
    check_reader(whole, year, near);
    TW_ASSERT(fault < TW_LOG_FAULTS && offset <= size);
    check_pairs(whole);
    if (fault != TW_LOG_OK)
        return 0;
    TW_ASSERT(log.pri >= -1 && log.pri <= 191 && log.severity >= 0 && log.severity <= 7);
    TW_ASSERT(log.module.n > 0 && log.brief.n > 0);
    const struct tw_str all[] = {log.relay_host, log.host, log.module, log.brief, log.fields, log.text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        inside(all[i], whole);
    check_stamp(&log.stamp);
    check_stamp(&log.relay);
    check_pairs(log.text);
    return 0;
}
