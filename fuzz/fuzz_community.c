/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "decode/trap.h"
#include "source/community.h"

/* The check in front must never be blinder than the decoder behind it: whatever the decoder takes has the
 * community that was checked. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_str bytes = tw_str_of((const char *)data, size), community = {0};
    struct tw_arena *arena = tw_arena_create(4096);
    struct tw_trap trap;
    size_t offset;
    bool seen = tw_community_peek(bytes, &community);
    TW_ASSERT(!seen || community.n == 0 ||
              (community.p >= bytes.p && community.p + community.n <= bytes.p + bytes.n));
    if (tw_trap_decode(bytes, arena, &trap, &offset) == TW_TRAP_OK)
        TW_ASSERT(seen && tw_str_eq(community, trap.community));
    tw_arena_destroy(arena);
    return 0;
}
