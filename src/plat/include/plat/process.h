/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_PROCESS_H
#define TW_PLAT_PROCESS_H
/*
 * What this process uses of the machine.
 */
#include "base/time.h"

struct tw_process {
    tw_dur cpu;                 /* user and system */
    uint64_t resident, virtual; /* bytes */
    uint64_t fds, fds_max;      /* open, and may be open */
};

/* What can't be found out is 0. */
void tw_process_read(struct tw_process *out);

#endif
