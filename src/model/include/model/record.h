/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_RECORD_H
#define TW_MODEL_RECORD_H
/*
 * A record: bytes that reached us, where from, and when. The only thing that enters the core (design 2).
 *
 * Ownership: a record borrows its bytes; they must live until the call it was passed to returns.
 */
#include "base/str.h"
#include "base/time.h"

/* IPv4 is held in its own form (family 4), also when it arrived as ::ffff:a.b.c.d. */
struct tw_addr {
    uint8_t family; /* 0 none, 4, 6 */
    uint8_t bytes[16];
};

bool tw_addr_parse(struct tw_str s, struct tw_addr *out);
bool tw_addr_eq(const struct tw_addr *a, const struct tw_addr *b);
bool tw_addr_is_loopback(const struct tw_addr *a);
enum { TW_ADDR_TEXT = 48 };
const char *tw_addr_text(const struct tw_addr *a, char buf[static TW_ADDR_TEXT]);

enum tw_transport {
    TW_TRANSPORT_SYSLOG, /* one syslog message: a datagram's payload or a line of a log file */
    TW_TRANSPORT_TRAP,   /* one SNMP message, v1 or v2c, trap or inform: a datagram's payload */
    TW_TRANSPORT_PDU,    /* the SNMPv2-Trap- or InformRequest-PDU of a v3 message, verified and decrypted */
    TW_TRANSPORT_LOSS,   /* no message: a note that some were lost, model/loss.h */
    TW_TRANSPORT_DIGEST, /* no message: what is known of all that were not kept whole, pipeline/pipeline.h */
    TW_TRANSPORT_OPERATOR, /* no message: what somebody did about alerts, model/operator.h */
    TW_TRANSPORTS
};

/* Where a record stands in its input; explain prints it. position: line of a text (from 1) or packet number.
 */
struct tw_record_ref {
    uint32_t input; /* index of the input file, listening socket … the shell knows its name */
    uint64_t position;
};

struct tw_log;

/* How sure it is who sent it: nothing but an address and a community; the security levels of SNMPv3
 * (RFC 3411 3.4.3); a client certificate. */
enum tw_security {
    TW_SECURITY_NONE,
    TW_SECURITY_NO_AUTH_NO_PRIV,
    TW_SECURITY_AUTH_NO_PRIV,
    TW_SECURITY_AUTH_PRIV,
    TW_SECURITY_CERTIFICATE,
};

struct tw_rules;
struct tw_event_form;

/* What a message's host name or its own name (tw_rules_glance) tells: whether its text need be read. */
struct tw_glance {
    const struct tw_rules *of; /* whose answer it is: the core listens to that of its own rules only */
    enum tw_glance_verdict {
        TW_GLANCE_READ,    /* it must be read */
        TW_GLANCE_STRANGE, /* no device has that host name */
        TW_GLANCE_NOTED,   /* it is known, and of no consequence */
        TW_GLANCE_UNKNOWN  /* no rule is about it */
    } verdict;
    const struct tw_event_form *forms; /* READ: those under its name; not NULL */
    uint64_t key;                      /* UNKNOWN: what the table of unknown messages knows it by */
    struct tw_str name;                /* UNKNOWN: MODULE/SEV/BRIEF, borrowed like the bytes */
};

struct tw_record {
    tw_time rx; /* when it was handed to us, on the shell's clock; never goes back between records */
    tw_time at; /* when it happened, if the source had to work that out itself (a log without arrival times);
                   else TW_TIME_MIN, and the core's clock model decides */
    enum tw_transport transport;
    struct tw_addr from; /* sender; family 0 for a line of a text file */
    int year;            /* for stamps without a year; 0: the year that brings the stamp nearest to rx */
    struct tw_record_ref ref;
    struct tw_str bytes;
    enum tw_security security;
    struct tw_str engine_id;   /* of the sender of an SNMPv3 notification, its bytes; empty: none */
    struct tw_str certificate; /* the name in the sender's client certificate, which was verified; empty:
                                  none */
    uint32_t sender; /* 1 + index of the device in the topology, when the source had to find out anyway; 0:
                        the core does */
    uint32_t soon;   /* the `sender` of one that comes a few records later, which only saves time; 0: not
                        known */
    const struct tw_log *log; /* what tw_log_peek makes of the bytes with this `year`, when the source had
                                 to look inside anyway; borrowed like them. NULL: the core decodes */
    struct tw_glance glance; /* of a syslog message, with its `sender`: neither `log` nor the bytes are looked
                                at unless it says READ */
};

struct tw_buf;
/* A record as bytes, for the store; what its source only found out to save time (sender, soon, log, glance)
 * is left out. */
void tw_record_encode(const struct tw_record *r, struct tw_buf *out);
/* Takes one off `in`; its texts are borrowed from there. False: there is none, or it is damaged. */
bool tw_record_decode(struct tw_str *in, struct tw_record *out);

#endif
