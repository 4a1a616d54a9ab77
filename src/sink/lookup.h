/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_LOOKUP_H
#define TW_SINK_LOOKUP_H
/*
 * The addresses of a host, as this system knows hosts, without waiting: a name is looked up by a thread of
 * its own. Numbers are known at once.
 */
#include "sink/sink.h"

#include <netdb.h>

struct tw_lookup;

/* `found` is called once, from the loop: later, or for numbers before this returns. `list` is its to free;
 * NULL: `why`. */
typedef void tw_lookup_found(void *ctx, struct addrinfo *list, const char *why);
struct tw_lookup *tw_lookup_start(struct event_base *base, const char *host, const char *port, int type,
                                  tw_lookup_found *found, void *ctx);
/* A socket for datagrams to the first of the list that can be reached; -1: `error` says why, as errno does.
 */
int tw_lookup_datagrams(const struct addrinfo *list, int *error);
/* Nothing is called any more; the thread ends when it ends. Also NULL. */
void tw_lookup_cancel(struct tw_lookup *l);

#endif
