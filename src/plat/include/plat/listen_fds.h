/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_LISTEN_FDS_H
#define TW_PLAT_LISTEN_FDS_H
/*
 * Sockets passed by systemd (sd_listen_fds(3)): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES, without libsystemd.
 */
#include <stddef.h>

enum { TW_LISTEN_FDS_MAX = 64, TW_LISTEN_NAME = 64 };

struct tw_listen_fd {
    int fd;
    char name[TW_LISTEN_NAME]; /* FileDescriptorName=; empty when none was given */
};

/* The sockets meant for this process, close-on-exec from now on. Also removes the three variables, so that
 * they are never taken twice. 0: none, or meant for another process. */
size_t tw_listen_fds(struct tw_listen_fd out[static TW_LISTEN_FDS_MAX]);

#endif
