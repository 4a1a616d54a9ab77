/* SPDX-License-Identifier: ISC */
#ifndef TW_PIPELINE_INTERNAL_H
#define TW_PIPELINE_INTERNAL_H
#include "alert/alert.h"
#include "base/err.h"
#include "base/mem.h"
#include "decode/log.h"
#include "decode/trap.h"
#include "model/message.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "signatures.h"

struct tw_rules {
    struct tw_ruleset *events;
    struct tw_policy *policy;
    size_t examples;
};

/* clock.c: how a device's stamps and uptimes lie on our time line. */
enum { CLOCK_SAMPLES = 16 };
struct clock_model {
    int64_t samples[CLOCK_SAMPLES]; /* stamp - arrival, ns */
    uint32_t n;                     /* samples taken so far */
    tw_dur skew;
    bool has_old;              /* the last line that was too old to be believed: */
    tw_time old_stamp, old_at; /* its stamp, and when it happened instead */
    /* The last line that was in time: its stamp, and whom it came from. */
    tw_time last;
    struct tw_addr way;
    uint32_t step_n; /* lines since then that a clock set back would explain; of the first: */
    tw_time step_rx;
    int64_t step_off;
    uint64_t step_name;
    bool has_offset; /* the last stamp had one */
    int32_t offset_s;
    bool has_boot; /* traps: when the agent's sysUpTime was 0 */
    tw_time boot, last_trap;
    uint32_t last_uptime;
};
enum clock_step {
    CLOCK_STEADY,
    CLOCK_DOUBTED, /* whether it was set back is asked, or no longer asked, since this line */
    CLOCK_SET_BACK /* this line proves it: those before it that were taken for late were not */
};
/* When a line with this stamp happened: its stamp with the skew taken out, if that is near arrival. One that
 * arrives within the resolution of its stamp happened just now: then the resolution becomes 0. */
tw_time clock_of_stamp(struct clock_model *c, tw_time stamp, tw_dur *resolution, const struct tw_record *r,
                       const struct tw_log *log, enum clock_step *step);
/* When a trap with this uptime was made. *restarted: the agent began anew after its last trap. */
tw_time clock_of_uptime(struct clock_model *c, uint32_t uptime_cs, tw_time rx, bool *restarted);
enum tw_clock_doubt clock_doubt(const struct clock_model *c, bool offset_utc);
void clock_forget(struct clock_model *c);
void clock_snap(struct clock_model *c, struct tw_snap *s);

/* What each message changes is at the beginning: with many devices none of it is in a cache. */
struct device {
    uint64_t heard_on; /* a bit for each input, counted modulo 64 */
    bool touched;      /* heard since the last digest */
    struct tw_device_stats stats;
};

struct tw_pipeline {
    const struct tw_topology *topology;
    struct tw_rules *rules;
    struct tw_pipeline_options options;
    struct tw_facts *facts;
    struct tw_alerts *alerts;
    struct tw_arena *arena; /* per record */
    struct clock_model *clocks;
    struct device *devices;
    /* No state: they only save time. */
    struct tw_log_reader reader;
    struct tw_kv_shape *shapes; /* per form of the rules */
    struct signatures *signatures;
    struct late *late;
    uint64_t counters[TW_COUNTERS];
    uint64_t nobody[TW_COUNT_BECAME];
    enum tw_counter last;
    bool kept;    /* the last record is to be kept whole */
    bool counted; /* something since the last digest */
    uint32_t *touched_list;
    size_t touched_n;
    uint32_t device; /* of this record; TW_NONE: of none, or not known yet */
    uint64_t seq;
    tw_time now;
    bool begun;
};

/* sender.c: the device, or TW_NONE and why. */
uint32_t sender_of_log(struct tw_pipeline *p, const struct tw_record *r, const struct tw_log *log,
                       enum tw_counter *why);
uint32_t sender_of_trap(struct tw_pipeline *p, const struct tw_record *r, const struct tw_trap *trap,
                        enum tw_counter *why);
/* Of what can't be decoded: its address or its proof is all there is. */
uint32_t sender_of_bytes(struct tw_pipeline *p, const struct tw_record *r);

/* It needs no look inside a trap to know who sent it. */
bool sender_is_device(const struct tw_pipeline *p, const struct tw_record *r);

/* rules.c: of a message that nobody understood, for that reason. */
struct tw_glance glance_unknown(const struct tw_log *log, enum tw_counter reason);

/* unknown.c: after it was counted. offset: of what can't be decoded, the byte where that was seen. */
void unknown_log(struct tw_pipeline *p, const struct tw_record *r, const struct tw_log *log);
void unknown_name(struct tw_pipeline *p, const struct tw_record *r, const struct tw_glance *g);
void unknown_trap(struct tw_pipeline *p, const struct tw_record *r, const struct tw_trap *trap);
void unknown_bytes(struct tw_pipeline *p, const struct tw_record *r, const char *why, size_t offset);

/* late.c: the last lines that were taken for late; they are judged anew once it turns out that a clock was
 * set back. */
struct late *late_create(void);
void late_destroy(struct late *late);
void late_keep(struct late *late, uint32_t device, const struct tw_record *r, uint64_t seq);
void late_judge(struct tw_pipeline *p, uint32_t device, tw_time since);
/* `map`: of each device's index in the snapshot, its index now. */
void late_snap(struct late *late, struct tw_snap *s, const uint32_t *map, size_t map_n);

/* pipeline.c: one device's part, both directions; false: nothing more can be read. */
void pipeline_snap_device(struct tw_pipeline *p, struct tw_snap *s, uint32_t *device);
void pipeline_snap_counts(struct tw_pipeline *p, struct tw_snap *s);
/* digest.c */
void digest_touch(struct tw_pipeline *p, uint32_t device);
void digest_feed(struct tw_pipeline *p, struct tw_str bytes);

/* loss.c */
void pipeline_loss(struct tw_pipeline *p, const struct tw_record *r, const struct tw_loss *l);

/* feed.c */
enum tw_trap_fault pipeline_decode_trap(struct tw_pipeline *p, const struct tw_record *r,
                                        struct tw_trap *trap, size_t *offset);
/* An event of a known device, which becomes known at that moment; it is not counted. */
enum tw_applied pipeline_judge(struct tw_pipeline *p, uint32_t device, const struct tw_event *e,
                               struct tw_moment now);
void pipeline_begin(struct tw_pipeline *p, tw_time now);
tw_dur pipeline_follow(const struct tw_policy *policy);

/* examples.c */
size_t examples_conditions(const struct tw_rules *r, struct tw_errors *errors);
size_t examples_hints(const struct tw_rules *r, struct tw_errors *errors);

#endif
