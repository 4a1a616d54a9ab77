/* SPDX-License-Identifier: ISC */
#include "incidents.h"

#include "base/json.h"
#include "base/mem.h"
#include "incident/story.h"
#include "render/incident.h"
#include "render/parse.h"

#include <stdio.h>
#include <string.h>

/* Of transitions that are read: for one incident, for one of a list, for a list. */
enum { ONE_BYTES = 64 << 20, ROW_BYTES = 4 << 20, LIST_BYTES = 64 << 20, TRANSITIONS_MAX = 20000 };

static int trouble(char why[static TW_INCIDENTS_WHY], int status, const char *what, const char *detail,
                   const char *rest)
{
    (void)snprintf(why, TW_INCIDENTS_WHY, "%s%.255s%s", what, detail, rest);
    return status;
}

static int unreadable(struct tw_store *s, char why[static TW_INCIDENTS_WHY])
{
    char text[TW_STORE_WHY];
    tw_store_why(s, text);
    if (tw_store_is_over(s))
        return trouble(why, 503, "reading the store took too long", "", "");
    return trouble(why, 503, "the store can't be read: ", text, "");
}

static bool number(const char *text, size_t most, size_t *out)
{
    *out = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (!tw_is_digit(*p) || *out > most)
            return false;
        *out = *out * 10 + (size_t)(*p - '0');
    }
    return text[0] != '\0' && *out > 0 && *out <= most;
}

bool tw_incidents_which(const struct tw_incidents_query *q, struct tw_store_which *w,
                        char why[static TW_INCIDENTS_WHY])
{
    *w = (struct tw_store_which){.pair = q->pair, .before = q->before, .most = TW_INCIDENTS_LISTED};
    if (q->state != NULL && strcmp(q->state, "open") == 0)
        w->state = TW_STORE_OPEN;
    else if (q->state != NULL && strcmp(q->state, "ended") == 0)
        w->state = TW_STORE_ENDED;
    else if (q->state != NULL)
        return trouble(why, 400, "state is '", q->state, "', expected open or ended") == 200;
    if (q->limit != NULL && !number(q->limit, TW_INCIDENTS_LISTED_MAX, &w->most))
        return trouble(why, 400, "limit is '", q->limit, "', expected a number from 1 to 500") == 200;
    return true;
}

struct telling {
    struct tw_store *store;
    struct tw_story *story;
    struct tw_arena *arena;
    size_t bytes, most;
};

static bool tell(void *ctx, uint64_t seq, struct tw_str json)
{
    struct telling *t = ctx;
    struct tw_transition x;
    (void)seq;
    t->bytes += json.n;
    if (t->bytes > t->most || tw_store_is_over(t->store)) {
        tw_story_cut(t->story);
        return false;
    }
    tw_arena_reset(t->arena);
    if (tw_render_parse(json, t->arena, &x))
        tw_story_add(t->story, &x);
    else
        tw_story_cut(t->story);
    return true;
}

/* What the store says of it goes before what is left of its transitions. */
static struct tw_incident told(struct tw_story *story, const struct tw_store_incident *row, tw_time now)
{
    struct tw_incident i = *tw_story_tell(story, now);
    /* Times of transitions are whole milliseconds. */
    if (i.began.ns - row->began.ns > 1000000 || i.alerts_n < row->alerts)
        i.complete = false;
    i.id = row->id;
    i.pair = row->pair;
    i.began = tw_earlier(i.began, row->began);
    i.ended = row->ended;
    tw_time end = tw_later(i.ended.ns == INT64_MAX ? now : i.ended, i.began);
    i.duration = tw_time_sub(end, i.began);
    return i;
}

struct listing {
    struct tw_store *store;
    tw_time now;
    struct tw_buf *out;
    size_t bytes, n, most;
    bool bad;
    char last[TW_ALERT_ID];
};

/* How much of it was read; SIZE_MAX: it could not be. */
static size_t read_story(struct tw_store *s, const char *id, size_t most, struct tw_story *story)
{
    struct telling t = {.store = s, .story = story, .arena = tw_arena_create(65536), .most = most};
    bool ok = tw_store_incident_transitions(s, id, TRANSITIONS_MAX, tell, &t);
    tw_arena_destroy(t.arena);
    return ok ? t.bytes : SIZE_MAX;
}

static bool list_one(void *ctx, const struct tw_store_incident *row)
{
    struct listing *l = ctx;
    if (l->n == l->most) { /* there is one more */
        l->n++;
        return false;
    }
    struct tw_story *story = tw_story_create();
    size_t left = LIST_BYTES - l->bytes,
           bytes = read_story(l->store, row->id, left < ROW_BYTES ? left : ROW_BYTES, story);
    l->bad = bytes == SIZE_MAX || tw_store_is_over(l->store);
    if (!l->bad) {
        struct tw_incident i = told(story, row, l->now);
        tw_json_next(l->out);
        tw_render_incident_head(&i, l->out);
        memcpy(l->last, row->id, sizeof l->last);
        l->bytes += bytes < left ? bytes : left;
        l->n++;
    }
    tw_story_destroy(story);
    return !l->bad;
}

/* `id` as the store has it. */
static bool resolve(void *ctx, const struct tw_store_incident *row)
{
    memcpy(ctx, row->id, sizeof row->id);
    return false;
}

static int find(struct tw_store *s, const char *id, tw_store_take_incident *take, void *ctx,
                char why[static TW_INCIDENTS_WHY])
{
    switch (tw_store_incident(s, id, take, ctx)) {
    case TW_STORE_FOUND: return 200;
    case TW_STORE_NONE: return trouble(why, 404, "no incident '", id, "'");
    case TW_STORE_SEVERAL:
        return trouble(why, 404, "several incidents or alerts begin with '", id, "': give more of it");
    case TW_STORE_TROUBLE: break;
    }
    return unreadable(s, why);
}

int tw_incidents_list(struct tw_store *s, const struct tw_store_which *w, tw_time now, struct tw_buf *out,
                      char why[static TW_INCIDENTS_WHY])
{
    struct listing l = {.store = s, .now = now, .out = out, .most = w->most};
    struct tw_store_which which = *w;
    char before[TW_ALERT_ID];
    int status = w->before != NULL ? find(s, w->before, resolve, before, why) : 200;
    if (status != 200)
        return status;
    which.before = w->before != NULL ? before : NULL;
    which.most++;
    tw_buf_z(out, "{\"as_of\":");
    tw_json_time(out, now);
    tw_buf_z(out, ",\"incidents\":[");
    if (!tw_store_incidents(s, &which, list_one, &l) || l.bad)
        return unreadable(s, why);
    tw_buf_z(out, "],\"next\":");
    tw_json_z(out, l.n > l.most ? l.last : NULL);
    tw_buf_z(out, "}\n");
    return 200;
}

struct one {
    struct tw_store *store;
    tw_time now;
    struct tw_buf *out;
    bool bad;
};

static bool tell_one(void *ctx, const struct tw_store_incident *row)
{
    struct one *o = ctx;
    struct tw_story *story = tw_story_create();
    o->bad = read_story(o->store, row->id, ONE_BYTES, story) == SIZE_MAX;
    if (!o->bad) {
        struct tw_incident i = told(story, row, o->now);
        tw_render_incident(&i, o->now, o->out);
    }
    tw_story_destroy(story);
    return false;
}

int tw_incidents_one(struct tw_store *s, const char *id, tw_time now, struct tw_buf *out,
                     char why[static TW_INCIDENTS_WHY])
{
    struct one o = {.store = s, .now = now, .out = out};
    int status = find(s, id, tell_one, &o, why);
    return status == 200 && o.bad ? unreadable(s, why) : status;
}
