/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_ICINGA_H
#define TW_SINK_ICINGA_H
/* Objects of Icinga, and the open alerts that make their states. */
#include "base/buf.h"
#include "curl.h"
#include "model/transition.h"

enum { TW_ICINGA_ALERTS_MAX = 4096 }; /* open ones; of more only the newest count */

struct tw_icinga_alert {
    char id[TW_ALERT_ID];
    char *object;
    enum tw_severity severity;
    size_t affected;
    char *text; /* its first line is short */
};

struct tw_icinga_object {
    char *name;       /* HOST!SERVICE */
    char *last;       /* of an alert that ended */
    int64_t until_ms; /* as long it is sent again without an alert; monotonic */
};

struct tw_icinga {
    struct tw_str host, service; /* templates */
    struct tw_icinga_alert *alerts;
    size_t alerts_n, alerts_cap;
    struct tw_icinga_object *objects;
    size_t objects_n, objects_cap;
};

const char *tw_icinga_check_template(struct tw_str s); /* NULL, or what is wrong */
/* Returns the object that it belongs to; good again, that one is kept until then. */
size_t tw_icinga_take(struct tw_icinga *k, const struct tw_transition *t, int64_t until_ms);
/* As an exit status of a plugin, its text, how many alerts are open, and sub-interfaces affected. */
int tw_icinga_state(const struct tw_icinga *k, size_t object, struct tw_buf *text, size_t *open,
                    size_t *affected);
void tw_icinga_forget(struct tw_icinga *k, int64_t now_ms);
void tw_icinga_finish(struct tw_icinga *k);

/* HTTP says how the request went, the results inside how it went for each object. */
enum tw_sent tw_icinga_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                             char why[static TW_SINK_WHY]);

#endif
