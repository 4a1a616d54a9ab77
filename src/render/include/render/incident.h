/* SPDX-License-Identifier: ISC */
#ifndef TW_RENDER_INCIDENT_H
#define TW_RENDER_INCIDENT_H
/*
 * The story of an incident (incident/story.h) as JSON, for the API and the commands: what a list says of it,
 * and all of it.
 */
#include "base/buf.h"
#include "incident/story.h"

/* An object, without an end of line. */
void tw_render_incident_head(const struct tw_incident *i, struct tw_buf *out);
/* The same members, then alerts, outage, timeline, people, evidence; one line. What goes on counts until
 * `now`.
 */
void tw_render_incident(const struct tw_incident *i, tw_time now, struct tw_buf *out);

#endif
