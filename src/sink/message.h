/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_MESSAGE_H
#define TW_SINK_MESSAGE_H
/* A transition as a syslog message, RFC 5424, with structured data. */
#include "sink/item.h"

enum { TW_MESSAGE_DATAGRAM = 2048 }; /* what any receiver takes (RFC 5424 6.1) */

struct tw_message_options {
    unsigned facility;
    const char *hostname, *version;
    uint32_t sequence; /* meta sequenceId, from 1 */
    size_t most;       /* bytes; 0: any. Longer ones lose parts of lists, then the end of the summary */
};
void tw_message_format(const struct tw_item *i, const struct tw_message_options *o, struct tw_buf *out);

#endif
