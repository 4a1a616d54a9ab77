/* SPDX-License-Identifier: ISC */
#include "api/http.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>

struct tw_shared *tw_shared_take(struct tw_buf *b)
{
    struct tw_shared *s = tw_xcalloc(1, sizeof *s);
    *s = (struct tw_shared){1, b->n, tw_xrealloc(b->p, b->n + 1)};
    *b = (struct tw_buf){0};
    return s;
}

struct tw_shared *tw_shared_ref(struct tw_shared *s)
{
    s->refs++;
    return s;
}

void tw_shared_unref(struct tw_shared *s)
{
    if (s == NULL)
        return;
    TW_ASSERT(s->refs > 0);
    if (--s->refs > 0)
        return;
    free(s->p);
    free(s);
}
