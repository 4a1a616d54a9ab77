/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_COMMAND_H
#define TW_APP_COMMAND_H
/*
 * A subcommand of trunkwatch: one cmd_<name>.c, found through the table that CMake makes from the list beside
 * it.
 */

#include <stdbool.h>

/* Exit status (contract 1). */
enum { TW_EXIT_OK = 0, TW_EXIT_NOT_RIGHT = 1, TW_EXIT_USAGE = 2 };

struct tw_command {
    const char *name;
    const char *summary;               /* one line of `trunkwatch --help` */
    const char *help;                  /* all of `trunkwatch NAME --help` */
    int (*run)(int argc, char **argv); /* argv[0] is the name */
    bool looks;                        /* it has --state: it can do without a daemon */
};

/* NULL-terminated. */
extern const struct tw_command *const tw_cmd_registry[];

/* For the commands' own options: `c` is what getopt_long returned and the command does not know. Prints help
 * or version, or (for a wrong option, which getopt has named) how to get help. Returns the exit status. */
int tw_command_other(const struct tw_command *cmd, int c);
/* A sentence about wrong usage on stderr. Returns TW_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int tw_command_usage(const struct tw_command *cmd, const char *fmt,
                                                           ...);

/* Ends the list of long options of every command. */
#define TW_COMMAND_OPTIONS                                                                                   \
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},                                   \
    {                                                                                                        \
        NULL, 0, NULL, 0                                                                                     \
    }

#endif
