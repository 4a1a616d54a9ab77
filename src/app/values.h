/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_VALUES_H
#define TW_APP_VALUES_H
/*
 * What is counted (values.def), shown in two ways: as members of a JSON object, and as metrics.
 */
#include "daemon.h"
#include "plat/process.h"

enum tw_scope {
    TW_SCOPE_DAEMON,
    TW_SCOPE_SOCKET,
    TW_SCOPE_DEVICE,
    TW_SCOPE_PAIR,
    TW_SCOPE_NOBODY, /* what is of no device */
    TW_SCOPE_SNMP,
    TW_SCOPE_STORE,
    TW_SCOPE_OUTPUT,
    TW_SCOPE_HTTP,
    TW_SCOPE_PROCESS,
    TW_SCOPES
};

/* One thing that has values: of its scope's members those that apply are set. */
struct tw_view {
    struct tw_daemon *d;
    const struct tw_topology *topology;
    const char *name; /* of the socket, device, pair or output; else NULL */
    const struct tw_input *in;
    struct tw_udp_stats udp;
    struct tw_stream_stats stream;
    uint64_t received, bytes, cut, open; /* of a socket of either kind */
    const struct tw_device_stats *device;
    struct tw_clock_state clock;
    struct tw_feed feed; /* of a device or a pair */
    const uint64_t *nobody;
    const struct tw_unfed_row *unfed; /* of a device, or nobody */
    uint64_t engines;
    const struct tw_outlet_stats *outlet;
    const char *trouble; /* of the store; NULL: none */
    struct tw_store_stats store;
    struct tw_http_stats http;
    struct tw_board_stats board;
    struct tw_people people;
    struct tw_process process;
};

/* How many there are of a scope, and the i-th. */
size_t tw_scope_n(const struct tw_daemon *d, enum tw_scope scope);
void tw_scope_view(struct tw_daemon *d, enum tw_scope scope, size_t i, struct tw_view *out);

/* Members of an object that is open. */
void tw_values_json(enum tw_scope scope, const struct tw_view *v, struct tw_buf *b);
/* All families. Of the devices the first TW_METRICS_DEVICES_MAX are listed. */
enum { TW_METRICS_DEVICES_MAX = 2000 };
void tw_values_metrics(struct tw_daemon *d, struct tw_buf *b);

#endif
