/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_PLUGIN_H
#define TW_SINK_PLUGIN_H
/* What Nagios and its relatives are told in the form of a plugin's output. */
#include "states.h"

/* Characters that separate fields, or may stand in no name of Nagios' objects. */
#define TW_PLUGIN_BANNED ";`~!$%^&*|'\"<>?,()="

/* How line ends are sent: escaped, as Nagios reads them (and backslashes), or as they are. */
enum tw_plugin_lines { TW_PLUGIN_ESCAPED, TW_PLUGIN_RAW };
/* The text of a state with its performance data, at most `most` bytes, cut between two characters. A bar in
 * the text, which would begin the performance data, becomes a broken one. `perf`: not for the sign of life.
 */
void tw_plugin_output(struct tw_buf *out, const struct tw_states_view *state, bool perf, size_t most,
                      enum tw_plugin_lines lines);

/* A line of Nagios' external command file that fits into one write to a pipe. */
void tw_plugin_command(struct tw_buf *out, const struct tw_states_view *state, bool perf, tw_time now);

#endif
