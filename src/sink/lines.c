/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/err.h"
#include "base/mem.h"
#include "render/render.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 4096, /* what a pipe takes without waiting when it says that it is writable */
    PATIENCE_S = 10,
    TEXT_WIDTH = 100
};

const char *const tw_lines_formats[] = {"json", "text", NULL};

bool tw_lines_waits(const struct tw_lines *l)
{
    return l->n > 0;
}

/* How many of the items are written whole; the rest of a line is remembered. */
static size_t count(struct tw_lines *l)
{
    size_t whole = 0;
    while (whole < l->n && l->ends[whole] <= l->done)
        whole++;
    l->torn = whole < l->n ? l->done - (whole > 0 ? l->ends[whole - 1] : 0) : 0;
    return whole;
}

static void end(struct tw_lines *l, enum tw_sent result, const char *why)
{
    size_t whole = count(l);
    if (l->writable != NULL)
        event_free(l->writable);
    l->writable = NULL;
    l->n = 0;
    l->failed = result != TW_SENT_OK;
    tw_sink_done(l->sink, whole, result, why);
}

static void write_on(struct tw_lines *l);

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_lines *l = ctx;
    (void)fd;
    if ((what & EV_TIMEOUT) != 0)
        end(l, TW_SENT_AGAIN, "nobody reads it");
    else
        write_on(l);
}

static void wait_for(struct tw_lines *l)
{
    const struct timeval patience = {PATIENCE_S, 0};
    if (l->writable == NULL)
        l->writable = event_new(l->sink->env.base, l->fd, EV_WRITE, on_writable, l);
    TW_ASSERT(l->writable != NULL);
    if (event_add(l->writable, &patience) != 0)
        end(l, TW_SENT_AGAIN, strerror(errno));
}

static void write_on(struct tw_lines *l)
{
    while (l->done < l->text.n) {
        struct pollfd p = {.fd = l->fd, .events = POLLOUT};
        size_t n = l->text.n - l->done < PIECE ? l->text.n - l->done : PIECE;
        if (poll(&p, 1, 0) != 1 || p.revents == 0) {
            wait_for(l);
            return;
        }
        ssize_t written = write(l->fd, l->text.p + l->done, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN) {
            wait_for(l);
            return;
        }
        if (written < 0) {
            end(l, TW_SENT_AGAIN, strerror(errno));
            return;
        }
        l->done += (size_t)written;
    }
    end(l, TW_SENT_OK, NULL);
}

void tw_lines_send(struct tw_lines *l, int fd, const struct tw_item *const *items, size_t n)
{
    tw_buf_clear(&l->text);
    l->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (l->as_text)
            tw_render_text(&items[i]->t, false, TEXT_WIDTH, &l->text);
        else
            tw_buf_str(&l->text, items[i]->json);
        *TW_PUSH(l->ends, l->n, l->cap) = l->text.n;
    }
    l->fd = fd;
    l->done = l->torn;
    write_on(l);
}

void tw_lines_stop(struct tw_lines *l, const char *why)
{
    if (tw_lines_waits(l))
        end(l, TW_SENT_AGAIN, why);
}

void tw_lines_finish(struct tw_lines *l)
{
    if (l->writable != NULL)
        event_free(l->writable);
    tw_buf_finish(&l->text);
    free(l->ends);
}
