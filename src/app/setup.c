/* SPDX-License-Identifier: ISC */
#include "setup.h"

#include "base/buf.h"
#include "command.h"
#include "load.h"
#include "pipeline/pipeline.h"
#include "tls/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void tw_setup_wrong(const struct tw_setup *s, struct tw_config_place at, const char *what, const char *path,
                    struct tw_errors *errors)
{
    tw_errors_add(errors, s->config->file, at.line > 0 ? at.line : 1, at.column > 0 ? at.column : 1,
                  "%s '%s': %s", what, path, strerror(errno));
}

static bool read_config(const char *path, struct tw_setup *s, struct tw_errors *errors, int *status)
{
    struct tw_config_output_type types[TW_SETUP_TYPES_MAX];
    char *text;
    size_t n;
    tw_setup_output_types(types);
    if (!tw_load_file(path, &text, &n)) {
        *status = TW_EXIT_USAGE;
        return false;
    }
    s->config = tw_config_create(path, tw_str_of(text, n), types, errors);
    free(text);
    return s->config != NULL;
}

static void read_inventory(struct tw_setup *s, struct tw_errors *errors)
{
    const char *path = s->config->inventory;
    char *text;
    size_t n;
    if (access(path, R_OK) != 0 || !tw_load_file(path, &text, &n)) {
        tw_setup_wrong(s, s->config->inventory_at, "can't read the inventory", path, errors);
        return;
    }
    s->topology = tw_topology_create(path, tw_str_of(text, n), errors);
    free(text);
}

static void apply_holds(struct tw_setup *s, struct tw_errors *errors)
{
    for (size_t i = 0; i < s->config->holds_n; i++) {
        const struct tw_config_hold *h = &s->config->holds[i];
        char buf[TW_QUOTE_TEXT];
        if (!tw_rules_hold(s->rules, h->condition, h->hold))
            tw_errors_add(errors, s->config->file, h->at.line, h->at.column,
                          "unknown condition %s, expected the name of one in %s/conditions",
                          tw_doc_quote(h->condition, buf), s->rules_dir);
    }
}

static void read_rules(struct tw_setup *s, struct tw_errors *errors)
{
    struct tw_rules_files files;
    s->rules_dir = s->config->rules != NULL ? s->config->rules : tw_load_rules_dir();
    if (access(s->rules_dir, R_OK | X_OK) != 0 || !tw_load_rules_files(s->rules_dir, &files)) {
        tw_setup_wrong(s, s->config->rules_at, "can't read the rules in", s->rules_dir, errors);
        return;
    }
    s->rules = tw_rules_create(&files.text, errors);
    /* Before the holds are changed: the examples are about the rules' own. */
    if (s->rules != NULL)
        s->examples = tw_rules_check(&files.text, s->rules, errors);
    tw_rules_files_finish(&files);
    if (s->rules != NULL)
        apply_holds(s, errors);
}

/* It is made at start; where it never could be is told now. */
static void check_state(struct tw_setup *s, struct tw_errors *errors)
{
    const char *path = s->config->state, *slash = path != NULL ? strrchr(path, '/') : NULL;
    struct tw_buf folder = {0};
    struct stat st;
    if (path == NULL)
        return;
    tw_buf_add(&folder, slash != NULL ? path : ".", slash != NULL ? (size_t)(slash - path) + 1 : 1);
    bool exists = stat(path, &st) == 0;
    if (exists && !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        tw_setup_wrong(s, s->config->state_at, "can't keep the state in", path, errors);
    } else if (access(exists ? path : folder.p, W_OK | X_OK) != 0) {
        tw_setup_wrong(s, s->config->state_at, "can't keep the state in", path, errors);
    }
    tw_buf_finish(&folder);
}

int tw_setup_load(const char *path, struct tw_setup *out, struct tw_errors *errors)
{
    int status = TW_EXIT_NOT_RIGHT;
    *out = (struct tw_setup){0};
    if (read_config(path, out, errors, &status)) {
        read_inventory(out, errors);
        read_rules(out, errors);
        tw_setup_check_outputs(out, errors);
        tw_setup_load_tls(out, errors);
        check_state(out, errors);
        tw_setup_read_users(out, errors);
        if (errors->n == 0)
            return TW_EXIT_OK;
    }
    tw_setup_finish(out);
    return status;
}

void tw_setup_finish(struct tw_setup *s)
{
    tw_config_destroy(s->config);
    if (s->topology != NULL)
        tw_topology_unref(s->topology);
    tw_rules_destroy(s->rules);
    tw_tls_destroy(s->tls);
    tw_usm_users_finish(s->users, s->users_n);
    free(s->users);
    tw_errors_finish(&s->warnings);
    *s = (struct tw_setup){0};
}

/* What the core would raise from the inventory alone. */
static void say_doubts(struct tw_setup *s)
{
    size_t n;
    struct tw_rules *rules = s->rules;
    struct tw_pipeline *p = tw_pipeline_create(s->topology, rules, NULL);
    s->rules = NULL; /* taken */
    tw_pipeline_swap(p, s->topology, rules, (tw_time){0});
    tw_pipeline_advance(p, (tw_time){1}); /* what has no hold is due at once */
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(stderr, "%s: warning: %s: %s\n", s->topology->file, t[i]->condition, t[i]->summary);
    tw_pipeline_destroy(p);
    for (size_t i = 0; i < s->warnings.n; i++)
        (void)fprintf(stderr, "warning: %s\n", s->warnings.text[i]);
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        if (tw_config_unused(s->config, o))
            (void)fprintf(stderr, "%s: warning: %s is not used by this version\n", s->config->file,
                          tw_option_key(o));
    }
}

int tw_setup_check(const char *path)
{
    struct tw_setup s;
    struct tw_errors errors = {0};
    int status = tw_setup_load(path, &s, &errors);
    tw_load_errors(&errors);
    if (status != TW_EXIT_OK)
        return status;
    TW_ASSERT(s.topology != NULL);
    struct tw_rules_stats stats = tw_rules_stats(s.rules);
    (void)printf(
        "%s: %zu devices, %zu pairs, %zu outputs; %zu event rules, %zu conditions, %zu examples hold\n", path,
        s.topology->devices_n, s.topology->pairs_n, s.config->outputs_n, stats.events, stats.conditions,
        s.examples);
    say_doubts(&s);
    tw_setup_finish(&s);
    return status;
}
