/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "policy/policy.h"
#include "policy/services.h"
#include "topology/topology.h"

static const char good[] = "condition: c1\n"
                           "severity: major\n"
                           "scope: sub-interface\n"
                           "when: %s\n"
                           "ends: {recovered: up}\n"
                           "summary: 'on {device}'\n"
                           "examples:\n"
                           "  - {name: x, events: [0 -], alerts: []}\n"
                           "counter-examples:\n"
                           "  - {name: y, events: [0 -]}\n";

static struct tw_policy *load(const char *condition, const char *hint, struct tw_errors *errors)
{
    struct tw_policy_file c = {"c.yaml", tw_str_z(condition)}, h = {"h.yaml", tw_str_z(hint)};
    return tw_policy_create(&c, 1, &h, hint[0] != '\0', errors);
}

static struct tw_policy *load_when(const char *when, struct tw_errors *errors)
{
    struct tw_buf b = {0};
    struct tw_str text = tw_str_z(good);
    size_t at = tw_str_find(text, '%', 0);
    tw_buf_add(&b, good, at);
    tw_buf_z(&b, when);
    tw_buf_z(&b, good + at + 2);
    struct tw_policy *p = load(b.p, "", errors);
    tw_buf_finish(&b);
    return p;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
static void put(const struct tw_expr *e, struct tw_buf *out)
{
    if (e->op == TW_OP_ATTR || e->op == TW_OP_AT_LEAST) {
        tw_buf_fmt(out, "%s%s", e->peer ? "peer." : "", tw_attr_name(e->attr));
        if (e->op == TW_OP_AT_LEAST)
            tw_buf_fmt(out, ">=%u", e->number);
        return;
    }
    tw_buf_z(out, e->op == TW_OP_NOT ? "(not " : "(");
    put(e->a, out);
    if (e->op != TW_OP_NOT) {
        tw_buf_z(out, e->op == TW_OP_AND ? " & " : " | ");
        put(e->b, out);
    }
    tw_buf_char(out, ')');
}

static void expressions_bind_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"up", "up"},
        {"not up", "(not up)"},
        {"up and forwards", "(up & forwards)"},
        {"up or forwards and not peer.up", "(up | (forwards & (not peer.up)))"},
        {"(up or forwards) and peer.up", "((up | forwards) & peer.up)"},
        {"own-downs >= 5 and up", "(own-downs>=5 & up)"},
        {"not (up and not forwards)", "(not (up & (not forwards)))"},
        {"up and forwards and deleted", "((up & forwards) & deleted)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors errors = {0};
        struct tw_policy *p = load_when(rows[i].text, &errors);
        struct tw_buf tree = {0};
        assert_non_null(p);
        put(p->conditions[0].when, &tree);
        assert_string_equal(tree.p, rows[i].tree);
        tw_buf_finish(&tree);
        tw_policy_destroy(p);
        tw_errors_finish(&errors);
    }
}

/* A digit per state of the side, idle first: with how many states of its peer it may hold. */
static void states_say_what_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *when, *may;
    } rows[] = {
        {"up", "7700000"},
        {"not up", "7777777"},
        {"own-fault", "0070000"},
        {"not own-fault", "7707777"},
        {"inherited and forwards", "0007000"},
        {"shut or deleted", "0000770"},
        {"faulty", "0070777"},
        {"faulty and peer.faulty", "0040444"},
        {"faulty or peer.deleted", "1171777"},
        {"not (faulty or peer.up)", "7707000"},
        {"own-downs >= 5", "0777777"},
        {"own-downs >= 0", "7777777"},
        {"not own-downs >= 0", "0000000"},
        {"peer.own-downs >= 1 and up", "6600000"},
        {"own-fault and shut", "0000000"},
        {"protected or own-fault", "7777777"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors errors = {0};
        struct tw_policy *p = load_when(rows[i].when, &errors);
        char may[TW_SUB_STATES + 1] = "";
        assert_non_null(p);
        for (int own = 0; own < TW_SUB_STATES; own++) {
            int n = 0;
            for (int peer = 0; peer < TW_SUB_STATES; peer++)
                n += (p->conditions[0].may_hold &
                      tw_sub_states((enum tw_sub_state)own, (enum tw_sub_state)peer)) != 0;
            may[own] = (char)('0' + n);
        }
        if (strcmp(may, rows[i].may) != 0)
            fail_msg("%s: %s, expected %s", rows[i].when, may, rows[i].may);
        assert_true(p->sub_may_hold == p->conditions[0].may_hold);
        tw_policy_destroy(p);
        tw_errors_finish(&errors);
    }
}

static void broken_expressions_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"upp", "c.yaml:4:7: 'upp' at character 1 of the expression, expected a fact"},
        {"up and", "expected a fact"},
        {"up forwards",
         "c.yaml:4:7: 'forwards' at character 4 of the expression, expected 'and', 'or' or the end"},
        {"(up", "expected ')'"},
        {"channel-down", "expected a fact of this condition's scope"},
        {"own-downs", "expected '>= NUMBER' after a number"},
        {"own-downs >= 6", "expected a number up to 5"},
        {"((((((((((((((((((((((((((((((((((((up))))))))))))))))))))))))))))))))))))",
         "expected fewer levels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors errors = {0};
        assert_null(load_when(rows[i].text, &errors));
        assert_true(errors.n > 0);
        if (strstr(errors.text[0], rows[i].error) == NULL)
            fail_msg("'%s' does not hold '%s'", errors.text[0], rows[i].error);
        tw_errors_finish(&errors);
    }
}

static void broken_files_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *condition, *hint, *error;
    } rows[] = {
        {"condition: x\n", "", "c.yaml:1:1: no 'severity' in the condition, expected one"},
        {"condition: x\nsevrity: major\n", "",
         "c.yaml:2:1: unknown key 'sevrity' in a condition, did you mean 'severity'?"},
        {"- a\n", "", "c.yaml:1:1: "},
        {"", "", "c.yaml:1:1: nothing in the file, expected a rule"},
        {"condition: x\nsummary: '{devise}'\n", "",
         "c.yaml:2:10: '{devise}' in summary, expected a known placeholder"},
        {"condition: x\nseverity: {critical: up, major: down}\nscope: sub-interface\n", "",
         "'down' at character 1"},
        {"condition: x\nseverity: fatal\n", "", "c.yaml:2:11: "},
        {"condition: x\nhold: soon\n", "", "c.yaml:2:7: "},
        {"condition: x\nscope: member\nwhen: master\nends-after: 5m\n", "",
         "c.yaml:4:13: 'ends-after' in another scope"},
        {"condition: x\nscope: sub-interface\nwhen: up\nends-after: 5m\n", "",
         "'ends-after' without 'own-downs'"},
        {"condition: x\nexamples: [{name: n, events: [0 -]}]\n", "", "an example without 'alerts'"},
        {"condition: x\nends: {a: otherwise, b: up}\nscope: sub-interface\n", "",
         "'otherwise' before the last case"},
        {"condition: x\n", "hints: [{hint: h, for: [y], step: check, text: t}]\n",
         "h.yaml:1:25: unknown condition 'y', expected one of rules/conditions"},
        {"condition: x\n", "hints: [{hint: h, for: [x], step: chek, text: t}]\n", "h.yaml:1:35: "},
        {"condition: x\n", "hints: [{hint: h, for: [x], step: check, text: t}]\n",
         "a hint without 'examples'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors errors = {0};
        bool found = false;
        assert_null(load(rows[i].condition, rows[i].hint, &errors));
        for (size_t k = 0; k < errors.n; k++)
            found = found || strstr(errors.text[k], rows[i].error) != NULL;
        if (!found)
            fail_msg("row %zu: no error holds '%s', the first is '%s'", i, rows[i].error,
                     errors.n ? errors.text[0] : "-");
        tw_errors_finish(&errors);
    }
}

static void an_expression_has_a_limit_of_terms(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    struct tw_errors errors = {0};
    for (int i = 0; i < 300; i++)
        tw_buf_z(&b, "up and ");
    tw_buf_z(&b, "up");
    assert_null(load_when(b.p, &errors));
    assert_non_null(strstr(errors.text[0], "expected fewer terms"));
    tw_errors_finish(&errors);
    tw_buf_finish(&b);
}

static void two_conditions_of_one_name_are_refused(void **state)
{
    (void)state;
    struct tw_errors errors = {0};
    struct tw_policy *one = load_when("up", &errors);
    assert_non_null(one);
    tw_policy_destroy(one);
    static const char text[] = "condition: same\n";
    struct tw_policy_file files[2] = {{"a.yaml", {text, sizeof text - 1}},
                                      {"b.yaml", {text, sizeof text - 1}}};
    assert_null(tw_policy_create(files, 2, NULL, 0, &errors));
    bool found = false;
    for (size_t k = 0; k < errors.n; k++)
        found = found || strstr(errors.text[k],
                                "b.yaml:1:1: condition 'same' again, expected another name: a.yaml has it");
    assert_true(found);
    tw_errors_finish(&errors);
}

/* Two rooms of one floor may not share a header, so they share an order. */
static void services_have_one_order(void **state)
{
    (void)state;
    static const char *const words[] = {TW_POLICY_SERVICES};
    assert_int_equal(sizeof words / sizeof *words, TW_SERVICES);
    for (unsigned i = 0; i < TW_SERVICES; i++)
        assert_string_equal(words[i], tw_service_name(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_bind_as_written),
        cmocka_unit_test(states_say_what_can_be),
        cmocka_unit_test(broken_expressions_are_refused_with_their_place),
        cmocka_unit_test(broken_files_are_refused_with_their_place),
        cmocka_unit_test(an_expression_has_a_limit_of_terms),
        cmocka_unit_test(two_conditions_of_one_name_are_refused),
        cmocka_unit_test(services_have_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
