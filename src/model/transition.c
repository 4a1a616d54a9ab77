/* SPDX-License-Identifier: ISC */
#include "model/transition.h"

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
