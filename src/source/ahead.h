/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_AHEAD_H
#define TW_SOURCE_AHEAD_H
/*
 * Reads a text log's next window on a thread of its own while the last one is handed out. The windows are the
 * same, in the same order, as without: what they hold depends on the input alone.
 *
 * Ownership: the reader is the thread's from create to destroy. A window that next gave is the caller's until
 * the next call.
 */
#include "window.h"

struct ahead;

/* The first window was read already, and what it holds is still in use. NULL: the system gives no thread;
 * then the caller goes on by itself. */
struct ahead *ahead_create(struct reader *r, struct window *first);
/* Once it has given a window without lines, there is nothing more, and it must not be called again. */
struct window *ahead_next(struct ahead *a);
void ahead_destroy(struct ahead *a);

#endif
