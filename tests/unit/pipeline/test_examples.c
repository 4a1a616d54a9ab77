/* SPDX-License-Identifier: ISC */
/* What an author of rules is told about a condition's or a hint's example that does not hold, or can't be
 * read. */
#include "base/buf.h"
#include "base/mem.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "rules_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const char condition_head[] =
    "condition: mine\nseverity: warning\nscope: member\nhold: 30s\nwhen: backup and peer.backup\n"
    "names: last-master\nends:\n  recovered: otherwise\nsummary: nobody on {device}\n"
    "counter-examples:\n  - name: nothing\n    events: [0 pe-a member-role member=10 role=backup]\n";

/* Checks one condition beside the real event rules. The errors are joined by newlines. */
static struct tw_buf told(const char *kind, const char *text)
{
    static struct tw_rules_text real; /* kept to the end */
    if (real.events_n == 0)
        real = test_read_rules("rules");
    struct tw_buf whole = {0}, out = {0};
    struct tw_errors errors = {0};
    struct tw_rules_text t = real;
    bool hint = strcmp(kind, "hint") == 0;
    if (!hint)
        tw_buf_z(&whole, condition_head);
    tw_buf_z(&whole, text);
    const struct tw_rule_file file = {"mine.yaml", tw_buf_view(&whole)};
    if (hint) {
        t.hints = &file;
        t.hints_n = 1;
    } else {
        t.conditions = &file;
        t.conditions_n = 1;
        t.hints_n = 0;
    }
    struct tw_rules *r = tw_rules_create(&t, &errors);
    if (r != NULL)
        (void)tw_rules_check(&t, r, &errors);
    for (size_t i = 0; i < errors.n; i++) {
        tw_buf_z(&out, errors.text[i]);
        tw_buf_char(&out, '\n');
    }
    tw_rules_destroy(r);
    tw_errors_finish(&errors);
    tw_buf_finish(&whole);
    return out;
}

static void examples_of_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *events, *alerts, *want; /* NULL: it holds */
    } rows[] = {
        {"[0 pe-a member-role member=10 role=backup, 5 pe-b member-role member=20 role=backup]",
         "[raised 35 pe-a]", NULL},
        {"[0 pe-a member-role member=10 role=backup, 5.250 pe-b member-role member=20 role=backup]",
         "[raised 35.25 pe-a]", NULL},
        {"[0 pe-a member-role member=10 role=backup, 5 pe-b member-role member=20 role=backup]",
         "[raised 36 pe-a]", "gives 'raised 35 pe-a;', expected 'raised 36 pe-a;'"},
        {"[soon pe-a member-role member=10 role=backup]", "[raised 1 pe-a]", "'soon' in the event"},
        {"[0.5 pe-a member-role member=10 role=backup]", "[raised 1 pe-a]", "expected a number of seconds"},
        {"[9 pe-a member-role member=10 role=backup, 8 pe-b member-role member=20 role=backup]",
         "[raised 1 pe-a]", "not before the one of the line above"},
        {"[0 pe-x member-role member=10 role=backup]", "[raised 1 pe-a]",
         "'pe-x' in the event '0 pe-x member-role member=10 role=backup', expected a device of the inventory "
         "and an event"},
        {"[0 pe-a member-rule member=10]", "[raised 1 pe-a]", "'member-rule' in the event"},
        {"[0 pe-a member-role member]", "[raised 1 pe-a]", "expected field=value, with a field of an event"},
        {"[0 pe-a member-role number=10]", "[raised 1 pe-a]",
         "expected field=value, with a field of an event"},
        {"[0 pe-a member-role member=ten role=backup]", "[raised 1 pe-a]", "'member=ten' in the event"},
        {"[0 pe-a member-role member=10 role=boss]", "[raised 1 pe-a]", "expected a word of that field"},
        {"[0 pe-a member-role member=10 role=backup at=late]", "[raised 1 pe-a]",
         "expected a number of seconds"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf text = {0};
        tw_buf_fmt(&text, "examples:\n  - name: one\n    events: %s\n    alerts: %s\n", rows[i].events,
                   rows[i].alerts);
        struct tw_buf have = told("condition", text.p);
        if (rows[i].want == NULL)
            assert_string_equal(have.n > 0 ? have.p : "", "");
        else if (have.n == 0 || strstr(have.p, rows[i].want) == NULL || strstr(have.p, "mine.yaml:") == NULL)
            fail_msg("%s: '%s', expected '%s'", rows[i].events, have.n > 0 ? have.p : "", rows[i].want);
        tw_buf_finish(&have);
        tw_buf_finish(&text);
    }
}

static void an_inventory_of_an_example_is_checked(void **state)
{
    (void)state;
    struct tw_buf have = told(
        "condition", "examples:\n  - name: one\n    inventory: |\n      devices: {pe-a: 7}\n"
                     "    events: [0 pe-a member-role member=10 role=backup]\n    alerts: [raised 1 pe-a]\n");
    assert_non_null(have.p);
    assert_non_null(strstr(have.p, "in the example's "));
    tw_buf_finish(&have);
}

#define HINT                                                                                                 \
    "hints:\n  - hint: mine\n    for: [no-switchover]\n    step: check\n    on: this\n    help: [\"yes\"]\n" \
    "    text: look at {device}\n    commands: [\"display e-trunk {e-trunk}\"]\n"

static void examples_of_hints(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {HINT
         "    examples:\n      - {condition: no-switchover, help: \"yes\", commands: [display e-trunk 1]}\n"
         "    counter-examples:\n      - {condition: no-switchover, help: \"no\"}\n",
         NULL},
        {HINT
         "    examples:\n      - {condition: no-switchover, help: \"yes\", commands: [display e-trunk 2]}\n"
         "    counter-examples:\n      - {condition: no-switchover, help: \"no\"}\n",
         "example of hint 'mine' gives ['display e-trunk 1'], expected the commands listed"},
        {HINT "    examples:\n      - {condition: no-switchover, help: \"yes\", commands: [display e-trunk "
              "1, commit]}\n"
              "    counter-examples:\n      - {condition: no-switchover, help: \"no\"}\n",
         "expected the commands listed"},
        {HINT
         "    examples:\n      - {condition: no-switchover, help: unknown, commands: [display e-trunk 1]}\n"
         "    counter-examples:\n      - {condition: no-switchover, help: \"no\"}\n",
         "and does not appear"},
        {HINT
         "    examples:\n      - {condition: no-switchover, help: \"yes\", commands: [display e-trunk 1]}\n"
         "    counter-examples:\n      - {condition: no-switchover, help: \"yes\"}\n",
         "counter-example: hint 'mine' appears, expected that it does not"},
        {"hints:\n  - hint: mine\n    for: [no-switchover]\n    step: check\n    text: look at {nobody}\n"
         "    examples:\n      - {condition: no-switchover, commands: []}\n    counter-examples: []\n",
         "expected a known placeholder"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf have = told("hint", rows[i].text);
        if (rows[i].want == NULL)
            assert_string_equal(have.n > 0 ? have.p : "", "");
        else if (have.n == 0 || strstr(have.p, rows[i].want) == NULL)
            fail_msg("row %zu: '%s', expected '%s'", i, have.n > 0 ? have.p : "", rows[i].want);
        tw_buf_finish(&have);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples_of_conditions),
                                       cmocka_unit_test(an_inventory_of_an_example_is_checked),
                                       cmocka_unit_test(examples_of_hints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
