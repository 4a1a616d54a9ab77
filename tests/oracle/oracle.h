/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_ORACLE_H
#define TW_TESTS_ORACLE_H
/*
 * The naive oracle: a second implementation of facts, conditions and alerts, written from the documents and
 * not from src/. It keeps the whole list of what was heard and, after each message, folds all of it again in
 * the order in which it happened. Nothing is remembered from one fold to the next but which alerts are open.
 *
 *   fold.c    the list of events -> the states of the world, one after each event
 *   words.c   a state -> the words of rules/conditions (own-fault, forwards, …), and the conditions
 * themselves oracle.c  conditions over all those states -> holds, raises, ends -> the transitions
 */
#include "model/transition.h"

enum { O_MEMBERS = 2, O_SUBS = 3, O_EVENTS = 64, O_LINES = 512, O_MAIN = -1 };
#define O_SECOND INT64_C(1000000000)
#define O_NEVER  INT64_MIN

enum o_kind { O_NOISE, O_DOWN, O_UP, O_DELETED, O_MEMBER, O_E_TRUNK, O_PEER, O_RESTART };

/* What one message says. `at`, `resolution`: it happened in [at, at + resolution). */
struct o_event {
    int64_t at, resolution, rx;
    enum o_kind kind;
    int side, member, sub;   /* sub: O_MAIN, or an index; member: for E-Trunks too */
    enum tw_down_class down; /* DOWN: why */
    bool shut;               /* DOWN: AdminStatus says so */
    enum tw_role role;
    enum tw_role_reason reason;
    bool peer_heard; /* PEER */
    enum tw_restart restart;
};

/* The inventory: one pair. */
struct o_world {
    int members;
    bool one_e_trunk;      /* of both members */
    int master[O_MEMBERS]; /* side, -1: not said */
    bool active_active[O_MEMBERS];
    int64_t revert_delay;
    int64_t raise_delay[2], clear_delay[2];
    int64_t hold; /* of no-switchover */
};

enum o_condition {
    O_ADMIN_DOWN,
    O_DUAL_MASTER,
    O_FLAPPING,
    O_NO_MASTER,
    O_NO_SWITCHOVER,
    O_PARTIAL_LOSS,
    O_REDUNDANCY_LOST,
    O_STANDBY_NOT_READY,
    O_SWITCHOVER_FAILED,
    O_CONDITIONS
};
extern const char *const o_condition_names[];

/* A transition, in the form in which the oracle and the core are compared. */
struct o_line {
    int step; /* after how many records */
    enum tw_transition_kind kind;
    enum o_condition condition;
    int side, member;
    unsigned subs; /* bit per sub-interface; 0 for the other scopes */
    int64_t since, time;
    const char *cleared_by;
    /* Several items of one alert may end by one message, each in its way; whose word and time is the alert's
     * is left open. */
    struct {
        const char *by;
        int64_t time;
    } or_else[O_SUBS];
    int or_else_n;
};
struct o_lines {
    struct o_line line[O_LINES];
    int n;
};

/* ---- the state of the world between two events */
enum o_cause { O_NO_CAUSE, O_OWN, O_INHERITED, O_SHUT, O_GONE };
struct o_sub {
    enum tw_state oper;
    enum o_cause cause;
    bool alarm;          /* the router told of it as an alarm, which it delays */
    bool reasoned;       /* a reason was given for this down */
    int64_t down_at;     /* the interface went down */
    int64_t cause_since; /* … and is down for this cause since */
};
struct o_voice {
    enum tw_role role; /* UNKNOWN: never heard */
    bool gone;         /* does not count any more */
    int64_t spoke;
};
struct o_member_side {
    enum tw_state main;
    int64_t main_down_at, main_up_at, came_back;
    struct o_voice own, e_trunk; /* the member's, and its E-Trunk's */
    enum tw_role_reason reason;  /* of the member's own */
    bool superseded;             /* … which the E-Trunk's replaced */
    bool stale;                  /* its master: the peer took over since */
    bool by_e_trunk;             /* … as its E-Trunk */
    int64_t became_master;
    struct o_sub sub[O_SUBS];
};
struct o_e_trunk_side {
    enum tw_role role;
    bool peer_lost;
};
struct o_state {
    int64_t t;
    bool by_role; /* the event before it told a role */
    struct o_member_side member[O_MEMBERS][2];
    struct o_e_trunk_side e_trunk[O_MEMBERS][2];
    int latest[O_MEMBERS]; /* 1 + the side that became master last */
};

/* Everything that is so from the beginning to for ever, as far as the first n messages tell. */
struct o_history {
    struct o_state state[4 * O_EVENTS];
    int n;
};
/* The same said of the same moment: a twin, or a repeat on the way. */
bool o_same_message(const struct o_event *a, const struct o_event *b);
void o_fold(const struct o_world *w, const struct o_event *events, int n, struct o_history *out);

/* What a condition is judged for. */
struct o_item {
    enum o_condition condition;
    int member, side, sub; /* sub: -1, side: -1 where it does not apply */
};
bool o_when(const struct o_world *w, const struct o_state *s, struct o_item i);
/* The word under which an alert ends in this state, or NULL. */
const char *o_ends(const struct o_world *w, const struct o_state *s, struct o_item i);
bool o_forwards(const struct o_world *w, const struct o_state *s, int member, int side);
/* What a side last said of its role: its member's word, or its E-Trunk's. */
enum tw_role o_word(const struct o_state *s, int member, int side);
/* The side that became master last. */
int o_last_master(const struct o_world *w, const struct o_state *s, int member);
int o_e_trunk(const struct o_world *w, int member);

/* All transitions of a sequence; events are in the order of arrival, the clock runs on to `end`. */
void o_judge(const struct o_world *w, const struct o_event *events, int n, int64_t end, struct o_lines *out);

#endif
