/* SPDX-License-Identifier: ISC */
#include "quote/quote.h"

#include "base/buf.h"
#include "oids/oids.h"

enum { ROOM = TW_EVIDENCE_MAX + TW_EVIDENCE_MAX / 4 };

/* The name and the numbers after it: "ifIndex.37". */
static const struct tw_oid_name *add_oid(struct tw_buf *b, const uint32_t *id, uint32_t n)
{
    const struct tw_oid_name *o = tw_oid_by_prefix(id, n);
    if (o != NULL)
        tw_buf_z(b, tw_oid_bare(o));
    for (uint32_t i = o != NULL ? o->n : 0; i < n; i++)
        tw_buf_fmt(b, "%s%u", i > 0 ? "." : "", id[i]);
    return o;
}

static void add_text(struct tw_buf *b, struct tw_str s)
{
    bool quote = tw_str_find(s, ' ', 0) != SIZE_MAX;
    tw_buf_z(b, quote ? "\"" : "");
    tw_buf_safe(b, tw_str_cut(s, TW_EVIDENCE_MAX));
    tw_buf_z(b, quote ? "\"" : "");
}

static void add_value(struct tw_buf *b, const struct tw_varbind *vb, const struct tw_oid_name *o)
{
    const char *label;
    switch (vb->type) {
    case TW_VB_INTEGER:
    case TW_VB_UNSIGNED:
        label = o != NULL ? tw_oid_label(o, vb->number) : NULL;
        tw_buf_fmt(b, label != NULL ? "%s(%lld)" : "%s%lld", label != NULL ? label : "",
                   (long long)vb->number);
        return;
    case TW_VB_STRING: add_text(b, vb->bytes); return;
    case TW_VB_OID: (void)add_oid(b, vb->value_oid, vb->value_oid_n); return;
    case TW_VB_ADDRESS:
        for (size_t i = 0; i < vb->bytes.n; i++)
            tw_buf_fmt(b, "%s%u", i > 0 ? "." : "", (unsigned char)vb->bytes.p[i]);
        return;
    case TW_VB_OTHER: tw_buf_char(b, '?'); return;
    }
}

struct tw_str tw_quote_trap(const struct tw_trap *trap, char buf[static TW_EVIDENCE_MAX + 1])
{
    struct tw_buf b = {0};
    tw_buf_reserve(&b, ROOM);
    (void)add_oid(&b, trap->oid, trap->oid_n);
    for (uint32_t i = 0; i < trap->varbinds_n && b.n <= TW_EVIDENCE_MAX; i++) {
        const struct tw_varbind *vb = &trap->varbinds[i];
        tw_buf_char(&b, ' ');
        const struct tw_oid_name *o = add_oid(&b, vb->oid, vb->oid_n);
        tw_buf_char(&b, '=');
        add_value(&b, vb, o);
    }
    tw_buf_shorten(&b, TW_EVIDENCE_MAX);
    size_t n = b.n;
    memcpy(buf, b.p, n + 1);
    tw_buf_finish(&b);
    return tw_str_of(buf, n);
}
