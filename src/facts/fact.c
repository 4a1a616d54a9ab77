/* SPDX-License-Identifier: ISC */
#include "facts_internal.h"

#include "quote/quote.h"

#include <stdlib.h>

void evidence_unref(struct tw_evidence *e)
{
    if (e != NULL && --e->refs == 0)
        free(e);
}

const char *rule_intern(struct tw_facts *f, struct tw_str name)
{
    for (size_t i = 0; i < f->rules_n; i++) {
        if (tw_str_eq(name, f->rules[i]))
            return f->rules[i].p;
    }
    struct tw_str *slot = TW_PUSH(f->rules, f->rules_n, f->rules_cap);
    *slot = tw_str_of(tw_xstrndup(name.p, name.n), name.n);
    return slot->p;
}

static struct tw_str quoted(const struct tw_event *e, char buf[static TW_EVIDENCE_MAX + 1])
{
    if (e->log != NULL)
        return tw_quote_log(e->log, buf);
    return e->trap != NULL ? tw_quote_trap(e->trap, buf) : tw_str_cut(e->text, TW_EVIDENCE_MAX);
}

struct tw_evidence *evidence_new(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    char quote[TW_EVIDENCE_MAX + 1];
    struct tw_str text = quoted(e, quote);
    struct tw_evidence *v = tw_xmalloc(sizeof *v + text.n + 1);
    *v = (struct tw_evidence){.refs = 1,
                              .at = e->at,
                              .rx = e->rx,
                              .stamp = e->stamp,
                              .device = device,
                              .source = e->source,
                              .ref = e->ref};
    v->rule = rule_intern(f, tw_str_z(e->rule != NULL ? e->rule : ""));
    if (text.n > 0)
        memcpy(v->text, text.p, text.n);
    v->text[text.n] = '\0';
    return v;
}

/* Takes the reference. */
void evidence_set(struct tw_evidence **slot, struct tw_evidence *e)
{
    struct tw_evidence *old = *slot;
    *slot = e;
    evidence_unref(old);
}

bool fact_late(const struct tw_fact *fact, const struct tw_event *e)
{
    /* An event at second resolution happened in [at, at + 1 s): it is late only if all of that is over. */
    int64_t slack = e->resolution.ns > 0 ? e->resolution.ns - 1 : 0;
    return tw_before(tw_time_add(e->at, (tw_dur){slack}), fact->at);
}

enum fact_change fact_set(struct tw_facts *f, struct tw_fact *fact, uint8_t value, uint32_t device,
                          const struct tw_event *e)
{
    if (value == fact->value && tw_before(e->at, fact->since)) {
        bool earlier = fact->since.ns - e->at.ns > e->resolution.ns && tw_before(fact->before, e->at);
        if (earlier) {
            fact->since = e->at;
            return FACT_EARLIER;
        }
    }
    /* A twin that comes after others of the same episode is no news, and not late either. */
    bool twin = value == fact->value && !tw_before(e->at, fact->since);
    if (!twin && fact_late(fact, e))
        return FACT_LATE;
    tw_time stale = f->devices[device].stale_since;
    bool refreshed = tw_before(fact->at, stale) && !tw_before(e->at, stale);
    enum fact_change change = refreshed ? FACT_REFRESHED : FACT_CONFIRMED;
    if (value != fact->value) {
        fact->before = fact->at;
        fact->value = value;
        fact->since = e->at;
        fact->since_seq = e->seq;
        change = FACT_CHANGED;
        evidence_set(&fact->why, evidence_new(f, device, e));
    }
    if (!tw_before(e->at, fact->at)) {
        fact->at = e->at;
        fact->resolution = e->resolution;
        fact->seq = e->seq;
    }
    return change;
}

bool fact_forget(struct tw_fact *fact, tw_time at, uint64_t seq)
{
    if (tw_before(at, fact->at))
        return false;
    evidence_set(&fact->why, NULL);
    *fact = (struct tw_fact){.since = at, .at = at, .before = at, .seq = seq, .since_seq = seq};
    return true;
}
