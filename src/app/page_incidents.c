/* SPDX-License-Identifier: ISC */
/* Incidents: read by the store's reader, answered when it is done. */
#include "pages.h"

#include "base/mem.h"
#include "incidents.h"
#include "store/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const tw_page_of_incidents[] = {"state", "pair", "before", "limit", NULL};

/* A question. The reader's until `done`, but for `later`. */
struct question {
    struct tw_reader *reader;
    struct tw_http_later *later; /* NULL: nobody wants to know any more */
    char *id;                    /* NULL: the list */
    char *pair, *before;
    struct tw_store_which which;
    tw_time now;
    struct tw_buf out;
    int status;
    char why[TW_INCIDENTS_WHY];
};

static void work(void *ctx, struct tw_store *s, const char *why)
{
    struct question *q = ctx;
    q->status = 503;
    if (s == NULL)
        (void)snprintf(q->why, sizeof q->why, "the store can't be read: %s", why);
    else if (q->id != NULL)
        q->status = tw_incidents_one(s, q->id, q->now, &q->out, q->why);
    else
        q->status = tw_incidents_list(s, &q->which, q->now, &q->out, q->why);
}

static void done(void *ctx)
{
    struct question *q = ctx;
    if (q->later != NULL && q->status == 200)
        tw_http_later_answer(q->later, tw_buf_view(&q->out));
    else if (q->later != NULL)
        tw_http_later_error(q->later, q->status, q->why);
    tw_buf_finish(&q->out);
    free(q->id);
    free(q->pair);
    free(q->before);
    free(q);
}

static void gone(void *ctx)
{
    struct question *q = ctx;
    q->later = NULL;
    tw_reader_stop(q->reader, q);
}

static char *copy(const char *z)
{
    return z != NULL ? tw_xstrndup(z, strlen(z)) : NULL;
}

static void ask(struct tw_daemon *d, struct tw_http_request *r, const char *id,
                const struct tw_store_which *which)
{
    if (d->config->state == NULL) {
        tw_http_error(r, 503, "no store, and incidents are told out of it: set state: in the configuration");
        return;
    }
    if (d->keep.store == NULL) {
        tw_http_error(r, 503, "the store can't be used: %.200s", d->keep.unusable);
        return;
    }
    if (d->reader == NULL)
        d->reader = tw_reader_create(d->config->state, d->base);
    struct question *q = tw_xcalloc(1, sizeof *q);
    *q = (struct question){.reader = d->reader,
                           .id = copy(id),
                           .pair = copy(which->pair),
                           .before = copy(which->before),
                           .which = *which,
                           .now = tw_clock_now(&d->clock)};
    q->which.pair = q->pair;
    q->which.before = q->before;
    if (tw_reader_ask(d->reader, &(struct tw_reader_question){work, done, q})) {
        q->later = tw_http_later(r, gone, q);
        return;
    }
    done(q);
    tw_http_error(r, 503, "too many ask: ask again");
}

void tw_page_incidents(void *d, struct tw_http_request *r)
{
    const struct tw_incidents_query q = {tw_http_parameter(r, "state"), tw_http_parameter(r, "pair"),
                                         tw_http_parameter(r, "before"), tw_http_parameter(r, "limit")};
    struct tw_store_which which;
    char why[TW_INCIDENTS_WHY];
    if (tw_incidents_which(&q, &which, why))
        ask(d, r, NULL, &which);
    else
        tw_http_error(r, 400, "%s", why);
}

void tw_page_incident(void *d, struct tw_http_request *r)
{
    ask(d, r, tw_http_rest(r), &(struct tw_store_which){0});
}
