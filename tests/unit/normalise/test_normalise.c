/* SPDX-License-Identifier: ISC */
#include "base/mem.h"
#include "decode/log.h"
#include "normalise/normalise.h"
#include "oids/oids.h"
#include "quote/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const char rules[] =
    "maps: {role: {1: init, 2: backup, 3: master}, status: {1: up, 2: down}}\n"
    "down-reasons: {The main interface is down: inherited}\n"
    "events:\n"
    "- {rule: down, event: interface-down, alarm: true,\n"
    "   log: {messages: [IFNET/linkDown_active], fields: {interface: {key: ifName}, reason: {key: Reason, "
    "optional: true},\n"
    "         admin: {key: AdminStatus, map: status, optional: true}}},\n"
    "   trap: {notifications: [linkDown], fields: {if-index: {varbind: ifIndex, instance: [ifAdminStatus, "
    "ifDescr]},\n"
    "          interface: {varbind: [ifDescr, ifName], optional: true}, admin: {varbind: ifAdminStatus, map: "
    "status, optional: "
    "true}}},\n"
    "   examples: [{log: x}, {trap: {notification: linkDown}}]}\n"
    "- {rule: role, event: e-trunk-role, log: {messages: [E/R], fields: {e-trunk: {key: [Id, Index]}, role: "
    "{key: State, map: "
    "role}}},\n"
    "   examples: [{log: x}]}\n"
    "- {rule: first, event: interface-up, log: {messages: [P/P], text: 'if (?<i>\\S+) up', fields: "
    "{interface: {group: i}}},\n"
    "   examples: [{log: x}]}\n"
    "- {rule: second, event: interface-down, log: {messages: [P/P], text: 'if (?<i>\\S+) down', fields: "
    "{interface: {group: "
    "i}}},\n"
    "   examples: [{log: x}]}\n"
    "- {rule: slow, event: noted, log: {messages: [P/SLOW], text: '(a+)+$'}, examples: [{log: x}]}\n"
    "- {rule: either, event: interface-up, log: {messages: [P/EITHER], fields: {interface: {key: N, "
    "optional: true},\n"
    "   if-index: {key: I, optional: true}}}, examples: [{log: x}]}\n"
    "- {rule: on, event: noted, log: {messages: [W/W], when: {K: [a, b c], L: 1}}, examples: [{log: x}]}\n"
    "- {rule: classed, event: interface-down, log: {messages: [C/C], fields: {interface: {key: N}, reason: "
    "{key: R},\n"
    "   down-class: {const: lacp}}}, examples: [{log: x}]}\n"
    "- {rule: up, event: line-protocol, trap: {notifications: [hwTrunkStatusChange], when: {hwTrunkIfStatus: "
    "[1, yes]},\n"
    "   fields: {interface: {varbind: hwTrunkIfDescr}, state: {const: up}}}, examples: [{trap: "
    "{notification: linkDown}}]}\n"
    "- {rule: member, event: member-role, trap: {notifications: [hwETrunkMemberStatusChange], fields: {\n"
    "   e-trunk: {instance: hwETrunkMemberStatus}, member: {instance: hwETrunkMemberStatus, sub: 2},\n"
    "   member-type: {instance: hwETrunkMemberStatus, sub: 1, optional: true}, role: {varbind: "
    "hwETrunkMemberStatus, map: "
    "role}}},\n"
    "   examples: [{trap: {notification: linkDown}}]}\n";

static struct tw_ruleset *ruleset;
static struct tw_arena *arena;

static int load(void **state)
{
    (void)state;
    const struct tw_rule_file file = {"t.yaml", {rules, sizeof rules - 1}};
    struct tw_errors errors = {0};
    ruleset = tw_ruleset_create(&file, 1, &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_error("%s\n", errors.text[i]);
    tw_errors_finish(&errors);
    arena = tw_arena_create(1024);
    return ruleset == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    tw_ruleset_destroy(ruleset);
    tw_arena_destroy(arena);
    return 0;
}

static enum tw_match log_of(const char *module, const char *brief, struct tw_str text, struct tw_event *e)
{
    static struct tw_log log; /* the event borrows it */
    static struct tw_kv_shape shape;
    log = (struct tw_log){.pri = -1,
                          .module = tw_str_z(module),
                          .brief = tw_str_z(brief),
                          .severity = 2,
                          .type = 'l',
                          .text = text};
    tw_arena_reset(arena);
    memset(e, 0xa5, sizeof *e);
    return tw_normalise_log(ruleset, tw_ruleset_log_forms(ruleset, log.module, log.brief), &log, &shape, e);
}

static void logs_become_events_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *module, *brief, *text;
        enum tw_match match;
        const char *rule;
    } rows[] = {
        {"IFNET", "linkDown_active", "x. (ifName=GE1/0/1)", TW_MATCH_EVENT, "down"},
        {"ifnet", "LINKDOWN_ACTIVE", "x. (IFNAME = GE1/0/1)", TW_MATCH_EVENT, "down"},
        {"IFNET", "linkDown_active", "x.", TW_MATCH_FAILED, NULL},
        {"IFNET", "linkDown_active", "x. (ifName=)", TW_MATCH_FAILED, NULL},
        {"IFNET", "linkDown", "x. (ifName=GE1/0/1)", TW_MATCH_NONE, NULL},
        {"E", "R", "(Id=1, State=3)", TW_MATCH_EVENT, "role"},
        {"E", "R", "(Index=1, State=Master)", TW_MATCH_EVENT, "role"},
        {"E", "R", "(Id=1, State=4)", TW_MATCH_FAILED, NULL},
        {"E", "R", "(Id=x, State=3)", TW_MATCH_FAILED, NULL},
        {"E", "R", "(Id=4294967296, State=3)", TW_MATCH_FAILED, NULL},
        {"E", "R", "(Id=-1, State=3)", TW_MATCH_FAILED, NULL},
        {"P", "P", "if a up", TW_MATCH_EVENT, "first"},
        {"P", "P", "If a DOWN", TW_MATCH_EVENT, "second"},
        {"P", "P", "if a sideways", TW_MATCH_NONE, NULL},
        {"P", "EITHER", "(N=a)", TW_MATCH_EVENT, "either"},
        {"P", "EITHER", "(I=7)", TW_MATCH_EVENT, "either"},
        {"P", "EITHER", "(Q=7)", TW_MATCH_FAILED, NULL},
        {"W", "W", "(K=A, L=1)", TW_MATCH_EVENT, "on"},
        {"W", "W", "(L=1, K=B_C)", TW_MATCH_EVENT, "on"},
        {"W", "W", "(K=a)", TW_MATCH_NONE, NULL},
        {"W", "W", "(K=a, L=11)", TW_MATCH_NONE, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_event e;
        enum tw_match m = log_of(rows[i].module, rows[i].brief, tw_str_z(rows[i].text), &e);
        if (m != rows[i].match)
            fail_msg("%s/%s %s: %d, expected %d", rows[i].module, rows[i].brief, rows[i].text, (int)m,
                     (int)rows[i].match);
        if (m == TW_MATCH_EVENT) {
            assert_string_equal(e.rule, rows[i].rule);
            assert_int_equal(e.source, TW_SOURCE_SYSLOG);
        }
    }
}

static void a_hostile_text_is_a_limit(void **state)
{
    (void)state;
    char text[9000];
    struct tw_event e;
    memset(text, 'a', sizeof text);
    text[50] = '!';
    assert_int_equal(log_of("P", "SLOW", tw_str_of(text, sizeof text), &e), TW_MATCH_LIMIT);
    assert_int_equal(log_of("P", "SLOW", TW_STR("aaa"), &e), TW_MATCH_EVENT);
}

static void many_pairs_are_cut(void **state)
{
    (void)state;
    char text[4000] = "(";
    struct tw_event e;
    for (size_t i = 0; i < 400; i++)
        memcpy(text + 1 + 5 * i, "k=v, ", 5);
    memcpy(&text[1 + 5 * 400], "ifName=late)", 13);
    assert_int_equal(log_of("IFNET", "linkDown_active", tw_str_z(text), &e), TW_MATCH_FAILED);
}

static void down_reasons_are_classified(void **state)
{
    (void)state;
    struct tw_event e;
    assert_int_equal(
        log_of("IFNET", "linkDown_active", TW_STR("(ifName=a, Reason=The main interface is down.)"), &e),
        TW_MATCH_EVENT);
    assert_true(e.alarm);
    assert_int_equal(e.kind, TW_EVENT_INTERFACE_DOWN);
    assert_int_equal(tw_event_number(&e, TW_FIELD_DOWN_CLASS), TW_DOWN_INHERITED);
    assert_int_equal(log_of("IFNET", "linkDown_active", TW_STR("(ifName=a, Reason=new)"), &e),
                     TW_MATCH_EVENT);
    assert_int_equal(tw_event_number(&e, TW_FIELD_DOWN_CLASS), TW_DOWN_OTHER);
    assert_int_equal(log_of("IFNET", "linkDown_active", TW_STR("(ifName=a, AdminStatus=sleeping)"), &e),
                     TW_MATCH_EVENT);
    assert_int_equal(e.present, 1u << TW_FIELD_INTERFACE);
    /* What a rule says itself stays. */
    assert_int_equal(log_of("C", "C", TW_STR("(N=a, R=The main interface is down)"), &e), TW_MATCH_EVENT);
    assert_int_equal(tw_event_number(&e, TW_FIELD_DOWN_CLASS), TW_DOWN_LACP);
}

static void a_log_is_quoted_as_one_safe_line(void **state)
{
    (void)state;
    struct tw_event e;
    char quote[TW_EVIDENCE_MAX + 1];
    assert_int_equal(log_of("IFNET", "linkDown_active", TW_STR("a\nb\x1b[2J (ifName=x)"), &e),
                     TW_MATCH_EVENT);
    assert_true(
        tw_str_eq(tw_quote_log(e.log, quote), TW_STR("IFNET/2/linkDown_active: a\\x0ab\\x1b[2J (ifName=x)")));
    char text[5000] = "(ifName=x) ";
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 11 + 2 * i, "\xc3\xa9", 2);
    assert_int_equal(log_of("IFNET", "linkDown_active", tw_str_z(text), &e), TW_MATCH_EVENT);
    struct tw_str cut = tw_quote_log(e.log, quote);
    assert_true(cut.n <= TW_EVIDENCE_MAX && cut.n > TW_EVIDENCE_MAX - 8 && quote[cut.n] == '\0');
    assert_memory_equal(quote + cut.n - 5, "\xc3\xa9...", 5);
}

/* Varbinds by name, for the table below. */
struct vb {
    const char *name;
    uint32_t instance[3], instance_n;
    const char *text; /* NULL: number */
    int64_t number;
};

static char quoted[TW_EVIDENCE_MAX + 1]; /* of the last one that became an event */

static enum tw_match trap_of(const char *name, const struct vb *vbs, uint32_t n, struct tw_event *e)
{
    const struct tw_oid_name *o = tw_oid_by_name(tw_str_z(name));
    struct tw_varbind list[4] = {0};
    uint32_t ids[4][32];
    for (uint32_t i = 0; i < n; i++) {
        const struct tw_oid_name *v = tw_oid_by_name(tw_str_z(vbs[i].name));
        memcpy(ids[i], v->id, v->n * sizeof ids[i][0]);
        memcpy(ids[i] + v->n, vbs[i].instance, vbs[i].instance_n * sizeof ids[i][0]);
        list[i] = (struct tw_varbind){.oid = ids[i],
                                      .oid_n = v->n + vbs[i].instance_n,
                                      .type = vbs[i].text != NULL ? TW_VB_STRING : TW_VB_INTEGER,
                                      .number = vbs[i].number,
                                      .bytes = tw_str_z(vbs[i].text)};
    }
    const struct tw_trap trap = {
        .version = 2, .oid = o->id, .oid_n = o->n, .varbinds = list, .varbinds_n = n};
    tw_arena_reset(arena);
    memset(e, 0xa5, sizeof *e);
    enum tw_match m = tw_normalise_trap(ruleset, &trap, e);
    if (m == TW_MATCH_EVENT)
        (void)tw_quote_trap(e->trap, quoted);
    return m;
}

static const struct {
    const char *name;
    struct vb vbs[3];
    uint32_t n;
    enum tw_match match;
    const char *evidence;
} trap_rows[] = {
    {"linkDown",
     {{"ifIndex", {37}, 1, NULL, 37},
      {"ifAdminStatus", {37}, 1, NULL, 1},
      {"ifDescr", {37}, 1, "Eth-Trunk10.100", 0}},
     3,
     TW_MATCH_EVENT,
     "linkDown ifIndex.37=37 ifAdminStatus.37=up(1) ifDescr.37=Eth-Trunk10.100"},
    {"linkDown", {{"ifAdminStatus", {37}, 1, NULL, 9}}, 1, TW_MATCH_EVENT, "linkDown ifAdminStatus.37=9"},
    {"linkDown", {{"ifDescr", {37}, 1, "a b\n", 0}}, 1, TW_MATCH_EVENT, "linkDown ifDescr.37=\"a b\\x0a\""},
    {"linkDown", {{"ifOperStatus", {37}, 1, NULL, 2}}, 1, TW_MATCH_FAILED, NULL},
    {"linkDown", {{"ifDescr", {0}, 0, "x", 0}}, 1, TW_MATCH_FAILED, NULL},
    {"linkDown", {{"ifIndex", {37}, 1, NULL, -4}}, 1, TW_MATCH_FAILED, NULL},
    {"linkDown", {{0}}, 0, TW_MATCH_FAILED, NULL},
    {"linkUp", {{"ifIndex", {37}, 1, NULL, 37}}, 1, TW_MATCH_NONE, NULL},
    {"hwTrunkStatusChange",
     {{"hwTrunkIfDescr", {0}, 1, "Eth-Trunk1", 0}, {"hwTrunkIfStatus", {0}, 1, NULL, 1}},
     2,
     TW_MATCH_EVENT,
     "hwTrunkStatusChange hwTrunkIfDescr.0=Eth-Trunk1 hwTrunkIfStatus.0=up(1)"},
    {"hwTrunkStatusChange",
     {{"hwTrunkIfDescr", {0}, 1, "Eth-Trunk1", 0}, {"hwTrunkIfStatus", {0}, 1, NULL, 2}},
     2,
     TW_MATCH_NONE,
     NULL},
    {"hwTrunkStatusChange", {{"hwTrunkIfStatus", {0}, 1, NULL, 1}}, 1, TW_MATCH_FAILED, NULL},
    {"hwETrunkMemberStatusChange",
     {{"hwETrunkMemberStatus", {1, 1, 10}, 3, NULL, 2}},
     1,
     TW_MATCH_EVENT,
     "hwETrunkMemberStatusChange hwETrunkMemberStatus.1.1.10=master(2)"},
    {"hwETrunkMemberStatusChange", {{"hwETrunkMemberStatus", {1, 1}, 2, NULL, 2}}, 1, TW_MATCH_FAILED, NULL},
};

static void traps_become_events_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trap_rows / sizeof trap_rows[0]; i++) {
        struct tw_event e;
        enum tw_match m = trap_of(trap_rows[i].name, trap_rows[i].vbs, trap_rows[i].n, &e);
        if (m != trap_rows[i].match)
            fail_msg("row %zu (%s): %d, expected %d", i, trap_rows[i].name, (int)m, (int)trap_rows[i].match);
        if (m != TW_MATCH_EVENT)
            continue;
        assert_int_equal(e.source, TW_SOURCE_TRAP);
        assert_int_equal(e.text.n, 0);
        if (strcmp(quoted, trap_rows[i].evidence) != 0)
            fail_msg("row %zu: %s", i, quoted);
    }
}

static void instances_give_numbers(void **state)
{
    (void)state;
    const struct vb member[] = {{"hwETrunkMemberStatus", {4, 9, 7}, 3, NULL, 2}};
    struct tw_event e;
    assert_int_equal(trap_of("hwETrunkMemberStatusChange", member, 1, &e), TW_MATCH_EVENT);
    assert_int_equal(tw_event_number(&e, TW_FIELD_E_TRUNK), 4);
    assert_int_equal(tw_event_number(&e, TW_FIELD_MEMBER), 7);
    assert_false(tw_event_has(&e, TW_FIELD_MEMBER_TYPE)); /* 9 is none */
    const struct vb link[] = {
        {"ifIndex", {5}, 1, NULL, 6}, {"ifAdminStatus", {5}, 1, NULL, 2}, {"ifName", {5}, 1, "n", 0}};
    assert_int_equal(trap_of("linkDown", link, 3, &e), TW_MATCH_EVENT);
    assert_int_equal(tw_event_number(&e, TW_FIELD_IF_INDEX), 6); /* the value comes before the instance */
    assert_int_equal(tw_event_number(&e, TW_FIELD_ADMIN), TW_STATE_DOWN);
    assert_true(tw_str_eq(tw_event_text(&e, TW_FIELD_INTERFACE), TW_STR("n")));
    assert_false(tw_event_has(&e, TW_FIELD_DOWN_CLASS));
    /* The end of a C string, sent along. */
    const struct tw_oid_name *o = tw_oid_by_name(TW_STR("ifDescr")), *t = tw_oid_by_name(TW_STR("linkDown"));
    uint32_t id[16];
    memcpy(id, o->id, o->n * sizeof id[0]);
    id[o->n] = 3;
    const struct tw_varbind vb = {
        .oid = id, .oid_n = o->n + 1, .type = TW_VB_STRING, .bytes = {"Eth-Trunk1\0", 11}};
    const struct tw_trap trap = {.version = 2, .oid = t->id, .oid_n = t->n, .varbinds = &vb, .varbinds_n = 1};
    assert_int_equal(tw_normalise_trap(ruleset, &trap, &e), TW_MATCH_EVENT);
    assert_true(tw_str_eq(tw_event_text(&e, TW_FIELD_INTERFACE), TW_STR("Eth-Trunk1")));
}

static void evidence_of_a_trap_is_capped(void **state)
{
    (void)state;
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct vb vbs[] = {{"ifIndex", {37}, 1, NULL, 37}, {"ifDescr", {37}, 1, text, 0}};
    struct tw_event e;
    assert_int_equal(trap_of("linkDown", vbs, 2, &e), TW_MATCH_EVENT);
    assert_int_equal(strlen(quoted), TW_EVIDENCE_MAX);
    assert_memory_equal(quoted + TW_EVIDENCE_MAX - 4, "x...", 4);
    assert_int_equal(tw_event_text(&e, TW_FIELD_INTERFACE).n, sizeof text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_become_events_or_not),
        cmocka_unit_test(a_hostile_text_is_a_limit),
        cmocka_unit_test(many_pairs_are_cut),
        cmocka_unit_test(down_reasons_are_classified),
        cmocka_unit_test(a_log_is_quoted_as_one_safe_line),
        cmocka_unit_test(traps_become_events_or_not),
        cmocka_unit_test(instances_give_numbers),
        cmocka_unit_test(evidence_of_a_trap_is_capped),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
