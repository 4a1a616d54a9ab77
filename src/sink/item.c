/* SPDX-License-Identifier: ISC */
#include "sink/item.h"

#include "base/mem.h"
#include "render/parse.h"

#include <stdlib.h>

enum { BLOCK = 8192 };

static struct tw_item *with_text(struct tw_str json)
{
    struct tw_item *i = tw_xcalloc(1, sizeof *i);
    i->refs = 1;
    i->arena = tw_arena_create(BLOCK);
    i->json = tw_str_of(tw_arena_dup(i->arena, json.p, json.n), json.n);
    return i;
}

struct tw_item *tw_item_create(const struct tw_transition *t, struct tw_str json)
{
    struct tw_item *i = with_text(json);
    tw_transition_copy(t, i->arena, &i->t);
    return i;
}

struct tw_item *tw_item_parse(struct tw_str json)
{
    struct tw_item *i = with_text(json);
    if (tw_render_parse(i->json, i->arena, &i->t))
        return i;
    tw_item_unref(i);
    return NULL;
}

struct tw_item *tw_item_ref(struct tw_item *i)
{
    i->refs++;
    return i;
}

void tw_item_unref(struct tw_item *i)
{
    if (i == NULL || --i->refs > 0)
        return;
    tw_arena_destroy(i->arena);
    free(i);
}
