/* SPDX-License-Identifier: ISC */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FLUSH_AT = 64 << 10, PROGRESS_CALLS = 1024, PROGRESS_MS = 200 };

static void flush(struct tw_output *o)
{
    size_t at = 0;
    while (!o->failed && at < o->text.n) {
        ssize_t n = write(STDOUT_FILENO, o->text.p + at, o->text.n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            (void)fprintf(stderr, "trunkwatch: standard output: %s\n", strerror(errno));
            o->failed = true;
            break;
        }
        at += (size_t)n;
    }
    tw_buf_clear(&o->text);
}

void tw_output_step(struct tw_output *o)
{
    if (!o->asked)
        o->terminal = isatty(STDOUT_FILENO);
    o->asked = true;
    if (o->text.n >= FLUSH_AT || (o->text.n > 0 && o->terminal))
        flush(o);
}

bool tw_output_finish(struct tw_output *o)
{
    flush(o);
    tw_buf_finish(&o->text);
    return !o->failed;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tw_progress_init(struct tw_progress *p)
{
    *p = (struct tw_progress){.on = isatty(STDERR_FILENO)};
    if (p->on)
        p->next_ms = now_ms() + PROGRESS_MS;
}

void tw_progress_show(struct tw_progress *p, const struct tw_replay_source *s)
{
    if (++p->calls % PROGRESS_CALLS != 0 || now_ms() < p->next_ms)
        return;
    struct tw_source_stats stats = tw_replay_source_stats(s);
    unsigned long long records = stats.lines + stats.packets;
    if (stats.bytes_total > 0)
        (void)fprintf(stderr, "\r%3u %%  %llu records ", (unsigned)(stats.bytes * 100 / stats.bytes_total),
                      records);
    else
        (void)fprintf(stderr, "\r%llu MB  %llu records ", (unsigned long long)(stats.bytes >> 20), records);
    p->shown = true;
    p->next_ms = now_ms() + PROGRESS_MS;
}

void tw_progress_finish(struct tw_progress *p)
{
    if (p->shown)
        (void)fprintf(stderr, "\r%40s\r", "");
    p->shown = false;
}
