/* SPDX-License-Identifier: ISC */
#ifndef TW_RENDER_PARSE_H
#define TW_RENDER_PARSE_H
/*
 * The JSON of a transition (render.h) back into the value, for what was kept: times have milliseconds then,
 * and evidence does not say which record and which rule it came from.
 */
#include "base/mem.h"
#include "model/transition.h"

/* All text is put into the arena. False: it is not such JSON. */
bool tw_render_parse(struct tw_str json, struct tw_arena *arena, struct tw_transition *out);

#endif
