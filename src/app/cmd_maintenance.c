/* SPDX-License-Identifier: ISC */
#include "ask.h"
#include "standard.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const struct tw_command tw_cmd_maintenance;

struct wish {
    const char *why, *as, *config, *from, *until, *lasts, *every, *days, *zone;
};

static int read_options(int argc, char **argv, struct wish *w)
{
    static const struct option options[] = {
        {"as", required_argument, NULL, 'A'},      {"config", required_argument, NULL, 'c'},
        {"days", required_argument, NULL, 'd'},    {"every", required_argument, NULL, 'e'},
        {"for", required_argument, NULL, 'f'},     {"from", required_argument, NULL, 'F'},
        {"message", required_argument, NULL, 'm'}, {"until", required_argument, NULL, 'u'},
        {"zone", required_argument, NULL, 'z'},    TW_COMMAND_OPTIONS};
    for (int o; (o = getopt_long(argc, argv, "c:hm:V", options, NULL)) != -1;) {
        switch (o) {
        case 'A': w->as = optarg; break;
        case 'c': w->config = optarg; break;
        case 'd': w->days = optarg; break;
        case 'e': w->every = optarg; break;
        case 'f': w->lasts = optarg; break;
        case 'F': w->from = optarg; break;
        case 'm': w->why = optarg; break;
        case 'u': w->until = optarg; break;
        case 'z': w->zone = optarg; break;
        default: return o;
        }
    }
    return 0;
}

/* Days are counted by the clock of who asks, as it is when the first window opens. */
static void add_zone(struct tw_ask *ask, const char *zone)
{
    char text[16];
    time_t from = (time_t)(ask->after.ns / 1000000000);
    struct tm tm;
    (void)localtime_r(&from, &tm);
    long minutes = labs(tm.tm_gmtoff) / 60;
    (void)snprintf(text, sizeof text, "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60 % 24,
                   minutes % 60);
    tw_ask_add(ask, "zone", zone != NULL ? zone : text);
}

static bool fill(struct tw_ask *ask, const struct wish *w)
{
    ask->config = w->config;
    tw_ask_add(ask, "why", w->why);
    tw_ask_add(ask, "as", w->as);
    if (!tw_ask_time(ask, "from", w->from))
        return false;
    if (w->every != NULL || w->zone != NULL)
        add_zone(ask, w->zone);
    if (!tw_ask_lasts(ask, "for", w->lasts))
        return false;
    tw_ask_add(ask, "every", w->every);
    tw_ask_add(ask, "days", w->days);
    return tw_ask_time(ask, "until", w->until);
}

static int add(int argc, char **argv)
{
    struct wish w = {.until = NULL};
    int wrong = read_options(argc, argv, &w);
    if (wrong != 0)
        return tw_command_other(&tw_cmd_maintenance, wrong);
    if (w.lasts == NULL && w.until == NULL)
        return tw_command_usage(&tw_cmd_maintenance, "--for or --until is expected: how long");
    if (w.why == NULL)
        return tw_command_usage(&tw_cmd_maintenance, "-m is expected: what is done");
    if (optind == argc)
        return tw_command_usage(&tw_cmd_maintenance,
                                "nothing says what is worked on, expected like device=pe-a");
    struct tw_ask ask;
    json_t *answer = NULL;
    tw_ask_init(&ask, &tw_cmd_maintenance, "maintenance");
    bool ok = fill(&ask, &w);
    for (int i = optind; ok && i < argc; i++)
        ok = tw_ask_match(&ask, argv[i]);
    int status = ok ? tw_ask_send(&ask, &answer) : TW_EXIT_USAGE;
    if (status == TW_EXIT_OK)
        tw_ask_tell(answer, "maintenance");
    json_decref(answer);
    tw_ask_finish(&ask);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

static int run(int argc, char **argv)
{
    static const char *const words[] = {"add", "list", "end", NULL};
    const char *word = tw_ask_word(argc, argv, words), *what = argc > 1 ? argv[1] : "";
    if (word == words[0])
        return add(argc - 1, argv + 1);
    if (word == words[1])
        return tw_ask_list(&tw_cmd_maintenance, argc - 1, argv + 1, "/api/v1/maintenance");
    if (word == words[2])
        return tw_ask_end(&tw_cmd_maintenance, argc - 1, argv + 1, "unmaintenance");
    if (strcmp(what, "-h") == 0 || strcmp(what, "--help") == 0)
        return tw_command_other(&tw_cmd_maintenance, 'h');
    if (strcmp(what, "-V") == 0 || strcmp(what, "--version") == 0)
        return tw_command_other(&tw_cmd_maintenance, 'V');
    return tw_command_usage(&tw_cmd_maintenance, "'%s' is none of add, list and end", what);
}

const struct tw_command tw_cmd_maintenance = {
    .name = "maintenance",
    .summary = "tell of planned work, also of work that recurs; list and end it",
    .help =
        "usage: trunkwatch maintenance add [-c CONFIG] [--from TIME] (--for TIME | --until TIME)\n"
        "                                  [--every day|week [--days DAYS] [--zone ZONE]]\n"
        "                                  KEY=NAME... -m WHAT [--as NAME]\n"
        "       trunkwatch maintenance list [-c CONFIG | --url URL] [--json]\n"
        "       trunkwatch maintenance end [-c CONFIG] ID [-m WHY] [--as NAME]\n\n"
        "While a window is open, alerts that match are marked as under maintenance; outputs hold them back.\n"
        "KEY is pair, device, e-trunk (its number), trunk, condition, severity or service. All that are\n"
        "given must match; a * in a NAME stands for any text. device= matches alerts that name it, and\n"
        "warnings of its peers about it; that a peer interrupts traffic itself is never kept quiet by it.\n\n"
        "      --from TIME              when it begins: 2026-08-08T20:00:00Z, '2026-08-08 20:00' (local "
        "time),\n"
        "                               or 20:00 (the next); default: now\n"
        "      --for TIME               how long: 90m, 2h; with --every: each time\n"
        "      --until TIME             when it ends; with --every: for the last time (default: never)\n"
        "      --every day|week         again at the same time of day\n"
        "      --days DAYS              with --every week: mon,tue (default: the day it begins)\n"
        "      --zone ZONE              with --every: Z or +02:00, by which days are counted (default: "
        "local;\n"
        "                               it stays as it is when clocks are changed)\n"
        "  -m, --message WHAT           what is done\n"
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
