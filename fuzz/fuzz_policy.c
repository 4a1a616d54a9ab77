/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a file of conditions and, after a byte 0, one of hints. What compiles has its examples run:
 * whatever a condition says, the core that judges by it keeps its balance.
 */
#include "base/buf.h"
#include "pipeline/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Examples of conditions are events already; a rule is needed all the same. */
static const char events[] =
    "events:\n"
    "  - rule: r\n"
    "    event: noted\n"
    "    log: {messages: [A/B]}\n"
    "    examples: [{log: '<188>Aug  8 2026 18:07:30 PE-A %%01A/4/B(l):;x'}]\n"
    "    counter-examples: [{log: '<188>Aug  8 2026 18:07:30 PE-A %%01A/4/C(l):;x'}]\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_errors errors = {0};
    struct tw_str all = tw_str_of((const char *)data, size),
                  first = tw_str_cut(all, tw_str_find(all, '\0', 0));
    const struct tw_rule_file event = {"e.yaml", {events, sizeof events - 1}};
    const struct tw_rule_file condition = {"c.yaml", first}, hint = {"h.yaml", tw_str_from(all, first.n + 1)};
    struct tw_rules_text text = {.events = &event,
                                 .conditions = &condition,
                                 .hints = &hint,
                                 .events_n = 1,
                                 .conditions_n = 1,
                                 .hints_n = hint.text.n > 0,
                                 .corpus = {.name = "corpus.log"}};
    struct tw_rules *r = tw_rules_create(&text, &errors);
    TW_ASSERT((r == NULL) == (errors.n > 0));
    if (r != NULL) {
        struct tw_rules_stats stats = tw_rules_stats(r);
        TW_ASSERT(stats.conditions > 0);
        TW_ASSERT(tw_rules_check(&text, r, &errors) <= stats.examples + 1);
    }
    for (size_t i = 0; i < errors.n; i++)
        TW_ASSERT(strchr(errors.text[i], ':') != NULL && strchr(errors.text[i], '\n') == NULL);
    tw_rules_destroy(r);
    tw_errors_finish(&errors);
    return 0;
}
