/* SPDX-License-Identifier: ISC */
#include "pipeline_internal.h"

#include "decode/log.h"

#include <stdlib.h>

enum { SNAPSHOT_VERSION = 10 };
#define DRAIN TW_SECONDS(150)

static const struct {
    const char *name, *help;
} counter_rows[] = {
#define TW_COUNTER(id, name, help) {name, help},
#include "pipeline/counters.def"
#undef TW_COUNTER
};

const char *tw_counter_name(enum tw_counter c)
{
    return counter_rows[c].name;
}

const char *tw_counter_help(enum tw_counter c)
{
    return counter_rows[c].help;
}

/* Everything that is counted by the topology's indices. */
static void build(struct tw_pipeline *p)
{
    struct tw_facts_options o = {.follow = pipeline_follow(p->rules->policy)};
    p->facts = tw_facts_create(p->topology, o);
    p->alerts = tw_alerts_create(p->facts, p->rules->policy, p->options.trace);
    p->clocks = tw_xcalloc(p->topology->devices_n, sizeof *p->clocks);
    p->devices = tw_xcalloc(p->topology->devices_n, sizeof *p->devices);
    p->shapes = tw_xcalloc(tw_ruleset_forms(p->rules->events), sizeof *p->shapes);
    for (size_t i = 0; i < p->topology->devices_n; i++)
        p->devices[i].stats = (struct tw_device_stats){.last_heard = TW_TIME_MIN,
                                                       .feed = {.since = TW_TIME_MIN, .last = TW_TIME_MIN}};
    p->touched_list = tw_xcalloc(p->topology->devices_n, sizeof *p->touched_list);
    p->touched_n = 0;
    p->signatures = signatures_create(p->topology->devices_n);
    p->late = late_create();
}

static void tear_down(struct tw_pipeline *p)
{
    tw_alerts_destroy(p->alerts);
    tw_facts_destroy(p->facts);
    free(p->clocks);
    free(p->devices);
    free(p->shapes);
    free(p->touched_list);
    signatures_destroy(p->signatures);
    late_destroy(p->late);
}

struct tw_pipeline *tw_pipeline_create(const struct tw_topology *topology, struct tw_rules *rules,
                                       const struct tw_pipeline_options *options)
{
    struct tw_pipeline *p = tw_xcalloc(1, sizeof *p);
    p->topology = tw_topology_ref(topology);
    p->rules = rules;
    if (options != NULL)
        p->options = *options;
    p->arena = tw_arena_create(65536);
    p->now = TW_TIME_MIN;
    p->device = TW_NONE;
    p->reader = (struct tw_log_reader)TW_LOG_READER(0, TW_TIME_MIN);
    p->reader.names = tw_xcalloc(TW_LOG_NAMES, sizeof *p->reader.names);
    build(p);
    return p;
}

void tw_pipeline_destroy(struct tw_pipeline *p)
{
    if (p == NULL)
        return;
    tear_down(p);
    free(p->reader.names);
    tw_rules_destroy(p->rules);
    tw_topology_unref(p->topology);
    tw_arena_destroy(p->arena);
    free(p);
}

tw_time tw_pipeline_next_deadline(const struct tw_pipeline *p)
{
    return tw_alerts_next_deadline(p->alerts);
}

tw_dur tw_pipeline_drain(const struct tw_pipeline *p)
{
    tw_dur longest = DRAIN;
    for (size_t i = 0; i < p->rules->policy->conditions_n; i++) {
        const struct tw_condition *c = &p->rules->policy->conditions[i];
        tw_dur extra = {0};
        for (size_t k = 0; c->after_main_return && k < p->topology->e_trunks_n; k++) {
            if (p->topology->e_trunks[k].revert_delay.ns > extra.ns)
                extra = p->topology->e_trunks[k].revert_delay;
        }
        if (c->hold.ns + extra.ns > longest.ns)
            longest.ns = c->hold.ns + extra.ns;
    }
    return longest;
}

const struct tw_transition *const *tw_pipeline_transitions(const struct tw_pipeline *p, size_t *n)
{
    return tw_alerts_transitions(p->alerts, n);
}

const struct tw_trace *const *tw_pipeline_traces(const struct tw_pipeline *p, size_t *n)
{
    return tw_alerts_traces(p->alerts, n);
}

void tw_pipeline_effects_clear(struct tw_pipeline *p)
{
    tw_alerts_effects_clear(p->alerts);
}

uint64_t tw_pipeline_counter(const struct tw_pipeline *p, enum tw_counter c)
{
    uint64_t raised, cleared;
    tw_alerts_counts(p->alerts, &raised, &cleared);
    if (c == TW_COUNT_RAISED)
        return raised;
    return c == TW_COUNT_CLEARED ? cleared : p->counters[c];
}

enum tw_counter tw_pipeline_last(const struct tw_pipeline *p)
{
    return p->last;
}

const struct tw_device_stats *tw_pipeline_device_stats(const struct tw_pipeline *p, uint32_t device)
{
    struct tw_device_stats *s = &p->devices[device].stats;
    s->skew = p->clocks[device].skew;
    s->events = s->counts[TW_COUNT_EVENTS];
    s->unnamed_if_index = s->counts[TW_COUNT_UNNAMED_IF_INDEX];
    return s;
}

static uint64_t sum(const uint64_t *counts, int from, int to)
{
    uint64_t n = 0;
    for (int c = from; c < to; c++)
        n += counts[c];
    return n;
}

uint64_t tw_counts_accepted(const uint64_t counts[static TW_COUNT_BECAME])
{
    return sum(counts, TW_COUNT_RECEIVED + 1, TW_COUNT_DROPPED);
}

uint64_t tw_counts_dropped(const uint64_t counts[static TW_COUNT_BECAME])
{
    return sum(counts, TW_COUNT_DROPPED, TW_COUNT_BECAME);
}

struct tw_clock_state tw_pipeline_device_clock(const struct tw_pipeline *p, uint32_t device)
{
    const struct clock_model *c = &p->clocks[device];
    return (struct tw_clock_state){.skew = c->skew,
                                   .samples = c->n,
                                   .has_offset = c->has_offset,
                                   .offset_s = c->offset_s,
                                   .doubt = clock_doubt(c, p->topology->devices[device].stamp_offset_utc)};
}

const char *tw_clock_doubt_name(enum tw_clock_doubt d)
{
    static const char *const names[] = {"fine", "offset-is-utc", "offset-is-local", "zone", "wrong"};
    return names[d];
}

const char *tw_clock_advice(enum tw_clock_doubt d)
{
    static const char *const advice[] = {"",
                                         "its stamps are off by just their offset: their digits are UTC, set "
                                         "stamp-offset: utc in the inventory",
                                         "its stamps are off by just their offset: their digits are local "
                                         "time, set stamp-offset: local in the inventory",
                                         "its stamps are off by a time zone: set the router's log host to "
                                         "utc, or let its stamps carry their offset",
                                         "its clock is wrong: look at its NTP"};
    return advice[d];
}

struct tw_signatures tw_pipeline_signatures(struct tw_pipeline *p)
{
    return signatures_view(p->signatures, p->topology);
}

const uint64_t *tw_pipeline_nobody(const struct tw_pipeline *p)
{
    return p->nobody;
}

const char *tw_pipeline_condition(const struct tw_pipeline *p, size_t i)
{
    return tw_rules_condition(p->rules, i);
}

const struct tw_topology *tw_pipeline_topology(const struct tw_pipeline *p)
{
    return p->topology;
}

static void snap_counts(struct tw_snap *s, uint64_t *counts)
{
    for (int c = 0; c < TW_COUNT_BECAME; c++)
        tw_snap_u64(s, &counts[c]);
}

static void snap_feed(struct tw_snap *s, struct tw_feed *f)
{
    tw_snap_time(s, &f->since);
    tw_snap_time(s, &f->last);
    for (int c = 0; c < TW_LOSSES; c++)
        tw_snap_u64(s, &f->lost[c]);
}

/* What was counted of a device that the inventory does not have any more stays in the sum. */
static void no_longer_known(struct tw_pipeline *p, const struct tw_device_stats *stats)
{
    for (int c = 0; c < TW_COUNT_BECAME; c++)
        p->nobody[c] += stats->counts[c];
}

bool tw_pipeline_kept(const struct tw_pipeline *p)
{
    return p->kept;
}

bool tw_pipeline_is_open(const struct tw_pipeline *p, const char *alert_id)
{
    return tw_alerts_is_open(p->alerts, alert_id);
}

const char *tw_pipeline_may_act(const struct tw_pipeline *p, const struct tw_operator *o, tw_time now)
{
    return tw_alerts_may_act(p->alerts, o, tw_later(now, p->now));
}

const struct tw_standing *const *tw_pipeline_standing(const struct tw_pipeline *p, size_t *n)
{
    return tw_alerts_standing(p->alerts, n);
}

struct tw_people tw_pipeline_people(const struct tw_pipeline *p)
{
    return tw_alerts_people(p->alerts);
}

size_t tw_pipeline_find(const struct tw_pipeline *p, const char *prefix, char id[static TW_ALERT_ID])
{
    return tw_alerts_find(p->alerts, prefix, id);
}

uint64_t tw_pipeline_last_seq(const struct tw_pipeline *p)
{
    return tw_alerts_last_seq(p->alerts);
}

void tw_pipeline_seq_after(struct tw_pipeline *p, uint64_t least)
{
    tw_alerts_seq_after(p->alerts, least);
}

const struct tw_facts *tw_pipeline_facts(const struct tw_pipeline *p)
{
    return p->facts;
}

/* `map`: of each device's index in the snapshot, its index now. */
struct device_map {
    uint32_t *now;
    size_t n, cap;
};

void pipeline_snap_device(struct tw_pipeline *p, struct tw_snap *s, uint32_t *device)
{
    struct clock_model clock = {0};
    struct tw_device_stats stats = {0};
    uint64_t heard_on = 0;
    tw_facts_snap_device(p->facts, s, device);
    if (tw_snap_writing(s)) {
        clock = p->clocks[*device];
        stats = p->devices[*device].stats;
        heard_on = p->devices[*device].heard_on;
    }
    clock_snap(&clock, s);
    tw_snap_u64(s, &stats.records);
    snap_counts(s, stats.counts);
    tw_snap_time(s, &stats.last_heard);
    tw_snap_u64(s, &heard_on);
    snap_feed(s, &stats.feed);
    if (tw_snap_writing(s) || s->bad)
        return;
    if (*device == TW_NONE) {
        no_longer_known(p, &stats);
        return;
    }
    p->clocks[*device] = clock;
    p->devices[*device].stats = stats;
    p->devices[*device].heard_on = heard_on;
    tw_alerts_lost(p->alerts, *device, stats.feed.last);
}

static void snap_devices(struct tw_pipeline *p, struct tw_snap *s, struct device_map *map)
{
    uint64_t n = p->topology->devices_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t device = (uint32_t)i;
        pipeline_snap_device(p, s, &device);
        *TW_PUSH(map->now, map->n, map->cap) = device;
    }
}

/* How far it is, and what was counted. */
void pipeline_snap_counts(struct tw_pipeline *p, struct tw_snap *s)
{
    tw_snap_u64(s, &p->seq);
    tw_snap_time(s, &p->now);
    tw_snap_bool(s, &p->begun);
    uint64_t n = TW_COUNTERS;
    tw_snap_u64(s, &n);
    if (n != TW_COUNTERS)
        s->bad = true;
    for (int i = 0; i < TW_COUNTERS; i++)
        tw_snap_u64(s, &p->counters[i]);
    snap_counts(s, p->nobody);
}

static void snap(struct tw_pipeline *p, struct tw_snap *s)
{
    struct device_map map = {0};
    tw_snap_mark(s, 0x74770000 + SNAPSHOT_VERSION);
    pipeline_snap_counts(p, s);
    snap_devices(p, s, &map);
    signatures_snap(p->signatures, s, map.now, map.n);
    late_snap(p->late, s, map.now, map.n);
    free(map.now);
    tw_facts_snap(p->facts, s);
    tw_alerts_snap(p->alerts, s);
    tw_snap_mark(s, 0x656e64);
}

void tw_pipeline_snapshot(struct tw_pipeline *p, struct tw_buf *out)
{
    struct tw_snap s = {.out = out};
    snap(p, &s);
}

tw_err tw_pipeline_restore(struct tw_pipeline *p, struct tw_str bytes)
{
    struct tw_snap s = {.in = bytes};
    tear_down(p);
    build(p);
    snap(p, &s);
    if (!s.bad && s.in.n == 0)
        return TW_OK;
    tear_down(p);
    build(p);
    memset(p->counters, 0, sizeof p->counters);
    memset(p->nobody, 0, sizeof p->nobody);
    p->seq = 0;
    p->now = TW_TIME_MIN;
    p->begun = false;
    return TW_EFORMAT;
}

void tw_pipeline_swap(struct tw_pipeline *p, const struct tw_topology *topology, struct tw_rules *rules,
                      tw_time now)
{
    now = tw_later(now, p->now);
    pipeline_begin(p, now);
    p->now = now;
    tw_alerts_advance(p->alerts, now);
    tw_alerts_remove_missing(p->alerts, topology, rules->policy, now);
    struct tw_buf bytes = {0};
    tw_pipeline_snapshot(p, &bytes);
    struct tw_pipeline next = *p;
    next.topology = tw_topology_ref(topology);
    next.rules = rules;
    build(&next);
    /* What was to be sent is not state: it moves over as it is. */
    tw_alerts_move_effects(p->alerts, next.alerts);
    struct tw_snap s = {.in = tw_buf_view(&bytes)};
    snap(&next, &s);
    TW_ASSERT(!s.bad);
    tear_down(p);
    if (rules != p->rules)
        tw_rules_destroy(p->rules);
    tw_topology_unref(p->topology);
    memset(next.reader.names, 0, TW_LOG_NAMES * sizeof *next.reader.names);
    *p = next;
    tw_buf_finish(&bytes);
    struct tw_moment m = {.at = now, .rx = now, .seq = TW_SEQ_LAST};
    tw_alerts_judge_all(p->alerts, &m);
}
