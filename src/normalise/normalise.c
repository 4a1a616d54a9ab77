/* SPDX-License-Identifier: ISC */
#include "normalise_internal.h"

/* The first form that claims the message wins; that no two do is shown by the examples. */
static enum tw_match match(const struct tw_ruleset *r, const struct tw_event_form *forms, struct input *in,
                           struct tw_event *out)
{
    enum tw_match best = TW_MATCH_NONE;
    for (const struct tw_event_form *f = forms; f != NULL; f = f->next) {
        struct claim c = tw_claim_form(r, f, in, out);
        if (c.match == TW_MATCH_EVENT)
            return TW_MATCH_EVENT;
        if (c.match > best)
            best = c.match;
    }
    out->kind = TW_EVENT_NONE;
    out->present = 0;
    return best;
}

enum tw_match tw_normalise_log(const struct tw_ruleset *r, const struct tw_event_form *forms,
                               const struct tw_log *log, struct tw_kv_shape *shape, struct tw_event *out)
{
    struct input in;
    if (forms == NULL)
        return TW_MATCH_NONE;
    tw_input_log(&in, log, shape);
    return match(r, forms, &in, out);
}

enum tw_match tw_normalise_trap(const struct tw_ruleset *r, const struct tw_trap *trap, struct tw_event *out)
{
    const struct tw_event_form *forms = tw_ruleset_trap_forms(r, trap->oid, trap->oid_n);
    struct input in;
    if (forms == NULL)
        return TW_MATCH_NONE;
    tw_input_trap(&in, trap);
    return match(r, forms, &in, out);
}
