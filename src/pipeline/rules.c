/* SPDX-License-Identifier: ISC */
#include "pipeline_internal.h"

#include "normalise/normalise.h"

#include <stdlib.h>

static const struct tw_policy_file *policy_files(const struct tw_rule_file *files, size_t n)
{
    struct tw_policy_file *list = tw_xcalloc(n, sizeof *list);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct tw_policy_file){files[i].name, files[i].text};
    return list;
}

static void needed(const struct tw_rules_text *text, struct tw_errors *errors)
{
    if (text->events_n == 0)
        tw_errors_add(errors, "rules/events", 0, 0, "no file *.yaml there, expected the event rules");
    if (text->conditions_n == 0)
        tw_errors_add(errors, "rules/conditions", 0, 0, "no file *.yaml there, expected the conditions");
}

struct tw_rules *tw_rules_create(const struct tw_rules_text *text, struct tw_errors *errors)
{
    struct tw_rules *r = tw_xcalloc(1, sizeof *r);
    const struct tw_policy_file *conditions = policy_files(text->conditions, text->conditions_n);
    const struct tw_policy_file *hints = policy_files(text->hints, text->hints_n);
    size_t before = errors->n + errors->dropped;
    needed(text, errors);
    r->events = tw_ruleset_create(text->events, text->events_n, errors);
    r->policy = tw_policy_create(conditions, text->conditions_n, hints, text->hints_n, errors);
    free((void *)(uintptr_t)conditions);
    free((void *)(uintptr_t)hints);
    if (errors->n + errors->dropped != before || r->events == NULL || r->policy == NULL) {
        tw_rules_destroy(r);
        return NULL;
    }
    return r;
}

void tw_rules_destroy(struct tw_rules *r)
{
    if (r == NULL)
        return;
    tw_ruleset_destroy(r->events);
    tw_policy_destroy(r->policy);
    free(r);
}

size_t tw_rules_check(const struct tw_rules_text *text, const struct tw_rules *r, struct tw_errors *errors)
{
    return tw_normalise_examples(r->events, text->corpus.text, text->corpus.name, errors) +
           examples_conditions(r, errors) + examples_hints(r, errors);
}

bool tw_rules_hold(struct tw_rules *r, struct tw_str condition, tw_dur hold)
{
    size_t i = tw_policy_find(r->policy, condition);
    if (i == r->policy->conditions_n)
        return false;
    r->policy->conditions[i].hold = hold;
    return true;
}

const char *tw_rules_condition(const struct tw_rules *r, size_t i)
{
    return i < r->policy->conditions_n ? r->policy->conditions[i].name : NULL;
}

/* MODULE/SEV/BRIEF stand side by side. */
static struct tw_str name_of(const struct tw_log *log)
{
    return tw_str_of(log->module.p, (size_t)(log->brief.p + log->brief.n - log->module.p));
}

struct tw_glance glance_unknown(const struct tw_log *log, enum tw_counter reason)
{
    struct tw_str name = name_of(log);
    return (struct tw_glance){
        .verdict = TW_GLANCE_UNKNOWN, .key = signature_key(name, TW_TRANSPORT_SYSLOG, reason), .name = name};
}

static struct tw_glance look(const struct tw_rules *r, const struct tw_log *log)
{
    const struct tw_event_form *forms =
        (log->cut ? tw_ruleset_log_forms_cut : tw_ruleset_log_forms)(r->events, log->module, log->brief);
    if (forms == NULL)
        return glance_unknown(log, TW_COUNT_NO_RULE);
    bool noted = forms->certain && forms->rule->kind == TW_EVENT_NOTED;
    return (struct tw_glance){.verdict = noted ? TW_GLANCE_NOTED : TW_GLANCE_READ, .forms = forms};
}

struct tw_glance tw_rules_glance(const struct tw_rules *r, const struct tw_log *log,
                                 struct tw_log_name *known)
{
    if (known != NULL && known->glance.of == r) {
        struct tw_glance g = known->glance;
        g.name = name_of(log);
        return g;
    }
    struct tw_glance g = look(r, log);
    g.of = r;
    if (known != NULL)
        known->glance = g;
    return g;
}

struct tw_rules_stats tw_rules_stats(const struct tw_rules *r)
{
    struct tw_rules_stats s = {.conditions = r->policy->conditions_n, .hints = r->policy->hints_n};
    (void)tw_ruleset_examples(r->events, &s.examples);
    s.events = tw_ruleset_forms(r->events);
    s.patterns = tw_ruleset_patterns(r->events, &s.patterns_jit);
    for (size_t i = 0; i < r->policy->conditions_n; i++)
        s.examples += r->policy->conditions[i].examples_n;
    for (size_t i = 0; i < r->policy->hints_n; i++)
        s.examples += r->policy->hints[i].examples_n;
    return s;
}
