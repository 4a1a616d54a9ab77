/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "base/err.h"
#include "source/framing.h"

#include <stdlib.h>

/* A stream in any state: cut into pieces it gives the same as whole; no message is empty or longer than the
 * limit, none is made of bytes that did not come, and every byte has a place. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = TW_FRAMING_MIN };

struct result {
    struct tw_framing framing;
    char room[LIMIT];
    struct tw_buf out;
    uint64_t messages, bytes;
    bool whole;
};

static void note(void *ctx, struct tw_str message)
{
    struct result *r = ctx;
    TW_ASSERT(message.n > 0 && message.n <= LIMIT);
    r->messages++;
    r->bytes += message.n;
    tw_buf_fmt(&r->out, "%zu:", message.n);
    tw_buf_str(&r->out, message);
}

/* Each piece is copied, so that a reader past its end is found. The pieces' lengths come from the input. */
static void run(struct result *r, const uint8_t *data, size_t size, bool pieces)
{
    size_t seed = size;
    *r = (struct result){0};
    tw_framing_init(&r->framing, r->room, LIMIT);
    for (size_t at = 0; at < size;) {
        size_t left = size - at;
        seed = seed * 31 + data[at];
        size_t n = pieces ? 1 + seed % 13 : left;
        n = n < left ? n : left;
        char *copy = malloc(n);
        TW_ASSERT(copy != NULL);
        memcpy(copy, data + at, n);
        tw_framing_feed(&r->framing, tw_str_of(copy, n), note, r);
        free(copy);
        at += n;
        TW_ASSERT(r->framing.n <= LIMIT);
    }
    bool pending = tw_framing_pending(&r->framing);
    r->whole = tw_framing_end(&r->framing, note, r);
    TW_ASSERT(r->whole || pending);
    TW_ASSERT(!r->whole || !tw_framing_pending(&r->framing));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result a, b;
    run(&a, data, size, false);
    run(&b, data, size, true);
    TW_ASSERT(tw_str_eq(tw_buf_view(&a.out), tw_buf_view(&b.out)) && a.whole == b.whole);
    TW_ASSERT(memcmp(&a.framing.stats, &b.framing.stats, sizeof a.framing.stats) == 0);
    TW_ASSERT(a.framing.stats.messages == a.messages && a.framing.stats.cut <= a.messages);
    TW_ASSERT(a.bytes + a.framing.stats.skipped <= size);
    TW_ASSERT(a.framing.stats.errors <= a.framing.stats.skipped);
    tw_buf_finish(&a.out);
    tw_buf_finish(&b.out);
    return 0;
}
