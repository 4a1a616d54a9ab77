/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "base/json.h"
#include "command.h"
#include "plat/log.h"
#include "setup.h"

void tw_log_errors(const char *place, struct tw_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        tw_log(TW_LEVEL_ERROR, place, errors->text[i], NULL);
    if (errors->dropped > 0)
        tw_log(TW_LEVEL_ERROR, place, "and more errors", TW_KVS(TW_KV_N("n", errors->dropped)));
}

void tw_log_warnings(const char *place, const struct tw_setup *s)
{
    for (size_t i = 0; i < s->warnings.n; i++)
        tw_log(TW_LEVEL_WARNING, place, s->warnings.text[i], NULL);
}

void tw_log_unused(const struct tw_config *c)
{
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        if (tw_config_unused(c, o))
            tw_log(TW_LEVEL_WARNING, "config", "not used by this version",
                   TW_KVS(TW_KV("key", tw_option_key(o))));
    }
}

/* What needs a restart stays as it is, also in the configuration that is kept. */
static void name_unchangeable(const struct tw_config *old, const struct tw_config *new)
{
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        if (!tw_option_reloaded(o) && !tw_config_same(old, new, o))
            tw_log(TW_LEVEL_WARNING, "reload", "changed, but is read at start only: restart to use it",
                   TW_KVS(TW_KV("key", tw_option_key(o))));
    }
}

/* Connections that are open go on with what they began with. */
static void swap_tls(struct tw_daemon *d, struct tw_setup *s)
{
    bool needed = false;
    for (size_t i = 0; i < d->inputs_n; i++)
        needed = needed || d->inputs[i].tls;
    if (needed && s->tls == NULL) {
        tw_log(TW_LEVEL_WARNING, "reload", "tls was taken out, and a socket needs it: the old one stays",
               NULL);
        return;
    }
    tw_tls_destroy(d->tls);
    d->tls = s->tls;
    s->tls = NULL;
}

static void apply(struct tw_daemon *d, struct tw_setup *s)
{
    name_unchangeable(d->config, s->config);
    swap_tls(d, s);
    tw_unfed_swap(d, s->topology);
    tw_pipeline_swap(d->pipeline, s->topology, s->rules, tw_clock_now(&d->clock));
    s->rules = NULL; /* taken */
    /* What ended or began by the change still goes where the old configuration said. */
    tw_outputs_deliver(d);
    tw_outputs_open(d, s->config);
    tw_keep_snapshot(d); /* what comes from now on is judged by other rules */
    tw_config_destroy(d->config);
    d->config = s->config;
    s->config = NULL;
    tw_snmp_reload(d, s);
    tw_shed_limit(&d->shed, d->config->storm_rate, d->config->storm_burst);
    tw_streams_recheck(d);
}

static void note(struct tw_daemon *d, bool ok, const struct tw_errors *errors)
{
    struct tw_reloads *r = &d->reloads;
    tw_errors_finish(&r->errors);
    r->errors = *errors;
    r->last = tw_clock_now(&d->clock);
    r->last_refused = !ok;
    if (ok)
        r->done++;
    else
        r->refused++;
}

void tw_reload_errors_json(const struct tw_reloads *r, struct tw_buf *b)
{
    tw_json_key(b, "errors");
    tw_buf_char(b, '[');
    for (size_t i = 0; i < r->errors.n; i++) {
        tw_json_next(b);
        tw_json_z(b, r->errors.text[i]);
    }
    tw_buf_char(b, ']');
}

void tw_reload(struct tw_daemon *d)
{
    struct tw_setup s;
    struct tw_errors errors = {0};
    tw_notify_send(&d->notify, TW_NOTIFY_RELOADING "\n" TW_NOTIFY_WATCHDOG);
    int status = tw_setup_load(d->config_path, &s, &errors);
    tw_log_errors("reload", &errors);
    tw_log_warnings("reload", &s);
    note(d, status == TW_EXIT_OK, &errors);
    if (status != TW_EXIT_OK) {
        tw_log(TW_LEVEL_ERROR, "reload", "refused: everything stays as it was", NULL);
        tw_outputs_reopen(d);
    } else {
        apply(d, &s);
        tw_log(TW_LEVEL_NOTICE, "reload", "done",
               TW_KVS(TW_KV_N("devices", s.topology->devices_n), TW_KV_N("pairs", s.topology->pairs_n),
                      TW_KV_N("examples", s.examples)));
        tw_setup_finish(&s);
    }
    tw_report_status(d, TW_NOTIFY_READY "\n" TW_NOTIFY_WATCHDOG);
}
