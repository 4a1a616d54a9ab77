/* SPDX-License-Identifier: ISC */
/* Messages that nobody understood, into the table of signatures. */
#include "pipeline_internal.h"

#include "decode/trap.h"
#include "normalise/normalise.h"
#include "oids/oids.h"
#include "quote/quote.h"

/* NULL: it is there already, or there is no room for it. */
static struct signature_row *entered(struct tw_pipeline *p, const struct tw_record *r, uint64_t key)
{
    struct signature_noted n = {.key = key,
                                .transport = r->transport == TW_TRANSPORT_SYSLOG ? TW_TRANSPORT_SYSLOG
                                                                                 : TW_TRANSPORT_TRAP,
                                .reason = p->last,
                                .device = p->device,
                                .rx = p->now};
    return signatures_enter(p->signatures, &n);
}

/* Apart from what follows, so that what is there already costs no more than it must. */
static TW_APART void new_log(struct tw_pipeline *p, const struct tw_record *r, struct tw_str name,
                             uint64_t key)
{
    struct signature_row *row = entered(p, r, key);
    if (row == NULL)
        return;
    signatures_name(p->signatures, row, name);
    signatures_sample(p->signatures, row, r->bytes);
}

void unknown_name(struct tw_pipeline *p, const struct tw_record *r, const struct tw_glance *g)
{
    if (!signatures_again(p->signatures, g->key, p->device, p->now))
        new_log(p, r, g->name, g->key);
}

void unknown_log(struct tw_pipeline *p, const struct tw_record *r, const struct tw_log *log)
{
    struct tw_glance g = glance_unknown(log, p->last);
    unknown_name(p, r, &g);
}

/* "hwFooTrap (1.3.6.1…)", or the numbers alone. */
static struct tw_str oid_text(struct tw_arena *arena, const uint32_t *id, uint32_t n)
{
    const struct tw_oid_name *o = tw_oid_by_prefix(id, n);
    struct tw_buf b = {0};
    if (o != NULL && o->n == n)
        tw_buf_fmt(&b, "%s (", tw_oid_bare(o));
    for (uint32_t i = 0; i < n; i++)
        tw_buf_fmt(&b, "%s%u", i > 0 ? "." : "", id[i]);
    if (o != NULL && o->n == n)
        tw_buf_char(&b, ')');
    struct tw_str text = tw_str_of(tw_arena_dup(arena, b.p, b.n), b.n);
    tw_buf_finish(&b);
    return text;
}

void unknown_trap(struct tw_pipeline *p, const struct tw_record *r, const struct tw_trap *trap)
{
    struct tw_str oid = tw_str_of((const char *)trap->oid, trap->oid_n * sizeof *trap->oid);
    uint64_t key = signature_key(oid, TW_TRANSPORT_TRAP, p->last);
    struct tw_trap whole;
    char quote[TW_EVIDENCE_MAX + 1];
    size_t offset;
    if (signatures_again(p->signatures, key, p->device, r->rx))
        return;
    struct signature_row *row = entered(p, r, key);
    if (row == NULL)
        return;
    signatures_name(p->signatures, row, oid_text(p->arena, trap->oid, trap->oid_n));
    /* Only its head may have been looked at. */
    if (trap->varbinds_n == 0 && pipeline_decode_trap(p, r, &whole, &offset) == TW_TRAP_OK)
        trap = &whole;
    signatures_sample(p->signatures, row, tw_quote_trap(trap, quote));
}

void unknown_bytes(struct tw_pipeline *p, const struct tw_record *r, const char *why, size_t offset)
{
    /* What a stranger sends is not kept. */
    if (p->device == TW_NONE && r->from.family != 0 && !tw_topology_is_relay(p->topology, &r->from))
        return;
    uint64_t key = signature_key((struct tw_str){0}, r->transport, p->last);
    if (signatures_again(p->signatures, key, p->device, r->rx))
        return;
    struct signature_row *row = entered(p, r, key);
    if (row == NULL)
        return;
    signatures_name(p->signatures, row, tw_str_z(why));
    if (r->transport == TW_TRANSPORT_SYSLOG) {
        signatures_sample(p->signatures, row, r->bytes);
        return;
    }
    /* Not its bytes: a community may be among them. */
    struct tw_buf b = {0};
    tw_buf_fmt(&b, "%zu bytes, seen at byte %zu", r->bytes.n, offset);
    signatures_sample(p->signatures, row, tw_buf_view(&b));
    tw_buf_finish(&b);
}
