/* SPDX-License-Identifier: ISC */
#include "icinga.h"

#include "base/mem.h"
#include "render/render.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MAX = 250, TEXT_MAX = 8192 };

static const char *const placeholders[] = {"{pair}", "{condition}", "{device}",
                                           "{peer}", "{trunk}",     "{e-trunk}"};
enum { PLACEHOLDERS = sizeof placeholders / sizeof *placeholders };

static size_t placeholder(struct tw_str s)
{
    size_t i = 0;
    while (i < PLACEHOLDERS && !tw_str_starts(s, tw_str_z(placeholders[i])))
        i++;
    return i;
}

const char *tw_icinga_check_template(struct tw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '!')
            return "expected a name without !";
        if (s.p[i] == '{' && placeholder(tw_str_from(s, i)) == PLACEHOLDERS)
            return "expected {pair}, {condition}, {device}, {peer}, {trunk} or {e-trunk}";
    }
    return s.n > 0 ? NULL : "it is empty";
}

/* What would separate host and service has no place inside them. */
static void add_value(struct tw_buf *b, const char *value)
{
    struct tw_str s = tw_str_z(value != NULL ? value : "-");
    for (size_t i = 0; i < s.n; i++)
        tw_buf_char(b, s.p[i] == '!' ? '_' : s.p[i]);
}

static void fill_in(struct tw_buf *b, struct tw_str template, const struct tw_transition *t)
{
    char number[TW_U64_TEXT];
    const char *const values[PLACEHOLDERS] = {
        t->pair, t->condition, t->device,
        t->peer, t->trunk,     t->e_trunk > 0 ? tw_u64_text(t->e_trunk, number) : NULL};
    for (size_t i = 0; i < template.n;) {
        size_t which = template.p[i] == '{' ? placeholder(tw_str_from(template, i)) : PLACEHOLDERS;
        if (which < PLACEHOLDERS) {
            add_value(b, values[which]);
            i += strlen(placeholders[which]);
        } else {
            tw_buf_char(b, template.p[i++]);
        }
    }
}

static char *object_name(const struct tw_icinga *k, const struct tw_transition *t)
{
    struct tw_buf b = {0};
    fill_in(&b, k->host, t);
    tw_buf_char(&b, '!');
    fill_in(&b, k->service, t);
    return b.p;
}

/* A short line, and below it everything. */
static char *text_of(const struct tw_transition *t)
{
    struct tw_buf b = {0}, all = {0};
    tw_buf_safe(&b, tw_str_z(t->summary));
    tw_buf_shorten(&b, FIRST_MAX);
    tw_render_text(t, false, 0, &all);
    tw_buf_char(&b, '\n');
    tw_buf_str(&b, tw_buf_view(&all));
    tw_buf_shorten(&b, TEXT_MAX);
    tw_buf_finish(&all);
    return b.p;
}

static void drop_alert(struct tw_icinga *k, size_t i)
{
    free(k->alerts[i].object);
    free(k->alerts[i].text);
    memmove(k->alerts + i, k->alerts + i + 1, (k->alerts_n - i - 1) * sizeof *k->alerts);
    k->alerts_n--;
}

static size_t object_at(struct tw_icinga *k, const char *name)
{
    for (size_t i = 0; i < k->objects_n; i++) {
        if (strcmp(k->objects[i].name, name) == 0)
            return i;
    }
    struct tw_icinga_object *o = TW_PUSH(k->objects, k->objects_n, k->objects_cap);
    o->name = tw_xstrndup(name, strlen(name));
    return k->objects_n - 1;
}

size_t tw_icinga_take(struct tw_icinga *k, const struct tw_transition *t, int64_t until_ms)
{
    char *name = object_name(k, t), *text = text_of(t);
    size_t at = object_at(k, name);
    k->objects[at].until_ms = until_ms;
    for (size_t i = 0; i < k->alerts_n; i++) {
        if (strcmp(k->alerts[i].id, t->alert_id) == 0) {
            drop_alert(k, i);
            break;
        }
    }
    /* What is made up (seq 0) leaves nothing behind but a good state with its text. */
    if (t->kind == TW_CLEARED || t->seq == 0) {
        free(k->objects[at].last);
        k->objects[at].last = text;
        free(name);
        return at;
    }
    if (k->alerts_n == TW_ICINGA_ALERTS_MAX)
        drop_alert(k, 0);
    struct tw_icinga_alert *a = TW_PUSH(k->alerts, k->alerts_n, k->alerts_cap);
    *a = (struct tw_icinga_alert){
        .object = name, .severity = t->severity, .affected = t->sub_interfaces_n, .text = text};
    memcpy(a->id, t->alert_id, TW_ALERT_ID);
    return at;
}

int tw_icinga_state(const struct tw_icinga *k, size_t object, struct tw_buf *text, size_t *open,
                    size_t *affected)
{
    const struct tw_icinga_object *o = &k->objects[object];
    const struct tw_icinga_alert *worst = NULL;
    *open = *affected = 0;
    for (size_t i = 0; i < k->alerts_n; i++) {
        const struct tw_icinga_alert *a = &k->alerts[i];
        if (strcmp(a->object, o->name) != 0)
            continue;
        ++*open;
        *affected += a->affected;
        if (worst == NULL || a->severity > worst->severity)
            worst = a;
    }
    if (*open > 1)
        tw_buf_fmt(text, "%zu alerts; the worst: ", *open);
    tw_buf_z(text, worst != NULL ? worst->text : o->last != NULL ? o->last : "no alert is open");
    return worst == NULL ? 0 : worst->severity >= TW_SEVERITY_MAJOR ? 2 : 1;
}

void tw_icinga_forget(struct tw_icinga *k, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->objects_n; i++) {
        struct tw_icinga_object *o = &k->objects[i];
        bool bad = false;
        for (size_t n = 0; n < k->alerts_n && !bad; n++)
            bad = strcmp(k->alerts[n].object, o->name) == 0;
        if (bad || o->until_ms > now_ms) {
            k->objects[kept++] = *o;
            continue;
        }
        free(o->name);
        free(o->last);
    }
    k->objects_n = kept;
}

void tw_icinga_finish(struct tw_icinga *k)
{
    while (k->alerts_n > 0)
        drop_alert(k, k->alerts_n - 1);
    tw_icinga_forget(k, INT64_MAX);
    free(k->alerts);
    free(k->objects);
}

static void say(char why[static TW_SINK_WHY], long code, const char *status)
{
    struct tw_buf b = {0};
    if (code != 0)
        tw_buf_fmt(&b, "Icinga says %ld: ", code);
    tw_buf_safe(&b, tw_str_trim(tw_str_cut(tw_str_z(status != NULL ? status : "no reason"), 160)));
    (void)snprintf(why, TW_SINK_WHY, "%s", b.p);
    tw_buf_finish(&b);
}

static enum tw_sent judge_code(long code)
{
    if ((code >= 200 && code <= 299) || code == 409) /* 409: it has a newer one */
        return TW_SENT_OK;
    return code == 400 || code == 404 || code == 422 ? TW_SENT_REFUSED : TW_SENT_AGAIN;
}

static long number_of(const json_t *o, const char *key)
{
    double n = json_number_value(json_object_get(o, key));
    return n >= 0 && n <= 999 ? (long)n : 0;
}

static enum tw_sent judge_results(const json_t *root, char why[static TW_SINK_WHY])
{
    const json_t *results = json_object_get(root, "results"), *one;
    size_t i;
    if (json_object_get(root, "error") != NULL) {
        long code = number_of(root, "error");
        say(why, code, json_string_value(json_object_get(root, "status")));
        return judge_code(code);
    }
    if (json_array_size(results) == 0) {
        say(why, 0, "the answer has no results");
        return TW_SENT_AGAIN;
    }
    json_array_foreach(results, i, one)
    {
        long code = number_of(one, "code");
        enum tw_sent sent = judge_code(code);
        say(why, code, json_string_value(json_object_get(one, "status")));
        if (sent != TW_SENT_OK)
            return sent;
    }
    return TW_SENT_OK;
}

enum tw_sent tw_icinga_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                             char why[static TW_SINK_WHY])
{
    json_error_t error;
    json_t *root = a->why == NULL ? json_loadb(a->body.p, a->body.n, 0, &error) : NULL;
    enum tw_sent sent = tw_curl_judge(c, a, why);
    if (json_is_object(root) && a->status != 401)
        sent = judge_results(root, why);
    else if (sent == TW_SENT_OK) {
        say(why, 0, "the answer is no JSON: is this Icinga's API?");
        sent = TW_SENT_AGAIN;
    }
    json_decref(root);
    return sent;
}
