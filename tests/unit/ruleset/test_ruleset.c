/* SPDX-License-Identifier: ISC */
#include "base/mem.h"
#include "oids/oids.h"
#include "ruleset/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct tw_ruleset *compile(const char *text)
{
    const struct tw_rule_file file = {"t.yaml", tw_str_z(text)};
    struct tw_errors errors = {0};
    struct tw_ruleset *r = tw_ruleset_create(&file, 1, &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_error("%s\n", errors.text[i]);
    assert_int_equal(errors.n, 0);
    assert_non_null(r);
    tw_errors_finish(&errors);
    return r;
}

static const char two_rules[] =
    "maps: {role: {1: init, 2: backup, 3: master, 'on duty': master}}\n"
    "events:\n"
    "  - rule: a\n"
    "    event: e-trunk-role\n"
    "    log:\n"
    "      messages: [ETRUNK/STATE_CHG, ETRUNK/OTHER]\n"
    "      text: 'x (?<who>\\S+)'\n"
    "      when: {Kind: [a, 'b c']}\n"
    "      fields:\n"
    "        e-trunk: {key: [ETrunkId, Index]}\n"
    "        role: {key: State, map: role}\n"
    "    trap:\n"
    "      notifications: [HUAWEI-E-TRUNK-MIB::hwETrunkStatusChange, 1.3.6.1.4.1.9.0.7]\n"
    "      fields:\n"
    "        e-trunk: {varbind: HUAWEI-E-TRUNK-MIB::hwETrunkTrapETrunkId, instance: "
    "HUAWEI-E-TRUNK-MIB::hwETrunkStatus, "
    "sub: 3}\n"
    "        role: {const: backup}\n"
    "    examples: [{log: x}, {trap: {notification: IF-MIB::linkUp, varbinds: {IF-MIB::ifDescr.7: x, "
    "IF-MIB::ifIndex.7: "
    "-7}}}]\n"
    "  - rule: b\n"
    "    event: noted\n"
    "    alarm: true\n"
    "    log: {messages: [etrunk/state_chg]}\n"
    "    examples: [{log: y, gives: {interface: i, role: master, if-index: 4}, absent: [reason, name]}]\n"
    "    counter-examples: [{log: z}]\n";

static void forms_are_found_by_their_key(void **state)
{
    (void)state;
    struct tw_ruleset *r = compile(two_rules);
    char text[TW_FORM_TEXT];
    const struct tw_event_form *f = tw_ruleset_log_forms(r, TW_STR("eTrunk"), TW_STR("STATE_chg"));
    assert_non_null(f);
    assert_string_equal(f->rule->name, "a");
    assert_false(f->rule->alarm);
    assert_string_equal(tw_event_form_text(f, text), "ETRUNK/STATE_CHG");
    assert_non_null(f->next);
    assert_string_equal(f->next->rule->name, "b");
    assert_true(f->next->rule->alarm);
    assert_null(f->next->next);
    f = tw_ruleset_log_forms(r, TW_STR("ETRUNK"), TW_STR("OTHER"));
    assert_non_null(f);
    assert_null(f->next);
    assert_null(tw_ruleset_log_forms(r, TW_STR("ETRUNK"), TW_STR("")));
    assert_null(tw_ruleset_log_forms(r, TW_STR("ETRUN"), TW_STR("KSTATE_CHG")));
    assert_null(tw_ruleset_log_forms(r, TW_STR(""), TW_STR("")));
    /* A name that a relay has cut: found when only one begins so. */
    f = tw_ruleset_log_forms_cut(r, TW_STR("etrunk"), TW_STR("state_c"));
    assert_ptr_equal(f, tw_ruleset_log_forms(r, TW_STR("ETRUNK"), TW_STR("STATE_CHG")));
    assert_null(tw_ruleset_log_forms_cut(r, TW_STR("ETRUNK"), TW_STR("")));
    assert_null(tw_ruleset_log_forms_cut(r, TW_STR("ETRUNK"), TW_STR("STATE_CHGX")));
    assert_null(tw_ruleset_log_forms_cut(r, TW_STR("ETRUN"), TW_STR("STATE_C")));
    assert_int_equal(tw_ruleset_forms(r), 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(tw_ruleset_form(r, i)->index, i);
    tw_ruleset_destroy(r);
}

static void traps_are_found_with_the_zero_of_version_1(void **state)
{
    (void)state;
    struct tw_ruleset *r = compile(two_rules);
    char text[TW_FORM_TEXT];
    static const struct {
        uint32_t n, id[16];
        const char *form;
    } rows[] = {
        {12, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 2, 1}, "HUAWEI-E-TRUNK-MIB::hwETrunkStatusChange"},
        {13, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 2, 0, 1}, "HUAWEI-E-TRUNK-MIB::hwETrunkStatusChange"},
        {14, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 2, 0, 0, 1}, NULL},
        {12, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 2, 2}, NULL},
        {11, {1, 3, 6, 1, 4, 1, 2011, 5, 25, 178, 2}, NULL},
        {9, {1, 3, 6, 1, 4, 1, 9, 0, 7}, "SNMPv2-SMI::enterprises.9.0.7"},
        {8, {1, 3, 6, 1, 4, 1, 9, 7}, NULL},
        {1, {0}, NULL},
        {0, {0}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_event_form *f = tw_ruleset_trap_forms(r, rows[i].id, rows[i].n);
        if (rows[i].form == NULL)
            assert_null(f);
        else
            assert_string_equal(tw_event_form_text(f, text), rows[i].form);
    }
    tw_ruleset_destroy(r);
}

static void sources_are_compiled(void **state)
{
    (void)state;
    struct tw_ruleset *r = compile(two_rules);
    const struct tw_event_form *log = tw_ruleset_form(r, 0), *trap = tw_ruleset_form(r, 2);
    assert_int_equal(log->fields_n, 2);
    assert_int_equal(log->fields[0].field, TW_FIELD_E_TRUNK);
    assert_int_equal(log->fields[0].from, TW_FROM_KEY);
    assert_int_equal(log->fields[0].keys_n, 2);
    assert_true(tw_str_eq(log->fields[0].keys[1].name, TW_STR("Index")));
    assert_int_equal(log->fields[0].keys[1].tag, tw_key_tag(TW_STR("iNDEX")));
    assert_null(log->fields[0].map);
    assert_non_null(log->fields[1].map);
    assert_int_equal(log->guards_n, 1);
    assert_true(tw_str_eq(log->guards[0].key.name, TW_STR("Kind")));
    assert_int_equal(log->guards[0].values_n, 2);
    assert_int_equal(trap->fields[0].from, TW_FROM_VARBIND);
    assert_int_equal(trap->fields[0].oids_n, 1);
    assert_int_equal(trap->fields[0].instances_n, 1);
    assert_int_equal(trap->fields[0].sub, 3);
    assert_int_equal(trap->fields[1].from, TW_FROM_CONST);
    assert_int_equal(trap->fields[1].value.number, TW_ROLE_BACKUP);
    tw_ruleset_destroy(r);
}

static void values_are_mapped(void **state)
{
    (void)state;
    struct tw_ruleset *r = compile(two_rules);
    const struct tw_value_map *m = tw_ruleset_form(r, 0)->fields[1].map;
    static const struct {
        const char *value;
        int64_t number; /* -1: not known */
    } rows[] = {
        {"3", TW_ROLE_MASTER},
        {" 3 ", TW_ROLE_MASTER},
        {"master", TW_ROLE_MASTER},
        {"MASTER", TW_ROLE_MASTER},
        {"On_Duty", TW_ROLE_MASTER},
        {"onduty", TW_ROLE_MASTER},
        {"1", TW_ROLE_INIT},
        {"Init", TW_ROLE_INIT},
        {"4", -1},
        {"0", -1},
        {"-3", -1},
        {"33", -1},
        {"", -1},
        {" ", -1},
        {"_", -1},
        {"mast", -1},
        {"masters", -1},
        {"3x", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t got = -1;
        assert_int_equal(tw_value_map_find(m, tw_str_z(rows[i].value), &got), rows[i].number >= 0);
        assert_int_equal(got, rows[i].number);
    }
    tw_ruleset_destroy(r);
}

static void values_compare_without_separators(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"PEER_MEMBER_DOWN", "peer-member-down", true},
        {"peerMemberDown", "peer-member-down", true},
        {"peer member down", "PEERMEMBERDOWN", true},
        {"Eth-Trunk", "eth-trunk", true},
        {"1", "-1", false},
        {"-1", "-1", true},
        {"", "", true},
        {"", "a", false},
        {"__", "", false},
        {"a_", "a", true},
        {"down", "up", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(tw_value_same(tw_str_z(rows[i].a), tw_str_z(rows[i].b)), rows[i].same);
        assert_int_equal(tw_value_same(tw_str_z(rows[i].b), tw_str_z(rows[i].a)), rows[i].same);
    }
}

static void examples_are_kept(void **state)
{
    (void)state;
    struct tw_ruleset *r = compile(two_rules);
    size_t n;
    const struct tw_example *x = tw_ruleset_examples(r, &n);
    assert_int_equal(n, 4);
    assert_true(tw_str_eq(x[0].log, TW_STR("x")));
    assert_non_null(x[1].trap);
    assert_int_equal(x[1].trap->varbinds_n, 2);
    assert_int_equal(x[1].trap->varbinds[0].type, TW_VB_STRING);
    assert_true(tw_str_eq(x[1].trap->varbinds[0].bytes, TW_STR("x")));
    assert_int_equal(x[1].trap->varbinds[1].type, TW_VB_INTEGER);
    assert_int_equal(x[1].trap->varbinds[1].number, -7);
    assert_int_equal(x[1].trap->varbinds[1].oid[x[1].trap->varbinds[1].oid_n - 1], 7);
    assert_int_equal(x[2].expect.kind, TW_EVENT_NOTED);
    assert_int_equal(tw_event_number(&x[2].expect, TW_FIELD_ROLE), TW_ROLE_MASTER);
    assert_int_equal(tw_event_number(&x[2].expect, TW_FIELD_IF_INDEX), 4);
    assert_true(tw_str_eq(tw_event_text(&x[2].expect, TW_FIELD_INTERFACE), TW_STR("i")));
    assert_int_equal(x[2].absent, 1u << TW_FIELD_REASON | 1u << TW_FIELD_NAME);
    assert_true(x[3].counter);
    assert_string_equal(x[3].file, "t.yaml");
    assert_int_equal(x[3].line, 23);
    tw_ruleset_destroy(r);
}

/* A rule with nothing but a pattern. */
static struct tw_ruleset *with_pattern(const char *pattern, const struct tw_pattern **p)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "events:\n- {rule: a, event: noted, log: {messages: [A/B], text: '%s'}, examples: [{log: x}]}\n",
        pattern);
    struct tw_ruleset *r = compile(text);
    *p = tw_ruleset_form(r, 0)->pattern;
    assert_non_null(*p);
    return r;
}

static void patterns_match_from_the_beginning(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text, *first; /* NULL: no match */
    } rows[] = {
        {"interface (?<i>\\S+) (down)", "Interface GE1/0/1 DOWN now", "GE1/0/1"},
        {"interface (?<i>\\S+)", "The interface GE1/0/1", NULL},
        {".*interface (?<i>\\S+)", "The interface GE1/0/1", "GE1/0/1"},
        {"(?:.*(?<i>\\d+))?", "none here", ""},
        {"(?<i>a)?b", "b", ""},
        {"(?<i>.*)", "", ""},
        {"x", "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_pattern *p;
        struct tw_ruleset *r = with_pattern(rows[i].pattern, &p);
        struct tw_str groups[TW_GROUPS_MAX];
        bool limit = true, hit = tw_pattern_match(p, tw_str_z(rows[i].text), groups, &limit);
        assert_false(limit);
        assert_int_equal(hit, rows[i].first != NULL);
        if (hit) {
            assert_true(tw_str_eq(groups[1], tw_str_z(rows[i].first)));
            assert_int_equal(groups[2].n, 0);
        }
        tw_ruleset_destroy(r);
    }
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* With the JIT and, by (*NO_JIT), without: no text may make a bad pattern run long. */
static void hostile_texts_run_into_the_limit(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "(a+)+$",
        "(*NO_JIT)(a+)+$",
        "(a|aa)+$",
        "(*NO_JIT)(a|aa)+$",
        "(.*)*(.*)*[bc]",
        "(*NO_JIT)(.*)*(.*)*[bc]",
        "(a*)*[bc]",
        "(*NO_JIT)(a*)*[bc]",
        "(?<g>a(?&g)?)+$",
        "(*NO_JIT)(?<g>a(?&g)?)+$",
        ".*.*.*.*[bc]",
        "(*NO_JIT).*.*.*.*[bc]",
        "(?:a?){60}a{60}[bc]",
        "(*NO_JIT)(?:a?){60}a{60}[bc]",
    };
    char text[20000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    text[TW_PATTERN_TEXT - 1] = '!'; /* what the pattern sees ends here */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tw_pattern *p;
        struct tw_ruleset *r = with_pattern(rows[i], &p);
        struct tw_str groups[TW_GROUPS_MAX];
        bool limit = false;
        double before = seconds();
        assert_false(tw_pattern_match(p, tw_str_of(text, sizeof text), groups, &limit));
        double took = seconds() - before;
        if (!limit)
            fail_msg("%s gave up without a limit", rows[i]);
        if (took > 0.1)
            fail_msg("%s took %.3f s", rows[i], took);
        /* The pattern is as good as new afterwards. */
        (void)tw_pattern_match(p, TW_STR("ab"), groups, &limit);
        assert_false(limit);
        tw_ruleset_destroy(r);
    }
}

static void reasons_of_several_files_are_one_list(void **state)
{
    (void)state;
    const struct tw_rule_file files[] = {
        {"a.yaml", TW_STR("down-reasons: {It broke: physical}\n")},
        {"b.yaml", TW_STR("down-reasons: {'it broke.': physical, Somebody did it: admin}\n")},
        {"empty.yaml", TW_STR("# nothing\n")},
    };
    struct tw_errors errors = {0};
    struct tw_ruleset *r = tw_ruleset_create(files, 3, &errors);
    assert_non_null(r);
    assert_int_equal(errors.n, 0);
    assert_int_equal(tw_ruleset_down_class(r, TW_STR("IT BROKE.")), TW_DOWN_PHYSICAL);
    assert_int_equal(tw_ruleset_down_class(r, TW_STR("somebody did it")), TW_DOWN_ADMIN);
    assert_int_equal(tw_ruleset_down_class(r, TW_STR("It broke again")), TW_DOWN_OTHER);
    assert_int_equal(tw_ruleset_down_class(r, TW_STR("")), TW_DOWN_UNKNOWN);
    tw_ruleset_destroy(r);
    tw_errors_finish(&errors);
}

static void nothing_is_a_ruleset_too(void **state)
{
    (void)state;
    struct tw_errors errors = {0};
    struct tw_ruleset *r = tw_ruleset_create(NULL, 0, &errors);
    assert_non_null(r);
    assert_int_equal(tw_ruleset_forms(r), 0);
    assert_null(tw_ruleset_log_forms(r, TW_STR("A"), TW_STR("B")));
    tw_ruleset_destroy(r);
    tw_ruleset_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_found_by_their_key),
        cmocka_unit_test(traps_are_found_with_the_zero_of_version_1),
        cmocka_unit_test(sources_are_compiled),
        cmocka_unit_test(values_are_mapped),
        cmocka_unit_test(values_compare_without_separators),
        cmocka_unit_test(examples_are_kept),
        cmocka_unit_test(patterns_match_from_the_beginning),
        cmocka_unit_test(hostile_texts_run_into_the_limit),
        cmocka_unit_test(reasons_of_several_files_are_one_list),
        cmocka_unit_test(nothing_is_a_ruleset_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
