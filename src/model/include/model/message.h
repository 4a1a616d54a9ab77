/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_MESSAGE_H
#define TW_MODEL_MESSAGE_H
/*
 * What decode makes of a record: a VRP log message or an SNMP notification. All slices borrow from the
 * record.
 */
#include "base/str.h"
#include "base/time.h"
#include "model/record.h"

/* A time stamp as written. The reading of its offset is a property of the device (domain.md 2.2). */
struct tw_stamp {
    tw_time civil;     /* the digits read as if they were UTC */
    tw_dur resolution; /* 1 s, 100 ms, 1 ms: the event happened in [stamp, stamp + resolution) */
    int32_t offset_s;  /* +08:00 is 28800 */
    bool present;
    bool has_offset;
};

/* A VRP log message (domain.md 2): <PRI>TIMESTAMP HOSTNAME %%ddMODULE/SEV/BRIEF(T):FIELDS;TEXT */
struct tw_log {
    int pri;               /* 0..191, -1: none */
    struct tw_stamp relay; /* what a relay put in front; absent when there was none */
    struct tw_str relay_host;
    struct tw_stamp stamp; /* the device's own */
    struct tw_str host;    /* the device's own HOSTNAME; empty when there was none */
    struct tw_str module, brief;
    bool cut;             /* a relay has cut the tag: brief may be the beginning of it only */
    int severity;         /* the digit as sent; operators change it: nothing may depend on it */
    char type;            /* l, t, d, s in lower case; 0: none */
    bool unsplit;         /* `text` is both of these, see tw_log_peek */
    struct tw_str fields; /* CID=…-alarmID=…, without the final ';'; may be empty */
    struct tw_str text;   /* the rest, trimmed */
};

/* One varbind. Object identifiers are arrays of sub-identifiers. */
enum { TW_OID_MAX = 128, TW_VARBINDS_MAX = 128 };
struct tw_oid {
    uint32_t n;
    uint32_t id[TW_OID_MAX];
};
struct tw_varbind {
    const uint32_t *oid;
    uint32_t oid_n;
    enum tw_varbind_type {
        TW_VB_INTEGER,
        TW_VB_UNSIGNED,
        TW_VB_STRING,
        TW_VB_OID,
        TW_VB_ADDRESS,
        TW_VB_OTHER
    } type;
    int64_t number;      /* INTEGER; UNSIGNED: Counter32, Gauge32, TimeTicks, Counter64 */
    struct tw_str bytes; /* STRING, ADDRESS */
    const uint32_t *value_oid;
    uint32_t value_oid_n;
};

/* A notification of any version, in the form of v2 (v1 is mapped by RFC 3584 3.1). */
struct tw_trap {
    int version; /* 1, 2: v2c, 3 */
    bool inform;
    int32_t request_id;
    struct tw_str community;
    const uint32_t *oid; /* value of snmpTrapOID.0 */
    uint32_t oid_n;
    bool has_uptime;
    uint32_t uptime_cs;   /* sysUpTime.0, hundredths of a second */
    struct tw_addr agent; /* snmpTrapAddress.0 or v1 agent-addr; believed only from a named relay */
    const struct tw_varbind *varbinds; /* all but sysUpTime.0 and snmpTrapOID.0 */
    uint32_t varbinds_n;
};

#endif
