/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

struct output {
    struct tw_sink sink; /* first */
    struct tw_lines lines;
};

extern const struct tw_sink_ops tw_sink_stdout;

static struct tw_sink *create(const char *path)
{
    (void)path;
    struct output *o = tw_xcalloc(1, sizeof *o);
    o->sink.ops = &tw_sink_stdout;
    return &o->sink;
}

static void deliver(struct tw_sink *s, const struct tw_transition *t, struct tw_str text)
{
    (void)t;
    tw_lines_add(&((struct output *)s)->lines, text, &s->stats);
}

static void flush(struct tw_sink *s)
{
    tw_lines_write(&((struct output *)s)->lines, STDOUT_FILENO, &s->stats);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    if (o == NULL)
        return;
    tw_lines_finish(&o->lines);
    free(o);
}

/* Standard output is somebody else's: there is nothing to open anew. */
const struct tw_sink_ops tw_sink_stdout = {.name = "stdout",
                                           .create = create,
                                           .deliver = deliver,
                                           .flush = flush,
                                           .reopen = flush,
                                           .destroy = destroy};
