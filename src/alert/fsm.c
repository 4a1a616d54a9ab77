/* SPDX-License-Identifier: ISC */
#include "alert_internal.h"

/* Every cell is filled. A lost track has no timer, so DUE can't come: were it to come, nothing happens. */
static const struct track_row table[TRACK_STATES][TRACK_EVENTS] = {
    [TRACK_HOLDING] = {[TRACK_TRUE] = {TRACK_HOLDING, ACT_KEEP},
                       [TRACK_FALSE] = {TRACK_LOST, ACT_SUSPEND},
                       [TRACK_END] = {TRACK_GONE, ACT_DROP},
                       [TRACK_DUE] = {TRACK_FIRING, ACT_RAISE},
                       [TRACK_RESTART] = {TRACK_GONE, ACT_DROP}},
    [TRACK_LOST] = {[TRACK_TRUE] = {TRACK_HOLDING, ACT_RESUME},
                    [TRACK_FALSE] = {TRACK_LOST, ACT_NONE},
                    [TRACK_END] = {TRACK_GONE, ACT_DROP},
                    [TRACK_DUE] = {TRACK_LOST, ACT_NONE},
                    [TRACK_RESTART] = {TRACK_GONE, ACT_DROP}},
    [TRACK_OVER] = {[TRACK_TRUE] = {TRACK_OVER, ACT_NONE},
                    [TRACK_FALSE] = {TRACK_OVER, ACT_NONE},
                    [TRACK_END] = {TRACK_OVER, ACT_NONE},
                    [TRACK_DUE] = {TRACK_GONE, ACT_NONE},
                    [TRACK_RESTART] = {TRACK_GONE, ACT_NONE}},
    [TRACK_FIRING] = {[TRACK_TRUE] = {TRACK_FIRING, ACT_REFRESH},
                      [TRACK_FALSE] = {TRACK_FIRING, ACT_REFRESH},
                      [TRACK_END] = {TRACK_GONE, ACT_CLEAR},
                      [TRACK_DUE] = {TRACK_GONE, ACT_CLEAR},
                      [TRACK_RESTART] = {TRACK_RESTARTED, ACT_FORGOT}},
    [TRACK_RESTARTED] = {[TRACK_TRUE] = {TRACK_FIRING, ACT_REFRESH},
                         [TRACK_FALSE] = {TRACK_RESTARTED, ACT_REFRESH},
                         [TRACK_END] = {TRACK_GONE, ACT_CLEAR},
                         [TRACK_DUE] = {TRACK_GONE, ACT_CLEAR},
                         [TRACK_RESTART] = {TRACK_RESTARTED, ACT_FORGOT}},
};

struct track_row track_step(enum track_state s, enum track_event e)
{
    TW_ASSERT(s < TRACK_STATES && e < TRACK_EVENTS);
    return table[s][e];
}
