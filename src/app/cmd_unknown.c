/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "standard.h"
#include "table.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

extern const struct tw_command tw_cmd_unknown;
enum { OPT_JSON = 256, OPT_URL };
/* Without --all. */
enum { ROWS_MAX = 20 };

static const char *text(const json_t *o, const char *key)
{
    const char *z = json_string_value(json_object_get(o, key));
    return z != NULL ? z : "-";
}

static long long number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

/* Most messages of a router are of no interest to any rule; what a rule knows and can't read is. */
static enum tw_tone tone(const json_t *kind)
{
    return strcmp(text(kind, "reason"), "ignored_no_rule") == 0 ? TW_TONE_PLAIN : TW_TONE_ODD;
}

static void row(const json_t *kind, struct tw_table *t)
{
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", number(kind, "count"));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", number(kind, "devices"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", text(kind, "first"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", text(kind, "last"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", text(kind, "transport"));
    tw_table_cell(t, tone(kind), "%s", text(kind, "reason"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", text(kind, "name"));
    tw_table_cell(t, TW_TONE_FAINT, "%s: %s", text(kind, "device"), text(kind, "sample"));
}

/* The daemon lists the most frequent first. */
static void show(const json_t *root, bool all)
{
    static const char *const heads[] = {">COUNT", ">DEVICES", "FIRST",  "LAST", "TRANSPORT",
                                        "REASON", "NAME",     "SAMPLE", NULL};
    const json_t *list = json_object_get(root, "unknown");
    size_t n = json_array_size(list), shown = all || n < ROWS_MAX ? n : ROWS_MAX;
    struct tw_buf out = {0};
    struct tw_table t;
    if (n == 0 && number(root, "messages") == 0) {
        (void)puts("Every message was understood.");
        return;
    }
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++)
        row(json_array_get(list, i), &t);
    tw_table_print(&t, tw_person_colour(), &out);
    if (shown < n)
        tw_buf_fmt(&out, "… and %zu that are rarer; all of them: --all\n", n - shown);
    if (number(root, "unlisted") > 0)
        tw_buf_fmt(&out, "… and %lld messages that found no room in this list\n", number(root, "unlisted"));
    (void)fwrite(out.p, 1, out.n, stdout);
    tw_buf_finish(&out);
}

static int print(const struct tw_client *client, bool json, bool all)
{
    static const char path[] = "/api/v1/unknown";
    struct tw_buf body = {0};
    json_t *root = NULL;
    int status = json ? tw_client_get(client, path, &body) : tw_client_get_json(client, path, &root);
    if (status == TW_EXIT_OK && json)
        (void)fwrite(body.p, 1, body.n, stdout);
    else if (status == TW_EXIT_OK)
        show(root, all);
    tw_buf_finish(&body);
    json_decref(root);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {"url", required_argument, NULL, OPT_URL},
                                            TW_COMMAND_OPTIONS};
    const char *config = NULL, *url = NULL;
    bool json = false, all = false;
    for (int o; (o = getopt_long(argc, argv, "ac:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'a': all = true; break;
        case 'c': config = optarg; break;
        case OPT_JSON: json = true; break;
        case OPT_URL: url = optarg; break;
        default: return tw_command_other(&tw_cmd_unknown, o);
        }
    }
    if (optind < argc)
        return tw_command_usage(&tw_cmd_unknown, "'%s' is not an option", argv[optind]);
    struct tw_client client;
    int status = tw_client_find(&tw_cmd_unknown, config, url, &client);
    if (status == TW_EXIT_OK)
        status = print(&client, json, all);
    tw_client_finish(&client);
    return status;
}

const struct tw_command tw_cmd_unknown = {
    .name = "unknown",
    .summary = "messages that the running daemon did not understand",
    .help =
        "usage: trunkwatch unknown [-c CONFIG | --url URL] [--all] [--json]\n\n"
        "Lists the kinds of messages that no rule is about, that a rule could not read, or that could not\n"
        "be decoded, the most frequent first, each with one sample.\n\n"
        "  -a, --all                    every kind, not only the 20 most frequent\n"
        "      --json                   what the daemon answers, unchanged\n"
        "  -c, --config FILE            the daemon's configuration, which says where it listens\n"
        "                               (default: the installed one)\n"
        "      --url URL                where it listens, as http://127.0.0.1:9116\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
};
