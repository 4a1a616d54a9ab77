/* SPDX-License-Identifier: ISC */
#include "ask.h"
#include "standard.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

enum { TRIES = 1200, PAUSE_MS = 100 };

extern const struct tw_command tw_cmd_test_output;

/* One question; `key` NULL: none has an answer to take over. */
static int ask(const char *config, const char *command, const char *key, const char *value, json_t **answer)
{
    struct tw_ask a;
    tw_ask_init(&a, &tw_cmd_test_output, command);
    a.config = config;
    tw_ask_add(&a, key, value);
    int status = tw_ask_send(&a, answer);
    tw_ask_finish(&a);
    return status;
}

/* Until it is over; a time-out of the output's own ends it. */
static int wait_for(const char *config, const char *serial, json_t **answer)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    for (int i = 0; i < TRIES; i++) {
        int status = ask(config, "test-result", "serial", serial, answer);
        if (status != TW_EXIT_OK || json_is_true(json_object_get(*answer, "done")))
            return status;
        json_decref(*answer);
        *answer = NULL;
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "trunkwatch test-output: no result within two minutes\n");
    return TW_EXIT_NOT_RIGHT;
}

static int say(const char *name, const json_t *answer)
{
    const char *result = tw_client_text(answer, "result");
    if (strcmp(result, "ok") == 0) {
        (void)printf("%s: a test alert was raised and cleared there\n", name);
        return TW_EXIT_OK;
    }
    struct tw_buf why = {0};
    tw_buf_safe(&why, tw_str_z(tw_client_text(answer, "why")));
    (void)fprintf(stderr, "trunkwatch test-output: %s: %s: %s\n", name, result, why.p);
    tw_buf_finish(&why);
    return TW_EXIT_NOT_RIGHT;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, TW_COMMAND_OPTIONS};
    const char *config = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'c': config = optarg; break;
        default: return tw_command_other(&tw_cmd_test_output, o);
        }
    }
    if (optind + 1 != argc)
        return tw_command_usage(&tw_cmd_test_output,
                                "one name of an output is expected; 'trunkwatch status' has them");
    json_t *begun = NULL, *answer = NULL;
    int status = ask(config, "test-output", "name", argv[optind], &begun);
    if (status == TW_EXIT_OK)
        status = wait_for(config, tw_client_text(begun, "serial"), &answer);
    if (status == TW_EXIT_OK)
        status = say(argv[optind], answer);
    json_decref(begun);
    json_decref(answer);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

const struct tw_command tw_cmd_test_output = {
    .name = "test-output",
    .summary = "raise and clear a made-up alert at one output",
    .help =
        "usage: trunkwatch test-output [-c CONFIG] NAME\n\n"
        "Makes the daemon raise an alert that says it is a test, and clear it, at this output and nowhere\n"
        "else, whatever its filter. Says how it went; exit status 1: it did not arrive.\n\n"
        "  -c, --config FILE            the daemon's configuration, which names its control socket\n"
        "                               (default: the installed one)\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
};
