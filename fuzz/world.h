/* SPDX-License-Identifier: ISC */
#ifndef TW_FUZZ_WORLD_H
#define TW_FUZZ_WORLD_H
/*
 * One pipeline with the real rules, made once: compiling them takes longer than most scripts.
 */
#include "script.h"

#include "pipeline/rules.h"

struct world {
    const struct tw_topology *topology[SCRIPT_INVENTORIES];
    struct tw_pipeline *pipeline;
    struct tw_rules *rules; /* the pipeline's */
};
/* The pipeline is as created, with the first inventory and a hold of 10 s. */
struct world *world_begin(void);
void world_hold(struct world *w, tw_dur hold);

#endif
