/* SPDX-License-Identifier: ISC */
/*
 * SNMP datagrams: whose community or key fits is fed, informs are answered when they were, the rest is
 * counted by reason and source.
 *
 * Nothing is ever sent to who is neither a device nor a relay of the inventory. An answer to an inform is not
 * longer than it by more than a few bytes; Reports, which a forged address could ask for, are at most
 * REPORTS_PER_SECOND to a source.
 */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "decode/trap.h"
#include "plat/log.h"
#include "setup.h"
#include "source/community.h"

#include <stdlib.h>
#include <string.h>

enum { REPORTS_PER_SECOND = 20, SECOND_MS = 1000, SAVE_SOON_MS = 1000, SAVE_TIMES_MS = 600000 };

static bool community_fits(const struct tw_config *c, struct tw_str community)
{
    for (size_t i = 0; i < c->communities_n; i++) {
        if (tw_str_eq(c->communities[i], community))
            return true;
    }
    return c->communities_n == 0;
}

/* Fed, and of somebody known: the core has it, and so the sender need not send it again. What was put aside
 * in a storm is answered too: sent again it would make the storm a larger one. */
static bool to_be_answered(const struct tw_input *in, const struct tw_addr *from, bool fed)
{
    return !(fed && tw_pipeline_last(in->daemon->pipeline) == TW_COUNT_BAD_TRAP) &&
           tw_inputs_knows(in->daemon, from);
}

static void receive_community(struct tw_input *in, const struct tw_udp_datagram *g, struct tw_str community)
{
    static uint8_t answer[TW_TRAP_MAX];
    if (!community_fits(in->daemon->config, community)) {
        tw_inputs_refuse(in, &(struct tw_record){.from = g->from}, TW_STRANGE_COMMUNITY);
        tw_strangers_count(&in->daemon->strangers, in, &g->from, TW_STRANGE_COMMUNITY);
        return;
    }
    bool fed = tw_inputs_feed(in, &g->from, (struct tw_str){0}, g->bytes);
    size_t n = tw_inform_answer(g->bytes, answer, sizeof answer);
    if (n == 0 || !to_be_answered(in, &g->from, fed))
        return;
    tw_keep_answer(in, g, fed, tw_str_of((const char *)answer, n));
}

static bool may_report(struct tw_snmp *s, const struct tw_addr *to, int64_t now_ms)
{
    size_t rows = sizeof s->allowances / sizeof *s->allowances;
    struct tw_allowance *a = &s->allowances[tw_hash(to->bytes, sizeof to->bytes, to->family) % rows];
    if (now_ms - a->since_ms >= SECOND_MS)
        *a = (struct tw_allowance){now_ms, 0};
    return a->n++ < REPORTS_PER_SECOND;
}

static const char *id_text(struct tw_str bytes, char buf[static TW_USM_ID_TEXT])
{
    struct tw_usm_id id = {.n = (uint8_t)(bytes.n <= TW_ENGINE_ID_MAX ? bytes.n : 0)};
    if (id.n > 0)
        memcpy(id.bytes, bytes.p, id.n);
    return tw_usm_id_text(&id, buf);
}

static void tell_found(const struct tw_usm_engine *e)
{
    char text[TW_ADDR_TEXT], id[TW_USM_ID_TEXT];
    bool learnt = e->state == TW_ENGINE_LEARNT;
    tw_log(
        TW_LEVEL_NOTICE, "snmp",
        learnt
            ? "engine learnt: it speaks for its device from any address now"
            : "engine that the inventory does not name, heard by its address: to approve it, give it to the "
              "device as engine-id",
        TW_KVS(TW_KV("device", e->device), TW_KV("engine-id", tw_usm_id_text(&e->id, id)),
               TW_KV("user", e->user), TW_KV("from", tw_addr_text(&e->from, text))));
}

/* It is of the engine's device when its digest was right. */
static void refuse_v3(struct tw_input *in, const struct tw_udp_datagram *g, enum tw_usm_verdict v,
                      const struct tw_usm_result *r)
{
    char id[TW_USM_ID_TEXT], user[TW_USM_NAME_MAX + 1];
    struct tw_strangers *strangers = &in->daemon->strangers;
    enum tw_strange why = (enum tw_strange)(TW_STRANGE_V3 + (int)v);
    const struct tw_record of = {.from = g->from,
                                 .security = TW_SECURITY_AUTH_NO_PRIV,
                                 .engine_id = r->engine_id,
                                 .sender = r->sender};
    tw_inputs_refuse(in, &of, why);
    memcpy(user, r->user.n > 0 ? r->user.p : "", r->user.n);
    user[r->user.n] = '\0';
    if (v != TW_USM_DISCOVERY)
        tw_strangers_count_v3(strangers, in, &g->from, why, id_text(r->engine, id), user);
    else if (!tw_inputs_knows(in->daemon, &g->from))
        tw_strangers_count(strangers, in, &g->from, TW_STRANGE_DATAGRAM);
}

static void receive_v3(struct tw_input *in, const struct tw_udp_datagram *g)
{
    struct tw_daemon *d = in->daemon;
    struct tw_snmp *s = &d->snmp;
    struct tw_usm_result r;
    int64_t now = tw_clock_mono_ms();
    enum tw_usm_verdict v = tw_usm_receive(s->usm, g->bytes, &g->from, now, &r);
    if (r.found != NULL)
        tell_found(r.found);
    if (v != TW_USM_OK) {
        refuse_v3(in, g, v, &r);
        if (r.report.n == 0)
            return;
        if (tw_inputs_knows(d, &g->from) && may_report(s, &g->from, now)) {
            tw_udp_answer(in->udp, g, r.report);
            s->stats.reports++;
        } else {
            s->stats.withheld++;
        }
        return;
    }
    struct tw_record record = {.transport = TW_TRANSPORT_PDU,
                               .from = g->from,
                               .bytes = r.pdu,
                               .security = r.security,
                               .engine_id = r.engine_id,
                               .sender = r.sender};
    bool fed = tw_inputs_give(in, &record);
    if (!r.inform || !to_be_answered(in, &g->from, fed))
        return;
    struct tw_str answer = tw_usm_respond(s->usm, now);
    if (answer.n > 0)
        tw_keep_answer(in, g, fed, answer);
}

/* 30 … 02 01 03: what says that it is SNMPv3; else what has no community is no message, and the core counts
 * it. */
static bool is_v3(struct tw_str bytes)
{
    size_t at = 2;
    if (bytes.n < 2 || bytes.p[0] != 0x30)
        return false;
    if (((uint8_t)bytes.p[1] & 0x80) != 0)
        at += (uint8_t)bytes.p[1] & 0x7fu;
    return bytes.n >= at + 3 && memcmp(bytes.p + at, "\x02\x01\x03", 3) == 0;
}

void tw_snmp_receive(struct tw_input *in, const struct tw_udp_datagram *g)
{
    struct tw_str community;
    if (is_v3(g->bytes))
        receive_v3(in, g);
    else if (tw_community_peek(g->bytes, &community))
        receive_community(in, g, community);
    else
        (void)tw_inputs_feed(in, &g->from, (struct tw_str){0}, g->bytes);
}

/* ---- its life ---- */

static void configure(struct tw_daemon *d, struct tw_setup *s, const struct tw_config *c)
{
    tw_usm_configure(d->snmp.usm, s->users, s->users_n, (enum tw_usm_learn)c->learn_engines,
                     tw_pipeline_topology(d->pipeline));
    s->users = NULL; /* taken */
    s->users_n = 0;
}

/* Hands over what is known now: the loop does not wait for the disk. */
static void save(struct tw_snmp *s)
{
    struct tw_buf text = {0};
    size_t n;
    s->saved_ms = tw_clock_mono_ms();
    (void)tw_usm_engines(s->usm, &n, &s->saved_changes);
    tw_snmp_text(s, &text);
    tw_saver_put(s->saver, &text);
}

static void tell_saved(struct tw_snmp *s, int error)
{
    if (error != 0 && !s->trouble)
        tw_log(TW_LEVEL_ERROR, "snmp", "the state can't be written, will be tried again",
               TW_KVS(TW_KV("path", s->path), TW_KV("error", strerror(error))));
    s->trouble = error != 0;
}

/* Start and end: the boots are safe before anybody hears of them, and what was learnt last is too. */
static void save_and_wait(struct tw_snmp *s)
{
    if (s->saver == NULL)
        return;
    save(s);
    tell_saved(s, tw_saver_wait(s->saver));
}

bool tw_snmp_begin(struct tw_daemon *d, struct tw_setup *setup)
{
    struct tw_snmp *s = &d->snmp;
    struct tw_usm_id self;
    int32_t boots;
    struct tw_usm_engine *engines = NULL;
    size_t n = 0;
    char id[TW_USM_ID_TEXT];
    s->started_ms = tw_clock_mono_ms();
    if (!tw_snmp_load(s, d->config, &self, &boots, &engines, &n))
        return false;
    s->usm = tw_usm_create(&self, boots, s->started_ms);
    for (size_t i = 0; i < n; i++)
        (void)tw_usm_restore(s->usm, &engines[i], s->started_ms);
    free(engines);
    configure(d, setup, d->config);
    if (s->path != NULL)
        s->saver = tw_saver_create(s->path);
    save_and_wait(s);
    tw_log(TW_LEVEL_INFO, "snmp", "engine",
           TW_KVS(TW_KV("engine-id", tw_usm_id_text(&self, id)), TW_KV_N("boots", boots),
                  TW_KV("kept", s->path != NULL ? s->path : "nowhere: no state folder is configured")));
    return !s->trouble;
}

void tw_snmp_reload(struct tw_daemon *d, struct tw_setup *s)
{
    configure(d, s, d->config);
}

void tw_snmp_tick(struct tw_daemon *d)
{
    struct tw_snmp *s = &d->snmp;
    uint64_t changes;
    size_t n;
    int error;
    /* What changes while one is being written goes with the next, as it is then. */
    if (s->saver == NULL || tw_saver_busy(s->saver, &error))
        return;
    tell_saved(s, error);
    int64_t age = tw_clock_mono_ms() - s->saved_ms;
    (void)tw_usm_engines(s->usm, &n, &changes);
    if (age >= SAVE_TIMES_MS || (age >= SAVE_SOON_MS && (changes != s->saved_changes || s->trouble)))
        save(s);
}

void tw_snmp_report(struct tw_daemon *d)
{
    static const char *const states[] = {"known", "learnt", "asked"};
    struct tw_snmp *s = &d->snmp;
    size_t n;
    uint64_t changes;
    char id[TW_USM_ID_TEXT], text[TW_ADDR_TEXT];
    const struct tw_usm_engine *e = tw_usm_engines(s->usm, &n, &changes);
    tw_log(TW_LEVEL_NOTICE, "report.snmp", "answers",
           TW_KVS(TW_KV_N("responses", s->stats.responses), TW_KV_N("reports", s->stats.reports),
                  TW_KV_N("withheld", s->stats.withheld), TW_KV_N("engines", n)));
    for (size_t i = 0; i < n; i++) {
        if (e[i].state != TW_ENGINE_KNOWN)
            tw_log(TW_LEVEL_NOTICE, "report.engine", tw_usm_id_text(&e[i].id, id),
                   TW_KVS(TW_KV("state", states[e[i].state]), TW_KV("device", e[i].device),
                          TW_KV("user", e[i].user), TW_KV("from", tw_addr_text(&e[i].from, text)),
                          TW_KV_N("boots", e[i].boots)));
    }
}

void tw_snmp_finish(struct tw_daemon *d)
{
    struct tw_snmp *s = &d->snmp;
    save_and_wait(s);
    tw_saver_destroy(s->saver);
    tw_usm_destroy(s->usm);
    free(s->path);
}
