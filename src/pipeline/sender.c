/* SPDX-License-Identifier: ISC */
/* Who sent a record: what proves it first, then the address, then, behind a relay, the names inside. */
#include "pipeline_internal.h"

static const uint32_t none = TW_NONE;

/* The address may change with a route. */
uint32_t tw_pipeline_prover(const struct tw_pipeline *p, const struct tw_record *r)
{
    const struct tw_topology *t = p->topology;
    if (r->sender != 0)
        return r->sender - 1; /* the source had to find out */
    if (r->certificate.n > 0)
        return tw_topology_by_certificate(t, r->certificate);
    if (r->engine_id.n > 0 && r->security >= TW_SECURITY_AUTH_NO_PRIV)
        return tw_topology_by_engine_id(t, r->engine_id);
    return none;
}

static uint32_t proven(struct tw_pipeline *p, const struct tw_record *r)
{
    const struct tw_topology *t = p->topology;
    uint32_t device = tw_pipeline_prover(p, r);
    if (device != none) {
        uint32_t other = tw_topology_by_address(t, &r->from);
        p->counters[TW_COUNT_IDENTITY_CONFLICT] += other != none && other != device;
    }
    return device;
}

/* Who is proved to be a relay is not the device whose address that happens to be. */
static uint32_t by_address(const struct tw_topology *t, const struct tw_record *r)
{
    return tw_topology_is_relay_certificate(t, r->certificate) ? none : tw_topology_by_address(t, &r->from);
}

uint32_t tw_pipeline_sender(const struct tw_pipeline *p, const struct tw_record *r)
{
    uint32_t device = tw_pipeline_prover(p, r);
    return device != none ? device : by_address(p->topology, r);
}

uint32_t sender_of_bytes(struct tw_pipeline *p, const struct tw_record *r)
{
    (void)proven(p, r); /* counts what contradicts it */
    return tw_pipeline_sender(p, r);
}

uint32_t sender_of_log(struct tw_pipeline *p, const struct tw_record *r, const struct tw_log *log,
                       enum tw_counter *why)
{
    const struct tw_topology *t = p->topology;
    if (r->from.family != 0) {
        uint32_t device = proven(p, r);
        if (device == none)
            device = by_address(t, r);
        if (device != none)
            return device;
        *why = TW_COUNT_UNKNOWN_SOURCE;
        if (!tw_topology_is_relay(t, &r->from) && !tw_topology_is_relay_certificate(t, r->certificate))
            return none;
    }
    *why = TW_COUNT_UNKNOWN_HOST;
    uint32_t device = tw_topology_by_name(t, log->host);
    return device != none ? device : tw_topology_by_name(t, log->relay_host);
}

bool sender_is_device(const struct tw_pipeline *p, const struct tw_record *r)
{
    return tw_topology_by_address(p->topology, &r->from) != none || tw_pipeline_prover(p, r) != none;
}

uint32_t sender_of_trap(struct tw_pipeline *p, const struct tw_record *r, const struct tw_trap *trap,
                        enum tw_counter *why)
{
    const struct tw_topology *t = p->topology;
    uint32_t device = proven(p, r);
    if (device == none)
        device = tw_topology_by_address(t, &r->from);
    if (device != none)
        return device;
    bool relay = tw_topology_is_relay(t, &r->from);
    *why = relay ? TW_COUNT_UNKNOWN_HOST : TW_COUNT_UNKNOWN_SOURCE;
    return relay && trap->agent.family != 0 ? tw_topology_by_address(t, &trap->agent) : none;
}
