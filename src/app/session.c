/* SPDX-License-Identifier: ISC */
#include "session.h"

#include "load.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int tw_session_option(struct tw_session *s, int c, const char *arg)
{
    uint64_t year;
    switch (c) {
    case 'i': s->inventory = arg; return -1;
    case 'r': s->rules_dir = arg; return -1;
    case TW_OPT_NO_DRAIN: s->no_drain = true; return -1;
    case TW_OPT_YEAR:
        if (!tw_str_u64(tw_str_z(arg), 2199, &year) || year < 1970)
            return tw_command_usage(s->cmd, "--year: '%s' is not a year from 1970 to 2199", arg);
        s->year = (int)year;
        return -1;
    case TW_OPT_HOLD:
        if (s->holds_n == TW_SESSION_HOLDS)
            return tw_command_usage(s->cmd, "--hold: at most %d of them", TW_SESSION_HOLDS);
        s->holds[s->holds_n++] = arg;
        return -1;
    default: return tw_command_other(s->cmd, c);
    }
}

static int set_holds(const struct tw_session *s, struct tw_rules *rules)
{
    for (size_t i = 0; i < s->holds_n; i++) {
        struct tw_str text = tw_str_z(s->holds[i]), condition = tw_str_cut(text, tw_str_find(text, '=', 0));
        tw_dur hold;
        if (condition.n == text.n || !tw_dur_parse(tw_str_from(text, condition.n + 1), &hold))
            return tw_command_usage(s->cmd, "--hold: '%s' is not CONDITION=TIME, as no-switchover=15s",
                                    s->holds[i]);
        if (!tw_rules_hold(rules, condition, hold))
            return tw_command_usage(s->cmd, "--hold: there is no condition '%.*s'", TW_STR_ARG(condition));
    }
    return TW_EXIT_OK;
}

int tw_session_open(struct tw_session *s, const char *const *inputs, size_t n)
{
    struct tw_rules *rules = NULL;
    char why[256];
    if (s->inventory == NULL)
        return tw_command_usage(s->cmd, "an inventory is needed: -i FILE");
    if (n == 0)
        return tw_command_usage(s->cmd, "an input is needed: a log, a capture, or - for standard input");
    int status = tw_load_inventory(s->inventory, &s->topology);
    if (status == TW_EXIT_OK)
        status = tw_load_rules(s->rules_dir, false, NULL, &rules);
    if (status == TW_EXIT_OK)
        status = set_holds(s, rules);
    if (status != TW_EXIT_OK) {
        tw_rules_destroy(rules);
        return status;
    }
    s->pipeline = tw_pipeline_create(s->topology, rules, &(struct tw_pipeline_options){.trace = s->trace});
    struct tw_replay_source_options options = {.topology = s->topology, .year = s->year, .rules = rules};
    s->source = tw_replay_source_open(inputs, n, &options, why);
    if (s->source == NULL) {
        (void)fprintf(stderr, "trunkwatch: %s\n", why);
        return TW_EXIT_USAGE;
    }
    return TW_EXIT_OK;
}

/* False: stop. */
static bool deliver(struct tw_session *s, tw_session_effects *effects, void *ctx)
{
    size_t transitions, traces = 0;
    (void)tw_pipeline_transitions(s->pipeline, &transitions);
    if (s->trace)
        (void)tw_pipeline_traces(s->pipeline, &traces);
    if (transitions + traces == 0)
        return true;
    bool go_on = effects(s, ctx);
    tw_pipeline_effects_clear(s->pipeline);
    return go_on;
}

int tw_session_run(struct tw_session *s, tw_session_effects *effects, void *ctx)
{
    struct tw_progress progress;
    const struct tw_record *record;
    tw_time last = TW_TIME_MIN;
    bool go_on = true;
    tw_progress_init(&progress);
    while (go_on) {
        tw_err err = tw_replay_source_next(s->source, &record);
        if (err == TW_ENOENT)
            break;
        if (err != TW_OK) {
            tw_progress_finish(&progress);
            (void)fprintf(stderr, "trunkwatch: %s\n", tw_replay_source_error(s->source));
            s->status = TW_EXIT_USAGE;
            continue;
        }
        last = record->rx;
        tw_pipeline_feed(s->pipeline, record);
        if (s->unused != NULL && tw_pipeline_last(s->pipeline) != TW_COUNT_EVENTS)
            s->unused(s, ctx, record, tw_pipeline_last(s->pipeline));
        go_on = deliver(s, effects, ctx);
        tw_progress_step(&progress, s->source);
    }
    if (go_on && !s->no_drain && tw_time_is_finite(last)) {
        tw_dur drain = tw_pipeline_drain(s->pipeline);
        /* A timer due exactly at the end fires too. */
        tw_pipeline_advance(s->pipeline, tw_time_add(last, (tw_dur){drain.ns + 1}));
        go_on = deliver(s, effects, ctx);
    }
    tw_progress_finish(&progress);
    return go_on ? s->status : TW_EXIT_USAGE;
}

void tw_session_summary(const struct tw_session *s)
{
    uint64_t ignored = 0, malformed = 0;
    for (int c = 0; c < TW_COUNTERS; c++) {
        struct tw_str name = tw_str_z(tw_counter_name((enum tw_counter)c));
        uint64_t n = tw_pipeline_counter(s->pipeline, (enum tw_counter)c);
        ignored += tw_str_starts(name, TW_STR("ignored_")) ? n : 0;
        malformed += tw_str_starts(name, TW_STR("malformed_")) ? n : 0;
    }
    (void)fprintf(stderr,
                  "lines=%" PRIu64 " events=%" PRIu64 " ignored=%" PRIu64 " malformed=%" PRIu64
                  " raised=%" PRIu64 " cleared=%" PRIu64 "\n",
                  tw_pipeline_counter(s->pipeline, TW_COUNT_RECEIVED),
                  tw_pipeline_counter(s->pipeline, TW_COUNT_EVENTS), ignored, malformed,
                  tw_pipeline_counter(s->pipeline, TW_COUNT_RAISED),
                  tw_pipeline_counter(s->pipeline, TW_COUNT_CLEARED));
}

void tw_session_close(struct tw_session *s)
{
    tw_replay_source_close(s->source);
    tw_pipeline_destroy(s->pipeline);
    tw_topology_unref(s->topology);
}
