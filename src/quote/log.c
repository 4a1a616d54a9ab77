/* SPDX-License-Identifier: ISC */
#include "quote/quote.h"

#include "base/buf.h"

enum { PARTS = 5 };

/* Nearly all are short and plain: these are put together where they are wanted. */
static bool is_simple(const struct tw_str parts[PARTS])
{
    size_t n = 0;
    for (size_t i = 0; i < PARTS; i++) {
        n += parts[i].n;
        if (n > TW_EVIDENCE_MAX || !tw_str_is_plain(parts[i]))
            return false;
    }
    return true;
}

struct tw_str tw_quote_log(const struct tw_log *log, char buf[static TW_EVIDENCE_MAX + 1])
{
    const struct tw_str severity = {(const char[]){'/', (char)('0' + log->severity), '/'}, 3};
    const struct tw_str parts[PARTS] = {log->module, severity, log->brief, TW_STR(": "), log->text};
    struct tw_buf b = {0};
    size_t n = 0;
    if (is_simple(parts)) {
        for (size_t i = 0; i < PARTS; n += parts[i++].n)
            memcpy(buf + n, parts[i].n > 0 ? parts[i].p : "", parts[i].n);
        buf[n] = '\0';
        return tw_str_of(buf, n);
    }
    for (size_t i = 0; i < PARTS; i++)
        tw_buf_safe(&b, tw_str_cut(parts[i], TW_EVIDENCE_MAX));
    tw_buf_shorten(&b, TW_EVIDENCE_MAX);
    n = b.n;
    memcpy(buf, b.p, n + 1);
    tw_buf_finish(&b);
    return tw_str_of(buf, n);
}
