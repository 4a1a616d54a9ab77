/* SPDX-License-Identifier: ISC */
#ifndef TW_PIPELINE_PIPELINE_H
#define TW_PIPELINE_PIPELINE_H
/*
 * The core: records in, alert transitions out. The only composition of decode, normalise, topology, facts,
 * conditions and alert, and the only two doors to it: tw_pipeline_feed and tw_pipeline_advance.
 *
 * How a record flows: its bytes are decoded into a message; the sender is identified by address, or behind a
 * relay (and in a text file) by the host name in the header; rules turn the message into an event; the event
 * changes facts; the conditions that depend on a changed fact are judged again; what comes true is held, what
 * was held long enough becomes an alert. Live, replay and recovery are three small drivers over these two
 * calls.
 *
 * Time: a record's rx never goes back. feed first fires every timer due strictly before rx, each at its own
 * deadline, in order. advance(now) fires those due strictly before now. So the transitions depend on the
 * records only: extra calls of advance up to the next record's rx change nothing. Ownership: the pipeline
 * holds a reference to the topology and owns the policy it was given. Effects are valid until the next feed,
 * advance, swap or clear. Purity: no clock, file, socket, thread, locale, randomness or log.
 */
#include "base/err.h"
#include "model/loss.h"
#include "model/operator.h"
#include "model/record.h"
#include "model/transition.h"
#include "topology/topology.h"

struct tw_buf;
struct tw_rules; /* pipeline/rules.h: event rules, conditions and hints, compiled together */

/* Counters: one row each. */
enum tw_counter {
#define TW_COUNTER(id, name, help) TW_COUNT_##id,
#include "pipeline/counters.def"
#undef TW_COUNTER
    TW_COUNTERS
};
/* What may become of a record: (TW_COUNT_RECEIVED, TW_COUNT_BECAME); accepted up to TW_COUNT_DROPPED. */
enum { TW_COUNT_DROPPED = TW_COUNT_UNKNOWN_SOURCE, TW_COUNT_BECAME = TW_COUNT_RAISED };
const char *tw_counter_name(enum tw_counter c);
const char *tw_counter_help(enum tw_counter c);

struct tw_pipeline;

struct tw_pipeline_options {
    bool trace; /* produce tw_trace values */
};

/* Takes the rules, refers to the topology. */
struct tw_pipeline *tw_pipeline_create(const struct tw_topology *topology, struct tw_rules *rules,
                                       const struct tw_pipeline_options *options);
void tw_pipeline_destroy(struct tw_pipeline *p);

void tw_pipeline_feed(struct tw_pipeline *p, const struct tw_record *record);
void tw_pipeline_advance(struct tw_pipeline *p, tw_time now);
/* Deadline of the next timer, or TW_TIME_MAX. It fires when advance is called with something later. */
tw_time tw_pipeline_next_deadline(const struct tw_pipeline *p);
/* How long a replay lets the clock run on after the last record (contract 4): 150 s, or the longest hold if
 * longer. */
tw_dur tw_pipeline_drain(const struct tw_pipeline *p);

/* How much a record matters, by its name alone: what the core would make of it is not more. Cheaper than to
 * feed it, and changes nothing. */
enum tw_class tw_pipeline_class(struct tw_pipeline *p, const struct tw_record *r);

/* What came out since the last clear, in order. */
const struct tw_transition *const *tw_pipeline_transitions(const struct tw_pipeline *p, size_t *n);
const struct tw_trace *const *tw_pipeline_traces(const struct tw_pipeline *p, size_t *n);
void tw_pipeline_effects_clear(struct tw_pipeline *p);

/* Replaces inventory and rules at `now` (which never goes back either); state is kept for everything that
 * still exists, alerts about what is gone end as `removed`. The same topology and rules change nothing. */
void tw_pipeline_swap(struct tw_pipeline *p, const struct tw_topology *topology, struct tw_rules *rules,
                      tw_time now);

/* Everything the core knows as bytes, and back: a pipeline made from them goes on exactly like the old one.
 */
void tw_pipeline_snapshot(struct tw_pipeline *p, struct tw_buf *out);
/* TW_EFORMAT: not a snapshot of this version; the pipeline is then as created. */
TW_MUST_CHECK tw_err tw_pipeline_restore(struct tw_pipeline *p, struct tw_str bytes);

uint64_t tw_pipeline_counter(const struct tw_pipeline *p, enum tw_counter c);
/* What a restart needs. A record that may have changed more than who was heard, when, and how their clocks
 * lie must be kept whole; of the others a digest is enough: what is known now of every device that was heard
 * since the last digest, and all counts. It is fed like a record (TW_TRANSPORT_DIGEST). Records that were
 * kept and digests, fed in their order, bring a pipeline to where the first one was, but for the messages
 * that nobody understood, which only a snapshot holds. */
bool tw_pipeline_kept(const struct tw_pipeline *p); /* the last record that was fed must be */
/* False, and nothing is written: there is no news. */
bool tw_pipeline_digest(struct tw_pipeline *p, struct tw_buf *out);
/* An alert with this id is open. */
bool tw_pipeline_is_open(const struct tw_pipeline *p, const char *alert_id);
/* The seq of the last transition; the next has more than that, and more than `least`. */
uint64_t tw_pipeline_last_seq(const struct tw_pipeline *p);
void tw_pipeline_seq_after(struct tw_pipeline *p, uint64_t least);

/* What people do about alerts (model/operator.h) is fed like a message. Whether it can be done at `now`:
 * NULL, or why not, half a sentence. */
const char *tw_pipeline_may_act(const struct tw_pipeline *p, const struct tw_operator *o, tw_time now);
/* Silences and windows, those that are not open yet included, in the order in which they were made. */
const struct tw_standing *const *tw_pipeline_standing(const struct tw_pipeline *p, size_t *n);
struct tw_people tw_pipeline_people(const struct tw_pipeline *p);
/* How many open alerts have an id that begins so; the id of one of them. */
size_t tw_pipeline_find(const struct tw_pipeline *p, const char *prefix, char id[static TW_ALERT_ID]);

/* What became of the last record that was fed: TW_COUNT_EVENTS, or the counter that says why not. */
enum tw_counter tw_pipeline_last(const struct tw_pipeline *p);

/* How a device's stamps lie against arrival. A wrong clock is taken out; it is told, because a person reads
 * the device's own log with it. */
enum tw_clock_doubt {
    TW_CLOCK_FINE,            /* or not measured yet */
    TW_CLOCK_OFFSET_IS_UTC,   /* off by just its offset: its digits are UTC, stamp-offset: utc */
    TW_CLOCK_OFFSET_IS_LOCAL, /* the other way round: the inventory says utc, its digits are not */
    TW_CLOCK_ZONE,            /* off by a time zone: local time without an offset, or the wrong zone */
    TW_CLOCK_WRONG,           /* off by more than a minute */
};
struct tw_clock_state {
    tw_dur skew;      /* stamp - arrival, as taken out */
    uint32_t samples; /* stamps measured so far, since the clock was last set */
    bool has_offset;  /* the last stamp had one, of offset_s */
    int32_t offset_s;
    enum tw_clock_doubt doubt;
};
struct tw_clock_state tw_pipeline_device_clock(const struct tw_pipeline *p, uint32_t device);
const char *tw_clock_doubt_name(enum tw_clock_doubt d); /* "fine", "zone" … */
/* What to do about it, a sentence; empty when it is fine. */
const char *tw_clock_advice(enum tw_clock_doubt d);

/* What is known to be lost of what a device, or both of a pair, sent. */
struct tw_feed {
    bool lossy;               /* something was, within the last TW_LOSSY_FOR */
    tw_time since, last;      /* of the present or last run of losses; TW_TIME_MIN: never */
    uint64_t lost[TW_LOSSES]; /* of the kernel's: by all who are heard on that socket together */
};
struct tw_feed tw_pipeline_device_feed(const struct tw_pipeline *p, uint32_t device);
struct tw_feed tw_pipeline_pair_feed(const struct tw_pipeline *p, uint32_t pair);

/* The device that a record is proven to be of, whatever its address: by what its source found out, a
 * certificate, an engine ID that was authenticated. TW_NONE: nothing is proven. */
uint32_t tw_pipeline_prover(const struct tw_pipeline *p, const struct tw_record *r);
/* The same, or else the one with that address, unless a relay is proven. Nobody looks inside: behind a relay
 * it is TW_NONE. */
uint32_t tw_pipeline_sender(const struct tw_pipeline *p, const struct tw_record *r);

/* Per device. records = accepted + dropped of its counts. */
struct tw_device_stats {
    uint64_t records;                  /* that are known to be of it, malformed ones included */
    tw_time last_heard;                /* of the last that was well-formed */
    uint64_t counts[TW_COUNT_BECAME];  /* what became of them; [TW_COUNT_RECEIVED] is not used */
    uint64_t events, unnamed_if_index; /* two of them */
    tw_dur skew;                       /* its clock against arrival, as taken out */
    struct tw_feed feed;               /* tw_pipeline_device_feed says more */
};
uint64_t tw_counts_accepted(const uint64_t counts[static TW_COUNT_BECAME]);
uint64_t tw_counts_dropped(const uint64_t counts[static TW_COUNT_BECAME]);
const struct tw_device_stats *tw_pipeline_device_stats(const struct tw_pipeline *p, uint32_t device);
/* What became of records that are of no device: of strangers, undecodable ones behind a relay, and those of
 * devices that were in the inventory once. received = the records of all devices + the sum of these. */
const uint64_t *tw_pipeline_nobody(const struct tw_pipeline *p);
/* The i-th condition of its rules, NULL after the last. */
const char *tw_pipeline_condition(const struct tw_pipeline *p, size_t i);
const struct tw_topology *tw_pipeline_topology(const struct tw_pipeline *p);
/* What is known now, to be looked at until the next feed, advance or swap. */
struct tw_facts; /* facts/facts.h */
const struct tw_facts *tw_pipeline_facts(const struct tw_pipeline *p);

/* A message that nobody understood, by its name; what can't be decoded at all, by why. */
enum { TW_SIGNATURES_MAX = 1024, TW_SIGNATURE_NAME = 96, TW_SIGNATURE_SAMPLE = 256 };
struct tw_signature {
    enum tw_transport transport;
    enum tw_counter reason; /* TW_COUNT_NO_RULE, or one of those that are malformed */
    const char *name; /* MODULE/SEV/BRIEF, or a notification's identifier, with its name when it has one */
    uint64_t count;
    tw_time first, last; /* arrival */
    uint32_t devices;    /* how many have sent it */
    const char *device;  /* one of them, of which the sample is; NULL: not known */
    const char *sample;  /* the first one, safe to print, cut */
};
/* messages = the counts of all rows + unlisted, for which there was no room (any more): the frequent are
 * kept. */
struct tw_signatures {
    const struct tw_signature *rows; /* the most frequent first */
    size_t n;
    uint64_t messages, unlisted;
};
/* Valid until the next call of anything. */
struct tw_signatures tw_pipeline_signatures(struct tw_pipeline *p);

#endif
