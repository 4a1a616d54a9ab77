/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_EVENT_H
#define TW_MODEL_EVENT_H
/*
 * An event: "this fact about this entity is now so". What the rule files turn messages into (design 2,
 * normalise).
 *
 * The words of rule files are in event.def; a new one there is a new thing the model can know.
 * Ownership: slices borrow from the record or from the rule set.
 */
#include "base/str.h"
#include "base/time.h"
#include "model/record.h"

enum tw_event_kind {
    TW_EVENT_NONE,
#define TW_EVENT_KIND(id, word) TW_EVENT_##id,
#include "model/event.def"
#undef TW_EVENT_KIND
    TW_EVENT_KINDS
};

/* Fields of an event. NUMBER and WORD fields are numbers in the event; a WORD field is written by name in
 * rule files. */
enum tw_event_field {
#define TW_EVENT_FIELD(id, word, type, words) TW_FIELD_##id,
#include "model/event.def"
#undef TW_EVENT_FIELD
    TW_EVENT_FIELDS
};
enum tw_field_type { TW_FIELD_TEXT, TW_FIELD_NUMBER, TW_FIELD_WORD };

/* Enumerations behind WORD fields. 0 is always "unknown" and is what an absent field reads as. */
enum tw_state { TW_STATE_UNKNOWN, TW_STATE_UP, TW_STATE_DOWN };
enum tw_role { TW_ROLE_UNKNOWN, TW_ROLE_INIT, TW_ROLE_BACKUP, TW_ROLE_MASTER };
/* Reasons of hwETrunkStatusReason and hwETrunkMemberStatusReason in one set (domain.md 4.1, 4.2). */
enum tw_role_reason {
    TW_WHY_UNKNOWN,
    TW_WHY_PRI,
    TW_WHY_TIMEOUT,
    TW_WHY_BFD_DOWN,
    TW_WHY_PEER_TIMEOUT,
    TW_WHY_PEER_BFD_DOWN,
    TW_WHY_ALL_MEMBER_DOWN,
    TW_WHY_INIT,
    TW_WHY_PEER_NODE_DOWN,
    TW_WHY_FORCE_BACKUP,
    TW_WHY_FORCE_MASTER,
    TW_WHY_ETRUNK_INIT,
    TW_WHY_ETRUNK_BACKUP,
    TW_WHY_ETRUNK_MASTER,
    TW_WHY_PEER_MEMBER_DOWN,
    TW_WHY_PEER_MEMBER_UP,
    TW_WHY_ACTIVE_ACTIVE,
    TW_WHY_DEGRADED_ACTIVE,
    TW_WHY_PEER_LINK_DOWN,
    TW_WHY_LINK_DOWN,
    TW_WHY_ALL_ACTIVE,
    TW_WHY_PEER_BANDWIDTH_LARGE,
    TW_WHY_LOCAL_BANDWIDTH_LARGE
};
enum tw_member_type { TW_MEMBER_UNKNOWN, TW_MEMBER_ETH_TRUNK, TW_MEMBER_GLOBAL_VE };
enum tw_work_mode {
    TW_MODE_UNKNOWN,
    TW_MODE_AUTO,
    TW_MODE_FORCE_BACKUP,
    TW_MODE_FORCE_MASTER,
    TW_MODE_ACTIVE_ACTIVE
};
/* Why an interface is down, in classes (domain.md 3.2: the reason list, and how to read it). */
enum tw_down_class {
    TW_DOWN_UNKNOWN,   /* no reason given */
    TW_DOWN_OTHER,     /* a reason, and none of the following: own fault, never inherited */
    TW_DOWN_INHERITED, /* "The main interface is down" */
    TW_DOWN_ADMIN,     /* shut down by an operator */
    TW_DOWN_DELETED,
    TW_DOWN_PHYSICAL, /* physical link, transceiver, error down: no LACP matter */
    TW_DOWN_LACP,     /* what a standby's Eth-Trunk usually says */
    TW_DOWN_CONFIG,   /* conditions for activation not met: encapsulation, VLAN, licence */
    TW_DOWN_PROTOCOL  /* OAM, BFD, VRRP, monitor group */
};
enum tw_restart { TW_RESTART_UNKNOWN, TW_RESTART_COLD, TW_RESTART_WARM, TW_RESTART_AGENT };

/* Words of a WORD field, in the order of its enumeration from 1 on; NULL ends. NULL for the other types. */
const char *const *tw_event_field_words(enum tw_event_field f);
const char *tw_event_field_name(enum tw_event_field f);
enum tw_field_type tw_event_field_type(enum tw_event_field f);
const char *tw_event_kind_name(enum tw_event_kind k);
/* 0 / TW_EVENT_FIELDS / TW_EVENT_NONE when there is no such word. */
enum tw_event_kind tw_event_kind_find(struct tw_str word);
enum tw_event_field tw_event_field_find(struct tw_str word);
int tw_event_word_find(enum tw_event_field f, struct tw_str word);
const char *tw_event_word(enum tw_event_field f, int value); /* "unknown" for 0 */

enum tw_source { TW_SOURCE_SYSLOG, TW_SOURCE_TRAP, TW_SOURCE_POLL, TW_SOURCE_INVENTORY };
enum { TW_SOURCES = TW_SOURCE_INVENTORY + 1 };
const char *tw_source_name(enum tw_source s);

struct tw_event {
    enum tw_event_kind kind;
    enum tw_source source;
    bool alarm;    /* delayed by the router's alarm suppression (domain.md 3.1), see alarm-delay */
    tw_time rx;    /* arrival */
    tw_time stamp; /* what the message itself said, as its device's stamps are read; TW_TIME_MIN: nothing */
    tw_time at;    /* when it happened, on our time line; at <= rx */
    tw_dur resolution; /* it happened in [at, at + resolution) */
    uint64_t seq;      /* number of the record: order of arrival */
    struct tw_record_ref ref;
    const char *rule; /* name of the rule that made it; lives as long as the rule set */
    /* The evidence: the message that is to be quoted (quote/quote.h), else the text. Most events only repeat
     * what is known: then nobody quotes them. */
    const struct tw_log *log;
    const struct tw_trap *trap;
    struct tw_str text;
    uint32_t present; /* bit per tw_event_field; what is not present holds nothing */
    struct tw_event_value {
        struct tw_str text;
        int64_t number;
    } field[16];
};

static inline bool tw_event_has(const struct tw_event *e, enum tw_event_field f)
{
    return (e->present >> f & 1) != 0;
}
/* Of a field of this type only: the other half of a value holds nothing. */
static inline int64_t tw_event_number(const struct tw_event *e, enum tw_event_field f)
{
    return tw_event_has(e, f) ? e->field[f].number : 0;
}
static inline struct tw_str tw_event_text(const struct tw_event *e, enum tw_event_field f)
{
    return tw_event_has(e, f) ? e->field[f].text : (struct tw_str){0};
}

#endif
