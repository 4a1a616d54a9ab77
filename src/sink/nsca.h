/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_NSCA_H
#define TW_SINK_NSCA_H
/* The packet of NSCA, version 3. The daemon begins with a vector and its time, which both go into it. */
#include "sink/sink.h"
#include "states.h"

/* As they are numbered in nsca.cfg. */
enum tw_nsca_method { TW_NSCA_NONE = 0, TW_NSCA_XOR = 1, TW_NSCA_3DES = 3, TW_NSCA_AES = 14 };

enum {
    TW_NSCA_VECTOR = 128,
    TW_NSCA_INIT = TW_NSCA_VECTOR + 4,
    TW_NSCA_PACKET = 4304,
    TW_NSCA_HOST_MAX = 63,
    TW_NSCA_SERVICE_MAX = 127,
};

/* NULL after writing `packet`, else what is wrong: a name that is too long for it. `init`: TW_NSCA_INIT
 * bytes of the daemon. */
const char *tw_nsca_packet(uint8_t packet[static TW_NSCA_PACKET], const uint8_t init[static TW_NSCA_INIT],
                           enum tw_nsca_method method, struct tw_str password,
                           const struct tw_states_view *state, bool perf);

#endif
