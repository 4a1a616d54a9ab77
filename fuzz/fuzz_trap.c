/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "decode/trap.h"

/* A datagram in any state: a notification that keeps its limits, or a fault with a place inside the bytes.
 * The arena has small blocks, so that each piece stands alone and a step past its end is seen. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct tw_str s, struct tw_str whole)
{
    TW_ASSERT(s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n));
}

/* Reads every sub-identifier. */
static void touch(const uint32_t *ids, uint32_t n)
{
    TW_ASSERT(n <= TW_OID_MAX);
    TW_ASSERT(n == 0 || tw_hash(ids, n * sizeof *ids, 0) != 0);
}

/* A glance says nothing that the whole decoder does not say, too. */
static void compare_glance(struct tw_str whole, bool alone, struct tw_arena *arena, enum tw_trap_fault fault,
                           const struct tw_trap *trap)
{
    struct tw_trap glance = {0};
    if (!(alone ? tw_trap_peek_pdu : tw_trap_peek)(whole, arena, &glance))
        return;
    TW_ASSERT(fault == TW_TRAP_OK && glance.version == trap->version);
    TW_ASSERT(glance.has_uptime == trap->has_uptime && glance.uptime_cs == trap->uptime_cs);
    TW_ASSERT(glance.oid_n == trap->oid_n &&
              memcmp(glance.oid, trap->oid, trap->oid_n * sizeof *trap->oid) == 0);
}

/* `alone`: as the PDU of a v3 message. */
static void decode(struct tw_str whole, bool alone)
{
    struct tw_trap trap = {0};
    size_t offset = SIZE_MAX;
    struct tw_arena *arena = tw_arena_create(16);
    enum tw_trap_fault fault = (alone ? tw_trap_decode_pdu : tw_trap_decode)(whole, arena, &trap, &offset);
    TW_ASSERT(fault < TW_TRAP_FAULTS && offset <= whole.n);
    TW_ASSERT(fault != TW_TRAP_DECODER); /* our own walk lets nothing through that libsnmp refuses */
    if (fault == TW_TRAP_OK) {
        TW_ASSERT(alone ? trap.version == 3 : trap.version == 1 || trap.version == 2);
        TW_ASSERT(trap.oid_n > 0 && trap.varbinds_n <= TW_VARBINDS_MAX);
        inside(trap.community, whole);
        touch(trap.oid, trap.oid_n);
        for (uint32_t i = 0; i < trap.varbinds_n; i++) {
            const struct tw_varbind *v = &trap.varbinds[i];
            TW_ASSERT(v->oid_n > 0);
            TW_ASSERT(v->type != TW_VB_ADDRESS || v->bytes.n == 4);
            touch(v->oid, v->oid_n);
            touch(v->value_oid, v->value_oid_n);
            inside(v->bytes, whole);
        }
    }
    compare_glance(whole, alone, arena, fault, &trap);
    tw_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_str whole = tw_str_of((const char *)data, size);
    decode(whole, false);
    decode(whole, true);
    return 0;
}
