/* SPDX-License-Identifier: ISC */
#include "doc/doc.h"

enum { WORD_MAX = 48, NEAR = 2, PREFIX = NEAR + 1 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to change, drop or add to make `a` out of `b`; case does not count. Both are at most WORD_MAX long.
 */
static unsigned distance(struct tw_str a, struct tw_str b)
{
    unsigned row[WORD_MAX + 1];
    for (unsigned j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 0; i < a.n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < b.n; j++) {
            unsigned above = row[j + 1];
            row[j + 1] =
                least(above + 1, row[j] + 1, diagonal + (tw_lower(a.p[i]) != tw_lower(b.p[j]) ? 1u : 0u));
            diagonal = above;
        }
    }
    return row[b.n];
}

void tw_nearest_offer(struct tw_nearest *n, struct tw_str candidate)
{
    const struct tw_str w = n->word;
    if (w.n == 0 || candidate.n == 0)
        return;
    size_t shorter = w.n < candidate.n ? w.n : candidate.n, longer = w.n + candidate.n - shorter;
    unsigned d = PREFIX + 1;
    if (longer <= WORD_MAX && longer - shorter <= NEAR)
        d = distance(w, candidate);
    /* Two letters of a two-letter word are the whole word. */
    if (d > NEAR || d >= shorter)
        d = shorter >= 2 && (tw_str_istarts(w, candidate) || tw_str_istarts(candidate, w)) ? PREFIX
                                                                                           : PREFIX + 1;
    if (d <= PREFIX && (n->best.n == 0 || d < n->distance)) {
        n->best = candidate;
        n->distance = d;
    }
}
