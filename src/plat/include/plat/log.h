/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_LOG_H
#define TW_PLAT_LOG_H
/*
 * The log: one line on stderr, "place: message key=value key=value".
 *
 * In the journal each line begins with systemd's "<level>"; elsewhere with the time and the level. Control
 * characters are escaped: what a router sent is not trusted. Each place may write LOG_BURST lines in
 * LOG_PERIOD_MS; what is held back is counted and told with the place's next line. Notices are never held
 * back: there are few of them by nature. A reader that does not keep up costs lines (counted), never time.
 */
#include "base/str.h"

enum tw_level {
    TW_LEVEL_ERROR = 3,
    TW_LEVEL_WARNING = 4,
    TW_LEVEL_NOTICE = 5,
    TW_LEVEL_INFO = 6,
    TW_LEVEL_DEBUG = 7
};

struct tw_log_kv {
    const char *key; /* NULL ends a list */
    struct tw_str text;
    bool is_number;
    int64_t number;
};
#define TW_KV(k, z)                                                                                          \
    {                                                                                                        \
        (k), tw_str_z(z), false, 0                                                                           \
    }
#define TW_KV_STR(k, s)                                                                                      \
    {                                                                                                        \
        (k), (s), false, 0                                                                                   \
    }
#define TW_KV_N(k, n)                                                                                        \
    {                                                                                                        \
        (k), {0}, true, (int64_t)(n)                                                                         \
    }
#define TW_KVS(...) ((const struct tw_log_kv[]){__VA_ARGS__, {0}})

/* `place` is a name in the source, such as "source.udp"; kvs may be NULL. */
void tw_log(enum tw_level level, const char *place, const char *message, const struct tw_log_kv *kvs);
/* The highest level that is written; TW_LEVEL_INFO at first. */
void tw_log_level(enum tw_level level);
/* Whether such a line would be written: asked where making its values costs something for each datagram. */
bool tw_log_wants(enum tw_level level);
/* Lines that were held back or could not be written so far. */
uint64_t tw_log_lost(void);

#endif
