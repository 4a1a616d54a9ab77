/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_INCIDENT_H
#define TW_TESTS_INCIDENT_H
#include "incident/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LIST = 8 };

/* Seconds on the time line of a test. */
static inline tw_time at(double s)
{
    return (tw_time){INT64_C(1786212000) * 1000000000 + (int64_t)(s * 1e9)};
}

static inline size_t words(const char *text, char buf[static 256], const char *list[static LIST])
{
    size_t n = 0;
    char *rest = buf;
    (void)snprintf(buf, 256, "%s", text);
    for (char *w = strtok_r(buf, " ", &rest); w != NULL && n < LIST; w = strtok_r(NULL, " ", &rest))
        list[n++] = w;
    return n;
}

/* "no-switchover", raised at 10 because of 0, of "Eth-Trunk10.100 …", for "arp …". */
struct made {
    struct tw_transition t;
    char a[256], b[256];
    const char *subs[LIST], *services[LIST];
};
static inline const struct tw_transition *make(struct made *m, enum tw_transition_kind kind, const char *id,
                                               const char *condition, double since, double time,
                                               const char *subs, const char *services)
{
    static uint64_t seq;
    seq++;
    *m = (struct made){.t = {.seq = seq,
                             .kind = kind,
                             .time = at(time),
                             .since = at(since),
                             .condition = condition,
                             .severity = TW_SEVERITY_CRITICAL,
                             .confidence = TW_CONFIDENCE_CONFIRMED,
                             .pair = "metro-7",
                             .e_trunk = 1,
                             .device = "pe-a",
                             .peer = "pe-b",
                             .trunk = "Eth-Trunk10",
                             .summary = "a sentence"}};
    (void)snprintf(m->t.alert_id, sizeof m->t.alert_id, "%s", id);
    m->t.sub_interfaces_n = words(subs, m->a, m->subs);
    m->t.services_n = words(services, m->b, m->services);
    m->t.sub_interfaces = m->subs;
    m->t.services = m->services;
    if (kind == TW_CLEARED) {
        m->t.cleared_by = "recovered";
        m->t.duration = tw_time_sub(at(time), at(since));
    }
    return &m->t;
}

#endif
