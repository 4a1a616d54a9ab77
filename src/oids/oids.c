/* SPDX-License-Identifier: ISC */
#include "oids_internal.h"

/* No branch of a known module is deeper; deeper prefixes need not be tried. */
enum { DEEPEST = 24 };

const char *tw_oid_bare(const struct tw_oid_name *o)
{
    return strstr(o->name, "::") + 2;
}

const char *tw_oid_label(const struct tw_oid_name *o, int64_t number)
{
    for (uint32_t i = 0; i < o->labels_n; i++) {
        if (o->labels[i].number == number)
            return o->labels[i].name;
    }
    return NULL;
}

const struct tw_oid_name *tw_oid_all(size_t *n)
{
    *n = tw_oid_table_n;
    return tw_oid_table;
}

static const struct tw_oid_name *by_rank(size_t i)
{
    return &tw_oid_table[tw_oid_by_bare_name[i]];
}

static int compare_text(struct tw_str a, struct tw_str b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Rank of the first entry that is not before `bare`. */
static size_t first_of(struct tw_str bare)
{
    size_t low = 0, high = tw_oid_table_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_text(tw_str_z(tw_oid_bare(by_rank(mid))), bare) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct tw_oid_name *tw_oid_by_name(struct tw_str name)
{
    size_t colon = tw_str_find(name, ':', 0);
    bool whole = colon != SIZE_MAX && colon + 1 < name.n && name.p[colon + 1] == ':';
    struct tw_str bare = whole ? tw_str_from(name, colon + 2) : name;
    const struct tw_oid_name *found = NULL;
    if (bare.n == 0)
        return NULL;
    for (size_t i = first_of(bare); i < tw_oid_table_n; i++) {
        const struct tw_oid_name *o = by_rank(i);
        if (!tw_str_eq(tw_str_z(tw_oid_bare(o)), bare))
            break;
        if (whole && tw_str_eq(tw_str_z(o->name), name))
            return o;
        if (!whole && found != NULL)
            return NULL;
        if (!whole)
            found = o;
    }
    return found;
}

static int compare_ids(const uint32_t *a, uint32_t an, const uint32_t *b, uint32_t bn)
{
    for (uint32_t i = 0; i < an && i < bn; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return (an > bn) - (an < bn);
}

static const struct tw_oid_name *exactly(const uint32_t *id, uint32_t n)
{
    size_t low = 0, high = tw_oid_table_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = compare_ids(tw_oid_table[mid].id, tw_oid_table[mid].n, id, n);
        if (c == 0)
            return &tw_oid_table[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct tw_oid_name *tw_oid_by_prefix(const uint32_t *id, uint32_t n)
{
    for (uint32_t k = n < DEEPEST ? n : DEEPEST; k > 0; k--) {
        const struct tw_oid_name *o = exactly(id, k);
        if (o != NULL)
            return o;
    }
    return NULL;
}
