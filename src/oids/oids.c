/* SPDX-License-Identifier: ISC */
#include "oids_internal.h"

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

/* How many sub-identifiers they begin with alike. */
static uint32_t alike(const uint32_t *a, uint32_t an, const uint32_t *b, uint32_t bn)
{
    uint32_t i = 0;
    while (i < an && i < bn && a[i] == b[i])
        i++;
    return i;
}

static bool is_after(const struct tw_oid_name *o, const uint32_t *id, uint32_t n)
{
    uint32_t i = alike(o->id, o->n, id, n);
    return i < o->n && (i == n || o->id[i] > id[i]);
}

/* The last entry that is not after it, or NULL. */
static const struct tw_oid_name *last_up_to(const uint32_t *id, uint32_t n)
{
    size_t low = 0, high = tw_oid_table_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (is_after(&tw_oid_table[mid], id, n))
            high = mid;
        else
            low = mid + 1;
    }
    return low > 0 ? &tw_oid_table[low - 1] : NULL;
}

/* A prefix is not after what it is a prefix of, and nothing but longer ones is between them. So it is the
 * last entry up to the identifier, or else no longer than what those two begin with alike. */
const struct tw_oid_name *tw_oid_by_prefix(const uint32_t *id, uint32_t n)
{
    while (n > 0) {
        const struct tw_oid_name *o = last_up_to(id, n);
        n = o != NULL ? alike(o->id, o->n, id, n) : 0;
        if (n > 0 && n == o->n)
            return o;
    }
    return NULL;
}
