/* SPDX-License-Identifier: ISC */
/* The outputs of the configuration, as far as can be known before anything is sent. */
#include "setup.h"

#include "base/buf.h"
#include "sink/outlet.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

void tw_setup_output_types(struct tw_config_output_type types[static TW_SETUP_TYPES_MAX])
{
    size_t n = 0;
    for (; tw_sink_registry[n] != NULL && n + 1 < TW_SETUP_TYPES_MAX; n++) {
        const struct tw_sink_ops *o = tw_sink_registry[n];
        types[n] = (struct tw_config_output_type){o->name, o->help, o->settings};
    }
    types[n] = (struct tw_config_output_type){NULL, NULL, NULL};
}

/* An output that could never be written would be found when it is needed. */
static void check_written(struct tw_setup *s, struct tw_config_place at, const char *path,
                          struct tw_errors *errors)
{
    const char *slash = strrchr(path, '/');
    struct tw_buf folder = {0};
    struct stat st;
    tw_buf_add(&folder, slash != NULL ? path : ".", slash != NULL ? (size_t)(slash - path) + 1 : 1);
    bool exists = access(path, F_OK) == 0;
    if (exists && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        tw_setup_wrong(s, at, "can't write the output", path, errors);
    } else if (exists ? access(path, W_OK) != 0 : access(folder.p, W_OK | X_OK) != 0) {
        tw_setup_wrong(s, at, exists ? "can't write the output" : "can't create the output", path, errors);
    }
    tw_buf_finish(&folder);
}

static bool is_condition(const struct tw_setup *s, struct tw_str pattern)
{
    const char *name;
    size_t i = 0;
    while ((name = tw_rules_condition(s->rules, i)) != NULL && !tw_outlet_matches(pattern, name))
        i++;
    return name != NULL;
}

static bool is_pair(const struct tw_setup *s, struct tw_str pattern)
{
    size_t i = 0;
    while (i < s->topology->pairs_n && !tw_outlet_matches(pattern, s->topology->pairs[i].name))
        i++;
    return i < s->topology->pairs_n;
}

/* With a slip in it a filter lets nothing through, and nobody is called. A pair may be one of tomorrow's. */
static void check_filter(struct tw_setup *s, const struct tw_config_output *o, struct tw_errors *errors)
{
    const char *file = s->config->file;
    for (size_t i = 0; s->rules != NULL && i < o->conditions_n; i++) {
        if (!is_condition(s, o->conditions[i]))
            tw_errors_add(errors, file, o->at.line, o->at.column, "output '%s': there is no condition '%.*s'",
                          o->name, TW_STR_ARG(o->conditions[i]));
    }
    for (size_t i = 0; s->topology != NULL && i < o->pairs_n; i++) {
        if (!is_pair(s, o->pairs[i]))
            tw_errors_add(&s->warnings, file, o->at.line, o->at.column,
                          "output '%s': the inventory has no pair '%.*s'", o->name, TW_STR_ARG(o->pairs[i]));
    }
}

static void check_output(struct tw_setup *s, const struct tw_config_output *o, struct tw_errors *errors)
{
    const struct tw_setting *rows = tw_sink_registry[o->type]->settings;
    for (size_t i = 0; rows != NULL && rows[i].name != NULL; i++) {
        const struct tw_setting_value *v = &o->values[i];
        struct tw_config_place at = {v->line, v->column};
        if (!v->given)
            continue;
        if (rows[i].kind == TW_SETTING_PATH)
            check_written(s, at, v->text.p, errors);
        else if (rows[i].kind == TW_SETTING_FILE && access(v->text.p, R_OK) != 0)
            tw_setup_wrong(s, at, "can't read", v->text.p, errors);
        else if (rows[i].kind == TW_SETTING_SECRET)
            tw_setup_read_secret(s, &o->values[i], at, errors);
    }
}

/* Whatever a sink finds wrong with its settings, it says without connecting to anything. */
static void check_sink(struct tw_setup *s, const struct tw_config_output *o, struct tw_errors *errors)
{
    char why[TW_SINK_WHY] = "";
    struct event_base *base = event_base_new();
    struct tw_outlet_options options = {
        .name = o->name, .ops = tw_sink_registry[o->type], .values = o->values, .env.base = base};
    struct tw_outlet *outlet = base != NULL ? tw_outlet_create(&options, why) : NULL;
    if (outlet == NULL)
        tw_errors_add(errors, s->config->file, o->at.line, o->at.column, "output '%s': %s", o->name, why);
    tw_outlet_destroy(outlet);
    if (base != NULL)
        event_base_free(base);
}

void tw_setup_check_outputs(struct tw_setup *s, struct tw_errors *errors)
{
    size_t before = errors->n + errors->dropped;
    for (size_t i = 0; i < s->config->outputs_n; i++) {
        check_filter(s, &s->config->outputs[i], errors);
        check_output(s, &s->config->outputs[i], errors);
    }
    bool read = errors->n + errors->dropped == before; /* then each is made, and says what is wrong with it */
    for (size_t i = 0; read && i < s->config->outputs_n; i++)
        check_sink(s, &s->config->outputs[i], errors);
}
