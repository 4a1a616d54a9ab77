/* SPDX-License-Identifier: ISC */
#ifndef TW_STORE_READER_H
#define TW_STORE_READER_H
/*
 * Questions to the store of the running daemon that may take long: a thread of their own reads, with a
 * connection of its own for each question, so neither the loop nor who writes waits for it.
 *
 * Role: a page asks on the loop thread; `work` runs on the reader's thread; `done` on the loop thread again,
 * always, once. Limits: TW_READER_WAITING_MAX questions at a time, TW_READER_PATIENCE for each.
 */
#include "store/look.h"

enum { TW_READER_WAITING_MAX = 32 };
#define TW_READER_PATIENCE TW_SECONDS(10)

struct event_base;
struct tw_reader;

/* The thread is made with the first question. */
struct tw_reader *tw_reader_create(const char *folder, struct event_base *base);
/* Also NULL. What is being read is stopped; `done` of all that waits is called. */
void tw_reader_destroy(struct tw_reader *r);

struct tw_reader_question {
    /* `s` NULL: the store can't be opened, `why` says why not. */
    void (*work)(void *ctx, struct tw_store *s, const char *why);
    void (*done)(void *ctx);
    void *ctx; /* of one question only; nobody else's until `done` */
};
/* False: too many wait, and nothing is called. */
bool tw_reader_ask(struct tw_reader *r, const struct tw_reader_question *q);
/* Nobody wants to know any more: it ends soon, and `done` is called then. */
void tw_reader_stop(struct tw_reader *r, const void *ctx);

#endif
