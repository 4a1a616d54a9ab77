/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_STATE_H
#define TW_APP_STATE_H
/*
 * What the daemon's pages say, out of its store: for commands with --state, beside a running daemon or after
 * it ended. Of the pages there are alerts, incidents and status, which says what a store can say.
 */
#include "client.h"

/* Returns the exit status; what is wrong was said on stderr. */
int tw_state_get(const struct tw_client *c, const char *path, struct tw_buf *body);

#endif
