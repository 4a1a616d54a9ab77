/* SPDX-License-Identifier: ISC */
#include "trap_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

const char member_trap[] = "307a02010104067075626c6963a76d020224b80201000201003061301006082b0601020101"
                           "0300430400987f10301b060a2b0601060301010401"
                           "00060d2b060104018f5b051981320202301706122b060104018f5b05198132010201040101"
                           "0a020102301706122b060104018f5b051981320102"
                           "010501010a020105";
const char link_trap[] =
    "30819702010104067075626c6963a7818902022710020100020100307d301006082b060102010103004304009896803017060a2b"
    "060106030101"
    "04010006092b0601060301010503300f060a2b060102010202010125020125300f060a2b060102010202010725020101300f060a"
    "2b0601020102"
    "02010825020102301d060a2b060102010202010225040f4574682d5472756e6b31302e313030";

struct tw_arena *arena;

int trap_setup(void **state)
{
    (void)state;
    arena = tw_arena_create(16);
    return 0;
}

int trap_teardown(void **state)
{
    (void)state;
    tw_arena_destroy(arena);
    return 0;
}

static size_t put_dotted(char *out, size_t at, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n && at < TEXT; i++)
        at += (size_t)snprintf(out + at, TEXT - at, "%s%u", i ? "." : "", ids[i]);
    return at;
}

/* "v2 trap OID uptime agent | name=type value | …" */
static void flatten(const struct tw_trap *t, char out[static TEXT])
{
    static const char *const types[] = {"i", "u", "s", "o", "a", "?"};
    char agent[TW_ADDR_TEXT];
    size_t at = (size_t)snprintf(out, TEXT, "v%d%s %d %.*s ", t->version, t->inform ? "!" : "",
                                 (int)t->request_id, TW_STR_ARG(t->community));
    at = put_dotted(out, at, t->oid, t->oid_n);
    at += (size_t)snprintf(out + at, TEXT - at, " %lld %s", t->has_uptime ? (long long)t->uptime_cs : -1LL,
                           t->agent.family ? tw_addr_text(&t->agent, agent) : "-");
    for (uint32_t i = 0; i < t->varbinds_n && at < TEXT; i++) {
        const struct tw_varbind *v = &t->varbinds[i];
        at += (size_t)snprintf(out + at, TEXT - at, "|");
        at = put_dotted(out, at, v->oid, v->oid_n);
        at += (size_t)snprintf(out + at, TEXT - at, "=%s", types[v->type]);
        if (v->type == TW_VB_INTEGER || v->type == TW_VB_UNSIGNED)
            at += (size_t)snprintf(out + at, TEXT - at, "%lld", (long long)v->number);
        else if (v->type == TW_VB_STRING)
            at += (size_t)snprintf(out + at, TEXT - at, "%.*s", TW_STR_ARG(v->bytes));
        else if (v->type == TW_VB_OID)
            at = put_dotted(out, at, v->value_oid, v->value_oid_n);
        else if (v->type == TW_VB_ADDRESS)
            at += (size_t)snprintf(out + at, TEXT - at, "%u", (unsigned)(uint8_t)v->bytes.p[3]);
    }
}

/* A glance says nothing that the whole decoder does not say, too. Returns whether it said anything. */
static bool peek_agrees(struct tw_str bytes, enum tw_trap_fault fault, const struct tw_trap *whole)
{
    struct tw_trap glance;
    if (!tw_trap_peek(bytes, arena, &glance))
        return false;
    assert_int_equal(fault, TW_TRAP_OK);
    assert_int_equal(glance.version, whole->version);
    assert_int_equal(glance.has_uptime, whole->has_uptime);
    assert_int_equal(glance.uptime_cs, whole->uptime_cs);
    assert_int_equal(glance.oid_n, whole->oid_n);
    assert_memory_equal(glance.oid, whole->oid, whole->oid_n * sizeof *whole->oid);
    assert_memory_equal(glance.community.p, whole->community.p, whole->community.n);
    return true;
}

size_t trap_glances;

enum tw_trap_fault decode(const void *p, size_t n, struct tw_trap *out, size_t *offset)
{
    static char *copy;
    free(copy);
    copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    tw_arena_reset(arena);
    *offset = 999999;
    enum tw_trap_fault fault = tw_trap_decode(tw_str_of(copy, n), arena, out, offset);
    trap_glances += peek_agrees(tw_str_of(copy, n), fault, out);
    return fault;
}

void expect(const struct built *b, const char *want)
{
    struct tw_trap trap;
    size_t offset;
    static char have[TEXT];
    enum tw_trap_fault fault = decode(b->p, b->n, &trap, &offset);
    if (fault == TW_TRAP_OK)
        flatten(&trap, have);
    else
        (void)snprintf(have, sizeof have, "%s", tw_trap_fault_name(fault));
    if (fault == TW_TRAP_OK)
        assert_int_equal(offset, 0);
    else
        assert_true(offset <= b->n);
    assert_string_equal(have, want);
}
