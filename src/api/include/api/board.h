/* SPDX-License-Identifier: ISC */
#ifndef TW_API_BOARD_H
#define TW_API_BOARD_H
/*
 * The board: what fires now, and what has ended. Fed by the transitions, as an output is; each alert is kept
 * as the JSON of its last transition.
 *
 * Limits: TW_BOARD_FIRING_MAX alerts that fire and TW_BOARD_TEXT_MAX bytes of text; of those that have ended
 * the last TW_BOARD_ENDED_MAX, fewer when their texts are long. What found no room is counted.
 */
#include "api/http.h"
#include "model/transition.h"

enum { TW_BOARD_FIRING_MAX = 16384, TW_BOARD_ENDED_MAX = 1000, TW_BOARD_TEXT_MAX = 64 << 20 };
enum { TW_BOARD_CONDITIONS_MAX = 64, TW_SEVERITIES = TW_SEVERITY_CRITICAL + 1 };

struct tw_board;

struct tw_board *tw_board_create(void);
void tw_board_destroy(struct tw_board *b); /* also NULL */
/* `json`: the transition, one object; a final newline is left out. */
void tw_board_take(struct tw_board *b, const struct tw_transition *t, struct tw_str json);

struct tw_board_stats {
    size_t firing, ended, bytes;
    uint64_t no_room; /* transitions that are not shown */
};
struct tw_board_stats tw_board_stats(const struct tw_board *b);
/* How many fire, by condition and severity, in the order in which conditions were first heard of; conditions
 * beyond TW_BOARD_CONDITIONS_MAX are counted as the last one. NULL: there is no such row. */
struct tw_board_row {
    char *condition;
    uint64_t firing[TW_SEVERITIES];
};
const struct tw_board_row *tw_board_row(const struct tw_board *b, size_t i);

/* For a costly route. "{…},{…}": those that fire, longest first; those that have ended, last first. */
void tw_board_answer(const struct tw_board *b, bool firing, bool ended, struct tw_http_request *r);
/* NULL: no such alert. */
struct tw_shared *tw_board_find(const struct tw_board *b, const char *alert_id);

#endif
