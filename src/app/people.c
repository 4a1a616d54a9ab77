/* SPDX-License-Identifier: ISC */
/*
 * What people ask for at the control socket: to take on an alert, to keep some quiet, to tell of planned
 * work. What they ask becomes a line (model/operator.h), and that a record like any other.
 */
#include "daemon.h"

#include "base/json.h"
#include "base/mem.h"
#include "plat/log.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 48, PASSWD_BYTES = 4096, SHOWN_MAX = 32 };

const char *const tw_people_of_alerts[] = {"id", "why", "as", NULL};
#define MATCHERS "pair", "device", "e-trunk", "trunk", "condition", "severity", "service"
const char *const tw_people_of_silences[] = {"why", "as", "until", "for", MATCHERS, NULL};
const char *const tw_people_of_windows[] = {"why",   "as",   "from", "until",  "for",
                                            "every", "days", "zone", MATCHERS, NULL};

static bool refused(struct tw_buf *answer, const char *why)
{
    tw_json_key(answer, "error");
    tw_json_z(answer, why);
    return false;
}

/* "pat", or "sam (via pat)" when he says that he asks for somebody. */
static void name_of(const struct tw_control_request *r, struct tw_buf *out)
{
    char bytes[PASSWD_BYTES], number[16];
    struct passwd user, *found = NULL;
    const char *as = tw_control_argument(r, "as");
    (void)snprintf(number, sizeof number, "%u", r->peer.uid);
    bool known = getpwuid_r(r->peer.uid, &user, bytes, sizeof bytes, &found) == 0 && found != NULL;
    const char *name = known ? found->pw_name : number;
    if (as == NULL) {
        tw_buf_fmt(out, "%.*s", NAME_MAX_BYTES, name);
        return;
    }
    tw_buf_z(out, as);
    tw_buf_shorten(out, NAME_MAX_BYTES);
    tw_buf_fmt(out, " (via %.*s)", NAME_MAX_BYTES, name);
}

/* The beginning of an alert's id is enough, when there is only one that it can be. */
static const char *alert_id(const struct tw_daemon *d, const char *given, char id[static TW_ALERT_ID],
                            char why[static 128])
{
    size_t n = given[0] != '\0' ? tw_pipeline_find(d->pipeline, given, id) : 0;
    if (n == 1)
        return NULL;
    if (n == 0)
        (void)snprintf(why, 128, "no alert that fires has an id that begins with '%.*s'", SHOWN_MAX, given);
    else
        (void)snprintf(why, 128, "%zu alerts that fire have an id that begins with '%.*s'", n, SHOWN_MAX,
                       given);
    return why;
}

static void add_time(struct tw_buf *line, const char *key, tw_time t)
{
    char text[TW_TIME_TEXT];
    tw_operator_add(line, key, tw_time_text(t, text));
}

/* What was asked for as a line; NULL, or why that is none. */
static const char *compose(const struct tw_daemon *d, const struct tw_control_request *r, tw_time now,
                           struct tw_buf *line, char why[static 128])
{
    bool alert = strcmp(r->command, "ack") == 0 || strcmp(r->command, "unack") == 0;
    bool silence = strcmp(r->command, "silence") == 0, window = strcmp(r->command, "maintenance") == 0;
    const char *given = tw_control_argument(r, "id"), *lasts = tw_control_argument(r, "for");
    char id[TW_ALERT_ID];
    struct tw_buf by = {0};
    name_of(r, &by);
    tw_buf_fmt(line, "trunkwatch-operator %s", r->command);
    tw_operator_add(line, "by", by.p);
    tw_buf_finish(&by);
    if (given != NULL && alert) {
        const char *wrong = alert_id(d, given, id, why);
        if (wrong != NULL)
            return wrong;
        given = id;
    }
    if (given != NULL)
        tw_operator_add(line, "id", given);
    if (silence && lasts != NULL) {
        tw_dur dur;
        if (tw_control_argument(r, "until") != NULL)
            return "until and for are both given";
        if (!tw_dur_parse(tw_str_z(lasts), &dur))
            return "for is no duration, expected like 2h";
        add_time(line, "until", tw_time_add(now, dur));
    }
    if (window && tw_control_argument(r, "from") == NULL)
        add_time(line, "from", now);
    const char *const *keys = silence ? tw_people_of_silences : tw_people_of_windows;
    for (size_t i = 0; keys[i] != NULL; i++) {
        const char *value = tw_control_argument(r, keys[i]);
        if (value != NULL && strcmp(keys[i], "as") != 0 && !(silence && strcmp(keys[i], "for") == 0))
            tw_operator_add(line, keys[i], value);
    }
    return NULL;
}

static bool known_device(const struct tw_topology *t, const char *name)
{
    size_t i = 0;
    while (i < t->devices_n && strcmp(t->devices[i].name, name) != 0)
        i++;
    return i < t->devices_n;
}

static bool known_pair(const struct tw_topology *t, const char *name)
{
    size_t i = 0;
    while (i < t->pairs_n && strcmp(t->pairs[i].name, name) != 0)
        i++;
    return i < t->pairs_n;
}

static bool known_trunk(const struct tw_topology *t, const char *name)
{
    size_t i = 0;
    while (i < t->members_n && strcmp(t->members[i].trunk_name[0], name) != 0 &&
           strcmp(t->members[i].trunk_name[1], name) != 0)
        i++;
    return i < t->members_n;
}

static bool known_condition(const struct tw_pipeline *p, const char *name)
{
    const char *one;
    size_t i = 0;
    while ((one = tw_pipeline_condition(p, i)) != NULL && strcmp(one, name) != 0)
        i++;
    return one != NULL;
}

static bool known_severity(const char *name)
{
    int i = 0;
    while (i <= TW_SEVERITY_CRITICAL && strcmp(tw_severity_name((enum tw_severity)i), name) != 0)
        i++;
    return i <= TW_SEVERITY_CRITICAL;
}

static bool known_service(const char *name)
{
    unsigned i = 0;
    while (i < TW_SERVICES && strcmp(tw_service_name(i), name) != 0)
        i++;
    return i < TW_SERVICES;
}

static bool is_known(const struct tw_daemon *d, enum tw_matcher m, const char *name)
{
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    switch (m) {
    case TW_MATCHER_PAIR: return known_pair(t, name);
    case TW_MATCHER_DEVICE: return known_device(t, name);
    case TW_MATCHER_TRUNK: return known_trunk(t, name);
    case TW_MATCHER_CONDITION: return known_condition(d->pipeline, name);
    case TW_MATCHER_SEVERITY: return known_severity(name);
    case TW_MATCHER_SERVICE: return known_service(name);
    case TW_MATCHER_E_TRUNK:
    case TW_MATCHERS: break;
    }
    return true;
}

/* A name with a slip in it keeps nothing quiet; nobody should find that out at night. */
static void doubts(const struct tw_daemon *d, const struct tw_operator *o, struct tw_buf *answer)
{
    struct tw_buf text = {0};
    tw_json_key(answer, "warnings");
    tw_buf_char(answer, '[');
    for (int m = 0; m < TW_MATCHERS; m++) {
        const char *name = o->match[m];
        if (name == NULL || strchr(name, '*') != NULL)
            continue;
        if (is_known(d, (enum tw_matcher)m, name))
            continue;
        tw_buf_clear(&text);
        tw_buf_fmt(&text, "there is no %s '%s': it will match nothing", tw_matcher_name((enum tw_matcher)m),
                   name);
        tw_json_next(answer);
        tw_json_z(answer, text.p);
    }
    tw_buf_char(answer, ']');
    tw_buf_finish(&text);
}

static void feed(struct tw_daemon *d, tw_time now, const struct tw_operator *o)
{
    struct tw_buf line = {0};
    tw_operator_text(o, &line);
    struct tw_record r = {
        .rx = now, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_OPERATOR, .bytes = tw_buf_view(&line)};
    tw_keep_feed(d, &r);
    tw_log(TW_LEVEL_NOTICE, "people", line.p, NULL);
    tw_buf_finish(&line);
    tw_live_settle(d);
}

static void tell(const struct tw_daemon *d, const struct tw_operator *o, struct tw_buf *answer)
{
    size_t n;
    const struct tw_standing *const *all = tw_pipeline_standing(d->pipeline, &n);
    tw_json_key(answer, "id");
    tw_json_z(answer, o->id);
    if (o->act != TW_ACT_SILENCE && o->act != TW_ACT_MAINTENANCE)
        return;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i]->id, o->id) != 0)
            continue;
        tw_json_key(answer, "in_force");
        tw_buf_z(answer, all[i]->open ? "true" : "false");
        tw_json_key(answer, all[i]->open ? "until" : "from");
        tw_json_time(answer, all[i]->next);
    }
    doubts(d, o, answer);
}

bool tw_people_act(void *ctx, const struct tw_control_request *r, struct tw_buf *answer)
{
    struct tw_daemon *d = ctx;
    struct tw_arena *arena = tw_arena_create(1024);
    struct tw_buf line = {0};
    struct tw_operator o;
    char text[128];
    tw_time now = tw_clock_now(&d->clock);
    const char *why = compose(d, r, now, &line, text);
    if (why == NULL)
        why = tw_operator_parse(tw_buf_view(&line), arena, &o);
    if (why == NULL && o.id[0] == '\0')
        tw_operator_id(&o, now, o.id);
    if (why == NULL)
        why = tw_pipeline_may_act(d->pipeline, &o, now);
    if (why == NULL) {
        feed(d, now, &o);
        tell(d, &o, answer);
    } else {
        (void)refused(answer, why);
    }
    tw_buf_finish(&line);
    tw_arena_destroy(arena);
    return why == NULL;
}
