/* SPDX-License-Identifier: ISC */
/* What single events make of the facts: reasons, latecomers, restarts, and the limits of what a sender can
 * grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts/facts.h"

#include <stdio.h>

/* pe-a and pe-b protect each other, pe-x is in no pair, pe-c and pe-d are another pair. */
static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], interfaces: {10: Eth-Trunk10, 11: GigabitEthernet0/1/0}}\n"
    "  pe-b: {addresses: [192.0.2.2]}\n"
    "  pe-c: {addresses: [192.0.2.3]}\n"
    "  pe-d: {addresses: [192.0.2.4]}\n"
    "  pe-x: {addresses: [192.0.2.9]}\n"
    "pairs:\n"
    "  other:\n"
    "    devices: [pe-c, pe-d]\n"
    "    e-trunks: {7: {members: [{trunks: {pe-c: Eth-Trunk30, pe-d: Eth-Trunk30}, unlisted: ignore, "
    "sub-interfaces: {5: {}}}]}}\n"
    "  p:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}, sub-interfaces: {100: "
    "{}}}]}}\n";

enum { A, B, C, D, X };

static struct tw_facts *facts;
static uint32_t member, e_trunk;
static uint64_t seq;

static int setup(void **state)
{
    (void)state;
    struct tw_errors errors = {0};
    int side;
    const struct tw_topology *t =
        tw_topology_create("inventory", tw_str_of(inventory, sizeof inventory - 1), &errors);
    assert_non_null(t);
    facts = tw_facts_create(t, (struct tw_facts_options){TW_SECONDS(10)});
    member = tw_topology_member(t, A, 10, &side);
    e_trunk = tw_topology_e_trunk(t, A, 1, &side);
    assert_int_equal(side, 0);
    tw_topology_unref(t);
    seq = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tw_facts_destroy(facts);
    return 0;
}

static tw_time at(int64_t s)
{
    return (tw_time){(1786212000 + s) * 1000000000};
}

static struct tw_event event(enum tw_event_kind kind, int64_t s)
{
    seq++;
    return (struct tw_event){.kind = kind,
                             .source = TW_SOURCE_SYSLOG,
                             .rx = at(s),
                             .at = at(s),
                             .seq = seq,
                             .rule = "r",
                             .text = TW_STR("what it said")};
}

static void number(struct tw_event *e, enum tw_event_field f, int64_t n)
{
    e->field[f].number = n;
    e->present |= 1u << f;
}

static void text(struct tw_event *e, enum tw_event_field f, const char *z)
{
    e->field[f].text = tw_str_z(z);
    e->present |= 1u << f;
}

static enum tw_applied e_trunk_role(uint32_t device, int64_t s, uint32_t id, enum tw_role role,
                                    enum tw_role_reason why)
{
    struct tw_event e = event(TW_EVENT_E_TRUNK_ROLE, s);
    number(&e, TW_FIELD_E_TRUNK, id);
    number(&e, TW_FIELD_ROLE, role);
    number(&e, TW_FIELD_ROLE_REASON, why);
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied member_role(uint32_t device, int64_t s, uint32_t trunk, enum tw_role role,
                                   enum tw_role_reason why)
{
    struct tw_event e = event(TW_EVENT_MEMBER_ROLE, s);
    number(&e, TW_FIELD_E_TRUNK, 1);
    number(&e, TW_FIELD_MEMBER, trunk);
    number(&e, TW_FIELD_MEMBER_TYPE, TW_MEMBER_ETH_TRUNK);
    number(&e, TW_FIELD_ROLE, role);
    number(&e, TW_FIELD_ROLE_REASON, why);
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied interface(enum tw_event_kind kind, uint32_t device, int64_t s, const char *name)
{
    struct tw_event e = event(kind, s);
    text(&e, TW_FIELD_INTERFACE, name);
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied down(uint32_t device, int64_t s, const char *name, enum tw_down_class class)
{
    struct tw_event e = event(TW_EVENT_INTERFACE_DOWN, s);
    text(&e, TW_FIELD_INTERFACE, name);
    if (class != TW_DOWN_UNKNOWN) {
        text(&e, TW_FIELD_REASON, "because");
        number(&e, TW_FIELD_DOWN_CLASS, class);
    }
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied channel(uint32_t device, int64_t s, const char *name, enum tw_state state)
{
    struct tw_event e = event(TW_EVENT_RBS_CHANNEL, s);
    text(&e, TW_FIELD_NAME, name);
    number(&e, TW_FIELD_STATE, state);
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied peer(uint32_t device, int64_t s, uint32_t id, enum tw_state state)
{
    struct tw_event e = event(TW_EVENT_E_TRUNK_PEER, s);
    number(&e, TW_FIELD_E_TRUNK, id);
    number(&e, TW_FIELD_STATE, state);
    return tw_facts_apply(facts, device, &e);
}

static enum tw_applied restart(uint32_t device, int64_t s, enum tw_restart kind)
{
    struct tw_event e = event(TW_EVENT_DEVICE_RESTART, s);
    number(&e, TW_FIELD_RESTART, kind);
    return tw_facts_apply(facts, device, &e);
}

static const struct tw_sub_side *sub(uint32_t of, uint32_t n, int side)
{
    uint32_t s = tw_facts_sub_find(facts, of, n);
    assert_int_not_equal(s, TW_NONE);
    return &tw_facts_sub(facts, s)->side[side];
}

/* What each reason says about hearing the peer (in the E-Trunk's words), and about the work mode (in a
 * member's). */
static void reasons_tell_of_the_peer_and_the_mode(void **state)
{
    (void)state;
    static const struct {
        enum tw_role_reason why;
        int heard; /* -1: says nothing */
        enum tw_work_mode mode;
    } rows[] = {
        {TW_WHY_PRI, TW_STATE_UP, TW_MODE_UNKNOWN},
        {TW_WHY_TIMEOUT, TW_STATE_DOWN, TW_MODE_UNKNOWN},
        {TW_WHY_BFD_DOWN, TW_STATE_DOWN, TW_MODE_UNKNOWN},
        {TW_WHY_PEER_TIMEOUT, TW_STATE_DOWN, TW_MODE_UNKNOWN},
        {TW_WHY_PEER_BFD_DOWN, TW_STATE_DOWN, TW_MODE_UNKNOWN},
        {TW_WHY_ALL_MEMBER_DOWN, -1, TW_MODE_UNKNOWN},
        {TW_WHY_INIT, TW_STATE_UNKNOWN, TW_MODE_UNKNOWN},
        {TW_WHY_PEER_NODE_DOWN, TW_STATE_DOWN, TW_MODE_UNKNOWN},
        {TW_WHY_FORCE_BACKUP, -1, TW_MODE_FORCE_BACKUP},
        {TW_WHY_FORCE_MASTER, -1, TW_MODE_FORCE_MASTER},
        {TW_WHY_ETRUNK_INIT, -1, TW_MODE_UNKNOWN},
        {TW_WHY_ETRUNK_BACKUP, -1, TW_MODE_UNKNOWN},
        {TW_WHY_ETRUNK_MASTER, -1, TW_MODE_UNKNOWN},
        {TW_WHY_PEER_MEMBER_DOWN, -1, TW_MODE_UNKNOWN},
        {TW_WHY_PEER_MEMBER_UP, -1, TW_MODE_UNKNOWN},
        {TW_WHY_ACTIVE_ACTIVE, -1, TW_MODE_ACTIVE_ACTIVE},
        {TW_WHY_DEGRADED_ACTIVE, -1, TW_MODE_ACTIVE_ACTIVE},
        {TW_WHY_PEER_LINK_DOWN, -1, TW_MODE_UNKNOWN},
        {TW_WHY_LINK_DOWN, -1, TW_MODE_UNKNOWN},
        {TW_WHY_ALL_ACTIVE, -1, TW_MODE_ACTIVE_ACTIVE},
        {TW_WHY_PEER_BANDWIDTH_LARGE, -1, TW_MODE_UNKNOWN},
        {TW_WHY_LOCAL_BANDWIDTH_LARGE, -1, TW_MODE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* A peer that was heard, so that silence and "nothing said" differ; and one that was not. */
        int64_t s = 100 * (int64_t)i;
        enum tw_state before = rows[i].heard == TW_STATE_UP ? TW_STATE_DOWN : TW_STATE_UP;
        assert_int_equal(peer(A, s, 1, before), TW_APPLIED);
        assert_int_equal(e_trunk_role(A, s + 1, 1, TW_ROLE_BACKUP, rows[i].why), TW_APPLIED);
        const struct tw_e_trunk_side *t = tw_facts_e_trunk(facts, 2 * e_trunk);
        assert_int_equal(t->peer.value, rows[i].heard < 0 ? (int)before : rows[i].heard);
        assert_int_equal(t->reason, rows[i].why);
        assert_int_equal(member_role(A, s + 2, 10, TW_ROLE_BACKUP, rows[i].why), TW_APPLIED);
        assert_int_equal(tw_facts_member(facts, 2 * member)->mode, rows[i].mode);
        assert_int_equal(tw_facts_active_active(facts, member), rows[i].mode == TW_MODE_ACTIVE_ACTIVE);
    }
}

/* Design 3: reported work mode beats the inventory's; master by force on both sides is active-active. */
static void modes_of_both_sides(void **state)
{
    (void)state;
    static const struct {
        enum tw_role_reason a, b;
        bool both;
    } rows[] = {
        {TW_WHY_FORCE_MASTER, TW_WHY_FORCE_MASTER, true},
        {TW_WHY_FORCE_MASTER, TW_WHY_FORCE_BACKUP, false},
        {TW_WHY_FORCE_BACKUP, TW_WHY_FORCE_BACKUP, false},
        {TW_WHY_ETRUNK_MASTER, TW_WHY_ALL_ACTIVE, true},
        {TW_WHY_ALL_ACTIVE, TW_WHY_ETRUNK_BACKUP, true},
        {TW_WHY_ETRUNK_MASTER, TW_WHY_ETRUNK_BACKUP, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)member_role(A, 10 * (int64_t)i, 10, TW_ROLE_MASTER, rows[i].a);
        (void)member_role(B, 10 * (int64_t)i + 1, 20, TW_ROLE_MASTER, rows[i].b);
        assert_int_equal(tw_facts_active_active(facts, member), rows[i].both);
    }
}

/* Design 3: an E-Trunk that takes over since it hears nobody says that its peer does not forward, until that
 * speaks. */
static void a_takeover_by_silence_is_a_claim(void **state)
{
    (void)state;
    static const enum tw_role_reason whys[] = {TW_WHY_TIMEOUT, TW_WHY_BFD_DOWN};
    for (int i = 0; i < 2; i++) {
        int64_t s = INT64_C(1000) * i;
        (void)e_trunk_role(A, s, 1, TW_ROLE_MASTER, TW_WHY_PRI);
        (void)e_trunk_role(B, s + 1, 1, TW_ROLE_BACKUP, TW_WHY_PRI);
        assert_true(tw_facts_forwards(facts, 2 * member).yes);
        (void)e_trunk_role(B, s + 10, 1, TW_ROLE_MASTER, whys[i]);
        assert_true(tw_facts_word(facts, 2 * member).stale);
        assert_false(tw_facts_forwards(facts, 2 * member).yes);
        assert_true(tw_facts_forwards(facts, 2 * member + 1).yes);
        /* A role of before the takeover, heard late, restores nothing. */
        assert_int_equal(member_role(A, s + 5, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER), TW_APPLIED);
        assert_true(tw_facts_word(facts, 2 * member).stale);
        (void)e_trunk_role(A, s + 20, 1, TW_ROLE_MASTER, TW_WHY_PRI);
        assert_false(tw_facts_word(facts, 2 * member).stale);
        assert_true(tw_facts_forwards(facts, 2 * member).yes);
    }
    /* The claimant stops being master without saying that the peer is back: nothing is known of that. */
    (void)e_trunk_role(B, 3000, 1, TW_ROLE_BACKUP, TW_WHY_PRI);
    (void)e_trunk_role(B, 3010, 1, TW_ROLE_MASTER, TW_WHY_TIMEOUT);
    (void)e_trunk_role(B, 3020, 1, TW_ROLE_INIT, TW_WHY_INIT);
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_UNKNOWN);
}

/* A takeover that is heard only after the peer has spoken again claims nothing. */
static void a_takeover_heard_late_claims_nothing(void **state)
{
    (void)state;
    (void)e_trunk_role(A, 0, 1, TW_ROLE_MASTER, TW_WHY_PRI);
    (void)member_role(A, 50, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER);
    (void)member_role(B, 10, 20, TW_ROLE_MASTER, TW_WHY_PEER_MEMBER_DOWN);
    assert_false(tw_facts_word(facts, 2 * member).stale);
}

static void what_is_not_of_the_inventory_is_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(e_trunk_role(A, 0, 2, TW_ROLE_MASTER, TW_WHY_PRI), TW_APPLIED_ELSEWHERE);
    assert_int_equal(e_trunk_role(X, 0, 1, TW_ROLE_MASTER, TW_WHY_PRI), TW_APPLIED_ELSEWHERE);
    assert_int_equal(peer(A, 0, 9, TW_STATE_DOWN), TW_APPLIED_ELSEWHERE);
    assert_int_equal(member_role(A, 0, 20, TW_ROLE_MASTER, TW_WHY_PRI), TW_APPLIED_ELSEWHERE);
    assert_int_equal(member_role(C, 0, 30, TW_ROLE_MASTER, TW_WHY_PRI),
                     TW_APPLIED_ELSEWHERE); /* E-Trunk 1, not 7 */
    assert_int_equal(channel(X, 0, "rbs1", TW_STATE_DOWN), TW_APPLIED_ELSEWHERE);
    assert_int_equal(restart(X, 0, TW_RESTART_WARM), TW_APPLIED_ELSEWHERE);
    assert_int_equal(down(A, 0, "Eth-Trunk11.100", TW_DOWN_PHYSICAL), TW_APPLIED_ELSEWHERE);
    assert_int_equal(down(A, 0, "GigabitEthernet0/1/0", TW_DOWN_PHYSICAL), TW_APPLIED_ELSEWHERE);
    assert_int_equal(down(C, 0, "Eth-Trunk30.6", TW_DOWN_PHYSICAL),
                     TW_APPLIED_ELSEWHERE); /* unlisted: ignore */
    assert_int_equal(down(C, 0, "Eth-Trunk30.5", TW_DOWN_PHYSICAL), TW_APPLIED);
    struct tw_event ve = event(TW_EVENT_MEMBER_ROLE, 1);
    number(&ve, TW_FIELD_MEMBER, 10);
    number(&ve, TW_FIELD_MEMBER_TYPE, TW_MEMBER_GLOBAL_VE);
    assert_int_equal(tw_facts_apply(facts, A, &ve), TW_APPLIED_ELSEWHERE);
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_UNKNOWN);
}

/* What is only noted changes nothing. */
static void notes_change_no_fact(void **state)
{
    (void)state;
    static const enum tw_event_kind kinds[] = {TW_EVENT_NOTED, TW_EVENT_RBP_ROLE, TW_EVENT_CLOCK_CHANGED};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct tw_event e = event(kinds[i], 0);
        assert_int_equal(tw_facts_apply(facts, A, &e), TW_APPLIED);
        struct tw_dirty d = tw_facts_dirty(facts);
        assert_int_equal(d.subs_n + d.members_n + d.e_trunks_n + d.rbs_n, 0);
    }
}

/* What happened earlier loses against what happened later, whenever it arrives. */
static void latecomers_lose(void **state)
{
    (void)state;
    (void)e_trunk_role(A, 100, 1, TW_ROLE_MASTER, TW_WHY_PRI);
    (void)member_role(A, 100, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER);
    (void)peer(A, 100, 1, TW_STATE_DOWN);
    (void)channel(A, 100, "rbs1", TW_STATE_DOWN);
    (void)interface(TW_EVENT_INTERFACE_UP, A, 100, "Eth-Trunk10");
    (void)down(A, 100, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    struct tw_event protocol = event(TW_EVENT_LINE_PROTOCOL, 100);
    text(&protocol, TW_FIELD_INTERFACE, "Eth-Trunk10.100");
    number(&protocol, TW_FIELD_STATE, TW_STATE_DOWN);
    assert_int_equal(tw_facts_apply(facts, A, &protocol), TW_APPLIED);

    assert_int_equal(e_trunk_role(A, 50, 1, TW_ROLE_BACKUP, TW_WHY_PRI), TW_APPLIED_LATE);
    assert_int_equal(member_role(A, 50, 10, TW_ROLE_BACKUP, TW_WHY_ETRUNK_BACKUP), TW_APPLIED_LATE);
    assert_int_equal(peer(A, 50, 1, TW_STATE_UNKNOWN), TW_APPLIED_LATE);
    assert_int_equal(channel(A, 50, "rbs1", TW_STATE_UP), TW_APPLIED_LATE);
    assert_int_equal(down(A, 50, "Eth-Trunk10", TW_DOWN_PHYSICAL), TW_APPLIED_LATE);
    assert_int_equal(interface(TW_EVENT_INTERFACE_UP, A, 50, "Eth-Trunk10.100"), TW_APPLIED_LATE);
    protocol = event(TW_EVENT_LINE_PROTOCOL, 50);
    text(&protocol, TW_FIELD_INTERFACE, "Eth-Trunk10.100");
    number(&protocol, TW_FIELD_STATE, TW_STATE_UP);
    assert_int_equal(tw_facts_apply(facts, A, &protocol), TW_APPLIED_LATE);

    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_MASTER);
    assert_int_equal(tw_facts_e_trunk(facts, 2 * e_trunk)->peer.value, TW_STATE_DOWN);
    assert_int_equal(tw_facts_rbs(facts, 0)->channel.value, TW_STATE_DOWN);
    assert_int_equal(tw_facts_member(facts, 2 * member)->main.value, TW_STATE_UP);
    assert_int_equal(sub(member, 100, 0)->oper.value, TW_STATE_DOWN);
    assert_int_equal(tw_facts_protocol(facts, sub(member, 100, 0))->value, TW_STATE_DOWN);
}

/* The same state, as now known from an earlier moment on. */
static void an_earlier_beginning_moves_since(void **state)
{
    (void)state;
    (void)down(A, 100, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    (void)down(A, 60, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    assert_int_equal(sub(member, 100, 0)->oper.since.ns, at(60).ns);
    assert_int_equal(sub(member, 100, 0)->fault_since.ns, at(60).ns);
}

static void line_protocol_is_a_fact_of_its_own(void **state)
{
    (void)state;
    (void)down(A, 0, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    static const char *const names[] = {"Eth-Trunk10.100", "Eth-Trunk10"};
    for (int i = 0; i < 2; i++) {
        struct tw_event up = event(TW_EVENT_LINE_PROTOCOL, 5);
        text(&up, TW_FIELD_INTERFACE, names[i]);
        number(&up, TW_FIELD_STATE, TW_STATE_UP);
        assert_int_equal(tw_facts_apply(facts, A, &up), TW_APPLIED);
    }
    assert_int_equal(sub(member, 100, 0)->oper.value, TW_STATE_DOWN);
    assert_int_equal(tw_facts_protocol(facts, sub(member, 100, 0))->value, TW_STATE_UP);
    assert_int_equal(tw_facts_member(facts, 2 * member)->main.value, TW_STATE_UNKNOWN);
}

static void a_later_reason_replaces_and_none_leaves_it(void **state)
{
    (void)state;
    (void)interface(TW_EVENT_INTERFACE_UP, A, 0, "Eth-Trunk10");
    (void)down(A, 10, "Eth-Trunk10.100", TW_DOWN_UNKNOWN);
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_OWN);
    (void)down(A, 12, "Eth-Trunk10.100", TW_DOWN_CONFIG);
    assert_int_equal(sub(member, 100, 0)->down_class, TW_DOWN_CONFIG);
    (void)down(A, 14, "Eth-Trunk10.100", TW_DOWN_UNKNOWN);
    assert_int_equal(sub(member, 100, 0)->down_class, TW_DOWN_CONFIG);
    assert_int_equal(sub(member, 100, 0)->fault_since.ns, at(10).ns);
    (void)down(A, 16, "Eth-Trunk10.100", TW_DOWN_ADMIN);
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_ADMIN);
    (void)interface(TW_EVENT_INTERFACE_DELETED, A, 18, "Eth-Trunk10.100");
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_DELETED);
    (void)interface(TW_EVENT_INTERFACE_UP, A, 20, "Eth-Trunk10.100");
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_NONE);
}

/* Why a main interface is down: a shutdown stays one until it is up again; a repeat with a reason adds it. */
static void why_a_main_interface_is_down(void **state)
{
    (void)state;
    const struct tw_member_side *m = tw_facts_member(facts, 2 * member);
    (void)down(A, 0, "Eth-Trunk10", TW_DOWN_UNKNOWN);
    assert_false(m->main_shut);
    (void)down(A, 1, "Eth-Trunk10", TW_DOWN_PHYSICAL);
    assert_int_equal(m->main_class, TW_DOWN_PHYSICAL);
    (void)down(A, 2, "Eth-Trunk10", TW_DOWN_ADMIN);
    assert_true(m->main_shut);
    (void)down(A, 3, "Eth-Trunk10", TW_DOWN_LACP);
    assert_true(m->main_shut);
    (void)interface(TW_EVENT_INTERFACE_UP, A, 10, "Eth-Trunk10");
    assert_false(m->main_shut);
    assert_int_equal(m->came_back.ns, at(10).ns);
    (void)down(A, 20, "Eth-Trunk10", TW_DOWN_LACP);
    assert_false(m->main_shut);
    assert_int_equal(m->main_class, TW_DOWN_LACP);
}

static void a_cold_start_forgets_a_warm_one_doubts(void **state)
{
    (void)state;
    (void)member_role(A, 0, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER);
    (void)member_role(B, 0, 20, TW_ROLE_BACKUP, TW_WHY_ETRUNK_BACKUP);
    (void)channel(A, 1, "rbs1", TW_STATE_DOWN);
    (void)channel(B, 1, "rbs1", TW_STATE_DOWN);
    (void)down(A, 2, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    (void)down(B, 2, "Eth-Trunk20.100", TW_DOWN_PHYSICAL);
    assert_int_equal(restart(A, 10, TW_RESTART_AGENT), TW_APPLIED);
    assert_int_equal(tw_facts_stale_since(facts, A).ns, at(10).ns);
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_MASTER);
    assert_int_equal(restart(A, 8, TW_RESTART_WARM), TW_APPLIED);
    assert_int_equal(tw_facts_stale_since(facts, A).ns, at(10).ns); /* never back */
    tw_facts_clean(facts);

    assert_int_equal(restart(A, 20, TW_RESTART_COLD), TW_APPLIED);
    assert_int_equal(tw_facts_dirty(facts).restarted, A);
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_UNKNOWN);
    assert_int_equal(sub(member, 100, 0)->oper.value, TW_STATE_UNKNOWN);
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_NONE);
    assert_int_equal(tw_facts_rbs(facts, 0)->channel.value, TW_STATE_UNKNOWN);
    /* The other router's facts are its own. */
    assert_int_equal(tw_facts_word(facts, 2 * member + 1).role, TW_ROLE_BACKUP);
    assert_int_equal(sub(member, 100, 1)->oper.value, TW_STATE_DOWN);
    assert_int_equal(tw_facts_rbs(facts, 1)->channel.value, TW_STATE_DOWN);

    (void)member_role(A, 30, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER);
    assert_int_equal(restart(A, 20, TW_RESTART_COLD), TW_APPLIED_LATE); /* told twice */
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_MASTER);
}

static void a_cold_start_heard_late_leaves_what_came_after(void **state)
{
    (void)state;
    (void)member_role(A, 30, 10, TW_ROLE_MASTER, TW_WHY_ETRUNK_MASTER);
    (void)e_trunk_role(A, 30, 1, TW_ROLE_MASTER, TW_WHY_PRI);
    (void)interface(TW_EVENT_INTERFACE_UP, A, 30, "Eth-Trunk10");
    (void)down(A, 30, "Eth-Trunk10.100", TW_DOWN_PHYSICAL);
    assert_int_equal(restart(A, 20, TW_RESTART_COLD), TW_APPLIED);
    assert_int_equal(tw_facts_word(facts, 2 * member).role, TW_ROLE_MASTER);
    assert_int_equal(tw_facts_member(facts, 2 * member)->main.value, TW_STATE_UP);
    assert_int_equal(sub(member, 100, 0)->cause, TW_CAUSE_OWN);
}

/* The limits: what a stranger can grow. */
static void unlisted_sub_interfaces_have_a_limit(void **state)
{
    (void)state;
    char name[64];
    for (unsigned i = 0; i < TW_FACTS_UNLISTED_MAX; i++) {
        (void)snprintf(name, sizeof name, "Eth-Trunk10.%u", 1000 + i);
        assert_int_equal(down(A, 0, name, TW_DOWN_PHYSICAL), TW_APPLIED);
    }
    assert_int_equal(down(A, 1, "Eth-Trunk10.999", TW_DOWN_PHYSICAL), TW_APPLIED_LIMIT);
    assert_int_equal(tw_facts_sub_find(facts, member, 999), TW_NONE);
    assert_int_equal(tw_facts_subs_n(facts), TW_FACTS_UNLISTED_MAX);
    /* Listed ones and known ones go on. */
    assert_int_equal(down(A, 2, "Eth-Trunk10.100", TW_DOWN_PHYSICAL), TW_APPLIED);
    assert_int_equal(interface(TW_EVENT_INTERFACE_UP, A, 2, "Eth-Trunk10.1000"), TW_APPLIED);
    /* Another member has room of its own. */
    assert_int_equal(down(C, 2, "Eth-Trunk30.5", TW_DOWN_PHYSICAL), TW_APPLIED);
}

static void channels_have_a_limit_per_device(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < TW_FACTS_RBS_MAX; i++) {
        (void)snprintf(name, sizeof name, "rbs%u", i);
        assert_int_equal(channel(A, 0, name, TW_STATE_DOWN), TW_APPLIED);
    }
    assert_int_equal(channel(A, 1, "one-more", TW_STATE_DOWN), TW_APPLIED_LIMIT);
    assert_int_equal(tw_facts_rbs_n(facts), TW_FACTS_RBS_MAX);
    assert_int_equal(channel(A, 1, "rbs0", TW_STATE_UP), TW_APPLIED);
    assert_int_equal(channel(B, 1, "one-more", TW_STATE_DOWN), TW_APPLIED);
}

static enum tw_applied indexed(uint32_t index, const char *name, int64_t s)
{
    struct tw_event e = event(TW_EVENT_INTERFACE_DOWN, s);
    number(&e, TW_FIELD_IF_INDEX, index);
    if (name != NULL)
        text(&e, TW_FIELD_INTERFACE, name);
    return tw_facts_apply(facts, A, &e);
}

static void learnt_indexes_have_a_limit(void **state)
{
    (void)state;
    assert_int_equal(indexed(5000, NULL, 0), TW_APPLIED_UNNAMED);
    for (uint32_t i = 0; i < TW_FACTS_IF_MAX; i++)
        assert_int_equal(indexed(100000 + i, i % 2 ? "Eth-Trunk10.100" : "LoopBack0", 0),
                         i % 2 ? TW_APPLIED : TW_APPLIED_ELSEWHERE);
    (void)indexed(5000, "Eth-Trunk10.100", 1);
    assert_int_equal(indexed(5000, NULL, 2), TW_APPLIED_UNNAMED); /* no room to learn it */
    assert_int_equal(indexed(100001, NULL, 2), TW_APPLIED);
    assert_int_equal(indexed(100000, NULL, 2), TW_APPLIED_ELSEWHERE); /* known, and not ours */
    /* Those that are known may change their meaning, and the inventory's stay. */
    assert_int_equal(indexed(100000, "Eth-Trunk10.100", 3), TW_APPLIED);
    assert_int_equal(indexed(100000, NULL, 4), TW_APPLIED);
    assert_int_equal(indexed(10, NULL, 5), TW_APPLIED);
    assert_int_equal(indexed(11, NULL, 5), TW_APPLIED_ELSEWHERE);
}

static void nothing_can_be_destroyed(void **state)
{
    (void)state;
    tw_facts_destroy(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reasons_tell_of_the_peer_and_the_mode),
        TEST(modes_of_both_sides),
        TEST(a_takeover_by_silence_is_a_claim),
        TEST(a_takeover_heard_late_claims_nothing),
        TEST(what_is_not_of_the_inventory_is_elsewhere),
        TEST(notes_change_no_fact),
        TEST(latecomers_lose),
        TEST(an_earlier_beginning_moves_since),
        TEST(line_protocol_is_a_fact_of_its_own),
        TEST(a_later_reason_replaces_and_none_leaves_it),
        TEST(why_a_main_interface_is_down),
        TEST(a_cold_start_forgets_a_warm_one_doubts),
        TEST(a_cold_start_heard_late_leaves_what_came_after),
        TEST(unlisted_sub_interfaces_have_a_limit),
        TEST(channels_have_a_limit_per_device),
        TEST(learnt_indexes_have_a_limit),
        cmocka_unit_test(nothing_can_be_destroyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
