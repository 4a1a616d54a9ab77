/* SPDX-License-Identifier: ISC */
#include "normalise_internal.h"

#include "decode/log.h"

#include <stdlib.h>

struct running {
    const struct tw_ruleset *r;
    struct tw_errors *errors;
    bool *reached; /* per form: an example of its rule came this far */
};

struct place {
    const char *file;
    uint32_t line, column;
};

static void complain_fields(const struct running *run, const struct tw_example *x, const struct tw_event *got)
{
    for (int i = 0; i < TW_EVENT_FIELDS; i++) {
        enum tw_event_field f = (enum tw_event_field)i;
        const char *name = tw_event_field_name(f);
        const struct tw_event_value *want = &x->expect.field[f], *have = &got->field[f];
        bool wanted = tw_event_has(&x->expect, f), there = tw_event_has(got, f);
        enum tw_field_type type = tw_event_field_type(f);
        if (there && (x->absent >> f & 1) != 0)
            tw_errors_add(run->errors, x->file, x->line, x->column,
                          "the example gives a field '%s', expected none", name);
        if (!wanted || (there && type == TW_FIELD_TEXT && tw_str_eq(want->text, have->text)) ||
            (there && type != TW_FIELD_TEXT && want->number == have->number))
            continue;
        if (!there)
            tw_errors_add(run->errors, x->file, x->line, x->column, "the example gives no field '%s'", name);
        else if (type == TW_FIELD_TEXT)
            tw_errors_add(run->errors, x->file, x->line, x->column,
                          "the example gives %s '%.*s', expected '%.*s'", name, TW_STR_ARG(have->text),
                          TW_STR_ARG(want->text));
        else if (type == TW_FIELD_WORD)
            tw_errors_add(run->errors, x->file, x->line, x->column,
                          "the example gives %s '%s', expected '%s'", name,
                          tw_event_word(f, (int)have->number), tw_event_word(f, (int)want->number));
        else
            tw_errors_add(run->errors, x->file, x->line, x->column,
                          "the example gives %s %lld, expected %lld", name, (long long)have->number,
                          (long long)want->number);
    }
}

/* How the rule's own forms took its example. */
static void judge(const struct running *run, const struct tw_example *x, const struct claim *own)
{
    if (x->counter && own->match == TW_MATCH_EVENT)
        tw_errors_add(run->errors, x->file, x->line, x->column, "the rule '%s' claims its counter-example",
                      x->rule->name);
    if (x->counter || own->match == TW_MATCH_EVENT)
        return;
    if (own->match == TW_MATCH_FAILED)
        tw_errors_add(
            run->errors, x->file, x->line, x->column,
            "the rule '%s' does not claim its example: %s '%s' is missing or has a value that is not known",
            x->rule->name, own->failed < TW_EVENT_FIELDS ? "the field" : "what an event",
            own->failed < TW_EVENT_FIELDS ? tw_event_field_name(own->failed)
                                          : tw_event_kind_name(x->rule->kind));
    else if (own->match == TW_MATCH_NONE)
        tw_errors_add(run->errors, x->file, x->line, x->column,
                      "the rule '%s' does not claim its example: message, text or when do not fit",
                      x->rule->name);
}

/* Runs all forms under the key; at most one rule may claim a message. `x` is NULL for a line of the corpus.
 */
static void run_forms(struct running *run, const struct tw_event_form *forms, struct input *in,
                      const struct tw_example *x, const struct place *at)
{
    const struct tw_event_rule *first = NULL;
    struct claim own = {TW_MATCH_NONE, 0};
    for (const struct tw_event_form *f = forms; f != NULL; f = f->next) {
        struct tw_event e;
        struct claim c = tw_claim_form(run->r, f, in, &e);
        bool mine = x != NULL && f->rule == x->rule;
        if (c.match == TW_MATCH_LIMIT)
            tw_errors_add(run->errors, at->file, at->line, at->column,
                          "the pattern of rule '%s' needs too many steps here", f->rule->name);
        if (mine && c.match > TW_MATCH_NONE && own.match != TW_MATCH_EVENT)
            own = c;
        if (c.match != TW_MATCH_EVENT)
            continue;
        if (first != NULL && first != f->rule)
            tw_errors_add(run->errors, at->file, at->line, at->column,
                          "both '%s' (%s:%u) and '%s' (%s:%u) claim this", first->name, first->file,
                          first->line, f->rule->name, f->rule->file, f->rule->line);
        first = f->rule;
        if (mine && !x->counter) {
            run->reached[f->index] = true;
            complain_fields(run, x, &e);
        }
    }
    if (x != NULL)
        judge(run, x, &own);
}

static void run_example(struct running *run, const struct tw_example *x)
{
    const struct place at = {x->file, x->line, x->column};
    struct input in;
    struct tw_kv_shape shape = {0};
    struct tw_log log;
    size_t offset = 0;
    if (x->trap != NULL) {
        tw_input_trap(&in, x->trap);
        run_forms(run, tw_ruleset_trap_forms(run->r, x->trap->oid, x->trap->oid_n), &in, x, &at);
        return;
    }
    enum tw_log_fault fault = tw_log_decode(x->log, 0, TW_TIME_MIN, &log, &offset);
    if (fault != TW_LOG_OK) {
        tw_errors_add(run->errors, x->file, x->line, x->column, "the log of the example can't be read: %s",
                      tw_log_fault_name(fault));
        return;
    }
    tw_input_log(&in, &log, &shape);
    run_forms(run, tw_ruleset_log_forms(run->r, log.module, log.brief), &in, x, &at);
}

/* What can't be decoded is no message of a router: a remark, an empty line. */
static void run_corpus(struct running *run, struct tw_str corpus, const char *file)
{
    struct place at = {file, 0, 1};
    while (corpus.n > 0) {
        size_t end = tw_str_find(corpus, '\n', 0), offset = 0;
        struct tw_log log;
        struct tw_kv_shape shape = {0};
        struct input in;
        at.line++;
        if (tw_log_decode(tw_str_cut(corpus, end), 0, TW_TIME_MIN, &log, &offset) == TW_LOG_OK) {
            tw_input_log(&in, &log, &shape);
            run_forms(run, tw_ruleset_log_forms(run->r, log.module, log.brief), &in, NULL, &at);
        }
        corpus = tw_str_from(corpus, end == SIZE_MAX ? corpus.n : end + 1);
    }
}

size_t tw_normalise_examples(const struct tw_ruleset *r, struct tw_str corpus, const char *corpus_file,
                             struct tw_errors *errors)
{
    size_t n;
    const struct tw_example *x = tw_ruleset_examples(r, &n);
    struct running run = {r, errors, tw_xcalloc(tw_ruleset_forms(r) + 1, sizeof *run.reached)};
    for (size_t i = 0; i < n; i++)
        run_example(&run, &x[i]);
    run_corpus(&run, corpus, corpus_file);
    for (uint32_t i = 0; i < tw_ruleset_forms(r); i++) {
        const struct tw_event_form *f = tw_ruleset_form(r, i);
        char text[TW_FORM_TEXT];
        if (!run.reached[i])
            tw_errors_add(errors, f->rule->file, f->line, f->column, "no example of '%s' reaches %s",
                          f->rule->name, tw_event_form_text(f, text));
    }
    free(run.reached);
    return n;
}
