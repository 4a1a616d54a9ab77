/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "table.h"

#include "base/mem.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct tw_command tw_cmd_alerts;
enum { OPT_JSON = 256, OPT_STATE, OPT_URL };

static int rank(const json_t *alert)
{
    static const char *const severities[] = {"critical", "major", "minor"};
    int i = 0;
    while (i < 3 && strcmp(tw_client_text(alert, "severity"), severities[i]) != 0)
        i++;
    return i;
}

static bool has_ended(const json_t *alert)
{
    return strcmp(tw_client_text(alert, "transition"), "cleared") == 0;
}

/* What fires first, the worst first, the oldest first; then what ended last. */
static int by_weight(const void *a, const void *b)
{
    const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
    if (has_ended(x) != has_ended(y))
        return has_ended(x) - has_ended(y);
    if (has_ended(x))
        return strcmp(tw_client_text(y, "time"), tw_client_text(x, "time"));
    return rank(x) != rank(y) ? rank(x) - rank(y)
                              : strcmp(tw_client_text(x, "since"), tw_client_text(y, "since"));
}

/* What it is, who has it, and until when it is quiet. */
static void note(const json_t *alert, struct tw_table *t)
{
    const json_t *taken = json_object_get(alert, "acknowledged"), *quiet = json_object_get(alert, "silenced");
    struct tw_buf b = {0};
    tw_buf_z(&b, tw_client_text(alert, "summary"));
    if (json_is_object(taken))
        tw_buf_fmt(&b, "; %s has it: %s", tw_client_text(taken, "by"), tw_client_text(taken, "why"));
    if (json_is_object(quiet))
        tw_buf_fmt(&b, "; quiet until %s by %s: %s (%s)", tw_client_text(quiet, "until"),
                   tw_client_text(quiet, "by"), tw_client_text(quiet, "why"), tw_client_text(quiet, "id"));
    tw_table_note(t, b.p);
    tw_buf_finish(&b);
}

static void row(const json_t *alert, struct tw_table *t)
{
    char buf[TW_PERSON_TEXT];
    size_t n = json_array_size(json_object_get(alert, "sub_interfaces"));
    const char *first = json_string_value(json_array_get(json_object_get(alert, "sub_interfaces"), 0));
    enum tw_tone tone = has_ended(alert)   ? TW_TONE_FAINT
                        : rank(alert) == 0 ? TW_TONE_BAD
                        : rank(alert) == 1 ? TW_TONE_ODD
                                           : TW_TONE_PLAIN;
    tw_table_cell(t, tone, "%s", tw_client_text(alert, "severity"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(alert, "condition"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(alert, "pair"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(alert, "device"));
    if (n > 1)
        tw_table_cell(t, TW_TONE_PLAIN, "%s and %zu more", first != NULL ? first : "-", n - 1);
    else
        tw_table_cell(t, TW_TONE_PLAIN, "%s",
                      n == 1 && first != NULL ? first : tw_client_text(alert, "trunk"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(alert, "since"));
    if (has_ended(alert)) {
        double s = json_number_value(json_object_get(alert, "duration_s"));
        tw_table_cell(t, TW_TONE_FAINT, "%s after %s", tw_client_text(alert, "cleared_by"),
                      tw_person_dur((tw_dur){(int64_t)(s * 1e9)}, buf));
    } else {
        const json_t *quiet = json_object_get(alert, "silenced");
        bool taken = json_is_object(json_object_get(alert, "acknowledged"));
        const char *kind = tw_client_text(quiet, "kind");
        tw_table_cell(t, TW_TONE_PLAIN, "firing, %s%s%s", tw_client_text(alert, "confidence"),
                      taken ? ", ACK" : "",
                      !json_is_object(quiet)             ? ""
                      : strcmp(kind, "maintenance") == 0 ? ", MAINTENANCE"
                                                         : ", SILENCED");
    }
    tw_table_cell(t, TW_TONE_FAINT, "%s", tw_client_text(alert, "alert_id"));
    note(alert, t);
}

static void show(const json_t *root, bool also_ended)
{
    static const char *const heads[] = {"SEVERITY", "CONDITION", "PAIR", "DEVICE", "WHAT",
                                        "SINCE",    "STATE",     "ID",   NULL};
    const json_t *list = json_object_get(root, "alerts");
    size_t n = json_array_size(list);
    const json_t **sorted = tw_xcalloc(n, sizeof(json_t *));
    (void)also_ended; /* the page was asked for accordingly */
    struct tw_buf out = {0};
    struct tw_table t;
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(list, i);
    if (n == 0) {
        (void)puts("No alerts.");
        free(sorted);
        return;
    }
    qsort(sorted, n, sizeof(json_t *), by_weight);
    tw_table_init(&t, heads);
    for (size_t i = 0; i < n; i++)
        row(sorted[i], &t);
    tw_table_print(&t, tw_person_colour(), &out);
    (void)fwrite(out.p, 1, out.n, stdout);
    tw_buf_finish(&out);
    free(sorted);
}

static bool is_word(const char *state)
{
    return strcmp(state, "firing") == 0 || strcmp(state, "resolved") == 0 || strcmp(state, "all") == 0;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},           {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, OPT_JSON},     {"state", required_argument, NULL, OPT_STATE},
        {"url", required_argument, NULL, OPT_URL}, TW_COMMAND_OPTIONS};
    const char *config = NULL, *url = NULL, *state = "firing", *folder = NULL;
    bool json = false;
    for (int o; (o = getopt_long(argc, argv, "ac:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'a': state = "all"; break;
        case 'c': config = optarg; break;
        case OPT_JSON: json = true; break;
        case OPT_STATE:
            if (is_word(optarg))
                state = optarg;
            else
                folder = optarg;
            break;
        case OPT_URL: url = optarg; break;
        default: return tw_command_other(&tw_cmd_alerts, o);
        }
    }
    if (optind < argc)
        return tw_command_usage(&tw_cmd_alerts, "'%s' is not an option", argv[optind]);
    bool all = strcmp(state, "all") == 0, firing = strcmp(state, "firing") == 0;
    if (folder != NULL && strchr(folder, '/') == NULL && access(folder, F_OK) != 0)
        return tw_command_usage(&tw_cmd_alerts,
                                "--state is '%s', expected firing, resolved, all, or a state folder", folder);
    struct tw_client client;
    int status = tw_client_find_or_look(&tw_cmd_alerts, config, url, folder, &client);
    if (status == TW_EXIT_OK)
        status = tw_client_print(&client,
                                 all      ? "/api/v1/alerts"
                                 : firing ? "/api/v1/alerts?state=firing"
                                          : "/api/v1/alerts?state=resolved",
                                 json, all, show);
    tw_client_finish(&client);
    return status;
}

const struct tw_command tw_cmd_alerts = {
    .name = "alerts",
    .summary = "the alerts of the running daemon",
    .help =
        "usage: trunkwatch alerts [-c CONFIG | --url URL | --state DIR] [--all | --state STATE] [--json]\n\n"
        "Lists the alerts of the running daemon that fire, the worst first.\n\n"
        "  -a, --all                    also those that have ended\n"
        "      --state STATE            firing (default), resolved or all\n"
        "      --state DIR              asks no daemon: what its store in this folder says\n"
        "      --json                   what the daemon answers, unchanged\n"
        "  -c, --config FILE            the daemon's configuration, which says where it listens\n"
        "                               (default: the installed one)\n"
        "      --url URL                where it listens, as http://127.0.0.1:9116\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
    .looks = true,
};
