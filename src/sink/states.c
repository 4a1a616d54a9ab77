/* SPDX-License-Identifier: ISC */
#include "states.h"

#include "base/mem.h"
#include "render/render.h"

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

static bool is_banned(const char *banned, char c)
{
    return c == '!' || (unsigned char)c < ' ' || c == 0x7f || strchr(banned, c) != NULL;
}

const char *tw_states_check_template(struct tw_str s, const char *banned)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '!')
            return "expected a name without !";
        if (is_banned(banned, s.p[i]))
            return "it has a character that the receiver takes in no name";
        if (s.p[i] == '{' && placeholder(tw_str_from(s, i)) == PLACEHOLDERS)
            return "expected {pair}, {condition}, {device}, {peer}, {trunk} or {e-trunk}";
    }
    return s.n > 0 ? NULL : "it is empty";
}

/* What would separate host and service has no place inside them. */
static void add_value(struct tw_buf *b, const struct tw_states *k, const char *value)
{
    struct tw_str s = tw_str_z(value != NULL ? value : "-");
    for (size_t i = 0; i < s.n; i++) {
        bool bad = is_banned(k->banned, s.p[i]) || strchr(k->banned_values, s.p[i]) != NULL;
        tw_buf_char(b, bad ? '_' : s.p[i]);
    }
}

static void fill_in(struct tw_buf *b, const struct tw_states *k, struct tw_str template,
                    const struct tw_transition *t)
{
    char number[TW_U64_TEXT];
    const char *const values[PLACEHOLDERS] = {
        t->pair, t->condition, t->device,
        t->peer, t->trunk,     t->e_trunk > 0 ? tw_u64_text(t->e_trunk, number) : NULL};
    for (size_t i = 0; i < template.n;) {
        size_t which = template.p[i] == '{' ? placeholder(tw_str_from(template, i)) : PLACEHOLDERS;
        if (which < PLACEHOLDERS) {
            add_value(b, k, values[which]);
            i += strlen(placeholders[which]);
        } else {
            tw_buf_char(b, template.p[i++]);
        }
    }
}

static char *object_name(const struct tw_states *k, const struct tw_transition *t, size_t *host_n)
{
    struct tw_buf b = {0};
    fill_in(&b, k, k->host, t);
    *host_n = b.n;
    tw_buf_char(&b, '!');
    fill_in(&b, k, k->service, t);
    return b.p;
}

/* Open, but nobody shall be called for it. */
static bool is_quiet(const struct tw_states *k, const struct tw_transition *t)
{
    return t->silenced != NULL && t->kind != TW_CLEARED && !k->silenced;
}

/* A short line, and below it everything. */
static char *text_of(const struct tw_states *k, const struct tw_transition *t)
{
    struct tw_buf b = {0}, all = {0};
    if (is_quiet(k, t))
        tw_buf_z(&b, t->silenced->kind == TW_MAINTENANCE ? "planned work: " : "silenced: ");
    tw_buf_safe(&b, tw_str_z(t->summary));
    tw_buf_shorten(&b, FIRST_MAX);
    tw_render_text(t, false, 0, &all);
    tw_buf_char(&b, '\n');
    tw_buf_str(&b, tw_buf_view(&all));
    tw_buf_shorten(&b, TEXT_MAX);
    tw_buf_finish(&all);
    return b.p;
}

static void drop_alert(struct tw_states *k, size_t i)
{
    free(k->alerts[i].object);
    free(k->alerts[i].condition);
    free(k->alerts[i].text);
    memmove(k->alerts + i, k->alerts + i + 1, (k->alerts_n - i - 1) * sizeof *k->alerts);
    k->alerts_n--;
}

static size_t object_at(struct tw_states *k, const char *name, size_t host_n)
{
    for (size_t i = 0; i < k->objects_n; i++) {
        if (strcmp(k->objects[i].name, name) == 0)
            return i;
    }
    struct tw_states_object *o = TW_PUSH(k->objects, k->objects_n, k->objects_cap);
    o->name = tw_xstrndup(name, strlen(name));
    o->host_n = host_n;
    return k->objects_n - 1;
}

size_t tw_states_take(struct tw_states *k, const struct tw_transition *t, int64_t until_ms)
{
    size_t host_n;
    char *name = object_name(k, t, &host_n), *text = text_of(k, t);
    size_t at = object_at(k, name, host_n);
    if (t->seq > 0)
        k->objects[at].until_ms = until_ms;
    for (size_t i = 0; i < k->alerts_n; i++) {
        if (strcmp(k->alerts[i].id, t->alert_id) == 0) {
            drop_alert(k, i);
            break;
        }
    }
    /* What is made up (seq 0) leaves nothing behind but a good state with its text, which is sent once. */
    if (t->kind == TW_CLEARED || t->seq == 0 || is_quiet(k, t)) {
        free(k->objects[at].last);
        k->objects[at].last = text;
        free(name);
        return at;
    }
    if (k->alerts_n == TW_STATES_ALERTS_MAX)
        drop_alert(k, 0);
    struct tw_states_alert *a = TW_PUSH(k->alerts, k->alerts_n, k->alerts_cap);
    *a = (struct tw_states_alert){.object = name,
                                  .condition = tw_xstrndup(t->condition, strlen(t->condition)),
                                  .severity = t->severity,
                                  .affected = t->sub_interfaces_n,
                                  .text = text};
    memcpy(a->id, t->alert_id, TW_ALERT_ID);
    return at;
}

static int level(const struct tw_states_alert *a)
{
    return (int)a->severity + 1;
}

void tw_states_look(const struct tw_states *k, size_t object, struct tw_states_view *out)
{
    const struct tw_states_object *o = &k->objects[object];
    const char *text = o->last != NULL ? o->last : "no alert is open";
    out->host = tw_str_of(o->name, o->host_n);
    out->service = tw_str_z(o->name + o->host_n + 1);
    for (size_t i = 0; i < k->alerts_n; i++) {
        const struct tw_states_alert *a = &k->alerts[i];
        if (strcmp(a->object, o->name) != 0)
            continue;
        out->open++;
        out->affected += a->affected;
        if (level(a) <= out->level)
            continue;
        out->level = level(a);
        text = a->text;
    }
    if (out->open > 1)
        tw_buf_fmt(&out->text, "%zu alerts; the worst: ", out->open);
    tw_buf_z(&out->text, text);
}

size_t tw_states_conditions(const struct tw_states *k, size_t object,
                            struct tw_states_condition out[static TW_STATES_CONDITIONS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < k->alerts_n; i++) {
        const struct tw_states_alert *a = &k->alerts[i];
        size_t at = 0;
        if (strcmp(a->object, k->objects[object].name) != 0)
            continue;
        while (at < n && strcmp(out[at].name, a->condition) != 0)
            at++;
        if (at == TW_STATES_CONDITIONS_MAX)
            continue;
        if (at == n)
            out[n++] = (struct tw_states_condition){.name = a->condition};
        out[at].open++;
        if (level(a) <= out[at].level)
            continue;
        out[at].level = level(a);
        out[at].text = a->text;
    }
    return n;
}

void tw_states_forget(struct tw_states *k, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->objects_n; i++) {
        struct tw_states_object *o = &k->objects[i];
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
    for (size_t i = kept; i < k->objects_n; i++)
        k->objects[i] = (struct tw_states_object){0};
    k->objects_n = kept;
}

void tw_states_finish(struct tw_states *k)
{
    while (k->alerts_n > 0)
        drop_alert(k, k->alerts_n - 1);
    tw_states_forget(k, INT64_MAX);
    free(k->alerts);
    free(k->objects);
}
