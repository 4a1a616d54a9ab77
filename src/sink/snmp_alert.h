/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_SNMP_ALERT_H
#define TW_SINK_SNMP_ALERT_H
/* A transition as the PDU of a notification of TRUNKWATCH-MIB. */
#include "sink/item.h"
#include "usm/message.h"

struct snmp_alert {
    int tag; /* BER_TRAP2, BER_INFORM */
    int32_t request_id;
    uint32_t uptime; /* hundredths of a second */
    size_t most;     /* bytes of the PDU */
};

/* Written in front of what `o` holds. What does not fit is cut: the steps of repair as a whole, the
 * sub-interfaces, the services, the summary, in this order. */
void snmp_alert_put(struct usm_out *o, const struct snmp_alert *a, const struct tw_transition *t);

#endif
