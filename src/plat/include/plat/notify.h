/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_NOTIFY_H
#define TW_PLAT_NOTIFY_H
/*
 * Messages to the service manager (sd_notify(3)) over NOTIFY_SOCKET, a path or an abstract name, without
 * libsystemd. Without a manager every call does nothing.
 */
#include "base/time.h"

struct tw_notify {
    int fd;          /* -1: nobody to tell */
    tw_dur watchdog; /* how often to send TW_NOTIFY_WATCHDOG: half of what was asked for; 0: never */
};

#define TW_NOTIFY_READY     "READY=1"
#define TW_NOTIFY_RELOADING "RELOADING=1"
#define TW_NOTIFY_STOPPING  "STOPPING=1"
#define TW_NOTIFY_WATCHDOG  "WATCHDOG=1"

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void tw_notify_init(struct tw_notify *n);
/* One or more lines "KEY=value"; waits at most a tenth of a second for a busy manager. */
void tw_notify_send(const struct tw_notify *n, const char *lines);
void tw_notify_finish(struct tw_notify *n);

#endif
