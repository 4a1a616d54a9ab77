/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "table.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct tw_command tw_cmd_status;
/* Without --all: rows of a list, names in a sentence, reasons of a source. */
enum { ROWS_MAX = 20, NAMES_MAX = 5, REASONS_MAX = 3 };
#define SILENT TW_SECONDS(3600)

struct page {
    const json_t *root;
    struct tw_buf out;
    tw_time now;
    bool colour, all, wrong;
};

static long long sum(const json_t *parts)
{
    const char *key;
    json_t *value;
    long long n = 0;
    json_object_foreach((json_t *)(uintptr_t)parts, key, value) n += json_integer_value(value);
    return n;
}

/* A line of what is wrong. */
__attribute__((format(printf, 3, 4))) static void wrong(struct page *p, enum tw_tone tone, const char *fmt,
                                                        ...)
{
    char *line = NULL;
    va_list ap;
    va_start(ap, fmt);
    TW_ASSERT(vasprintf(&line, fmt, ap) >= 0);
    va_end(ap);
    tw_person_text(&p->out, p->colour, tone, tone == TW_TONE_BAD ? "!!" : "! ");
    tw_buf_char(&p->out, ' ');
    tw_buf_safe(&p->out, tw_str_z(line));
    tw_buf_char(&p->out, '\n');
    p->wrong = true;
    free(line);
}

static void head(struct page *p)
{
    char up[TW_PERSON_TEXT];
    const json_t *daemon = json_object_get(p->root, "daemon");
    struct tw_buf line = {0};
    tw_buf_fmt(&line, "trunkwatchd %s, up %s, devices: %lld, pairs: %lld, %s",
               tw_client_text(p->root, "version"),
               tw_person_dur(tw_time_sub(p->now, tw_person_time(tw_client_text(daemon, "started"))), up),
               tw_client_number(daemon, "devices"), tw_client_number(daemon, "pairs"),
               tw_client_text(p->root, "config"));
    tw_person_text(&p->out, p->colour, TW_TONE_HEAD, line.p);
    tw_buf_char(&p->out, '\n');
    tw_buf_finish(&line);
}

static void wrong_reload(struct page *p)
{
    const json_t *reload = json_object_get(p->root, "last_reload"), *error;
    size_t i;
    if (!json_is_false(json_object_get(reload, "ok")))
        return;
    wrong(p, TW_TONE_BAD, "reload at %s was refused, the files before are in force",
          tw_client_text(reload, "time"));
    json_array_foreach(json_object_get(reload, "errors"), i, error)
    {
        if (i < NAMES_MAX)
            wrong(p, TW_TONE_BAD, "  %s", json_string_value(error) != NULL ? json_string_value(error) : "-");
    }
}

/* A part of SNMPv3 that somebody who sends informs can't do without: it was answered. */
static const char usual[] = "v3_discovery";

/* Without what is usual. */
static long long odd(const json_t *parts)
{
    return sum(parts) - tw_client_number(parts, usual);
}

static bool is_bad(const char *reason)
{
    return strcmp(reason, "kernel") == 0 || strcmp(reason, "shed_other") == 0 ||
           strcmp(reason, "shed_vital") == 0;
}

static void wrong_sources(struct page *p)
{
    const json_t *s;
    const char *reason;
    json_t *n;
    size_t i;
    json_array_foreach(json_object_get(p->root, "sources"), i, s)
    {
        json_object_foreach(json_object_get(s, "dropped"), reason, n)
        {
            if (json_integer_value(n) > 0 && strcmp(reason, usual) != 0)
                wrong(p, is_bad(reason) ? TW_TONE_BAD : TW_TONE_ODD, "%s: %lld dropped: %s",
                      tw_client_text(s, "name"), (long long)json_integer_value(n), reason);
        }
        json_object_foreach(json_object_get(s, "tls_failed"), reason, n)
        {
            if (json_integer_value(n) > 0)
                wrong(p, TW_TONE_ODD, "%s: %lld TLS handshakes failed: %s", tw_client_text(s, "name"),
                      (long long)json_integer_value(n), reason);
        }
        if (tw_client_number(s, "errors") > 0)
            wrong(p, TW_TONE_ODD, "%s: %lld times it could not be read", tw_client_text(s, "name"),
                  tw_client_number(s, "errors"));
        if (tw_client_number(s, "answers_failed") > 0)
            wrong(p, TW_TONE_ODD, "%s: %lld answers could not be sent", tw_client_text(s, "name"),
                  tw_client_number(s, "answers_failed"));
        if (tw_client_number(s, "framing_errors") > 0)
            wrong(p, TW_TONE_ODD, "%s: %lld lengths of messages were not right", tw_client_text(s, "name"),
                  tw_client_number(s, "framing_errors"));
    }
}

/* Pairs of which something was lost just now: their alerts may be wrong, or missing. */
static void wrong_pairs(struct page *p)
{
    const json_t *pair;
    const char *cause;
    json_t *n;
    size_t i, lossy = 0;
    json_array_foreach(json_object_get(p->root, "pairs"), i, pair)
    {
        struct tw_buf what = {0};
        if (!json_is_true(json_object_get(pair, "lossy")) || lossy++ >= NAMES_MAX)
            continue;
        json_object_foreach(json_object_get(pair, "lost"), cause, n)
            tw_buf_fmt(&what, ", %s %lld", cause, (long long)json_integer_value(n));
        wrong(p, TW_TONE_BAD, "pair %s: messages were lost, the last at %s, since %s%s",
              tw_client_text(pair, "name"), tw_client_text(pair, "last_loss"),
              tw_client_text(pair, "lossy_since"), what.n > 0 ? what.p : "");
        tw_buf_finish(&what);
    }
    if (lossy > NAMES_MAX)
        wrong(p, TW_TONE_BAD, "messages of %zu more pairs were lost", lossy - NAMES_MAX);
}

static void wrong_clocks(struct page *p)
{
    const json_t *d;
    size_t i, doubtful = 0;
    json_array_foreach(json_object_get(p->root, "devices"), i, d)
    {
        if (!json_is_true(json_object_get(d, "clock_doubtful")) || doubtful++ >= NAMES_MAX)
            continue;
        wrong(p, TW_TONE_ODD, "%s: %s (%+.0f s)", tw_client_text(d, "name"),
              tw_client_text(d, "clock_advice"), json_number_value(json_object_get(d, "skew_s")));
    }
    if (doubtful > NAMES_MAX)
        wrong(p, TW_TONE_ODD, "clocks of %zu more devices are wrong", doubtful - NAMES_MAX);
}

static void wrong_outputs(struct page *p)
{
    const json_t *o;
    size_t i;
    json_array_foreach(json_object_get(p->root, "outputs"), i, o)
    {
        if (json_is_true(json_object_get(o, "failing")))
            wrong(p, TW_TONE_BAD, "output %s can't be written: %s; alert transitions that wait: %lld",
                  tw_client_text(o, "name"), tw_client_text(o, "why"), tw_client_number(o, "waiting"));
        if (tw_client_number(o, "lost") > 0)
            wrong(p, TW_TONE_BAD, "output %s lost %lld alert transitions", tw_client_text(o, "name"),
                  tw_client_number(o, "lost"));
    }
}

static void wrong_store(struct page *p)
{
    const char *trouble = json_string_value(json_object_get(json_object_get(p->root, "store"), "trouble"));
    if (trouble != NULL)
        wrong(p, TW_TONE_BAD, "the store can't be written, alerting goes on from memory: %s", trouble);
}

static tw_time heard(const json_t *device)
{
    return tw_person_time(json_string_value(json_object_get(device, "last_heard")));
}

static bool never(const struct page *p, const json_t *device)
{
    (void)p;
    return !tw_time_is_finite(heard(device));
}

static bool silent(const struct page *p, const json_t *device)
{
    return !never(p, device) && tw_time_sub(p->now, heard(device)).ns >= SILENT.ns;
}

static bool unnamed(const struct page *p, const json_t *device)
{
    (void)p;
    return tw_client_number(device, "unnamed_if_index") > 0;
}

static bool conflicting(const struct page *p, const json_t *device)
{
    (void)p;
    return tw_client_number(device, "identity_conflicts") > 0;
}

/* "3 devices …: a, b, c". */
static void wrong_devices(struct page *p, bool (*is)(const struct page *, const json_t *), const char *what)
{
    struct tw_buf names = {0};
    const json_t *d;
    size_t i, n = 0;
    json_array_foreach(json_object_get(p->root, "devices"), i, d)
    {
        if (!is(p, d))
            continue;
        if (n++ < NAMES_MAX)
            tw_buf_fmt(&names, "%s%s", n > 1 ? ", " : "", tw_client_text(d, "name"));
    }
    if (n > 0)
        wrong(p, TW_TONE_ODD, "%zu %s %s: %s%s", n, n == 1 ? "device" : "devices", what, names.p,
              n > NAMES_MAX ? ", …" : "");
    tw_buf_finish(&names);
}

static void wrong_firing(struct page *p)
{
    const char *condition;
    json_t *n;
    json_object_foreach(json_object_get(json_object_get(p->root, "alerts"), "firing"), condition, n)
        wrong(p, TW_TONE_BAD, "firing: %s, %lld", condition, (long long)json_integer_value(n));
}

static void all_wrong(struct page *p)
{
    const json_t *daemon = json_object_get(p->root, "daemon");
    wrong_firing(p);
    wrong_reload(p);
    wrong_sources(p);
    wrong_pairs(p);
    wrong_store(p);
    wrong_outputs(p);
    wrong_devices(p, never, "never heard since the start");
    wrong_devices(p, silent, "silent for an hour or longer");
    wrong_devices(p, unnamed, "with traps whose ifIndex nobody can name");
    wrong_devices(p, conflicting,
                  "of which a certificate or engine ID came with the address or a name of another one, "
                  "see the log (identity_conflicts)");
    wrong_clocks(p);
    if (tw_client_number(daemon, "strangers") > 0)
        wrong(p, TW_TONE_ODD, "%lld %s sent what was ignored, see below",
              tw_client_number(daemon, "strangers"),
              tw_client_number(daemon, "strangers") == 1 ? "address" : "addresses");
    if (tw_client_number(daemon, "log_lines_suppressed") > 0)
        wrong(p, TW_TONE_ODD, "%lld lines of the log were held back",
              tw_client_number(daemon, "log_lines_suppressed"));
    if (tw_client_number(daemon, "alerts_not_shown") > 0)
        wrong(p, TW_TONE_ODD, "%lld alert transitions are not in the list of alerts: no room",
              tw_client_number(daemon, "alerts_not_shown"));
    if (!p->wrong)
        tw_buf_z(&p->out, "Nothing fires, and nothing is wrong.\n");
}

static void count_cell(struct tw_table *t, long long n, enum tw_tone tone)
{
    tw_table_cell(t, n > 0 ? tone : TW_TONE_PLAIN, "%lld", n);
}

static void sources(struct page *p)
{
    static const char *const heads[] = {"SOURCE", ">RECEIVED",    ">ACCEPTED", ">DROPPED",
                                        ">CUT",   ">CONNECTIONS", NULL};
    struct tw_table t;
    const json_t *s;
    size_t i;
    tw_table_init(&t, heads);
    json_array_foreach(json_object_get(p->root, "sources"), i, s)
    {
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(s, "name"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(s, "received"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(s, "accepted"));
        const json_t *dropped = json_object_get(s, "dropped");
        count_cell(&t, sum(dropped), odd(dropped) > 0 ? TW_TONE_BAD : TW_TONE_PLAIN);
        count_cell(&t, tw_client_number(s, "cut"), TW_TONE_ODD);
        if (strcmp(tw_client_text(s, "transport"), "udp") == 0)
            tw_table_cell(&t, TW_TONE_FAINT, "-");
        else
            tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(s, "connections_open"));
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
}

/* Longest silent first. */
static int by_silence(const void *a, const void *b)
{
    int64_t x = heard(*(const json_t *const *)a).ns, y = heard(*(const json_t *const *)b).ns;
    return x < y ? -1 : x > y;
}

static void device_row(const struct page *p, const json_t *d, struct tw_table *t)
{
    char ago[TW_PERSON_TEXT];
    tw_table_cell(t, TW_TONE_PLAIN, "%s", tw_client_text(d, "name"));
    if (never(p, d))
        tw_table_cell(t, TW_TONE_BAD, "never");
    else
        tw_table_cell(t, silent(p, d) ? TW_TONE_ODD : TW_TONE_PLAIN, "%s ago",
                      tw_person_dur(tw_time_sub(p->now, heard(d)), ago));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(d, "received"));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", tw_client_number(d, "events"));
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", sum(json_object_get(d, "dropped")));
    count_cell(t, tw_client_number(d, "unnamed_if_index"), TW_TONE_ODD);
    tw_table_cell(t, TW_TONE_PLAIN, "%+.1f s", json_number_value(json_object_get(d, "skew_s")));
}

static void devices(struct page *p)
{
    static const char *const heads[] = {"DEVICE",   ">LAST HEARD", ">RECEIVED", ">EVENTS",
                                        ">DROPPED", ">UNNAMED",    ">CLOCK",    NULL};
    const json_t *list = json_object_get(p->root, "devices");
    size_t n = json_array_size(list), shown = p->all || n < ROWS_MAX ? n : ROWS_MAX;
    const json_t **sorted = tw_xcalloc(n, sizeof(json_t *));
    struct tw_table t;
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(list, i);
    if (n > 0)
        qsort(sorted, n, sizeof(json_t *), by_silence);
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++)
        device_row(p, sorted[i], &t);
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
    if (shown < n)
        tw_buf_fmt(&p->out, "… and %zu that were heard later; all of them: --all\n", n - shown);
    free(sorted);
}

static void outputs(struct page *p)
{
    static const char *const heads[] = {"OUTPUT", ">WRITTEN", ">LOST", ">WAITING", NULL};
    char size[TW_PERSON_TEXT];
    struct tw_table t;
    const json_t *o;
    size_t i;
    tw_table_init(&t, heads);
    json_array_foreach(json_object_get(p->root, "outputs"), i, o)
    {
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(o, "name"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(o, "delivered"));
        count_cell(&t, tw_client_number(o, "lost"), TW_TONE_BAD);
        tw_table_cell(&t, json_is_true(json_object_get(o, "failing")) ? TW_TONE_BAD : TW_TONE_PLAIN, "%s",
                      tw_person_bytes((double)tw_client_number(o, "waiting_bytes"), size));
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
}

/* The most first. */
static int by_count(const void *a, const void *b)
{
    long long m = sum(*(const json_t *const *)a), n = sum(*(const json_t *const *)b);
    return n < m ? -1 : n > m;
}

struct reason {
    const char *name;
    long long n;
};

/* The most first. */
static int by_n(const void *a, const void *b)
{
    long long m = ((const struct reason *)a)->n, n = ((const struct reason *)b)->n;
    return n < m ? -1 : n > m;
}

/* How often SNMPv3 refused something; why is said below the row. */
static void refused_v3(const struct page *p, const json_t *stranger, struct tw_table *t)
{
    struct reason *reasons = tw_xcalloc(json_object_size(stranger), sizeof *reasons);
    struct tw_buf why = {0};
    const char *key;
    json_t *value;
    long long all = 0;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)stranger, key, value)
    {
        if (strncmp(key, "v3_", 3) != 0)
            continue;
        reasons[n++] = (struct reason){key, json_integer_value(value)};
        all += json_integer_value(value);
    }
    tw_table_cell(t, TW_TONE_PLAIN, "%lld", all);
    if (n > 0)
        qsort(reasons, n, sizeof *reasons, by_n);
    for (size_t i = 0; i < n && (p->all || i < REASONS_MAX); i++)
        tw_buf_fmt(&why, "%s%s %lld", i > 0 ? ", " : "", reasons[i].name, reasons[i].n);
    if (!p->all && n > REASONS_MAX)
        tw_buf_fmt(&why, ", … and %zu more: --all", n - REASONS_MAX);
    if (n > 0)
        tw_table_note(t, why.p);
    tw_buf_finish(&why);
    free(reasons);
}

static void strangers(struct page *p)
{
    static const char *const heads[] = {
        "IGNORED FROM", ">UNKNOWN SOURCE", ">OTHER COMMUNITY", ">CONNECTIONS", ">TLS", ">SNMPV3", NULL};
    const json_t *list = json_object_get(p->root, "strangers");
    size_t n = json_array_size(list), shown = p->all || n < ROWS_MAX ? n : ROWS_MAX;
    struct tw_table t;
    if (n == 0)
        return;
    const json_t **sorted = tw_xcalloc(n, sizeof(json_t *));
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(list, i);
    qsort(sorted, n, sizeof(json_t *), by_count);
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++) {
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(sorted[i], "from"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(sorted[i], "unknown"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(sorted[i], "other_community"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(sorted[i], "connections"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld",
                      tw_client_number(sorted[i], "tls_failed") +
                          tw_client_number(sorted[i], "unknown_certificate"));
        refused_v3(p, sorted[i], &t);
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
    if (shown < n)
        tw_buf_fmt(&p->out, "… and %zu more: --all\n", n - shown);
    free(sorted);
}

/* What a list holds that is not shown, here or in the page. */
static void rest(struct page *p, size_t n, size_t shown, long long more)
{
    if (shown < n)
        tw_buf_fmt(&p->out, "… and %lld more: --all\n", (long long)(n - shown) + more);
    else if (more > 0)
        tw_buf_fmt(&p->out, "… and %lld more: kill -USR1 tells of all in the log\n", more);
}

static void storm(struct page *p)
{
    static const char *const heads[] = {"PUT ASIDE OF", ">NOISE", ">OTHER", ">VITAL", NULL};
    const json_t *all = json_object_get(p->root, "storm"), *list = json_object_get(all, "put_aside");
    size_t n = json_array_size(list), shown = p->all || n < ROWS_MAX ? n : ROWS_MAX;
    struct tw_table t;
    if (n == 0)
        return;
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++) {
        const json_t *row = json_array_get(list, i);
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(row, "of"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(row, "noise"));
        count_cell(&t, tw_client_number(row, "other"), TW_TONE_BAD);
        count_cell(&t, tw_client_number(row, "vital"), TW_TONE_BAD);
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
    rest(p, n, shown, tw_client_number(all, "more"));
}

static void engines(struct page *p)
{
    static const char *const heads[] = {"ENGINE", "STATE", "DEVICE", "USER", "FROM", NULL};
    static const char *const keys[] = {"engine_id", "state", "device", "user", "from"};
    const json_t *all = json_object_get(p->root, "engines"), *list = json_object_get(all, "listed");
    size_t n = json_array_size(list), shown = p->all || n < ROWS_MAX ? n : ROWS_MAX;
    struct tw_table t;
    if (n == 0)
        return;
    tw_table_init(&t, heads);
    for (size_t i = 0; i < shown; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(json_array_get(list, i), keys[k]));
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
    rest(p, n, shown, tw_client_number(all, "more"));
}

/* Of a store: the daemon itself says nothing here. */
static void show_store(struct page *p)
{
    static const char *const heads[] = {"OUTPUT", ">LAST SENT", ">BEHIND", NULL};
    const json_t *s = json_object_get(p->root, "store"), *o;
    char size[TW_PERSON_TEXT], log[TW_PERSON_TEXT];
    struct tw_buf line = {0};
    struct tw_table t;
    size_t i;
    tw_buf_fmt(&line, "the store in %s, as of %s", tw_client_text(p->root, "state"),
               tw_client_text(p->root, "now"));
    tw_person_text(&p->out, p->colour, TW_TONE_HEAD, line.p);
    tw_buf_char(&p->out, '\n');
    wrong_firing(p);
    tw_buf_fmt(&p->out, "last run         %s\n",
               json_is_true(json_object_get(s, "ended_in_order")) ? "ended in order"
                                                                  : "goes on, or did not end in order");
    tw_buf_fmt(&p->out, "records          %lld, from %s to %s\n", tw_client_number(s, "records"),
               tw_client_text(s, "first_record"), tw_client_text(s, "last_record"));
    tw_buf_fmt(&p->out, "transitions      %lld, the last is number %lld\n",
               tw_client_number(s, "transitions"), tw_client_number(s, "last_seq"));
    tw_buf_fmt(&p->out, "alerts           %lld, %lld of them open; incidents: %lld\n",
               tw_client_number(s, "alerts"), tw_client_number(s, "open_alerts"),
               tw_client_number(s, "incidents"));
    tw_buf_fmt(&p->out, "file             %s and a log of %s, schema %lld\n",
               tw_person_bytes((double)tw_client_number(s, "file_bytes"), size),
               tw_person_bytes((double)tw_client_number(s, "log_bytes"), log), tw_client_number(s, "schema"));
    tw_table_init(&t, heads);
    json_array_foreach(json_object_get(p->root, "outputs"), i, o)
    {
        tw_table_cell(&t, TW_TONE_PLAIN, "%s", tw_client_text(o, "name"));
        tw_table_cell(&t, TW_TONE_PLAIN, "%lld", tw_client_number(o, "seq"));
        count_cell(&t, tw_client_number(o, "behind"), TW_TONE_ODD);
    }
    tw_buf_char(&p->out, '\n');
    tw_table_print(&t, p->colour, &p->out);
    tw_buf_finish(&line);
}

static void show(const json_t *root, bool all)
{
    struct page p = {.root = root,
                     .now = tw_person_time(tw_client_text(root, "now")),
                     .colour = tw_person_colour(),
                     .all = all};
    if (json_is_string(json_object_get(root, "state"))) {
        show_store(&p);
    } else {
        head(&p);
        all_wrong(&p);
        sources(&p);
        devices(&p);
        outputs(&p);
        storm(&p);
        engines(&p);
        strangers(&p);
    }
    (void)fwrite(p.out.p, 1, p.out.n, stdout);
    tw_buf_finish(&p.out);
}

static int run(int argc, char **argv)
{
    return tw_client_view(&tw_cmd_status, argc, argv, "/api/v1/status", show);
}

const struct tw_command tw_cmd_status = {
    .name = "status",
    .summary = "how the running daemon is, what is wrong first",
    .help =
        "usage: trunkwatch status [-c CONFIG | --url URL | --state DIR] [--all] [--json]\n\n"
        "Tells how the running daemon is: what is wrong first, then what each socket received, accepted and\n"
        "dropped, the same of each device and when it was last heard, how the outputs are, of whom messages\n"
        "were put aside in a storm, and SNMPv3 engines that the inventory does not name.\n\n"
        "  -a, --all                    every device, everybody who was ignored, and why\n"
        "      --json                   what the daemon answers, unchanged\n"
        "  -c, --config FILE            the daemon's configuration, which says where it listens\n"
        "                               (default: the installed one)\n"
        "      --url URL                where it listens, as http://127.0.0.1:9116\n"
        "      --state DIR              asks no daemon: what its store there says of it, running or not\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
    .looks = true,
};
