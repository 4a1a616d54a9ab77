/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "plat/log.h"
#include "render/render.h"

#include <stdlib.h>
#include <string.h>

static struct tw_sink_engine engine_of(const struct tw_daemon *d)
{
    struct tw_sink_engine e = {.start_ms = d->snmp.started_ms};
    const struct tw_usm_id *id = tw_usm_self(d->snmp.usm, &e.boots);
    e.id = id->bytes;
    e.id_n = id->n;
    return e;
}

static struct tw_outlet_options options_of(const struct tw_daemon *d, const struct tw_config_output *o)
{
    const struct tw_sink_ops *ops = tw_sink_registry[o->type];
    return (struct tw_outlet_options){
        .name = o->name,
        .ops = ops,
        .values = o->values,
        .filter = {.least = o->severity,
                   .conditions = o->conditions,
                   .conditions_n = o->conditions_n,
                   .pairs = o->pairs,
                   .pairs_n = o->pairs_n,
                   .no_updates = o->no_updates,
                   .silenced = o->silenced == 2 ? ops->is_log : o->silenced == 1},
        .repeat = o->repeat,
        .fetch = d->keep.store != NULL ? tw_keep_fetch : NULL,
        .ctx = (void *)(uintptr_t)d,
        .env = {.base = d->base,
                .version = TRUNKWATCH_VERSION,
                .engine = engine_of(d),
                .state = d->config->state}};
}

/* The row of that name, taken out of the list. */
static struct tw_output_row take(struct tw_output_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++) {
        struct tw_output_row row = l->rows[i];
        if (strcmp(tw_outlet_name(row.outlet), name) != 0)
            continue;
        l->rows[i] = l->rows[--l->n];
        return row;
    }
    return (struct tw_output_row){0};
}

/* NULL: told in the log. What can be wrong with its settings, --check and reload have found before. */
static struct tw_output_row row_for(struct tw_daemon *d, struct tw_output_list *old,
                                    const struct tw_config_output *o)
{
    struct tw_outlet_options options = options_of(d, o);
    struct tw_output_row row = take(old, o->name);
    char why[TW_SINK_WHY] = "";
    if (row.outlet != NULL && tw_outlet_same(row.outlet, &options)) {
        tw_outlet_reopen(row.outlet);
        return row;
    }
    struct tw_outlet *new = tw_outlet_create(&options, why);
    if (new == NULL) {
        tw_log(TW_LEVEL_ERROR, "output", "can't be made",
               TW_KVS(TW_KV("output", o->name), TW_KV("why", why)));
        return row;
    }
    if (row.outlet != NULL)
        tw_outlet_adopt(new, row.outlet);
    else
        tw_keep_start(d, new);
    if (row.outlet != NULL)
        tw_keep_forget(d, row.outlet);
    tw_outlet_destroy(row.outlet);
    return (struct tw_output_row){.outlet = new, .told = row.told, .why = row.why};
}

/* With a store it goes on there at the next start. */
static void end(struct tw_daemon *d, struct tw_output_row *row)
{
    const struct tw_outlet_stats *s = tw_outlet_stats(row->outlet);
    tw_keep_forget(d, row->outlet);
    if (s->waiting > 0 && d->config->state == NULL)
        tw_log(TW_LEVEL_ERROR, "output", "ends with transitions not written",
               TW_KVS(TW_KV("output", tw_outlet_name(row->outlet)), TW_KV_N("transitions", s->waiting),
                      TW_KV_N("bytes", s->waiting_bytes)));
    tw_outlet_destroy(row->outlet);
}

void tw_outputs_open(struct tw_daemon *d, const struct tw_config *c)
{
    struct tw_output_list old = d->outputs, new = {.rows = tw_xcalloc(c->outputs_n + 1, sizeof *new.rows)};
    for (size_t i = 0; i < c->outputs_n; i++) {
        new.rows[new.n] = row_for(d, &old, &c->outputs[i]);
        new.n += new.rows[new.n].outlet != NULL;
    }
    for (size_t i = 0; i < old.n; i++) {
        tw_keep_drop(d, old.rows[i].outlet);
        end(d, &old.rows[i]);
    }
    free(old.rows);
    d->outputs = new;
}

/* What an update is about, "-" of other transitions. */
static const char *changes(const struct tw_transition *t, struct tw_buf *b)
{
    for (unsigned c = 0; c < TW_CHANGES; c++) {
        if ((t->change >> c & 1) != 0)
            tw_buf_fmt(b, "%s%s", b->n > 0 ? "," : "", tw_change_name((enum tw_change)c));
    }
    return b->n > 0 ? b->p : "-";
}

/* One line for each transition, so that the journal alone tells the story. */
static void log_transition(const struct tw_transition *t)
{
    char time[TW_TIME_TEXT], since[TW_TIME_TEXT];
    bool cleared = t->kind == TW_CLEARED;
    struct tw_buf change = {0};
    tw_log(TW_LEVEL_NOTICE, "alert", t->summary,
           TW_KVS(TW_KV("transition", tw_transition_name(t->kind)), TW_KV("condition", t->condition),
                  TW_KV("severity", tw_severity_name(t->severity)),
                  TW_KV("pair", t->pair != NULL ? t->pair : "-"),
                  TW_KV("device", t->device != NULL ? t->device : "-"),
                  TW_KV("trunk", t->trunk != NULL ? t->trunk : "-"),
                  TW_KV_N("sub_interfaces", t->sub_interfaces_n), TW_KV("id", t->alert_id),
                  TW_KV("confidence", tw_confidence_name(t->confidence)),
                  TW_KV("since", tw_time_text(t->since, since)), TW_KV("time", tw_time_text(t->time, time)),
                  TW_KV("cleared_by", cleared ? t->cleared_by : "-"), TW_KV_N("records", t->evidence_n),
                  TW_KV("change", changes(t, &change))));
    tw_buf_finish(&change);
}

void tw_outputs_emit(struct tw_daemon *d, const struct tw_transition *said)
{
    struct tw_transition t = *said;
    t.seq = tw_keep_number(d, t.seq);
    log_transition(&t);
    tw_buf_clear(&d->line);
    tw_render_json(&t, &d->line);
    if (d->http != NULL)
        tw_board_take(d->board, &t, tw_buf_view(&d->line));
    tw_keep_transition(d, &t, tw_buf_view(&d->line));
}

void tw_outputs_deliver(struct tw_daemon *d)
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(d->pipeline, &n);
    for (size_t i = 0; i < n; i++) {
        if (!tw_keep_said_before(d, t[i]))
            tw_outputs_emit(d, t[i]);
    }
    if (n > 0)
        tw_pipeline_effects_clear(d->pipeline);
}

static void tell(struct tw_output_row *row)
{
    const struct tw_outlet_stats *s = tw_outlet_stats(row->outlet);
    const char *name = tw_outlet_name(row->outlet);
    uint64_t why = tw_hash(s->why, strlen(s->why), 0);
    if (s->failing && (!row->told || why != row->why))
        tw_log(
            TW_LEVEL_ERROR, "output", "can't be written, will be tried again",
            TW_KVS(TW_KV("output", name), TW_KV("why", s->why), TW_KV_N("waiting_bytes", s->waiting_bytes)));
    if (!s->failing && row->told)
        tw_log(TW_LEVEL_WARNING, "output", "can be written again",
               TW_KVS(TW_KV("output", name), TW_KV_N("waiting_bytes", s->waiting_bytes)));
    if (s->lost > row->lost)
        tw_log(TW_LEVEL_ERROR, "output", "alert transitions were lost: too many wait to be written",
               TW_KVS(TW_KV("output", name), TW_KV_N("lost", s->lost)));
    if (s->refused > row->refused)
        tw_log(TW_LEVEL_ERROR, "output", "the receiver refuses alert transitions: they were passed over",
               TW_KVS(TW_KV("output", name), TW_KV("why", s->why), TW_KV_N("refused", s->refused)));
    row->told = s->failing;
    row->why = why;
    row->lost = s->lost;
    row->refused = s->refused;
}

void tw_outputs_flush(struct tw_daemon *d)
{
    for (size_t i = 0; i < d->outputs.n; i++) {
        tw_outlet_go(d->outputs.rows[i].outlet);
        tell(&d->outputs.rows[i]);
    }
}

void tw_outputs_reopen(struct tw_daemon *d)
{
    for (size_t i = 0; i < d->outputs.n; i++) {
        tw_outlet_reopen(d->outputs.rows[i].outlet);
        tell(&d->outputs.rows[i]);
    }
}

void tw_outputs_close(struct tw_daemon *d)
{
    tw_outputs_flush(d);
    for (size_t i = 0; i < d->outputs.n; i++)
        end(d, &d->outputs.rows[i]);
    free(d->outputs.rows);
    d->outputs = (struct tw_output_list){0};
}
