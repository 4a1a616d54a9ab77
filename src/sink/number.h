/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_NUMBER_H
#define TW_SINK_NUMBER_H
/* What tells one transition of an alert from the others: with the alert's id it is the same wherever and
 * however often it is sent. */
#include "sink/item.h"

#include <inttypes.h>

static inline uint64_t tw_item_number(const struct tw_item *i)
{
    return i->t.number;
}

#endif
