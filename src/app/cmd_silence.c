/* SPDX-License-Identifier: ISC */
#include "ask.h"
#include "standard.h"

#include <getopt.h>

extern const struct tw_command tw_cmd_silence;

static int make(int argc, char **argv)
{
    static const struct option options[] = {
        {"as", required_argument, NULL, 'A'},    {"config", required_argument, NULL, 'c'},
        {"for", required_argument, NULL, 'f'},   {"message", required_argument, NULL, 'm'},
        {"until", required_argument, NULL, 'u'}, TW_COMMAND_OPTIONS};
    const char *why = NULL, *as = NULL, *config = NULL, *lasts = NULL, *until = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:hm:V", options, NULL)) != -1;) {
        switch (o) {
        case 'A': as = optarg; break;
        case 'c': config = optarg; break;
        case 'f': lasts = optarg; break;
        case 'm': why = optarg; break;
        case 'u': until = optarg; break;
        default: return tw_command_other(&tw_cmd_silence, o);
        }
    }
    if ((lasts == NULL) == (until == NULL))
        return tw_command_usage(&tw_cmd_silence, "--for or --until is expected: until when");
    if (why == NULL)
        return tw_command_usage(&tw_cmd_silence, "-m is expected: why");
    if (optind == argc)
        return tw_command_usage(&tw_cmd_silence, "nothing says which alerts, expected like pair=metro-7");
    struct tw_ask ask;
    json_t *answer = NULL;
    tw_ask_init(&ask, &tw_cmd_silence, "silence");
    ask.config = config;
    tw_ask_add(&ask, "why", why);
    tw_ask_add(&ask, "as", as);
    bool ok = tw_ask_lasts(&ask, "for", lasts) && tw_ask_time(&ask, "until", until);
    for (int i = optind; ok && i < argc; i++)
        ok = tw_ask_match(&ask, argv[i]);
    int status = ok ? tw_ask_send(&ask, &answer) : TW_EXIT_USAGE;
    if (status == TW_EXIT_OK)
        tw_ask_tell(answer, "silence");
    json_decref(answer);
    tw_ask_finish(&ask);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

static int run(int argc, char **argv)
{
    static const char *const words[] = {"list", "end", NULL};
    const char *word = tw_ask_word(argc, argv, words);
    if (word == words[0])
        return tw_ask_list(&tw_cmd_silence, argc - 1, argv + 1, "/api/v1/silences");
    if (word == words[1])
        return tw_ask_end(&tw_cmd_silence, argc - 1, argv + 1, "unsilence");
    return make(argc, argv);
}

const struct tw_command tw_cmd_silence = {
    .name = "silence",
    .summary = "keep alerts quiet until a moment; list and end silences",
    .help =
        "usage: trunkwatch silence [-c CONFIG] (--for TIME | --until TIME) KEY=NAME... -m WHY [--as NAME]\n"
        "       trunkwatch silence list [-c CONFIG | --url URL] [--json]\n"
        "       trunkwatch silence end [-c CONFIG] ID [-m WHY] [--as NAME]\n\n"
        "Marks the alerts that match as silenced, those that fire and those to come; outputs hold them "
        "back.\n"
        "KEY is pair, device, e-trunk (its number), trunk, condition, severity or service. All that are\n"
        "given must match; a * in a NAME stands for any text. It prints an ID, with which it can be "
        "ended.\n"
        "An alert holds all sub-interfaces of an Eth-Trunk with the same trouble: those that fail later are\n"
        "hidden too. Make silences short, or use 'trunkwatch ack': what joins such an alert is still "
        "told.\n\n"
        "      --for TIME               how long: 90m, 2h, 1d\n"
        "      --until TIME             until when: 2026-08-08T20:00:00Z, '2026-08-08 20:00' (local time), "
        "or\n"
        "                               20:00 (the next)\n"
        "  -m, --message WHY            why\n"
        "      --as NAME                who, when it is not the user of this command\n"
        "      --json                   list: what the daemon answers, unchanged\n"
        "      --url URL                list: where it listens, as http://127.0.0.1:9116\n"
        "  -c, --config FILE            the daemon's configuration, which says where it listens and names "
        "its\n"
        "                               control socket (default: the installed one)\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
};
