/* SPDX-License-Identifier: ISC */
#include "decode/trap.h"

#include "decode/ber.h"

#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmp_impl.h>

_Static_assert(TW_OID_MAX <= MAX_OID_LEN, "libsnmp must hold every identifier that we let through");

static const uint32_t oid_uptime[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const uint32_t oid_trap[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const uint32_t oid_address[] = {1, 3, 6, 1, 6, 3, 18, 1, 3, 0};
static const uint32_t oid_generic[] = {1, 3, 6, 1, 6, 3, 1, 1, 5};
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { GENERIC_SPECIFIC = 6, V1 = 0, V2C = 1 };

const char *tw_trap_fault_name(enum tw_trap_fault f)
{
    static const char *const names[] = {"ok", "ber", "version", "pdu", "limit", "no-oid", "decoder"};
    _Static_assert(COUNT(names) == TW_TRAP_FAULTS, "a name for each fault");
    return f < TW_TRAP_FAULTS ? names[f] : "unknown";
}

/* ---- our own walk: nothing that is wrong gets past it ---- */

/* What the walk found; libsnmp is held to it. */
struct walk {
    struct ber ber;
    struct tw_str community;
    size_t pdu; /* where it starts */
    uint32_t varbinds;
    struct {
        struct tw_str name, value; /* contents */
        int tag;                   /* of the value */
    } seen[TW_VARBINDS_MAX];
};

/* An Opaque may wrap a number (tag 9F, type, length): libsnmp reads those, so they have to be whole. */
static bool opaque_is_whole(struct tw_str s)
{
    if (s.n <= 2 || (uint8_t)s.p[0] != 0x9F)
        return true;
    uint8_t type = (uint8_t)s.p[1];
    if (type != 0x76 && (type < 0x78 || type > 0x7B))
        return true;
    size_t inside = (uint8_t)s.p[2];
    if (s.n - 3 != inside)
        return false;
    return type == 0x78 ? inside == 4 : type == 0x79 ? inside == 8 : inside >= 1 && inside <= 8;
}

/* The contents of the next element, which is left where it is. */
static struct tw_str contents(const struct ber *b, int tag)
{
    struct ber again = *b;
    return tw_ber_take(&again, tag);
}

static void walk_value(struct ber *b)
{
    size_t from = b->at;
    int tag = tw_ber_peek(b);
    switch (tag) {
    case BER_INTEGER: (void)tw_ber_int(b); return;
    case BER_OID: (void)tw_ber_oid(b, TW_OID_MAX); return;
    case BER_COUNTER32:
    case BER_GAUGE32:
    case BER_TIMETICKS:
    case BER_UINTEGER32: (void)tw_ber_unsigned(b, tag); return;
    case BER_COUNTER64: tw_ber_counter64(b, tag); return;
    case BER_STRING:
    case BER_NSAP: (void)tw_ber_take(b, tag); return;
    case BER_ADDRESS:
        if (tw_ber_take(b, tag).n != 4)
            break;
        return;
    case BER_OPAQUE:
        if (!opaque_is_whole(tw_ber_take(b, tag)))
            break;
        return;
    case BER_NULL:
    case BER_NO_SUCH_OBJECT:
    case BER_NO_SUCH_INSTANCE:
    case BER_END_OF_MIB_VIEW:
        if (tw_ber_take(b, tag).n != 0)
            break;
        return;
    default: break;
    }
    tw_ber_fail(b, BER_BAD, from);
}

static void walk_name(struct ber *b)
{
    size_t from = b->at;
    if (tw_ber_oid(b, TW_OID_MAX) == 0)
        tw_ber_fail(b, BER_BAD, from);
}

static void walk_varbinds(struct walk *w)
{
    struct ber *b = &w->ber;
    size_t list_end = tw_ber_enter(b, BER_SEQUENCE);
    while (b->state == BER_FINE && b->at < b->end) {
        if (w->varbinds == TW_VARBINDS_MAX) {
            tw_ber_fail(b, BER_TOO_LONG, b->at);
            return;
        }
        size_t end = tw_ber_enter(b, BER_SEQUENCE), i = w->varbinds++;
        w->seen[i].name = contents(b, BER_OID);
        walk_name(b);
        w->seen[i].tag = tw_ber_peek(b);
        w->seen[i].value = contents(b, w->seen[i].tag);
        walk_value(b);
        tw_ber_leave(b, end);
    }
    tw_ber_leave(b, list_end);
}

static void walk_pdu(struct walk *w, int tag)
{
    struct ber *b = &w->ber;
    w->pdu = b->at;
    size_t end = tw_ber_enter(b, tag);
    if (tag == BER_TRAP1) {
        walk_name(b);
        size_t agent = b->at;
        if (tw_ber_take(b, BER_ADDRESS).n != 4)
            tw_ber_fail(b, BER_BAD, agent);
        (void)tw_ber_int(b);
        (void)tw_ber_int(b);
        (void)tw_ber_unsigned(b, BER_TIMETICKS);
    } else {
        for (int n = 0; n < 3; n++)
            (void)tw_ber_int(b);
    }
    walk_varbinds(w);
    tw_ber_leave(b, end);
}

static enum tw_trap_fault walked(const struct ber *b)
{
    return b->state == BER_FINE ? TW_TRAP_OK : b->state == BER_BAD ? TW_TRAP_BER : TW_TRAP_LIMIT;
}

/* What is left of a v3 message: the PDU, and nothing behind it. */
static enum tw_trap_fault walk_alone(struct tw_str bytes, struct walk *w, struct tw_trap *out)
{
    struct ber *b = &w->ber;
    *b = tw_ber_open(bytes);
    int tag = tw_ber_peek(b);
    out->version = 3;
    if (tag >= 0 && tag != BER_TRAP2 && tag != BER_INFORM)
        return TW_TRAP_PDU;
    walk_pdu(w, tag);
    tw_ber_leave(b, b->end);
    return walked(b);
}

static enum tw_trap_fault walk_message(struct tw_str bytes, struct walk *w, struct tw_trap *out)
{
    struct ber *b = &w->ber;
    *b = tw_ber_open(bytes);
    size_t end = tw_ber_enter(b, BER_SEQUENCE);
    if (b->state == BER_FINE && b->end != bytes.n)
        tw_ber_fail(b, BER_BAD, b->end);
    size_t from = b->at;
    int version = tw_ber_int(b);
    if (b->state == BER_FINE && version != V1 && version != V2C) {
        b->fault_at = from;
        return TW_TRAP_VERSION;
    }
    out->version = version + 1;
    from = b->at;
    out->community = w->community = tw_ber_take(b, BER_STRING);
    if (w->community.n >= COMMUNITY_MAX_LEN)
        tw_ber_fail(b, BER_TOO_LONG, from);
    int tag = tw_ber_peek(b);
    if (tag >= 0 && (version == V1 ? tag != BER_TRAP1 : tag != BER_TRAP2 && tag != BER_INFORM)) {
        b->fault_at = b->at;
        return TW_TRAP_PDU;
    }
    walk_pdu(w, tag);
    tw_ber_leave(b, end);
    return walked(b);
}

static enum tw_trap_fault walk(struct tw_str bytes, bool alone, struct walk *w, struct tw_trap *out)
{
    w->varbinds = 0;
    return alone ? walk_alone(bytes, w, out) : walk_message(bytes, w, out);
}

/* ---- what libsnmp read, in our form ---- */

static bool oid_is(const uint32_t *a, uint32_t n, const uint32_t *b, size_t count)
{
    return n == count && memcmp(a, b, count * sizeof *b) == 0;
}

static const uint32_t *oid_copy(struct tw_arena *arena, const oid *from, size_t n)
{
    uint32_t *ids = tw_arena_alloc(arena, n * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = (uint32_t)from[i];
    return ids;
}

static int64_t counter64(const struct counter64 *c)
{
    uint64_t v = (uint64_t)c->high << 32 | (c->low & UINT32_MAX);
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void convert(const netsnmp_variable_list *v, struct tw_str contents, struct tw_arena *arena,
                    struct tw_varbind *out)
{
    out->oid = oid_copy(arena, v->name, v->name_length);
    out->oid_n = (uint32_t)v->name_length;
    switch (v->type) {
    case ASN_INTEGER:
        out->type = TW_VB_INTEGER;
        out->number = *v->val.integer;
        return;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
        out->type = TW_VB_UNSIGNED;
        out->number = *v->val.integer & (int64_t)UINT32_MAX;
        return;
    case ASN_COUNTER64:
        out->type = TW_VB_UNSIGNED;
        out->number = counter64(v->val.counter64);
        return;
    case ASN_OCTET_STR:
    case ASN_IPADDRESS:
        out->type = v->type == ASN_IPADDRESS ? TW_VB_ADDRESS : TW_VB_STRING;
        out->bytes = contents;
        return;
    case ASN_OBJECT_ID:
        out->type = TW_VB_OID;
        out->value_oid_n = (uint32_t)(v->val_len / sizeof(oid));
        out->value_oid = oid_copy(arena, v->val.objid, out->value_oid_n);
        return;
    default: out->type = TW_VB_OTHER; return;
    }
}

/* 0.0.0.0 is how a proxy says that it has no address to give. */
static void set_agent(struct tw_trap *out, const void *four)
{
    static const uint8_t none[4];
    if (memcmp(four, none, 4) == 0)
        return;
    out->agent.family = 4;
    memcpy(out->agent.bytes, four, 4);
}

/* Devices put things in front of sysUpTime.0 and snmpTrapOID.0, so they are known by name, not by place. The
 * first of each counts; any other is dropped. True when the varbind is not one of them. */
static bool keep(const struct tw_varbind *v, struct tw_trap *out)
{
    if (v->type == TW_VB_UNSIGNED && oid_is(v->oid, v->oid_n, oid_uptime, COUNT(oid_uptime))) {
        if (!out->has_uptime)
            out->uptime_cs = (uint32_t)v->number;
        out->has_uptime = true;
        return false;
    }
    if (v->type == TW_VB_OID && oid_is(v->oid, v->oid_n, oid_trap, COUNT(oid_trap))) {
        if (out->oid_n == 0) {
            out->oid = v->value_oid;
            out->oid_n = v->value_oid_n;
        }
        return false;
    }
    if (v->type == TW_VB_ADDRESS && oid_is(v->oid, v->oid_n, oid_address, COUNT(oid_address)))
        set_agent(out, v->bytes.p);
    return true;
}

/* RFC 3584 3.1: the notification's name made of enterprise, generic-trap and specific-trap. */
static enum tw_trap_fault map_v1(const netsnmp_pdu *pdu, struct tw_arena *arena, struct tw_trap *out)
{
    bool specific = pdu->trap_type == GENERIC_SPECIFIC;
    if (pdu->trap_type < 0 || pdu->trap_type > GENERIC_SPECIFIC || (specific && pdu->specific_type < 0))
        return TW_TRAP_NO_OID;
    size_t n = specific ? pdu->enterprise_length : COUNT(oid_generic);
    size_t total = n + (specific ? 2 : 1);
    if (total > TW_OID_MAX)
        return TW_TRAP_LIMIT;
    uint32_t *ids = tw_arena_alloc(arena, total * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = specific ? (uint32_t)pdu->enterprise[i] : oid_generic[i];
    ids[total - 1] = (uint32_t)(specific ? pdu->specific_type : pdu->trap_type + 1);
    out->oid = ids;
    out->oid_n = (uint32_t)total;
    out->has_uptime = true;
    out->uptime_cs = (uint32_t)pdu->time;
    set_agent(out, pdu->agent_addr);
    return TW_TRAP_OK;
}

static enum tw_trap_fault fill(const netsnmp_pdu *pdu, const struct walk *w, struct tw_arena *arena,
                               struct tw_trap *out)
{
    enum tw_trap_fault fault = pdu->command == SNMP_MSG_TRAP ? map_v1(pdu, arena, out) : TW_TRAP_OK;
    if (fault != TW_TRAP_OK)
        return fault;
    out->inform = pdu->command == SNMP_MSG_INFORM;
    out->request_id = pdu->command == SNMP_MSG_TRAP ? 0 : (int32_t)pdu->reqid;
    struct tw_varbind *list = tw_arena_alloc(arena, (w->varbinds + 1) * sizeof *list);
    uint32_t seen = 0;
    for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable) {
        if (seen == w->varbinds)
            return TW_TRAP_DECODER;
        struct tw_varbind *slot = &list[out->varbinds_n];
        memset(slot, 0, sizeof *slot);
        convert(v, w->seen[seen++].value, arena, slot);
        if (keep(slot, out))
            out->varbinds_n++;
    }
    out->varbinds = list;
    if (seen != w->varbinds)
        return TW_TRAP_DECODER;
    return out->oid_n > 0 ? TW_TRAP_OK : TW_TRAP_NO_OID;
}

/* libsnmp wants bytes that it may write to, and a buffer for the community. */
static bool ask_libsnmp(struct tw_str bytes, bool alone, struct tw_arena *arena, netsnmp_pdu *pdu)
{
    u_char community[COMMUNITY_MAX_LEN];
    size_t room = sizeof community, length = bytes.n;
    long version = -1;
    u_char *copy = (u_char *)tw_arena_dup(arena, bytes.p, bytes.n);
    u_char *start = alone ? copy : snmp_comstr_parse(copy, &length, community, &room, &version);
    return start != NULL && snmp_pdu_parse(pdu, start, &length) == 0;
}

/* Contents that tw_ber_unsigned has passed. */
static uint32_t number(struct tw_str contents)
{
    uint32_t v = 0;
    for (size_t i = 0; i < contents.n; i++)
        v = v << 8 | (uint8_t)contents.p[i];
    return v;
}

static bool peek(struct tw_str bytes, bool alone, struct tw_arena *arena, struct tw_trap *out)
{
    /* sysUpTime.0 and snmpTrapOID.0 */
    const struct tw_str uptime = TW_STR("\x2b\x06\x01\x02\x01\x01\x03\x00"),
                        trap_oid = TW_STR("\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00");
    struct walk w;
    memset(out, 0, sizeof *out);
    if (bytes.n > TW_TRAP_MAX || walk(bytes, alone, &w, out) != TW_TRAP_OK || out->version == 1 ||
        w.ber.padded)
        return false;
    for (uint32_t i = 0; i < w.varbinds; i++) {
        bool is_uptime = tw_str_eq(w.seen[i].name, uptime), is_oid = tw_str_eq(w.seen[i].name, trap_oid);
        if ((is_uptime && (w.seen[i].tag != BER_TIMETICKS || out->has_uptime)) ||
            (is_oid && (w.seen[i].tag != BER_OID || out->oid_n > 0)))
            return false; /* odd: not to be decided here */
        if (is_uptime) {
            out->has_uptime = true;
            out->uptime_cs = number(w.seen[i].value);
        } else if (is_oid) {
            uint32_t *ids = tw_arena_alloc(arena, TW_OID_MAX * sizeof *ids);
            out->oid = ids;
            out->oid_n = tw_ber_ids(w.seen[i].value, ids);
        }
    }
    return out->oid_n > 0;
}

static enum tw_trap_fault decode(struct tw_str bytes, bool alone, struct tw_arena *arena, struct tw_trap *out,
                                 size_t *offset)
{
    memset(out, 0, sizeof *out);
    *offset = 0;
    if (bytes.n > TW_TRAP_MAX)
        return TW_TRAP_LIMIT;
    struct walk w;
    enum tw_trap_fault fault = walk(bytes, alone, &w, out);
    if (fault != TW_TRAP_OK) {
        *offset = w.ber.fault_at;
        return fault;
    }
    /* Freed by snmp_free_pdu(); not made by snmp_pdu_create(), which takes a number from a shared counter. */
    netsnmp_pdu *pdu = calloc(1, sizeof *pdu);
    if (pdu == NULL)
        return TW_TRAP_DECODER;
    fault = ask_libsnmp(bytes, alone, arena, pdu) ? fill(pdu, &w, arena, out) : TW_TRAP_DECODER;
    if (fault == TW_TRAP_NO_OID)
        *offset = w.pdu;
    snmp_free_pdu(pdu);
    return fault; /* NOLINT(clang-analyzer-unix.Malloc): freed by the line above */
}

enum tw_trap_fault tw_trap_decode(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out,
                                  size_t *offset)
{
    return decode(bytes, false, arena, out, offset);
}

enum tw_trap_fault tw_trap_decode_pdu(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out,
                                      size_t *offset)
{
    return decode(bytes, true, arena, out, offset);
}

bool tw_trap_peek(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out)
{
    return peek(bytes, false, arena, out);
}

bool tw_trap_peek_pdu(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out)
{
    return peek(bytes, true, arena, out);
}
