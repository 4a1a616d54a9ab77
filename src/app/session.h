/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_SESSION_H
#define TW_APP_SESSION_H
/*
 * What replay and explain have in common: the options, and a pipeline that recorded input is fed to.
 */
#include "command.h"
#include "pipeline/pipeline.h"
#include "source/source.h"

#include <getopt.h>

enum { TW_SESSION_HOLDS = 64 };

struct tw_session {
    const struct tw_command *cmd;
    /* from the command line */
    const char *inventory, *rules_dir;
    const char *holds[TW_SESSION_HOLDS];
    size_t holds_n;
    int year;
    bool no_drain, trace;
    /* Told of each record that became no event, and why; NULL: nobody wants to know. */
    void (*unused)(struct tw_session *s, void *ctx, const struct tw_record *r, enum tw_counter why);
    /* made by open */
    const struct tw_topology *topology;
    struct tw_pipeline *pipeline;
    struct tw_replay_source *source;
    int status; /* of inputs that could not be read to their end */
};

#define TW_SESSION_SHORT "i:r:hV"
enum { TW_OPT_YEAR = 256, TW_OPT_NO_DRAIN, TW_OPT_HOLD, TW_OPT_OWN };
#define TW_SESSION_OPTIONS                                                                                   \
    {"inventory", required_argument, NULL, 'i'}, {"rules", required_argument, NULL, 'r'},                    \
        {"year", required_argument, NULL, TW_OPT_YEAR}, {"no-drain", no_argument, NULL, TW_OPT_NO_DRAIN},    \
        {"hold", required_argument, NULL, TW_OPT_HOLD}, TW_COMMAND_OPTIONS
#define TW_SESSION_HELP                                                                                      \
    "  -i, --inventory FILE         devices and pairs (required)\n"                                          \
    "  -r, --rules DIR              rules instead of the installed ones\n"                                   \
    "      --year Y                 year of stamps without one (default: of the file's modification time)\n" \
    "      --no-drain               stop at the last record; default: let the longest hold run out\n"        \
    "      --hold CONDITION=TIME    another hold, as no-switchover=15s; may be repeated\n"

/* Takes an option. -1: taken; else the exit status to end with. */
int tw_session_option(struct tw_session *s, int c, const char *arg);
/* Loads everything and opens the inputs. Anything but TW_EXIT_OK: told on stderr; close is still needed. */
int tw_session_open(struct tw_session *s, const char *const *inputs, size_t n);

/* What is done after every record that had an effect, and after the clock has run on. False: stop. */
typedef bool tw_session_effects(struct tw_session *s, void *ctx);
/* Feeds everything. Returns the exit status. */
int tw_session_run(struct tw_session *s, tw_session_effects *effects, void *ctx);
/* The line of numbers that ends every replay. */
void tw_session_summary(const struct tw_session *s);
void tw_session_close(struct tw_session *s);

#endif
