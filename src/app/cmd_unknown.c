/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

extern const struct tw_command tw_cmd_unknown;
/* Without --all. */
enum { ROWS_MAX = 20 };

/* Most messages of a router are of no interest to any rule; what a rule knows and can't read is. */
static enum tw_tone tone(const json_t *kind)
{
    return strcmp(tw_client_text(kind, "reason"), "ignored_no_rule") == 0 ? TW_TONE_PLAIN : TW_TONE_ODD;
}

static void row(const json_t *kind, struct tw_table *t)
{
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(kind, "count"));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(kind, "devices"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(kind, "first"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(kind, "last"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(kind, "transport"));
    tw_table_cell(t, tone(kind), "%s", tw_client_text(kind, "reason"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(kind, "name"));
    tw_table_cell(t, TW_TONE_FAINT, "%s: %s", tw_client_text(kind, "device"), tw_client_text(kind, "sample"));
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
    if (n == 0 && tw_client_number(root, "messages") == 0) {
        (void)puts("Every message was understood.");
        return;
    }
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++)
        row(json_array_get(list, i), &t);
    tw_table_print(&t, tw_person_colour(), &out);
    if (shown < n)
        tw_buf_fmt(&out, "… and %zu that are rarer; all of them: --all\n", n - shown);
    if (tw_client_number(root, "unlisted") > 0)
        tw_buf_fmt(&out, "… and %lld messages that found no room in this list\n",
                   tw_client_number(root, "unlisted"));
    (void)fwrite(out.p, 1, out.n, stdout);
    tw_buf_finish(&out);
}

static int run(int argc, char **argv)
{
    return tw_client_view(&tw_cmd_unknown, argc, argv, "/api/v1/unknown", show);
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
