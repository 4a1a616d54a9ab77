/* SPDX-License-Identifier: ISC */
/* What running the examples finds. */
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define HEAD      "Aug  8 2026 18:07:30 h %%01"
#define EVENTS(x) "events:\n" x
#define A(examples)                                                                                          \
    "- {rule: a, event: interface-up, log: {messages: [M/B], fields: {interface: {key: I}}}, " examples "}"  \
    "\n"
#define ANY_B                                                                                                \
    "- {rule: b, event: noted, log: {messages: [M/B]}, examples: [{log: '" HEAD "M/4/B(l):t (Q=1)'}]}\n"

static const struct {
    const char *text, *corpus;
    size_t run;
    const char *error; /* the only one; NULL: none */
} rows[] = {
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)', gives: {interface: x}, absent: [admin]}]")), "",
     1, NULL},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)', gives: {interface: y}}]")), "", 1,
     "f.yaml:2:100: the example gives interface 'x', expected 'y'"},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)', gives: {admin: up}}]")), "", 1,
     "f.yaml:2:100: the example gives no field 'admin'"},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)', absent: [interface]}]")), "", 1,
     "f.yaml:2:100: the example gives a field 'interface', expected none"},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)'}], counter-examples: [{log: '" HEAD
              "M/4/B(l):t (I=z)'}]")),
     "", 2, "f.yaml:2:174: the rule 'a' claims its counter-example"},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)'}, {log: no message}]")), "", 2,
     "f.yaml:2:154: the log of the example can't be read: "},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)'}, {log: '" HEAD "M/4/B(l):t (J=x)'}]")), "", 2,
     "f.yaml:2:154: the rule 'a' does not claim its example: the field 'interface' is missing or has a "
     "value"},
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)'}, {log: '" HEAD "M/4/C(l):t (I=x)'}]")), "", 2,
     "f.yaml:2:154: the rule 'a' does not claim its example: message, text or when do not fit"},
    /* Two rules for one message. */
    {EVENTS(A("examples: [{log: '" HEAD "M/4/B(l):t (I=x)'}]") ANY_B), "", 2,
     "f.yaml:2:100: both 'a' (f.yaml:2) and 'b' (f.yaml:3) claim this"},
    {EVENTS("- {rule: a, event: noted, log: {messages: [M/B], when: {I: 1}}, examples: [{log: '" HEAD
            "M/4/B(l):t (I=1)'}]}\n"
            "- {rule: b, event: noted, log: {messages: [M/B], when: {J: 1}}, examples: [{log: '" HEAD
            "M/4/B(l):t (J=1)'}]}\n"),
     "# remark\n\n" HEAD "M/4/B(l):t (J=1)\n" HEAD "M/4/B(l):t (I=1, J=1)\nnoise", 2,
     "corpus.log:4:1: both 'a' (f.yaml:2) and 'b' (f.yaml:3) claim this"},
    /* Dead forms. */
    {EVENTS("- {rule: a, event: noted, log: {messages: [M/B, M/C]}, examples: [{log: '" HEAD
            "M/4/B(l):t'}]}\n"),
     "", 1, "f.yaml:2:49: no example of 'a' reaches M/C"},
    {EVENTS("- {rule: a, event: noted, trap: {notifications: [linkUp, linkDown]}, examples: [{trap: "
            "{notification: linkUp}}]}\n"),
     "", 1, "f.yaml:2:58: no example of 'a' reaches IF-MIB::linkDown"},
    /* Values of every type. */
    {EVENTS("- {rule: a, event: device-restart, trap: {notifications: [linkUp], fields: {restart: {const: "
            "warm}}}, examples: "
            "[{trap: {notification: linkUp}, gives: {restart: cold}}]}\n"),
     "", 1, "f.yaml:2:114: the example gives restart 'warm', expected 'cold'"},
    {EVENTS("- {rule: a, event: interface-up, trap: {notifications: [linkUp], fields: {if-index: {varbind: "
            "ifIndex}}}, "
            "examples: [{trap: {notification: linkUp, varbinds: {ifIndex.3: 3}}, gives: {if-index: 4}}]}\n"),
     "", 1, "f.yaml:2:118: the example gives if-index 3, expected 4"},
    {EVENTS("- {rule: a, event: noted, log: {messages: [M/B], text: '(a+)+$'}, examples: [{log: '" HEAD
            "M/4/B(l):aa'}, {log: '" HEAD
            "M/4/B(l):aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'}]}\n"),
     "", 2, "f.yaml:2:127: the pattern of rule 'a' needs too many steps here"},
};

static void each_fault_is_told(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_rule_file file = {"f.yaml", tw_str_z(rows[i].text)};
        struct tw_errors errors = {0};
        struct tw_ruleset *r = tw_ruleset_create(&file, 1, &errors);
        if (r == NULL)
            fail_msg("%s", errors.text[0]);
        size_t run = tw_normalise_examples(r, tw_str_z(rows[i].corpus), "corpus.log", &errors);
        assert_int_equal(run, rows[i].run);
        const char *expected = rows[i].error;
        bool good = expected == NULL
                        ? errors.n == 0
                        : errors.n == 1 && strncmp(errors.text[0], expected, strlen(expected)) == 0;
        if (!good) {
            print_error("%s expected: %s\n", rows[i].text, expected);
            for (size_t k = 0; k < errors.n; k++)
                print_error("  got: %s\n", errors.text[k]);
            bad++;
        }
        tw_ruleset_destroy(r);
        tw_errors_finish(&errors);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_fault_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
