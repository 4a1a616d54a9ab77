/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_SOURCE_H
#define TW_SOURCE_SOURCE_H
/*
 * Recorded input -> records (contract 4): text logs, .gz of those, stdin, pcap and pcapng; several inputs
 * merged by time. The type is told by content, not by name; a capture may be packed with gzip too.
 *
 * A capture's time is the packet's. In a text log the order of lines is the order of arrival; a relay's
 * stamp, if the line has one, is its time. Without one, arrival is the highest corrected stamp so far, and a
 * line happened at its own corrected stamp, at most 30 s before its arrival. Corrected: offset applied (none
 * = UTC), and the device's skew, measured against the other devices over at least 8 lines, taken out.
 *
 * Memory: independent of the input's length (a read-ahead window per input). Lines over TW_LINE_MAX are cut
 * and counted.
 */
#include "base/err.h"
#include "model/record.h"
#include "pipeline/rules.h"
#include "topology/topology.h"

enum { TW_LINE_MAX = 65536 };

struct tw_replay_source;

struct tw_replay_source_options {
    const struct tw_topology *topology; /* whose clock and stamp-offset apply; may be NULL */
    int year;                           /* --year; 0: of the file's modification time */
    const struct tw_rules *rules;       /* of who is fed with the records; may be NULL */
};

struct tw_source_stats {
    uint64_t bytes, bytes_total; /* read so far, of known total (0: unknown), for progress */
    uint64_t lines, packets;     /* records handed out */
    uint64_t cut;                /* lines that were too long, packets that were captured in part */
    uint64_t skipped;            /* packets that hold neither syslog nor SNMP, or fragments */
};

/* Opens the inputs; "-" is standard input. On failure returns NULL and writes one sentence to `why`. */
struct tw_replay_source *tw_replay_source_open(const char *const *paths, size_t n,
                                               const struct tw_replay_source_options *options,
                                               char why[static 256]);
/* The next record, in order of time, borrowed until the next call. TW_ENOENT: the end. TW_EIO, TW_EFORMAT: an
 * input can't be read further; tw_replay_source_error says which and why, and the next call goes on with the
 * others. */
TW_MUST_CHECK tw_err tw_replay_source_next(struct tw_replay_source *s, const struct tw_record **out);
const char *tw_replay_source_error(const struct tw_replay_source *s);
const char *tw_replay_source_name(const struct tw_replay_source *s, uint32_t input);
struct tw_source_stats tw_replay_source_stats(const struct tw_replay_source *s);
void tw_replay_source_close(struct tw_replay_source *s);

#endif
