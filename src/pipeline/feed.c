/* SPDX-License-Identifier: ISC */
/* One record's way through the house. */
#include "pipeline_internal.h"

#include "decode/log.h"
#include "decode/trap.h"
#include "normalise/normalise.h"

static const uint32_t none = TW_NONE;

tw_dur pipeline_follow(const struct tw_policy *policy)
{
    size_t i = tw_policy_find(policy, TW_STR("no-switchover"));
    return i < policy->conditions_n ? policy->conditions[i].hold : TW_SECONDS(10);
}

void pipeline_begin(struct tw_pipeline *p, tw_time now)
{
    struct tw_moment m = {.at = now, .rx = now, .seq = TW_SEQ_LAST};
    if (p->begun)
        return;
    p->begun = true;
    p->now = now;
    tw_alerts_judge_inventory(p->alerts, &m);
}

/* In all, and of the device it is of, or of nobody. */
static enum tw_counter counted(struct tw_pipeline *p, enum tw_counter c)
{
    p->counters[c]++;
    (p->device != none ? p->devices[p->device].stats.counts : p->nobody)[c]++;
    p->last = c;
    return c;
}

enum tw_applied pipeline_judge(struct tw_pipeline *p, uint32_t device, const struct tw_event *e,
                               struct tw_moment now)
{
    p->kept = p->kept || e->kind != TW_EVENT_NOTED;
    if (e->kind == TW_EVENT_CLOCK_CHANGED)
        clock_forget(&p->clocks[device]);
    enum tw_applied a = tw_facts_apply(p->facts, device, e);
    p->counters[TW_COUNT_UNLEARNT] += tw_facts_take_unlearnt(p->facts);
    tw_alerts_judge(p->alerts, &now);
    return a;
}

/* Judges an event of a known device, and counts it. */
static enum tw_applied event(struct tw_pipeline *p, uint32_t device, const struct tw_event *e)
{
    struct tw_moment now = {.at = e->at, .rx = e->rx, .ref = e->ref, .seq = e->seq};
    enum tw_applied a = pipeline_judge(p, device, e, now);
    enum tw_counter c = TW_COUNT_EVENTS;
    p->counters[TW_COUNT_LATE] += a == TW_APPLIED_LATE;
    switch (a) {
    case TW_APPLIED_LATE:
    case TW_APPLIED: break;
    case TW_APPLIED_ELSEWHERE: c = TW_COUNT_ELSEWHERE; break;
    case TW_APPLIED_UNNAMED: c = TW_COUNT_UNNAMED_IF_INDEX; break;
    case TW_APPLIED_LIMIT: c = TW_COUNT_LIMIT; break;
    }
    (void)counted(p, c);
    return a;
}

static bool matched(struct tw_pipeline *p, enum tw_match m)
{
    switch (m) {
    case TW_MATCH_EVENT: return true;
    case TW_MATCH_NONE: (void)counted(p, TW_COUNT_NO_RULE); break;
    case TW_MATCH_FAILED: (void)counted(p, TW_COUNT_BAD_FIELDS); break;
    case TW_MATCH_LIMIT: (void)counted(p, TW_COUNT_PATTERN_LIMIT); break;
    }
    return false;
}

static inline void heard(struct tw_pipeline *p, uint32_t device, const struct tw_record *r)
{
    struct device *d = &p->devices[device];
    p->device = device;
    digest_touch(p, device);
    d->stats.records++;
    d->stats.last_heard = p->now;
    d->heard_on |= UINT64_C(1) << r->ref.input % 64;
}

static void malformed(struct tw_pipeline *p, const struct tw_record *r, enum tw_counter c, const char *why,
                      size_t offset)
{
    p->device = sender_of_bytes(p, r);
    if (p->device != none) {
        digest_touch(p, p->device);
        p->devices[p->device].stats.records++;
    }
    (void)counted(p, c);
    unknown_bytes(p, r, why, offset);
}

/* There is no need to read it: nine of ten are such. */
static inline void unread(struct tw_pipeline *p, const struct tw_record *r, const struct tw_glance *g)
{
    switch (g->verdict) {
    case TW_GLANCE_STRANGE: (void)counted(p, TW_COUNT_UNKNOWN_HOST); return;
    case TW_GLANCE_NOTED: (void)counted(p, TW_COUNT_EVENTS); return;
    case TW_GLANCE_UNKNOWN: break;
    case TW_GLANCE_READ: return;
    }
    (void)counted(p, TW_COUNT_NO_RULE);
    unknown_name(p, r, g);
}

/* When what a log tells happened. */
struct happened {
    tw_time at;
    tw_dur resolution;
    enum clock_step step;
};

static struct happened log_time(struct tw_pipeline *p, uint32_t device, const struct tw_record *r,
                                const struct tw_log *log)
{
    struct happened h = {.at = r->at, .resolution = log->stamp.present ? log->stamp.resolution : (tw_dur){0}};
    if (tw_time_is_finite(h.at))
        return h;
    h.at = r->rx;
    if (log->stamp.present) {
        tw_time stamp = tw_stamp_time(&log->stamp, p->topology->devices[device].stamp_offset_utc);
        p->clocks[device].has_offset = log->stamp.has_offset;
        p->clocks[device].offset_s = log->stamp.offset_s;
        h.at = clock_of_stamp(&p->clocks[device], stamp, &h.resolution, r, log, &h.step);
    }
    return h;
}

static TW_APART void log_event(struct tw_pipeline *p, uint32_t device, const struct tw_record *r,
                               const struct tw_event_form *forms, const struct tw_log *log,
                               const struct happened *h)
{
    struct tw_event e;
    struct tw_log whole = *log;
    tw_log_split(&whole);
    if (!matched(p, tw_normalise_log(p->rules->events, forms, &whole, &p->shapes[forms->index], &e))) {
        unknown_log(p, r, log);
        return;
    }
    e.source = TW_SOURCE_SYSLOG;
    e.rx = r->rx;
    e.stamp = TW_TIME_MIN;
    if (log->stamp.present)
        e.stamp = tw_stamp_time(&log->stamp, p->topology->devices[device].stamp_offset_utc);
    e.at = h->at;
    e.resolution = h->resolution;
    e.seq = p->seq;
    e.ref = r->ref;
    if (event(p, device, &e) == TW_APPLIED_LATE && !tw_time_is_finite(r->at))
        late_keep(p->late, device, r, p->seq);
}

/* What was taken for late may have been in time. */
static TW_APART void clock_doubted(struct tw_pipeline *p, uint32_t device, enum clock_step step)
{
    p->kept = true;
    if (step == CLOCK_SET_BACK)
        late_judge(p, device, p->clocks[device].step_rx);
}

/* `known`: its name in the reader that decoded it, or NULL. */
static void decoded_log(struct tw_pipeline *p, const struct tw_record *r, const struct tw_log *log,
                        struct tw_log_name *known)
{
    enum tw_counter why;
    uint32_t device = r->sender != 0 ? r->sender - 1 : sender_of_log(p, r, log, &why);
    if (device == none) {
        (void)counted(p, why);
        return;
    }
    heard(p, device, r);
    struct happened h = log_time(p, device, r, log);
    if (h.step != CLOCK_STEADY)
        clock_doubted(p, device, h.step);
    struct tw_glance g = r->glance.of == p->rules ? r->glance : tw_rules_glance(p->rules, log, known);
    if (g.verdict == TW_GLANCE_READ)
        log_event(p, device, r, g.forms, log, &h);
    else
        unread(p, r, &g);
}

static TW_APART void raw_log(struct tw_pipeline *p, const struct tw_record *r)
{
    struct tw_log log;
    size_t offset;
    struct tw_loss loss;
    p->reader.year = r->year;
    p->reader.near = r->rx;
    enum tw_log_fault fault = tw_log_peek(&p->reader, r->bytes, &log, &offset);
    if (fault == TW_LOG_OK) {
        decoded_log(p, r, &log, p->reader.name);
    } else if (r->from.family == 0 && tw_loss_parse(r->bytes, &loss)) { /* a note in a file */
        p->counters[TW_COUNT_RECEIVED]--;
        pipeline_loss(p, r, &loss);
    } else {
        malformed(p, r, fault == TW_LOG_NO_TAG || fault == TW_LOG_EMPTY ? TW_COUNT_NOT_VRP : TW_COUNT_BAD_LOG,
                  tw_log_fault_name(fault), offset);
    }
}

/* An agent that began anew without saying so: the same as if it had. */
static void agent_restarted(struct tw_pipeline *p, uint32_t device, const struct tw_record *r, tw_time at)
{
    struct tw_event e = {.kind = TW_EVENT_DEVICE_RESTART,
                         .source = TW_SOURCE_TRAP,
                         .rx = r->rx,
                         .stamp = TW_TIME_MIN,
                         .at = at,
                         .seq = p->seq,
                         .ref = r->ref,
                         .rule = "sysUpTime",
                         .text = TW_STR("sysUpTime went back: the agent was restarted"),
                         .present = 1u << TW_FIELD_RESTART};
    e.field[TW_FIELD_RESTART].number = TW_RESTART_AGENT;
    p->kept = true;
    (void)tw_facts_apply(p->facts, device, &e);
    struct tw_moment m = {.at = at, .rx = r->rx, .ref = r->ref, .seq = p->seq};
    tw_alerts_judge(p->alerts, &m);
}

/* Nine of ten notifications are about nothing that a rule knows: then who sent it and when is all there is to
 * know. */
static bool of_no_interest(struct tw_pipeline *p, const struct tw_record *r, struct tw_trap *trap)
{
    bool (*peek)(struct tw_str, struct tw_arena *, struct tw_trap *) =
        r->transport == TW_TRANSPORT_PDU ? tw_trap_peek_pdu : tw_trap_peek;
    return peek(r->bytes, p->arena, trap) &&
           tw_ruleset_trap_forms(p->rules->events, trap->oid, trap->oid_n) == NULL && sender_is_device(p, r);
}

enum tw_trap_fault pipeline_decode_trap(struct tw_pipeline *p, const struct tw_record *r,
                                        struct tw_trap *trap, size_t *offset)
{
    return r->transport == TW_TRANSPORT_PDU ? tw_trap_decode_pdu(r->bytes, p->arena, trap, offset)
                                            : tw_trap_decode(r->bytes, p->arena, trap, offset);
}

static TW_APART void feed_trap(struct tw_pipeline *p, const struct tw_record *r)
{
    struct tw_trap trap;
    struct tw_event e;
    size_t offset = 0;
    bool restarted = false;
    enum tw_trap_fault fault =
        of_no_interest(p, r, &trap) ? TW_TRAP_OK : pipeline_decode_trap(p, r, &trap, &offset);
    if (fault != TW_TRAP_OK) {
        malformed(p, r, TW_COUNT_BAD_TRAP, tw_trap_fault_name(fault), offset);
        return;
    }
    enum tw_counter why;
    uint32_t device = sender_of_trap(p, r, &trap, &why);
    if (device == none) {
        (void)counted(p, why);
        return;
    }
    heard(p, device, r);
    tw_time at = tw_time_is_finite(r->at) ? r->at : r->rx;
    if (trap.has_uptime)
        at = tw_earlier(at, clock_of_uptime(&p->clocks[device], trap.uptime_cs, r->rx, &restarted));
    enum tw_match m = tw_normalise_trap(p->rules->events, &trap, &e);
    if (restarted && !(m == TW_MATCH_EVENT && e.kind == TW_EVENT_DEVICE_RESTART))
        agent_restarted(p, device, r, at);
    if (!matched(p, m)) {
        unknown_trap(p, r, &trap);
        return;
    }
    e.source = TW_SOURCE_TRAP;
    e.rx = r->rx;
    e.stamp = TW_TIME_MIN;
    e.at = at;
    e.resolution = (tw_dur){0};
    e.seq = p->seq;
    e.ref = r->ref;
    (void)event(p, device, &e);
}

/* It comes from our own shell: what is none can only have been damaged on the way, and is a loss all the
 * same. */
static void feed_loss(struct tw_pipeline *p, const struct tw_record *r)
{
    struct tw_loss l;
    p->kept = true;
    if (!tw_loss_parse(r->bytes, &l))
        l = (struct tw_loss){.cause = TW_LOSS_FRAMING, .count = 1};
    pipeline_loss(p, r, &l);
}

/* In a file it is a line among others. */
static bool is_operator(const struct tw_record *r)
{
    return r->from.family == 0 && r->bytes.n > 0 && r->bytes.p[0] == 't' && tw_operator_is(r->bytes);
}

static TW_APART void feed_operator(struct tw_pipeline *p, const struct tw_record *r)
{
    struct tw_operator o;
    struct tw_moment m = {.at = r->rx, .rx = r->rx, .ref = r->ref, .seq = p->seq};
    const char *why = tw_operator_parse(r->bytes, p->arena, &o);
    if (why == NULL)
        why = tw_alerts_act(p->alerts, &o, &m);
    p->kept = true;
    p->last = why == NULL ? TW_COUNT_OPERATOR_ACTS : TW_COUNT_OPERATOR_REFUSED;
    p->counters[p->last]++;
}

static void feed_log(struct tw_pipeline *p, const struct tw_record *r)
{
    if (is_operator(r)) {
        p->counters[TW_COUNT_RECEIVED]--;
        feed_operator(p, r);
    } else if (r->log != NULL) {
        decoded_log(p, r, r->log, NULL);
    } else {
        raw_log(p, r);
    }
}

/* It is no message of somebody. */
static bool is_note(enum tw_transport t)
{
    return t == TW_TRANSPORT_LOSS || t == TW_TRANSPORT_OPERATOR;
}

/* Each gets one, and is counted, before anything is known of it. */
static inline void number(struct tw_pipeline *p, enum tw_transport t)
{
    p->counted = true;
    p->seq++;
    p->counters[TW_COUNT_RECEIVED] += !is_note(t);
    p->device = none;
}

static TW_APART void feed_whole(struct tw_pipeline *p, const struct tw_record *record)
{
    struct tw_record r = *record;
    r.rx = p->now;
    if (tw_time_is_finite(r.at))
        r.at = tw_earlier(r.at, r.rx);
    if (r.transport == TW_TRANSPORT_DIGEST) {
        digest_feed(p, r.bytes);
        return;
    }
    number(p, r.transport);
    tw_arena_reset(p->arena);
    switch (r.transport) {
    case TW_TRANSPORT_LOSS: feed_loss(p, &r); break;
    case TW_TRANSPORT_OPERATOR: feed_operator(p, &r); break;
    case TW_TRANSPORT_SYSLOG: feed_log(p, &r); break;
    case TW_TRANSPORT_TRAP:
    case TW_TRANSPORT_PDU: feed_trap(p, &r); break;
    case TW_TRANSPORT_DIGEST:
    case TW_TRANSPORTS: break;
    }
}

/* With many devices none is in a cache. */
static inline void ask_for(const struct tw_pipeline *p, uint32_t device)
{
    const struct device *d = &p->devices[device];
    __builtin_prefetch(&d->heard_on, 1);
    __builtin_prefetch(&d->stats.counts[TW_COUNT_NO_RULE], 1);
    __builtin_prefetch(&p->topology->devices[device].stamp_offset_utc);
}

void tw_pipeline_feed(struct tw_pipeline *p, const struct tw_record *record)
{
    if (!p->begun)
        pipeline_begin(p, record->rx);
    p->now = tw_later(record->rx, p->now); /* never back */
    tw_alerts_advance(p->alerts, p->now);
    p->kept = false;
    if (record->soon != 0)
        ask_for(p, record->soon - 1);
    if (record->glance.verdict == TW_GLANCE_READ || record->glance.of != p->rules) {
        feed_whole(p, record);
        return;
    }
    number(p, record->transport);
    if (record->sender != 0)
        heard(p, record->sender - 1, record);
    unread(p, record, &record->glance);
}

void tw_pipeline_advance(struct tw_pipeline *p, tw_time now)
{
    if (!p->begun || tw_before(now, p->now))
        return;
    p->now = now;
    tw_alerts_advance(p->alerts, now);
}
