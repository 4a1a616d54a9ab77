/* SPDX-License-Identifier: ISC */
/*
 * Rule files: the bytes are the YAML of one. What compiles has its examples run, so that forms, patterns and
 * the evidence are reached as well.
 */
#include "normalise/normalise.h"
#include "quote/quote.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct tw_event *e, const struct tw_ruleset *r, const struct tw_example *x)
{
    char quote[TW_EVIDENCE_MAX + 1];
    if (x->trap == NULL || tw_normalise_trap(r, x->trap, e) != TW_MATCH_EVENT)
        return;
    struct tw_str text = tw_quote_trap(e->trap, quote);
    TW_ASSERT(text.n > 0 && text.n <= TW_EVIDENCE_MAX);
    TW_ASSERT(e->kind > TW_EVENT_NONE && e->kind < TW_EVENT_KINDS && e->rule != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tw_rule_file file = {"fuzz.yaml", tw_str_of((const char *)data, size)};
    struct tw_errors errors = {0};
    struct tw_ruleset *r = tw_ruleset_create(&file, 1, &errors);
    TW_ASSERT((r == NULL) == (errors.n > 0));
    if (r != NULL) {
        struct tw_event e;
        size_t n;
        const struct tw_example *x = tw_ruleset_examples(r, &n);
        for (size_t i = 0; i < n; i++)
            check(&e, r, &x[i]);
        (void)tw_normalise_examples(r, file.text, "fuzz.log", &errors);
    }
    tw_ruleset_destroy(r);
    tw_errors_finish(&errors);
    return 0;
}
