/* SPDX-License-Identifier: ISC */
#include "ask.h"
#include "standard.h"

#include <getopt.h>
#include <stdio.h>

extern const struct tw_command tw_cmd_ack;

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"as", required_argument, NULL, 'A'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"message", required_argument, NULL, 'm'},
                                            {"undo", no_argument, NULL, 'u'},
                                            TW_COMMAND_OPTIONS};
    const char *why = NULL, *as = NULL, *config = NULL;
    bool undo = false;
    for (int o; (o = getopt_long(argc, argv, "c:hm:V", options, NULL)) != -1;) {
        switch (o) {
        case 'A': as = optarg; break;
        case 'c': config = optarg; break;
        case 'm': why = optarg; break;
        case 'u': undo = true; break;
        default: return tw_command_other(&tw_cmd_ack, o);
        }
    }
    if (optind + 1 != argc)
        return tw_command_usage(&tw_cmd_ack, "one ID of an alert is expected; 'trunkwatch alerts' has them");
    struct tw_ask ask;
    json_t *answer;
    tw_ask_init(&ask, &tw_cmd_ack, undo ? "unack" : "ack");
    ask.config = config;
    tw_ask_add(&ask, "id", argv[optind]);
    tw_ask_add(&ask, "why", why);
    tw_ask_add(&ask, "as", as);
    int status = tw_ask_send(&ask, &answer);
    if (status == TW_EXIT_OK)
        (void)printf("%s is %s\n", tw_client_text(answer, "id"),
                     undo ? "not acknowledged any more" : "acknowledged");
    json_decref(answer);
    tw_ask_finish(&ask);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

const struct tw_command tw_cmd_ack = {
    .name = "ack",
    .summary = "take on an alert: who has it, and why",
    .help = "usage: trunkwatch ack [-c CONFIG] ID [-m WHY] [--as NAME] [--undo]\n\n"
            "Says that somebody takes care of an alert that fires. Its transitions say by whom, and why.\n"
            "It holds until the alert ends. The beginning of an ID is enough, if it is the only one.\n\n"
            "  -m, --message WHY            what there is to say about it\n"
            "      --as NAME                who, when it is not the user of this command\n"
            "      --undo                   takes it back\n"
            "  -c, --config FILE            the daemon's configuration, which names its control socket\n"
            "                               (default: the installed one)\n"
            "  -h, --help                   this text\n"
            "  -V, --version                the version\n",
    .run = run,
};
