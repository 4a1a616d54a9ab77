/* SPDX-License-Identifier: ISC */
#include "command.h"

#include "plat/fault.h"
#include "standard.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void print_help(FILE *to)
{
    (void)fputs("usage: trunkwatch COMMAND [OPTION]... [ARGUMENT]...\n\n"
                "Finds traffic interruptions that E-Trunk does not switch over.\n\n",
                to);
    for (size_t i = 0; tw_cmd_registry[i] != NULL; i++)
        (void)fprintf(to, "  %-12s %s\n", tw_cmd_registry[i]->name, tw_cmd_registry[i]->summary);
    (void)fputs(
        "\nEach command: trunkwatch COMMAND --help. Exit status: 0 done; 1 what was asked about is not\n"
        "right; 2 wrong usage or an unreadable input.\n",
        to);
}

int tw_command_other(const struct tw_command *cmd, int c)
{
    if (c == 'h') {
        (void)fputs(cmd->help, stdout);
        return tw_standard_close();
    }
    if (c == 'V') {
        (void)puts("trunkwatch " TRUNKWATCH_VERSION);
        return tw_standard_close();
    }
    (void)fprintf(stderr, "Try: trunkwatch %s --help\n", cmd->name);
    return TW_EXIT_USAGE;
}

int tw_command_usage(const struct tw_command *cmd, const char *fmt, ...)
{
    va_list ap;
    (void)fprintf(stderr, "trunkwatch %s: ", cmd->name);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fprintf(stderr, "\nTry: trunkwatch %s --help\n", cmd->name);
    return TW_EXIT_USAGE;
}

/* A folder of state says much, but nothing can be done there. */
static int run(const struct tw_command *c, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0 && !c->looks; i++) {
        if (strcmp(argv[i], "--state") == 0 || strncmp(argv[i], "--state=", strlen("--state=")) == 0)
            return tw_command_usage(
                c, "--state is for commands that can read a store: incidents, alerts, status");
    }
    return c->run(argc, argv);
}

int main(int argc, char **argv)
{
    tw_standard_hold();
    tw_fault_tell("trunkwatch");
    /* A closed pipe is an error of a write, with a sentence, and not a silent end. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return TW_EXIT_USAGE;
    }
    for (size_t i = 0; tw_cmd_registry[i] != NULL; i++) {
        if (strcmp(tw_cmd_registry[i]->name, argv[1]) == 0)
            return run(tw_cmd_registry[i], argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return tw_standard_close();
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)puts("trunkwatch " TRUNKWATCH_VERSION);
        return tw_standard_close();
    }
    (void)fprintf(stderr, "trunkwatch: there is no command '%s'\nTry: trunkwatch --help\n", argv[1]);
    return TW_EXIT_USAGE;
}
