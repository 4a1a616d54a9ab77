/* SPDX-License-Identifier: ISC */
#include "world.h"

#include "rules_dir.h"

static void make(struct world *w)
{
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    for (unsigned i = 0; i < SCRIPT_INVENTORIES; i++) {
        w->topology[i] = tw_topology_create("i.yaml", tw_str_z(script_inventory(i)), &errors);
        TW_ASSERT(w->topology[i] != NULL);
    }
    text = test_read_rules(TRUNKWATCH_SOURCE_RULES);
    w->rules = tw_rules_create(&text, &errors);
    TW_ASSERT(w->rules != NULL);
    w->pipeline = tw_pipeline_create(w->topology[0], w->rules, NULL);
}

void world_hold(struct world *w, tw_dur hold)
{
    TW_ASSERT(tw_rules_hold(w->rules, TW_STR("no-switchover"), hold));
}

struct world *world_begin(void)
{
    static struct world w;
    if (w.pipeline == NULL)
        make(&w);
    struct tw_pipeline *p = w.pipeline;
    world_hold(&w, TW_SECONDS(10));
    if (tw_pipeline_topology(p) != w.topology[0]) {
        tw_pipeline_swap(p, w.topology[0], w.rules, TW_TIME_MIN);
        tw_pipeline_effects_clear(p);
    }
    /* What is no snapshot leaves nothing behind. */
    TW_ASSERT(tw_pipeline_restore(p, TW_STR("no snapshot")) == TW_EFORMAT);
    for (int c = 0; c < TW_COUNTERS; c++)
        TW_ASSERT(tw_pipeline_counter(p, (enum tw_counter)c) == 0);
    TW_ASSERT(!tw_time_is_finite(tw_pipeline_next_deadline(p)));
    return &w;
}
