/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* What a pipe takes without waiting when it says that it is writable. */
enum { PIECE = 4096 };

void tw_lines_add(struct tw_lines *l, struct tw_str text, struct tw_sink_stats *stats)
{
    if (l->text.n - l->done + text.n > TW_SINK_MAX_BYTES) {
        stats->lost++;
        return;
    }
    stats->delivered++;
    tw_buf_str(&l->text, text);
    stats->waiting = l->text.n - l->done;
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
    }
    if (failed)
        tw_lines_failed(stats, errno);
    else
        stats->failing = false;
    compact(l);
    stats->waiting = l->text.n - l->done;
}

void tw_lines_rewind(struct tw_lines *l)
{
    while (l->done > 0 && l->text.p[l->done - 1] != '\n')
        l->done--;
}
