/* SPDX-License-Identifier: ISC */
#include "ask.h"

#include "base/json.h"
#include "model/operator.h"
#include "standard.h"
#include "table.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void tw_ask_name(struct tw_ask *a, const char *name)
{
    tw_buf_clear(&a->request);
    tw_buf_z(&a->request, "{\"command\":");
    tw_json_z(&a->request, name);
}

void tw_ask_init(struct tw_ask *a, const struct tw_command *command, const char *name)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *a = (struct tw_ask){.command = command, .after = {now.tv_sec * INT64_C(1000000000) + now.tv_nsec}};
    tw_ask_name(a, name);
}

void tw_ask_add(struct tw_ask *a, const char *key, const char *value)
{
    if (value == NULL)
        return;
    tw_json_key(&a->request, key);
    tw_json_z(&a->request, value);
}

static bool two_digits(struct tw_str s, size_t at, int *out)
{
    if (at + 2 > s.n || !tw_is_digit(s.p[at]) || !tw_is_digit(s.p[at + 1]))
        return false;
    *out = (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
    return true;
}

static tw_time of_local(struct tm *tm)
{
    tm->tm_isdst = -1;
    return (tw_time){mktime(tm) * INT64_C(1000000000)};
}

static bool local_time(const char *value, tw_time after, tw_time *out)
{
    struct tw_str s = tw_str_z(value);
    struct tw_civil c;
    tw_time utc;
    time_t seconds = (time_t)(after.ns / 1000000000);
    struct tm tm;
    int hour, minute;
    if (s.n == 5 && two_digits(s, 0, &hour) && s.p[2] == ':' && two_digits(s, 3, &minute) && hour < 24 &&
        minute < 60) {
        (void)localtime_r(&seconds, &tm);
        tm.tm_hour = hour;
        tm.tm_min = minute;
        tm.tm_sec = 0;
        *out = of_local(&tm);
        if (!tw_before(after, *out)) {
            tm.tm_mday++;
            tm.tm_hour = hour;
            tm.tm_min = minute;
            *out = of_local(&tm);
        }
        return true;
    }
    /* Without a zone: digits of this machine's clock. */
    char zoned[40];
    (void)snprintf(zoned, sizeof zoned, "%.30sZ", value);
    if (s.n > 30 || !tw_time_parse(tw_str_z(zoned), &utc))
        return false;
    tw_time_to_civil(utc, &c);
    tm = (struct tm){.tm_year = c.year - 1900,
                     .tm_mon = c.month - 1,
                     .tm_mday = c.day,
                     .tm_hour = c.hour,
                     .tm_min = c.minute,
                     .tm_sec = c.second};
    *out = of_local(&tm);
    return true;
}

bool tw_ask_time(struct tw_ask *a, const char *key, const char *value)
{
    char text[TW_TIME_TEXT];
    tw_time t;
    if (value == NULL)
        return true;
    if (!tw_time_parse(tw_str_z(value), &t) && !local_time(value, a->after, &t)) {
        (void)tw_command_usage(
            a->command, "--%s is '%s', expected like 2026-08-08T20:00:00Z, '2026-08-08 20:00' or 20:00", key,
            value);
        return false;
    }
    a->after = t;
    tw_ask_add(a, key, tw_time_text(t, text));
    return true;
}

bool tw_ask_lasts(struct tw_ask *a, const char *key, const char *value)
{
    tw_dur d;
    size_t n = value != NULL ? strlen(value) : 0;
    if (value == NULL)
        return true;
    if (n == 0 || tw_is_digit(value[n - 1]) || !tw_dur_parse(tw_str_z(value), &d)) {
        (void)tw_command_usage(
            a->command, "--%s is '%s', expected a number with its unit, like 30m, 2h or 1d", key, value);
        return false;
    }
    tw_ask_add(a, key, value);
    return true;
}

bool tw_ask_match(struct tw_ask *a, const char *word)
{
    const char *eq = strchr(word, '=');
    struct tw_str key = tw_str_of(word, eq != NULL ? (size_t)(eq - word) : 0);
    int m = 0;
    while (m < TW_MATCHERS && !tw_str_eq(key, tw_str_z(tw_matcher_name((enum tw_matcher)m))))
        m++;
    if (m == TW_MATCHERS) {
        (void)tw_command_usage(
            a->command,
            "'%s' says nothing about alerts, expected pair=, device=, e-trunk=, trunk=, condition=, "
            "severity= or service=, and a name",
            word);
        return false;
    }
    if ((a->matchers >> m & 1) != 0) {
        (void)tw_command_usage(a->command, "%s= is there twice", tw_matcher_name((enum tw_matcher)m));
        return false;
    }
    a->matchers |= 1u << m;
    tw_ask_add(a, tw_matcher_name((enum tw_matcher)m), eq + 1);
    return true;
}

static void say(const struct tw_ask *a, const char *z)
{
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, tw_str_z(z));
    (void)fprintf(stderr, "trunkwatch %s: %s\n", a->command->name, safe.n > 0 ? safe.p : "refused");
    tw_buf_finish(&safe);
}

int tw_ask_send(struct tw_ask *a, json_t **answer)
{
    struct tw_client client;
    const json_t *warning;
    size_t i;
    *answer = NULL;
    tw_buf_z(&a->request, "}\n");
    int status = tw_client_find(a->command, a->config, NULL, &client);
    if (status == TW_EXIT_OK)
        status = tw_client_send(&client, tw_buf_view(&a->request), answer);
    tw_client_finish(&client);
    json_array_foreach(json_object_get(*answer, "warnings"), i, warning)
    {
        say(a, json_string_value(warning));
    }
    if (status == TW_EXIT_OK && !json_is_true(json_object_get(*answer, "ok"))) {
        const char *why = json_string_value(json_object_get(*answer, "error"));
        say(a, why != NULL ? why : "refused");
        status = TW_EXIT_NOT_RIGHT;
    }
    if (status != TW_EXIT_OK) {
        json_decref(*answer);
        *answer = NULL;
    }
    return status;
}

void tw_ask_finish(struct tw_ask *a)
{
    tw_buf_finish(&a->request);
}

void tw_ask_tell(const json_t *answer, const char *what)
{
    bool open = json_is_true(json_object_get(answer, "in_force"));
    (void)printf("%s %s, %s %s\n", what, tw_client_text(answer, "id"), open ? "in force until" : "begins",
                 tw_client_text(answer, open ? "until" : "from"));
}

static void matchers(const json_t *match, struct tw_buf *out)
{
    for (int m = 0; m < TW_MATCHERS; m++) {
        const char *name = tw_matcher_name((enum tw_matcher)m);
        const char *value = json_string_value(json_object_get(match, name));
        if (value != NULL)
            tw_buf_fmt(out, "%s%s=%s", out->n > 0 ? " " : "", name, value);
    }
}

static void recurs(const json_t *s, struct tw_buf *out)
{
    char buf[TW_PERSON_TEXT];
    const char *every = json_string_value(json_object_get(s, "every"));
    const char *days = json_string_value(json_object_get(s, "days"));
    if (every == NULL) {
        tw_buf_z(out, "once");
        return;
    }
    tw_buf_fmt(out, "every %s%s%s for %s", every, days != NULL ? " on " : "", days != NULL ? days : "",
               tw_person_dur(TW_SECONDS(tw_client_number(s, "for_s")), buf));
}

static void rows(const json_t *list)
{
    static const char *const heads[] = {"ID", "STATE", "UNTIL", "MATCHES", "RECURS", "BY", NULL};
    const json_t *s;
    size_t i;
    struct tw_table t;
    struct tw_buf out = {0};
    tw_table_init(&t, heads);
    json_array_foreach(list, i, s)
    {
        struct tw_buf match = {0}, again = {0};
        bool open = json_is_true(json_object_get(s, "in_force"));
        matchers(json_object_get(s, "match"), &match);
        recurs(s, &again);
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, "id"));
        if (open)
            tw_table_cell(&t, TW_TONE_ODD, "in force");
        else
            tw_table_cell(&t, TW_TONE_FAINT, "from %s", tw_client_text(s, "opens"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, open ? "closes" : "until"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", match.n > 0 ? match.p : "-");
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", again.p);
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, "by"));
        tw_table_note(&t, tw_client_text(s, "why"));
        tw_buf_finish(&match);
        tw_buf_finish(&again);
    }
    tw_table_print(&t, tw_person_colour(), &out);
    (void)fwrite(out.p, 1, out.n, stdout);
    tw_buf_finish(&out);
}

static void show(const json_t *root, bool all)
{
    const json_t *list = json_object_get(root, "silences");
    (void)all;
    if (list == NULL)
        list = json_object_get(root, "maintenance");
    if (json_array_size(list) == 0)
        (void)puts("None.");
    else
        rows(list);
}

/* The first of argv that is neither an option nor the value of one; 0: there is none. */
static int first_word(int argc, char **argv)
{
    static const char *const valued[] = {"--as",      "--config", "--days", "--every", "--for", "--from",
                                         "--message", "--until",  "--url",  "--zone",  "-c",    "-m"};
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        if (argv[i][0] != '-')
            return i;
        while (k < sizeof valued / sizeof *valued && strcmp(argv[i], valued[k]) != 0)
            k++;
        if (k < sizeof valued / sizeof *valued)
            i++;
    }
    return 0;
}

const char *tw_ask_word(int argc, char **argv, const char *const *words)
{
    int at = first_word(argc, argv);
    while (at > 0 && *words != NULL && strcmp(argv[at], *words) != 0)
        words++;
    if (at == 0 || *words == NULL)
        return NULL;
    char *word = argv[at];
    memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
    argv[1] = word;
    return *words;
}

int tw_ask_list(const struct tw_command *command, int argc, char **argv, const char *page)
{
    return tw_client_view(command, argc, argv, page, show);
}

int tw_ask_end(const struct tw_command *command, int argc, char **argv, const char *name)
{
    static const struct option options[] = {{"as", required_argument, NULL, 'A'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"message", required_argument, NULL, 'm'},
                                            TW_COMMAND_OPTIONS};
    const char *why = NULL, *as = NULL, *config = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:hm:V", options, NULL)) != -1;) {
        switch (o) {
        case 'A': as = optarg; break;
        case 'c': config = optarg; break;
        case 'm': why = optarg; break;
        default: return tw_command_other(command, o);
        }
    }
    if (optind + 1 != argc)
        return tw_command_usage(command, "one ID is expected; the list has them");
    struct tw_ask ask;
    json_t *answer;
    tw_ask_init(&ask, command, name);
    ask.config = config;
    tw_ask_add(&ask, "id", argv[optind]);
    tw_ask_add(&ask, "why", why);
    tw_ask_add(&ask, "as", as);
    int status = tw_ask_send(&ask, &answer);
    if (status == TW_EXIT_OK)
        (void)printf("%s has ended\n", tw_client_text(answer, "id"));
    json_decref(answer);
    tw_ask_finish(&ask);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}
