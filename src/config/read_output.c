/* SPDX-License-Identifier: ISC */
/* Outputs: what is common to all, and the settings of each type, by its rows. */
#include "read.h"

#include "base/buf.h"
#include "base/mem.h"

#include <inttypes.h>

enum { TYPES_MAX = 32, KEYS_MAX = 64 };

static const char *const common[] = {"type",  "name",     "conditions", "severity",
                                     "pairs", "silenced", "updates",    "repeat"};
enum { COMMON = sizeof common / sizeof *common };

static bool read_type(struct reader *r, const struct tw_node *n, size_t *out)
{
    const char *names[TYPES_MAX] = {NULL};
    for (size_t i = 0; r->types[i].name != NULL && i + 1 < TYPES_MAX; i++)
        names[i] = r->types[i].name;
    return tw_doc_want_word(r->doc, n, "type of an output", names, r->errors, out);
}

static size_t settings_n(const struct tw_config_output_type *t)
{
    size_t n = 0;
    while (t->settings != NULL && t->settings[n].name != NULL)
        n++;
    return n;
}

static void check_keys(struct reader *r, const struct tw_node *n, const struct tw_config_output_type *t)
{
    const char *keys[KEYS_MAX] = {NULL};
    struct tw_buf what = {0};
    size_t rows = settings_n(t);
    memcpy(keys, common, sizeof common);
    for (size_t i = 0; i < rows && COMMON + i + 1 < KEYS_MAX; i++)
        keys[COMMON + i] = t->settings[i].name;
    tw_buf_fmt(&what, "output of type %s", t->name);
    tw_doc_known_keys(r->doc, n, what.p, keys, r->errors);
    tw_buf_finish(&what);
}

static bool read_texts(struct reader *r, const struct tw_node *n, const char *what, const struct tw_str **out,
                       size_t *out_n)
{
    struct tw_str *list;
    bool ok = true;
    if (!tw_doc_want_list(r->doc, n, what, r->errors))
        return false;
    if (n->n == 0) {
        tw_doc_error(r->doc, n, r->errors, "%s is empty, expected at least one", what);
        return false;
    }
    list = tw_arena_alloc(r->arena, n->n * sizeof *list);
    for (uint32_t i = 0; i < n->n; i++)
        ok = tw_doc_want_text(r->doc, n->items[i], what, r->errors, &list[i]) && ok;
    *out = list;
    *out_n = n->n;
    return ok;
}

static bool want_time(struct reader *r, const struct tw_node *n, const char *what, int64_t least,
                      int64_t most, int64_t *out)
{
    tw_dur d = {0};
    char quote[TW_QUOTE_TEXT];
    if (!tw_doc_want_dur(r->doc, n, what, r->errors, &d))
        return false;
    if (d.ns < least || d.ns > most) {
        tw_doc_error(r->doc, n, r->errors, "%s is %s, expected %g s to %g s", what,
                     tw_doc_quote(n->text, quote), (double)least / 1e9, (double)most / 1e9);
        return false;
    }
    *out = d.ns;
    return true;
}

static bool want_path(struct reader *r, const struct tw_node *n, const char *what, bool secret,
                      struct tw_str *out)
{
    const char *path = (secret ? read_secret_path : read_path)(r, n, what);
    if (path != NULL)
        *out = tw_str_z(path);
    return path != NULL;
}

static bool read_value(struct reader *r, const struct tw_node *n, const struct tw_setting *s,
                       const char *what, struct tw_setting_value *v)
{
    uint64_t number = 0;
    size_t word = 0;
    bool yes = false;
    bool ok = false;
    switch (s->kind) {
    case TW_SETTING_TEXT: ok = tw_doc_want_text(r->doc, n, what, r->errors, &v->text); break;
    case TW_SETTING_PATH: ok = want_path(r, n, what, false, &v->text); break;
    case TW_SETTING_FILE:
    case TW_SETTING_SECRET: ok = want_path(r, n, what, true, &v->text); break;
    case TW_SETTING_NUMBER:
        ok = tw_doc_want_u64(r->doc, n, what, (uint64_t)s->least, (uint64_t)s->most, r->errors, &number);
        v->number = (int64_t)number;
        break;
    case TW_SETTING_TIME: ok = want_time(r, n, what, s->least, s->most, &v->number); break;
    case TW_SETTING_BOOL:
        ok = tw_doc_want_bool(r->doc, n, what, r->errors, &yes);
        v->number = yes;
        break;
    case TW_SETTING_WORD:
        ok = tw_doc_want_word(r->doc, n, what, s->words, r->errors, &word);
        v->number = (int64_t)word;
        v->text = tw_str_z(s->words[word]);
        break;
    case TW_SETTING_LIST:
    case TW_SETTING_EACH: ok = read_texts(r, n, what, &v->list, &v->list_n); break;
    }
    v->given = ok;
    return ok;
}

static void read_preset(struct reader *r, const struct tw_setting *s, struct tw_setting_value *v)
{
    struct tw_errors errors = {0};
    const struct tw_doc *file = r->doc;
    struct tw_errors *kept = r->errors;
    struct tw_doc *preset = tw_doc_parse("preset", tw_str_z(s->preset), &errors);
    r->errors = &errors;
    r->doc = preset;
    bool ok = preset != NULL && preset->root != NULL && read_value(r, preset->root, s, s->name, v);
    TW_ASSERT(ok && errors.n == 0);
    v->text = tw_str_of(tw_arena_dup(r->arena, v->text.p, v->text.n), v->text.n);
    r->doc = file;
    r->errors = kept;
    tw_doc_destroy(preset);
}

static const struct tw_setting_value *read_settings(struct reader *r, const struct tw_node *n,
                                                    const struct tw_config_output_type *t)
{
    size_t rows = settings_n(t);
    struct tw_setting_value *values = tw_arena_alloc(r->arena, (rows + 1) * sizeof *values);
    for (size_t i = 0; i < rows; i++) {
        const struct tw_setting *s = &t->settings[i];
        const struct tw_node *node = tw_node_get(n, s->name);
        struct tw_buf what = {0};
        tw_buf_fmt(&what, "%s of an output", s->name);
        if (node != NULL) {
            values[i].line = node->line;
            values[i].column = node->column;
            (void)read_value(r, node, s, what.p, &values[i]);
        } else if (s->preset != NULL) {
            read_preset(r, s, &values[i]);
        } else if (s->needed) {
            tw_doc_error(r->doc, n, r->errors, "output of type %s has no %s, expected {type: %s, %s: …}",
                         t->name, s->name, t->name, s->name);
        }
        tw_buf_finish(&what);
    }
    return values;
}

/* What tells one from another: its type, and what it must be given. */
static const char *default_name(struct reader *r, const struct tw_config_output_type *t,
                                const struct tw_setting_value *values)
{
    struct tw_buf b = {0};
    tw_buf_z(&b, t->name);
    for (size_t i = 0; i < settings_n(t); i++) {
        bool tells = t->settings[i].needed && t->settings[i].kind != TW_SETTING_SECRET;
        if (tells && values[i].text.n > 0)
            tw_buf_fmt(&b, ":%.*s", TW_STR_ARG(values[i].text));
        else if (tells && values[i].list_n > 0)
            tw_buf_fmt(&b, ":%.*s", TW_STR_ARG(values[i].list[0]));
        if (tells)
            break;
    }
    const char *name = tw_arena_dup(r->arena, b.p, b.n);
    tw_buf_finish(&b);
    return name;
}

static void read_filter(struct reader *r, const struct tw_node *n, struct tw_config_output *out)
{
    static const char *const severities[] = {"warning", "minor", "major", "critical", NULL};
    const struct tw_node *node;
    size_t word = 0;
    bool yes = false;
    int64_t ns = 0;
    out->silenced = 2;
    if ((node = tw_node_get(n, "conditions")) != NULL)
        (void)read_texts(r, node, "conditions of an output", &out->conditions, &out->conditions_n);
    if ((node = tw_node_get(n, "pairs")) != NULL)
        (void)read_texts(r, node, "pairs of an output", &out->pairs, &out->pairs_n);
    if ((node = tw_node_get(n, "severity")) != NULL &&
        tw_doc_want_word(r->doc, node, "severity of an output", severities, r->errors, &word))
        out->severity = (enum tw_severity)word;
    if ((node = tw_node_get(n, "silenced")) != NULL &&
        tw_doc_want_bool(r->doc, node, "silenced of an output", r->errors, &yes))
        out->silenced = yes;
    if ((node = tw_node_get(n, "updates")) != NULL &&
        tw_doc_want_bool(r->doc, node, "updates of an output", r->errors, &yes))
        out->no_updates = !yes;
    if ((node = tw_node_get(n, "repeat")) != NULL &&
        want_time(r, node, "repeat of an output", TW_SECONDS(60).ns, TW_SECONDS(30 * 86400).ns, &ns))
        out->repeat.ns = ns;
}

static void read_name(struct reader *r, const struct tw_node *n, struct tw_config_output *out)
{
    const struct tw_node *node = tw_node_get(n, "name");
    struct tw_str name;
    out->name = default_name(r, &r->types[out->type], out->values);
    if (node == NULL || !tw_doc_want_text(r->doc, node, "name of an output", r->errors, &name))
        return;
    if (name.n == 0 || name.n > 128 || !tw_str_is_plain(name))
        tw_doc_error(r->doc, node, r->errors, "name of an output is not one, expected 1 to 128 letters");
    out->name = tw_arena_dup(r->arena, name.p, name.n);
}

/* An output for each text of a list that says so. */
static size_t spread(struct reader *r, struct tw_config_output *out, size_t room)
{
    const struct tw_config_output first = *out;
    const struct tw_config_output_type *t = &r->types[first.type];
    size_t rows = settings_n(t), each = rows;
    for (size_t i = 0; i < rows; i++)
        each = t->settings[i].kind == TW_SETTING_EACH && first.values[i].list_n > 0 ? i : each;
    if (each == rows)
        return 1;
    size_t n = first.values[each].list_n < room ? first.values[each].list_n : room;
    for (size_t k = 0; k < n; k++) {
        struct tw_setting_value *values = tw_arena_alloc(r->arena, (rows + 1) * sizeof *values);
        memcpy(values, first.values, rows * sizeof *values);
        values[each].text = values[each].list[k];
        struct tw_buf name = {0};
        tw_buf_z(&name, first.name);
        if (k > 0 || n > 1)
            tw_buf_fmt(&name, "#%zu", k + 1);
        out[k] = first;
        out[k].values = values;
        out[k].name = tw_arena_dup(r->arena, name.p, name.n);
        tw_buf_finish(&name);
    }
    return n;
}

/* How many outputs it makes. */
static size_t read_output(struct reader *r, const struct tw_node *n, struct tw_config_output *out,
                          size_t room)
{
    *out = (struct tw_config_output){.at = place_of(n)};
    if (!tw_doc_want_map(r->doc, n, "output", r->errors))
        return 0;
    if (tw_node_get(n, "type") == NULL) {
        tw_doc_error(r->doc, n, r->errors, "output has no type, expected {type: …}");
        return 0;
    }
    if (!read_type(r, tw_node_get(n, "type"), &out->type))
        return 0;
    check_keys(r, n, &r->types[out->type]);
    out->values = read_settings(r, n, &r->types[out->type]);
    read_filter(r, n, out);
    read_name(r, n, out);
    return spread(r, out, room);
}

/* A name stands for what an output has done already, also after a restart. */
static void check_names(struct reader *r)
{
    const struct tw_config *c = r->config;
    for (size_t i = 1; i < c->outputs_n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(c->outputs[i].name, c->outputs[k].name) != 0)
                continue;
            tw_errors_add(r->errors, c->file, c->outputs[i].at.line, c->outputs[i].at.column,
                          "a second output '%s', expected one with another name: NAME", c->outputs[i].name);
            break;
        }
    }
}

void read_outputs(struct reader *r, const struct tw_node *n)
{
    if (!tw_doc_want_list(r->doc, n, r->key, r->errors))
        return;
    struct tw_config_output *list = tw_arena_alloc(r->arena, TW_CONFIG_OUTPUTS_MAX * sizeof *list);
    r->config->outputs = list;
    for (uint32_t i = 0; i < n->n; i++) {
        size_t room = TW_CONFIG_OUTPUTS_MAX - r->config->outputs_n;
        if (room == 0) {
            tw_doc_error(r->doc, n->items[i], r->errors, "too many outputs, expected at most %d",
                         TW_CONFIG_OUTPUTS_MAX);
            return;
        }
        r->config->outputs_n += read_output(r, n->items[i], &list[r->config->outputs_n], room);
    }
    check_names(r);
}

static void help_setting(const struct tw_setting *s, struct tw_buf *out)
{
    tw_buf_fmt(out, "        %s", s->name);
    if (s->preset != NULL)
        tw_buf_fmt(out, " (default %s)", s->preset);
    tw_buf_fmt(out, "\n            %s%s%s", s->help, s->needed ? " Must be given." : "",
               s->kind == TW_SETTING_EACH     ? " A list; each is an output of its own."
               : s->kind == TW_SETTING_LIST   ? " A list."
               : s->kind == TW_SETTING_SECRET ? " A file that holds it."
                                              : "");
    for (size_t i = 0; s->kind == TW_SETTING_WORD && s->words[i] != NULL; i++)
        tw_buf_fmt(out, "%s%s", i == 0 ? " One of " : ", ", s->words[i]);
    tw_buf_char(out, '\n');
}

void help_outputs(const struct tw_config_output_type *types, struct tw_buf *out)
{
    tw_buf_z(out,
             "\nEvery output has a type, and may have:\n"
             "        name\n            What it is called in status and log, and known by after a restart.\n"
             "        conditions, pairs\n            Lists: only these; NAME* stands for all that begin so.\n"
             "        severity (default warning)\n            Only alerts that are at least that severe.\n"
             "        silenced\n            true: silenced alerts as well; file and stdout: unless false.\n"
             "        updates (default true)\n            false: nothing between an alert's beginning and "
             "its end.\n"
             "        repeat\n            What is still open is sent again so often, as 4h; unless it was "
             "acknowledged. 1m to 30d.\n");
    for (const struct tw_config_output_type *t = types; t != NULL && t->name != NULL; t++) {
        tw_buf_fmt(out, "    type: %s\n      %s\n", t->name, t->help);
        for (size_t i = 0; i < settings_n(t); i++)
            help_setting(&t->settings[i], out);
    }
}
