/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_SINK_H
#define TW_SINK_SINK_H
/*
 * Outputs: where alert transitions go. One sink_<name>.c each, found through the table that CMake makes.
 *
 * A sink never blocks, never logs and never gives up: what can't be written now is kept and tried again with
 * the next flush, up to TW_SINK_MAX_BYTES; what does not fit is lost and counted. The caller looks at
 * `failing` and tells.
 */
#include "base/err.h"
#include "model/transition.h"

enum { TW_SINK_MAX_BYTES = 8 << 20 };

struct tw_sink_ops;

struct tw_sink_stats {
    uint64_t delivered; /* transitions written whole */
    uint64_t lost;      /* transitions that found no room */
    uint64_t errors;    /* times that writing or opening began to fail */
    size_t waiting;     /* bytes not yet written */
    bool failing;       /* since the last flush or reopen */
    int why;            /* errno of the failure */
};

/* Every sink begins with this. */
struct tw_sink {
    const struct tw_sink_ops *ops;
    struct tw_sink_stats stats;
};

struct tw_sink_ops {
    const char *name;
    bool needs_path;
    /* Opening may fail and is tried again: look at stats.failing. */
    struct tw_sink *(*create)(const char *path);
    /* Takes a transition; `text` is it in the output's format, with its final newline. Borrowed for the call.
     */
    void (*deliver)(struct tw_sink *s, const struct tw_transition *t, struct tw_str text);
    void (*flush)(struct tw_sink *s);  /* writes what can be written without waiting */
    void (*reopen)(struct tw_sink *s); /* the file may have been moved away */
    void (*destroy)(struct tw_sink *s);
};

/* NULL-terminated. */
extern const struct tw_sink_ops *const tw_sink_registry[];

#endif
