/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_STORE_FILES_H
#define TW_TESTS_STORE_FILES_H
/* A store in a folder of its own, and a loop that hears what it says. */
#include "base/buf.h"
#include "base/mem.h"
#include "store/look.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct heard {
    struct event_base *base;
    struct tw_store *store;
    uint64_t committed;
    unsigned failed, recovered; /* times that health was told */
    char why[TW_STORE_WHY];
};
extern struct heard heard;
extern char folder[64], file[96];

int files_set_up(void **state);
int files_tear_down(void **state);
/* Fails when it can't be. */
struct tw_store *open_to_write(void);
struct tw_store *open_with(const struct tw_store_options *o);
struct tw_store *open_to_look(void);
void close_store(void);
/* Lets the loop run until *what (of `heard`) is at least n; fails after half a minute. */
void wait_until(const volatile uint64_t *what, uint64_t n);
void wait_safe(void);
/* Runs SQL with a connection of its own. */
void sql(const char *text);
int64_t ask_number(const char *text);

static inline tw_time at(double s)
{
    return (tw_time){INT64_C(1786212000) * 1000000000 + (int64_t)(s * 1e9)};
}
void add_record(struct tw_store *s, enum tw_transport transport, double rx, const char *bytes);
/* Its JSON is {"seq":N,"of":"ID"}. */
void add(struct tw_store *s, uint64_t seq, enum tw_transition_kind kind, const char *id, const char *pair,
         double since, double time);
/* The same, of no router. */
void add_standing(struct tw_store *s, uint64_t seq, const char *id, const char *pair, double since);
void add_snapshot(struct tw_store *s, const char *bytes, uint64_t seq);

#endif
