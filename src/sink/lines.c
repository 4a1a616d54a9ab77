/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* What a pipe takes without waiting when it says that it is writable. */
enum { PIECE = 4096 };

void tw_lines_add(struct tw_lines *l, struct tw_str text, struct tw_sink_stats *stats)
{
    if (l->text.n - l->done + text.n > TW_SINK_MAX_BYTES) {
        stats->lost++;
        return;
    }
    tw_buf_str(&l->text, text);
    stats->waiting = l->text.n - l->done;
    *TW_PUSH(l->ends, l->ends_n, l->ends_cap) = l->written + stats->waiting;
}

/* Delivered is what was written whole. */
static void count(struct tw_lines *l, struct tw_sink_stats *stats)
{
    size_t before = l->ends_first;
    while (l->ends_first < l->ends_n && l->ends[l->ends_first] <= l->written)
        l->ends_first++;
    stats->delivered += l->ends_first - before;
    if (l->ends_first < l->ends_n / 2 || l->ends_first == 0)
        return;
    l->ends_n -= l->ends_first;
    memmove(l->ends, l->ends + l->ends_first, l->ends_n * sizeof *l->ends);
    l->ends_first = 0;
}

void tw_lines_finish(struct tw_lines *l)
{
    tw_buf_finish(&l->text);
    free(l->ends);
}

void tw_lines_failed(struct tw_sink_stats *stats, int why)
{
    stats->errors += !stats->failing;
    stats->failing = true;
    stats->why = why;
}

/* Forgets the lines that were written whole. */
static void compact(struct tw_lines *l)
{
    size_t keep = l->done;
    while (keep > 0 && keep < l->text.n && l->text.p[keep - 1] != '\n')
        keep--;
    if (keep == 0)
        return;
    memmove(l->text.p, l->text.p + keep, l->text.n - keep);
    l->text.n -= keep;
    l->done -= keep;
}

void tw_lines_write(struct tw_lines *l, int fd, struct tw_sink_stats *stats)
{
    if (fd < 0)
        return;
    bool failed = false;
    while (l->done < l->text.n) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        size_t n = l->text.n - l->done < PIECE ? l->text.n - l->done : PIECE;
        if (poll(&p, 1, 0) != 1 || p.revents == 0)
            break;
        ssize_t written = write(fd, l->text.p + l->done, n);
        if (written <= 0) {
            failed = errno != EAGAIN && errno != EINTR;
            break;
        }
        l->done += (size_t)written;
        l->written += (size_t)written;
    }
    count(l, stats);
    if (failed)
        tw_lines_failed(stats, errno);
    else
        stats->failing = false;
    compact(l);
    stats->waiting = l->text.n - l->done;
}

void tw_lines_rewind(struct tw_lines *l)
{
    while (l->done > 0 && l->text.p[l->done - 1] != '\n') {
        l->done--;
        l->written--;
    }
}
