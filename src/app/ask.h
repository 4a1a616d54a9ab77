/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_ASK_H
#define TW_APP_ASK_H
/*
 * For the commands with which people do something about alerts: a request to the daemon, its answer, and the
 * lists of what stands.
 */
#include "base/time.h"
#include "client.h"

/* A request that is being put together. */
struct tw_ask {
    const struct tw_command *command;
    struct tw_buf request;
    const char *config;
    unsigned matchers; /* bits of those that were given */
    tw_time after;     /* what is only a time of day is the next one after this */
};
void tw_ask_init(struct tw_ask *a, const struct tw_command *command, const char *name);
void tw_ask_name(struct tw_ask *a, const char *name); /* instead of the one so far; before any argument */
void tw_ask_add(struct tw_ask *a, const char *key, const char *value); /* value NULL: nothing happens */
/* A moment as people write it: 2026-08-08T20:00:00Z; "2026-08-08 20:00", in local time; 20:00, the next such.
 * The next argument is after it. False: told. */
bool tw_ask_time(struct tw_ask *a, const char *key, const char *value);
/* How long: with its unit, as a bare number is hours to one and seconds to another. False: told. */
bool tw_ask_lasts(struct tw_ask *a, const char *key, const char *value);
/* KEY=VALUE, a matcher. False: told. */
bool tw_ask_match(struct tw_ask *a, const char *word);
/* Asks; what the daemon has against it goes to stderr. NULL unless it was done. */
int tw_ask_send(struct tw_ask *a, json_t **answer);
void tw_ask_finish(struct tw_ask *a);

/* Says what was made: its id, and when. */
void tw_ask_tell(const json_t *answer, const char *what);
/* Brings the one of `words` (NULL ends them) that stands first beside the options to argv[1], from behind
 * options too, and returns it. NULL: the first word is another, and nothing has changed. */
const char *tw_ask_word(int argc, char **argv, const char *const *words);
/* "list", "end": the two sub-commands that silence and maintenance share. `page`: of the list. */
int tw_ask_list(const struct tw_command *command, int argc, char **argv, const char *page);
int tw_ask_end(const struct tw_command *command, int argc, char **argv, const char *name);

#endif
