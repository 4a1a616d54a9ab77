/* SPDX-License-Identifier: ISC */
#include "model/transition.h"

#include "base/mem.h"

const char *tw_transition_name(enum tw_transition_kind k)
{
    static const char *const names[] = {"raised", "updated", "cleared"};
    return names[k];
}

const char *tw_severity_name(enum tw_severity s)
{
    static const char *const names[] = {"warning", "minor", "major", "critical"};
    return names[s];
}

const char *tw_confidence_name(enum tw_confidence c)
{
    static const char *const names[] = {"inferred", "confirmed", "verified"};
    return names[c];
}

const char *tw_help_name(enum tw_help h)
{
    static const char *const names[] = {NULL, "no", "yes", "unknown"};
    return names[h];
}

const char *tw_step_name(enum tw_step s)
{
    static const char *const names[] = {"check", "repair", "switch-over", "verify", "undo"};
    return names[s];
}

const char *tw_change_name(enum tw_change c)
{
    static const char *const names[] = {
        "sub-interfaces", "severity",     "confidence", "switchover-would-help",
        "feed",           "acknowledged", "silenced"};
    return names[c];
}

const char *tw_silence_kind_name(enum tw_silence_kind k)
{
    static const char *const names[] = {"silence", "maintenance"};
    return names[k];
}

static const char *text(const char *z, struct tw_arena *a)
{
    return z != NULL ? tw_arena_dup(a, z, strlen(z)) : NULL;
}

static const char *const *texts(const char *const *list, size_t n, struct tw_arena *a)
{
    const char **out = tw_arena_alloc(a, (n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = text(list[i], a);
    return out;
}

static void copy_people(const struct tw_transition *t, struct tw_arena *a, struct tw_transition *out)
{
    if (t->acknowledged != NULL) {
        struct tw_acknowledged *to = tw_arena_alloc(a, sizeof *to);
        *to = *t->acknowledged;
        to->by = text(to->by, a);
        to->why = text(to->why, a);
        out->acknowledged = to;
    }
    if (t->silenced != NULL) {
        struct tw_silenced *to = tw_arena_alloc(a, sizeof *to);
        *to = *t->silenced;
        to->id = text(to->id, a);
        to->by = text(to->by, a);
        to->why = text(to->why, a);
        out->silenced = to;
    }
}

void tw_transition_copy(const struct tw_transition *t, struct tw_arena *a, struct tw_transition *out)
{
    struct tw_hint *hints = tw_arena_alloc(a, (t->hints_n + 1) * sizeof *hints);
    struct tw_evidence_line *evidence = tw_arena_alloc(a, (t->evidence_n + 1) * sizeof *evidence);
    *out = *t;
    out->condition = text(t->condition, a);
    out->pair = text(t->pair, a);
    out->device = text(t->device, a);
    out->peer = text(t->peer, a);
    out->trunk = text(t->trunk, a);
    out->summary = text(t->summary, a);
    out->cleared_by = text(t->cleared_by, a);
    out->sub_interfaces = texts(t->sub_interfaces, t->sub_interfaces_n, a);
    out->services = texts(t->services, t->services_n, a);
    for (size_t i = 0; i < t->hints_n; i++) {
        hints[i] = t->hints[i];
        hints[i].on = text(t->hints[i].on, a);
        hints[i].text = text(t->hints[i].text, a);
        hints[i].commands = texts(t->hints[i].commands, t->hints[i].commands_n, a);
    }
    for (size_t i = 0; i < t->evidence_n; i++) {
        evidence[i] = t->evidence[i];
        evidence[i].device = text(t->evidence[i].device, a);
        evidence[i].text = text(t->evidence[i].text, a);
        evidence[i].rule = text(t->evidence[i].rule, a);
    }
    out->hints = hints;
    out->evidence = evidence;
    copy_people(t, a, out);
}
