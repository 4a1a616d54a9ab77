/* SPDX-License-Identifier: ISC */
/* Everything a rule file can have wrong, with its place. */
#include "ruleset/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A rule that is right, but for what a row puts into it. */
#define RULE(inside)                                                                                         \
    "events:\n- {rule: r, event: noted, " inside ", examples: [{log: x}, {trap: {notification: linkUp}}]}\n"
#define LOG(fields)  RULE("log: {messages: [A/B], fields: {" fields "}}")
#define TRAP(fields) RULE("trap: {notifications: [linkUp], fields: {" fields "}}")
#define KIND(e, side)                                                                                        \
    "events:\n- {rule: r, event: " e ", " side ", examples: [{log: x}, {trap: {notification: linkUp}}]}\n"

static const struct {
    const char *text;
    const char *error; /* what the first error begins with */
} rows[] = {
    {"- x\n", "f.yaml:1:1: a rule file is a list"},
    {"event: []\n", "f.yaml:1:1: unknown key"},
    {"events: {}\n", "f.yaml:1:9: events is a mapping"},
    {"events: [x]\n", "f.yaml:1:10: a rule is "},
    {"events: [{event: noted}]\n", "f.yaml:1:10: rule is missing"},
    {"events: [{rule: r}]\n", "f.yaml:1:10: event is missing"},
    {"events: [{rule: [r], event: noted}]\n", "f.yaml:1:17: rule is a list"},
    {"events: [{rule: r, event: note}]\n", "f.yaml:1:27: event is "},
    {"events: [{rule: r, event: noted}]\n", "f.yaml:1:10: rule 'r' has neither a log nor a trap form"},
    {"events: [{rule: r, event: noted, logs: {}}]\n", "f.yaml:1:34: unknown key"},
    {KIND("noted", "alarm: yes, log: {messages: [A/B]}"), "f.yaml:2:34: alarm is"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}}\n",
     "f.yaml:2:32: the log form of 'r' has no example"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{trap: {notification: "
     "linkUp}}]}\n",
     "f.yaml:2:32: the log form of 'r' has no example"},
    {"events:\n- {rule: r, event: noted, trap: {notifications: [linkUp]}, examples: [{log: x}]}\n",
     "f.yaml:2:33: the trap form of 'r' has no example"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x}]}\n"
     "- {rule: r, event: noted, log: {messages: [A/C]}, examples: [{log: x}]}\n",
     "f.yaml:3:10: there is a rule 'r' already, at f.yaml:2"},
    /* Keys of forms. */
    {RULE("log: {}"), "f.yaml:2:32: messages is missing"},
    {RULE("log: x"), "f.yaml:2:32: log is "},
    {RULE("log: {messages: []}"), "f.yaml:2:43: the list of messages is empty"},
    {RULE("log: {messages: A/B}"), "f.yaml:2:43: messages is "},
    {RULE("log: {messages: [AB]}"), "f.yaml:2:44: the message is 'AB', expected MODULE/BRIEF"},
    {RULE("log: {messages: [A/4/B]}"), "f.yaml:2:44: the message is 'A/4/B', expected MODULE/BRIEF"},
    {RULE("log: {messages: [/B]}"), "f.yaml:2:44: the message is '/B', expected MODULE/BRIEF"},
    {RULE("log: {messages: [A/B, a/b]}"), "f.yaml:2:49: this rule names the message twice"},
    {RULE("log: {notifications: [linkUp], messages: [A/B]}"), "f.yaml:2:33: unknown key"},
    {RULE("trap: {notifications: []}"), "f.yaml:2:49: the list of notifications is empty"},
    {RULE("trap: {notifications: [linkUpp]}"),
     "f.yaml:2:50: no module in mibs/ has 'linkUpp', did you mean 'IF-MIB::linkUp'?"},
    {RULE("trap: {notifications: [IF-MIB::zzzzzz]}"),
     "f.yaml:2:50: no module in mibs/ has 'IF-MIB::zzzzzz', expected"},
    {RULE("trap: {notifications: [1.3.6.]}"), "f.yaml:2:50: numbers with dots"},
    {RULE("trap: {notifications: [1.3..6]}"), "f.yaml:2:50: numbers with dots"},
    {RULE("trap: {notifications: [1.3.4294967296]}"), "f.yaml:2:50: numbers with dots"},
    {RULE("trap: {notifications: [linkUp.]}"), "f.yaml:2:50: numbers with dots"},
    {RULE("trap: {notifications: [linkUp], text: x}"), "f.yaml:2:59: unknown key"},
    /* Patterns. */
    {RULE("log: {messages: [A/B], text: 'ab(c'}"),
     "f.yaml:2:61: the pattern is not right: missing closing parenthesis"},
    {RULE("log: {messages: [A/B], text: '[a'}"),
     "f.yaml:2:59: the pattern is not right: missing terminating ]"},
    {RULE("log: {messages: [A/B], text: '(*UTF)a'}"), "f.yaml:2:63: the pattern is not right"},
    {RULE("log: {messages: [A/B], text: [a]}"), "f.yaml:2:56: text is a list"},
    {RULE("log: {messages: [A/B], text: '(?<a>x)', fields: {interface: {group: b}}}"),
     "f.yaml:2:95: the pattern of this form has no group 'b'"},
    {LOG("interface: {group: b}"), "f.yaml:2:78: the pattern of this form has no group 'b'"},
    {RULE("log: {messages: [A/B], text: "
          "'(?<a>x)(?<b>x)(?<c>x)(?<d>x)(?<e>x)(?<f>x)(?<g>x)(?<h>x)(?<i>x)(?<j>x)"
          "(?<k>x)(?<l>x)(?<m>x)(?<n>x)(?<o>x)(?<p>x)'}"),
     "f.yaml:2:56: the pattern has 16 groups, at most 15"},
    /* Fields. */
    {LOG("interfaces: {key: a}"),
     "f.yaml:2:59: there is no event field 'interfaces', did you mean 'interface'?"},
    {LOG("qqq: {key: a}"), "f.yaml:2:59: there is no event field 'qqq'"},
    {LOG("interface: a"), "f.yaml:2:70: interface is "},
    {LOG("interface: {}"), "f.yaml:2:70: exactly one source is expected: key, group or const"},
    {LOG("interface: {key: a, const: b}"), "f.yaml:2:70: exactly one source is expected"},
    {LOG("interface: {varbind: ifDescr}"), "f.yaml:2:70: a log has no such source"},
    {TRAP("interface: {key: a}"), "f.yaml:2:79: a trap has no such source"},
    {TRAP("interface: {varbind: ifDesc}"),
     "f.yaml:2:89: no module in mibs/ has 'ifDesc', did you mean 'IF-MIB::ifDescr'?"},
    {TRAP("interface: {varbind: []}"), "f.yaml:2:89: the list is empty"},
    {TRAP("interface: {varbind: ifDescr, sub: 1}"), "f.yaml:2:103: sub counts in an instance"},
    {TRAP("if-index: {instance: ifDescr, sub: 300}"), "f.yaml:2:103: sub is '300'"},
    {LOG("interface: {key: []}"), "f.yaml:2:76: the list is empty"},
    {LOG("interface: {key: a, optional: maybe}"), "f.yaml:2:89: optional is 'maybe'"},
    {LOG("interface: {key: a, optinal: true}"), "f.yaml:2:79: unknown key"},
    {LOG("role: {const: boss}"), "f.yaml:2:73: role is 'boss'"},
    {LOG("if-index: {const: -1}"), "f.yaml:2:77: if-index is '-1'"},
    {LOG("role: {key: a, map: m}"), "f.yaml:2:79: there is no map 'm' in this file"},
    {LOG("role: {key: a, map: roles}") "maps: {role: {1: init}}\n",
     "f.yaml:2:79: there is no map 'roles' in this file; did you mean 'role'?"},
    {"maps: {m: {1: master}}\n" LOG("interface: {key: a, map: m}"),
     "f.yaml:3:84: interface is a text, it takes no map"},
    {"maps: {m: {1: master}}\n" LOG("role: {const: init, map: m}"), "f.yaml:3:84: a const takes no map"},
    {"maps: {m: {1: mister}}\n" LOG("role: {key: a, map: m}"), "f.yaml:1:15: role is 'mister'"},
    {"maps: {m: {a_b: master, A-B: init}}\n" LOG("role: {key: a, map: m}"),
     "f.yaml:1:25: 'A-B' reads like a value above it"},
    {"maps: {m: {1: master}}\n", "f.yaml:1:8: no field uses the map 'm'"},
    {"maps: {m: 1}\n", "f.yaml:1:11: a map of values is "},
    {"maps: []\n", "f.yaml:1:7: maps is a list"},
    /* What an event needs, and may have. */
    {KIND("interface-down", "log: {messages: [A/B], fields: {reason: {key: a}}}"),
     "f.yaml:2:41: the log form of 'r' lacks 'interface' or 'if-index'"},
    {KIND("e-trunk-role", "trap: {notifications: [linkUp], fields: {role: {const: master}}}"),
     "f.yaml:2:40: the trap form of 'r' lacks 'e-trunk', which an event e-trunk-role needs"},
    {KIND("e-trunk-role", "log: {messages: [A/B], fields: {e-trunk: {key: a}}}"),
     "f.yaml:2:39: the log form of 'r' lacks 'role'"},
    {KIND("member-role", "log: {messages: [A/B], fields: {e-trunk: {key: a}, role: {key: b}}}"),
     "f.yaml:2:38: the log form of 'r' lacks 'member'"},
    {KIND("rbs-channel", "log: {messages: [A/B], fields: {name: {key: a}}}"),
     "f.yaml:2:38: the log form of 'r' lacks 'state'"},
    {KIND("device-restart", "log: {messages: [A/B]}"), "f.yaml:2:41: the log form of 'r' lacks 'restart'"},
    {KIND("interface-up", "log: {messages: [A/B], fields: {interface: {key: a}, role: {key: b}}}"),
     "f.yaml:2:87: an event interface-up has no field 'role', it has: interface, if-index, admin, main"},
    /* Conditions. */
    {RULE("log: {messages: [A/B], when: {State: []}}"), "f.yaml:2:64: the list is empty"},
    {RULE("log: {messages: [A/B], when: {State: {}}}"), "f.yaml:2:64: a value is a mapping"},
    {RULE("trap: {notifications: [linkUp], when: {State: 1}}"),
     "f.yaml:2:66: no module in mibs/ has 'State'"},
    /* Examples. */
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x}, {}]}\n",
     "f.yaml:2:72: either log or trap"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x, trap: {notification: "
     "linkUp}}]}\n",
     "f.yaml:2:62: either log or trap"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x, gives: {role: "
     "boss}}]}\n",
     "f.yaml:2:85: role is 'boss'"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x, gives: {rol: init}}]}\n",
     "f.yaml:2:79: there is no event field 'rol'"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x, absent: [rol]}]}\n",
     "f.yaml:2:80: there is no event field 'rol'"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x, give: {}}]}\n",
     "f.yaml:2:71: unknown key"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x}], counter-examples: "
     "[{log: x, gives: {}}]}\n",
     "f.yaml:2:101: unknown key"},
    {"events:\n- {rule: r, event: noted, trap: {notifications: [linkUp]}, examples: [{trap: {}}]}\n",
     "f.yaml:2:78: notification is missing"},
    {"events:\n- {rule: r, event: noted, trap: {notifications: [linkUp]}, examples: [{trap: {notification: "
     "linkUp, varbinds: {ifFoo: "
     "1}}}]}\n",
     "f.yaml:2:112: no module in mibs/ has 'ifFoo'"},
    {"events:\n- {rule: r, event: noted, log: {messages: [A/B]}, examples: {}}\n",
     "f.yaml:2:61: examples is a mapping"},
    /* Reasons. */
    {"down-reasons: []\n", "f.yaml:1:15: down-reasons is a list"},
    {"down-reasons: {a: b}\n", "f.yaml:1:19: the class of a down reason is 'b'"},
    {"down-reasons: {'.': other}\n", "f.yaml:1:16: a down reason is empty"},
    {"down-reasons: {It broke: other, 'it broke.': physical}\n",
     "f.yaml:1:33: the reason 'it broke' is 'other' at f.yaml:1"},
};

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_rule_file file = {"f.yaml", tw_str_z(rows[i].text)};
        struct tw_errors errors = {0};
        struct tw_ruleset *r = tw_ruleset_create(&file, 1, &errors);
        if (r != NULL || errors.n == 0)
            fail_msg("no error in: %s", rows[i].text);
        bool found = false;
        for (size_t k = 0; k < errors.n; k++)
            found = found || strncmp(errors.text[k], rows[i].error, strlen(rows[i].error)) == 0;
        if (!found) {
            print_error("%s  expected: %s\n", rows[i].text, rows[i].error);
            for (size_t k = 0; k < errors.n; k++)
                print_error("  got: %s\n", errors.text[k]);
            bad++;
        }
        tw_errors_finish(&errors);
    }
    assert_int_equal(bad, 0);
}

static void files_must_agree_on_a_reason(void **state)
{
    (void)state;
    const struct tw_rule_file files[] = {
        {"a.yaml", TW_STR("down-reasons:\n  It broke: physical\n")},
        {"b.yaml", TW_STR("down-reasons:\n  It broke: lacp\n")},
    };
    struct tw_errors errors = {0};
    assert_null(tw_ruleset_create(files, 2, &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "b.yaml:2:3: the reason 'It broke' is 'physical' at a.yaml:2");
    tw_errors_finish(&errors);
}

static void a_name_is_unique_over_all_files(void **state)
{
    (void)state;
    const struct tw_rule_file files[] = {
        {"a.yaml",
         TW_STR("events: [{rule: r, event: noted, log: {messages: [A/B]}, examples: [{log: x}]}]\n")},
        {"b.yaml",
         TW_STR("events: [{rule: r, event: noted, log: {messages: [A/C]}, examples: [{log: x}]}]\n")},
    };
    struct tw_errors errors = {0};
    assert_null(tw_ruleset_create(files, 2, &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "b.yaml:1:17: there is a rule 'r' already, at a.yaml:1");
    tw_errors_finish(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(files_must_agree_on_a_reason),
        cmocka_unit_test(a_name_is_unique_over_all_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
