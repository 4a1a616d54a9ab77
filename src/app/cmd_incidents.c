/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "table.h"

#include "base/mem.h"

#include <event2/http.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct tw_command tw_cmd_incidents;

/* Of a list, and without --all of each part of a story; with it, of a list. */
enum { LISTED = 20, LISTED_ALL = 500, ROWS_MAX = 20, STEPS_MAX = 60 };

static enum tw_tone tone_of(const char *severity)
{
    return strcmp(severity, "critical") == 0 ? TW_TONE_BAD
           : strcmp(severity, "major") == 0  ? TW_TONE_ODD
                                             : TW_TONE_PLAIN;
}

static double seconds(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *lasted(const json_t *o, const char *key, char buf[static TW_PERSON_TEXT])
{
    return tw_person_dur((tw_dur){(int64_t)(seconds(o, key) * 1e9)}, buf);
}

static bool is_open(const json_t *o)
{
    return strcmp(tw_client_text(o, "state"), "open") == 0;
}

/* "a, b and 3 more" */
static void words(const json_t *list, struct tw_buf *b)
{
    enum { SHOWN = 5 };
    const json_t *w;
    size_t i, n = json_array_size(list);
    json_array_foreach(list, i, w)
    {
        if (i < SHOWN)
            tw_buf_fmt(b, "%s%s", i > 0 ? ", " : "",
                       json_string_value(w) != NULL ? json_string_value(w) : "-");
    }
    if (n > SHOWN)
        tw_buf_fmt(b, " and %zu more", n - SHOWN);
    if (n == 0)
        tw_buf_char(b, '-');
}

static void seconds_cell(struct tw_table *t, enum tw_tone tone, double s)
{
    if (s > 0)
        tw_table_cell(t, tone, "%.1f s", s);
    else
        tw_table_cell(t, TW_TONE_FAINT, "-");
}

static void list_row(const json_t *o, struct tw_table *t)
{
    char buf[TW_PERSON_TEXT];
    struct tw_buf conditions = {0};
    words(json_object_get(o, "conditions"), &conditions);
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, "id"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, "pair"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, "began"));
    tw_table_cell(t, is_open(o) ? TW_TONE_BAD : TW_TONE_PLAIN, "%s%s", is_open(o) ? "open, " : "",
                  lasted(o, "duration_s", buf));
    tw_table_cell(t, tone_of(tw_client_text(o, "severity")), "%s", tw_client_text(o, "severity"));
    seconds_cell(t, TW_TONE_PLAIN, seconds(o, "outage_s"));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(o, "sub_interfaces_n"));
    tw_table_cell(t, TW_TONE_PLAIN, "%s", conditions.p);
    tw_buf_finish(&conditions);
}

static void show_list(const json_t *root, bool all)
{
    static const char *const heads[] = {
        "ID", "PAIR", "BEGAN", "LASTED", "SEVERITY", ">OUTAGE", ">SUB-INTERFACES", "CONDITIONS", NULL};
    const json_t *list = json_object_get(root, "incidents"), *o;
    const char *next = json_string_value(json_object_get(root, "next"));
    struct tw_buf out = {0};
    struct tw_table t;
    size_t i;
    (void)all;
    if (json_array_size(list) == 0) {
        (void)puts("No incidents.");
        return;
    }
    tw_table_init(&t, heads);
    json_array_foreach(list, i, o)
    {
        list_row(o, &t);
    }
    tw_table_print(&t, tw_person_colour(), &out);
    if (next != NULL) {
        tw_buf_z(&out, "… and more: --before ");
        tw_buf_safe(&out, tw_str_z(next));
        tw_buf_char(&out, '\n');
    }
    (void)fwrite(out.p, 1, out.n, stdout);
    tw_buf_finish(&out);
}

/* ---- the story of one ---- */

struct page {
    const json_t *root;
    struct tw_buf out;
    bool colour, all;
};

static void line(struct page *p, const char *name, struct tw_buf *text)
{
    tw_buf_fmt(&p->out, "  %-9s ", name);
    tw_buf_safe(&p->out, tw_buf_view(text));
    tw_buf_char(&p->out, '\n');
    tw_buf_finish(text);
}

static void title(struct page *p, const char *text)
{
    tw_buf_char(&p->out, '\n');
    tw_person_text(&p->out, p->colour, TW_TONE_HEAD, text);
    tw_buf_char(&p->out, '\n');
}

static void head(struct page *p)
{
    char buf[TW_PERSON_TEXT];
    const json_t *o = p->root;
    struct tw_buf text = {0};
    tw_buf_fmt(&text, "Incident %s: %s, %s, %s", tw_client_text(o, "id"), tw_client_text(o, "pair"),
               tw_client_text(o, "state"), tw_client_text(o, "severity"));
    tw_person_text(&p->out, p->colour, is_open(o) ? TW_TONE_BAD : TW_TONE_HEAD, text.p);
    tw_buf_char(&p->out, '\n');
    tw_buf_clear(&text);
    tw_buf_z(&text, tw_client_text(o, "began"));
    line(p, "began", &text);
    tw_buf_fmt(&text, "%s%s, after %s (%.1f s)", is_open(o) ? "not yet as of " : "",
               tw_client_text(o, is_open(o) ? "as_of" : "ended"), lasted(o, "duration_s", buf),
               seconds(o, "duration_s"));
    line(p, "ended", &text);
    tw_buf_fmt(&text,
               "longest %.1f s; something was interrupted for %.1f s; sub-interfaces: %lld; services: ",
               seconds(o, "outage_s"), seconds(o, "outage_any_s"), tw_client_number(o, "sub_interfaces_n"));
    words(json_object_get(o, "services"), &text);
    line(p, "outage", &text);
    if (json_is_false(json_object_get(o, "complete"))) {
        tw_buf_z(&text, "not all that was said of it is kept, or could be read: it may have been more");
        line(p, "note", &text);
    }
}

static void alerts(struct page *p)
{
    static const char *const heads[] = {"SEVERITY", "CONDITION", "DEVICE", "WHAT", "SINCE",
                                        "RAISED",   "ENDED",     "ID",     NULL};
    const json_t *a;
    struct tw_table t;
    size_t i;
    tw_table_init(&t, heads);
    json_array_foreach(json_object_get(p->root, "alerts"), i, a)
    {
        long long subs = tw_client_number(a, "sub_interfaces_n");
        tw_table_cell(&t, tone_of(tw_client_text(a, "severity")), "%s", tw_client_text(a, "severity"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, "condition"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, "device"));
        if (subs > 0)
            tw_table_cell(&t, TW_TONE_PLAIN, "%s, %lld sub-interface%s", tw_client_text(a, "trunk"), subs,
                          subs == 1 ? "" : "s");
        else
            tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, "trunk"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, "since"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, "raised"));
        if (json_is_string(json_object_get(a, "ended")))
            tw_table_cell(&t, TW_TONE_PLAIN, "%s, %s", tw_client_text(a, "ended"),
                          tw_client_text(a, "cleared_by"));
        else
            tw_table_cell(&t, TW_TONE_BAD, "open");
        tw_table_cell(&t, TW_TONE_FAINT, "%s", tw_client_text(a, "alert_id"));
        tw_table_note(&t, tw_client_text(a, "summary"));
    }
    title(p, "Alerts");
    tw_table_print(&t, p->colour, &p->out);
}

static size_t outage_rows(struct page *p, const char *key, const char *name, struct tw_table *t, size_t shown)
{
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(p->root, "outage"), key), i, o)
    {
        if (!p->all && shown >= ROWS_MAX)
            continue;
        shown++;
        tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, "device"));
        tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, name));
        seconds_cell(t, TW_TONE_BAD, seconds(o, "outage_s"));
        seconds_cell(t, TW_TONE_ODD, seconds(o, "partial_s"));
        tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(o, "times"));
        tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(o, "from"));
        if (json_is_string(json_object_get(o, "until")))
            tw_table_cell(t, TW_TONE_PLAIN, "%s%s", tw_client_text(o, "until"),
                          json_is_true(json_object_get(o, "estimated")) ? ", estimated" : "");
        else
            tw_table_cell(t, TW_TONE_BAD, "goes on");
    }
    return shown;
}

static void outage(struct page *p)
{
    static const char *const heads[] = {"DEVICE", "WHAT", ">INTERRUPTED", ">IN PART",
                                        ">TIMES", "FROM", "UNTIL",        NULL};
    const json_t *o = json_object_get(p->root, "outage");
    size_t n = json_array_size(json_object_get(o, "sub_interfaces")) +
               json_array_size(json_object_get(o, "trunks")) +
               json_array_size(json_object_get(o, "services"));
    struct tw_table t;
    title(p, "Outage");
    if (n == 0) {
        tw_buf_z(&p->out, "No service was interrupted.\n");
        return;
    }
    tw_table_init(&t, heads);
    size_t shown = outage_rows(p, "services", "service", &t, 0);
    shown = outage_rows(p, "trunks", "trunk", &t, shown);
    shown = outage_rows(p, "sub_interfaces", "sub_interface", &t, shown);
    tw_table_print(&t, p->colour, &p->out);
    if (shown < n)
        tw_buf_fmt(&p->out, "… and %zu more: --all\n", n - shown);
}

/* Since the incident began: "+1:05", "+2:00:10". */
static void offset(const struct page *p, const char *time, char buf[static TW_PERSON_TEXT])
{
    tw_dur d = tw_time_sub(tw_person_time(time), tw_person_time(tw_client_text(p->root, "began")));
    long long s = d.ns / 1000000000, h = s / 3600;
    if (d.ns < 0)
        (void)snprintf(buf, TW_PERSON_TEXT, "before");
    else if (h > 0)
        (void)snprintf(buf, TW_PERSON_TEXT, "+%lld:%02lld:%02lld", h, s / 60 % 60, s % 60);
    else
        (void)snprintf(buf, TW_PERSON_TEXT, "+%lld:%02lld", s / 60, s % 60);
}

static void timeline(struct page *p)
{
    static const char *const heads[] = {"TIME", ">AFTER", "WHAT", "CONDITION", "ALERT", NULL};
    const json_t *list = json_object_get(p->root, "timeline"), *s;
    size_t i, n = json_array_size(list), shown = p->all || n < STEPS_MAX ? n : STEPS_MAX;
    char buf[TW_PERSON_TEXT];
    struct tw_table t;
    tw_table_init(&t, heads);
    json_array_foreach(list, i, s)
    {
        const char *what = tw_client_text(s, "transition");
        if (i >= shown)
            break;
        offset(p, tw_client_text(s, "time"), buf);
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, "time"));
        tw_table_cell(&t, TW_TONE_FAINT, "%s", buf);
        tw_table_cell(&t,
                      strcmp(what, "raised") == 0 ? tone_of(tw_client_text(s, "severity")) : TW_TONE_PLAIN,
                      "%s", what);
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, "condition"));
        tw_table_cell(&t, TW_TONE_FAINT, "%s", tw_client_text(s, "alert_id"));
        tw_table_note(&t, tw_client_text(s, "text"));
    }
    title(p, "What happened");
    tw_table_print(&t, p->colour, &p->out);
    if (shown < n)
        tw_buf_fmt(&p->out, "… and %zu more: --all\n", n - shown);
}

static void people(struct page *p)
{
    static const char *const heads[] = {"TIME", "WHAT", "BY", "UNTIL", "ALERT", "WHY", NULL};
    static const char *const keys[] = {"time", "what", "by", "until", "alert_id", "why"};
    const json_t *list = json_object_get(p->root, "people"), *a;
    struct tw_table t;
    size_t i;
    if (json_array_size(list) == 0)
        return;
    tw_table_init(&t, heads);
    json_array_foreach(list, i, a)
    {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(a, keys[k]));
    }
    title(p, "Who did what");
    tw_table_print(&t, p->colour, &p->out);
}

static void evidence(struct page *p)
{
    static const char *const heads[] = {"TIME", "DEVICE", "BY", "MESSAGE", NULL};
    static const char *const keys[] = {"time", "device", "source", "text"};
    const json_t *list = json_object_get(p->root, "evidence"), *e;
    struct tw_table t;
    size_t i;
    if (json_array_size(list) == 0)
        return;
    if (!p->all) {
        tw_buf_fmt(&p->out, "\nMessages that it rests on: %zu, with --all.\n", json_array_size(list));
        return;
    }
    tw_table_init(&t, heads);
    json_array_foreach(list, i, e)
    {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(e, keys[k]));
    }
    title(p, "Messages that it rests on");
    tw_table_print(&t, p->colour, &p->out);
}

static void show_one(const json_t *root, bool all)
{
    struct page p = {.root = root, .colour = tw_person_colour(), .all = all};
    head(&p);
    outage(&p);
    alerts(&p);
    timeline(&p);
    people(&p);
    evidence(&p);
    (void)fwrite(p.out.p, 1, p.out.n, stdout);
    tw_buf_finish(&p.out);
}

/* ---- the command ---- */

struct wish {
    const char *config, *url, *state, *pair, *before, *id;
    bool json, all, open, ended;
};

static void add(struct tw_buf *path, const char *key, const char *value)
{
    char *safe = value != NULL ? evhttp_encode_uri(value) : NULL;
    if (safe != NULL)
        tw_buf_fmt(path, "&%s=%s", key, safe);
    free(safe);
}

static int ask(const struct wish *w)
{
    struct tw_buf path = {0};
    struct tw_client client;
    if (w->id != NULL) {
        tw_buf_fmt(&path, "/api/v1/incidents/%s", w->id);
    } else {
        tw_buf_fmt(&path, "/api/v1/incidents?limit=%d", w->all ? LISTED_ALL : LISTED);
        add(&path, "state", w->open ? "open" : w->ended ? "ended" : NULL);
        add(&path, "pair", w->pair);
        add(&path, "before", w->before);
    }
    int status = tw_client_find_or_look(&tw_cmd_incidents, w->config, w->url, w->state, &client);
    if (status == TW_EXIT_OK)
        status = tw_client_print(&client, path.p, w->json, w->all, w->id != NULL ? show_one : show_list);
    tw_client_finish(&client);
    tw_buf_finish(&path);
    return status;
}

static bool is_id(const char *z)
{
    size_t n = strlen(z);
    return n >= 4 && n <= 16 && strspn(z, "0123456789abcdef") == n;
}

static int run(int argc, char **argv)
{
    enum { OPT_BEFORE = 256, OPT_ENDED, OPT_JSON, OPT_OPEN, OPT_PAIR, OPT_STATE, OPT_URL };
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"before", required_argument, NULL, OPT_BEFORE},
                                            {"config", required_argument, NULL, 'c'},
                                            {"ended", no_argument, NULL, OPT_ENDED},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {"open", no_argument, NULL, OPT_OPEN},
                                            {"pair", required_argument, NULL, OPT_PAIR},
                                            {"state", required_argument, NULL, OPT_STATE},
                                            {"url", required_argument, NULL, OPT_URL},
                                            TW_COMMAND_OPTIONS};
    struct wish w = {0};
    for (int o; (o = getopt_long(argc, argv, "ac:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'a': w.all = true; break;
        case 'c': w.config = optarg; break;
        case OPT_BEFORE: w.before = optarg; break;
        case OPT_ENDED: w.ended = true; break;
        case OPT_JSON: w.json = true; break;
        case OPT_OPEN: w.open = true; break;
        case OPT_PAIR: w.pair = optarg; break;
        case OPT_STATE: w.state = optarg; break;
        case OPT_URL: w.url = optarg; break;
        default: return tw_command_other(&tw_cmd_incidents, o);
        }
    }
    if (optind < argc)
        w.id = argv[optind++];
    if (optind < argc)
        return tw_command_usage(&tw_cmd_incidents, "'%s' is one too many: expected one ID", argv[optind]);
    if (w.open && w.ended)
        return tw_command_usage(&tw_cmd_incidents, "--open and --ended exclude each other");
    if (w.id != NULL && (w.open || w.ended || w.pair != NULL || w.before != NULL))
        return tw_command_usage(&tw_cmd_incidents, "--open, --ended, --pair and --before are for the list");
    if (w.id != NULL && !is_id(w.id))
        return tw_command_usage(
            &tw_cmd_incidents,
            "'%s' is no ID, expected 4 to 16 of the digits 0-9 and a-f: of an incident or an alert", w.id);
    return ask(&w);
}

const struct tw_command tw_cmd_incidents = {
    .name = "incidents",
    .summary = "what happened together on a pair, and how long services were interrupted",
    .help =
        "usage: trunkwatch incidents [-c CONFIG | --url URL | --state DIR] [--open | --ended] [--pair NAME]\n"
        "                            [--before ID] [--all] [--json]\n"
        "       trunkwatch incidents [-c CONFIG | --url URL | --state DIR] [--all] [--json] ID\n\n"
        "An incident is what overlaps in time on one pair. Lists them, those that go on first, then the last "
        "to\n"
        "begin; with an ID (of it or of one of its alerts; four digits are enough) tells the story: how "
        "long\n"
        "which sub-interface and service was interrupted, what happened when, who did what.\n\n"
        "      --open, --ended          only those\n"
        "      --pair NAME              only those of this pair\n"
        "      --before ID              those that come after this one in the list\n"
        "  -a, --all                    a list of up to 500; a story with all rows, and the messages it "
        "rests on\n"
        "      --json                   what the daemon answers, unchanged\n"
        "  -c, --config FILE            the daemon's configuration, which says where it listens\n"
        "                               (default: the installed one)\n"
        "      --url URL                where it listens, as http://127.0.0.1:9116\n"
        "      --state DIR              asks no daemon: what its store in this folder says, running or not\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
    .looks = true,
};
