/* SPDX-License-Identifier: ISC */
#ifndef TW_RENDER_RENDER_H
#define TW_RENDER_RENDER_H
/*
 * Transitions as text: one JSON object (contract 3) for machines, a block of lines for people. Not part of
 * the core.
 */
#include "base/buf.h"
#include "model/transition.h"
#include "pipeline/pipeline.h"

/* One line of JSON, with "\n". Field order is fixed; every field is there, null where it does not apply. */
void tw_render_json(const struct tw_transition *t, struct tw_buf *out);
/* For a person at a terminal; `colour`: ANSI colours; `width`: columns to wrap at (0: no wrapping). */
void tw_render_text(const struct tw_transition *t, bool colour, unsigned width, struct tw_buf *out);

/* Messages that nobody understood: one JSON object {"messages", "unlisted", "unknown": […]}, or lines for
 * people. */
void tw_render_unknown_json(const struct tw_signatures *s, struct tw_buf *out);
void tw_render_unknown_text(const struct tw_signatures *s, struct tw_buf *out);

#endif
