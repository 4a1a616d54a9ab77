/* SPDX-License-Identifier: ISC */
#ifndef TW_BENCH_DATAGRAM_H
#define TW_BENCH_DATAGRAM_H
/* A datagram as mix writes it to a file and blast sends it: this head, then `length` bytes. */
#include <stdint.h>

enum datagram_kind { SYSLOG, TRAP };

enum datagram_patch {
    PATCH_NONE,
    PATCH_STAMP,  /* 20 bytes "Aug  8 2025 06:00:00" at `patch` get the time of sending */
    PATCH_UPTIME, /* 4 bytes at `patch`, hundredths of a second since the sender's start, network order */
};

struct datagram_head {
    uint32_t source; /* IPv4 address, host order */
    uint16_t length, patch;
    uint8_t kind, how;
    uint16_t unused;
};

#endif
