/* SPDX-License-Identifier: ISC */
#ifndef TW_NORMALISE_INTERNAL_H
#define TW_NORMALISE_INTERNAL_H
#include "normalise/normalise.h"

/* A message as the forms see it: the pairs of a log are walked once, whatever the number of forms, and only
 * when one of them asks for a key. */
enum { PAIRS_MAX = 32 };
struct input {
    const struct tw_log *log; /* NULL: a trap */
    const struct tw_trap *trap;
    struct tw_kv_shape *shape; /* of the log before */
    struct tw_kv_pair pairs[PAIRS_MAX];
    uint32_t tags[PAIRS_MAX]; /* of the keys */
    size_t pairs_n;
    bool walked;
};
void tw_input_log(struct input *in, const struct tw_log *log, struct tw_kv_shape *shape);
void tw_input_trap(struct input *in, const struct tw_trap *trap);

struct claim {
    enum tw_match match;
    enum tw_event_field failed; /* FAILED: this one; TW_EVENT_FIELDS: none of those of which one is needed */
};
/* Fills *out but for the evidence. */
struct claim tw_claim_form(const struct tw_ruleset *r, const struct tw_event_form *f, struct input *in,
                           struct tw_event *out);

#endif
