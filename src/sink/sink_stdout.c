/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 256, PAUSE_MS = 1000 };

struct output {
    struct tw_sink sink; /* first */
    struct tw_lines lines;
};

static const struct tw_setting settings[] = {TW_LINES_FORMAT, {.name = NULL}};

/* NOLINTBEGIN(readability-non-const-parameter): others write why */
static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    (void)env;
    (void)why;
    o->lines = (struct tw_lines){.sink = &o->sink, .as_text = values[0].number == 1};
    return &o->sink;
}
/* NOLINTEND(readability-non-const-parameter) */

static void send_lines(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    tw_lines_send(&((struct output *)s)->lines, STDOUT_FILENO, items, n);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_lines_finish(&o->lines);
    free(o);
}

/* Standard output is somebody else's: there is nothing to open anew. */
const struct tw_sink_ops tw_sink_stdout = {.name = "stdout",
                                           .help = "Standard output: under systemd, the journal.",
                                           .settings = settings,
                                           .batch = BATCH,
                                           .is_log = true,
                                           .pause_max_ms = PAUSE_MS,
                                           .create = create,
                                           .send = send_lines,
                                           .destroy = destroy};
