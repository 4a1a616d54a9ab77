/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_INCIDENTS_H
#define TW_APP_INCIDENTS_H
/*
 * Incidents out of a store, as JSON: the same for the daemon's page and for a command that looks at a state
 * folder by itself. Functions return the status of HTTP: 200, or what `why` is about.
 */
#include "store/look.h"

enum { TW_INCIDENTS_LISTED = 50, TW_INCIDENTS_LISTED_MAX = 500, TW_INCIDENTS_WHY = 400 };

/* {"as_of": …, "incidents": [{…}], "next": ID or null}. What goes on counts until `now`. */
int tw_incidents_list(struct tw_store *s, const struct tw_store_which *w, tw_time now, struct tw_buf *out,
                      char why[static TW_INCIDENTS_WHY]);
/* {"as_of": …, "id": …, …}. */
int tw_incidents_one(struct tw_store *s, const char *id, tw_time now, struct tw_buf *out,
                     char why[static TW_INCIDENTS_WHY]);
/* What a query says. False after writing why. */
struct tw_incidents_query {
    const char *state, *pair, *before, *limit; /* NULL: not given */
};
bool tw_incidents_which(const struct tw_incidents_query *q, struct tw_store_which *w,
                        char why[static TW_INCIDENTS_WHY]);

#endif
