/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_ITEM_H
#define TW_SINK_ITEM_H
/*
 * A transition on its way out: shared by all outputs, never changed. Made from what the core gave, or from
 * the JSON that the store kept of it: both say the same.
 */
#include "base/buf.h"
#include "model/transition.h"

struct tw_item {
    uint32_t refs;
    struct tw_transition t; /* all text is the item's own */
    struct tw_str json;     /* contract 3, one line with its newline */
    struct tw_arena *arena;
};

/* Copies everything. */
struct tw_item *tw_item_create(const struct tw_transition *t, struct tw_str json);
/* NULL: it is none. */
struct tw_item *tw_item_parse(struct tw_str json);
struct tw_item *tw_item_ref(struct tw_item *i);
void tw_item_unref(struct tw_item *i); /* also NULL */

#endif
