/* SPDX-License-Identifier: ISC */
#include "store_internal.h"

#include <stdlib.h>

struct batch *batch_new(uint64_t no)
{
    struct batch *b = tw_xcalloc(1, sizeof *b);
    b->no = no;
    b->empty = true;
    return b;
}

void batch_drop_digests(struct batch *b)
{
    for (size_t i = 0; i < b->digests_n; i++) {
        b->bytes -= b->digests[i].bytes.n;
        tw_buf_finish(&b->digests[i].bytes);
    }
    free(b->digests);
    b->digests = NULL;
    b->digests_n = b->digests_cap = 0;
}

void batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    tw_buf_finish(&b->journal);
    batch_drop_digests(b);
    for (size_t i = 0; i < b->rows_n; i++) {
        free(b->rows[i].condition);
        free(b->rows[i].pair);
        free(b->rows[i].json);
    }
    for (size_t i = 0; i < b->cursors_n; i++)
        free(b->cursors[i].output);
    free(b->rows);
    free(b->cursors);
    tw_buf_finish(&b->snapshot);
    free(b);
}

uint64_t batch_thin(struct batch *b)
{
    uint64_t n = b->journal_n;
    b->bytes -= b->journal.n;
    tw_buf_finish(&b->journal);
    b->journal_n = 0;
    batch_drop_digests(b);
    return n;
}
