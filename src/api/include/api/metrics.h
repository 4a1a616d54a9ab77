/* SPDX-License-Identifier: ISC */
#ifndef TW_API_METRICS_H
#define TW_API_METRICS_H
/*
 * The text format of Prometheus, 0.0.4: families and samples into a buffer. What there is to say is a table
 * of the caller's (app/values.def). A sample follows the head of its family.
 */
#include "base/buf.h"

#define TW_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct tw_label {
    const char *name;  /* NULL ends a list */
    const char *value; /* any bytes: what is not UTF-8 becomes visible escapes */
};

/* `type`: counter or gauge. */
void tw_metrics_family(struct tw_buf *b, const char *name, const char *type, const char *help);
/* `labels` may be NULL. */
void tw_metrics_sample(struct tw_buf *b, const char *name, const struct tw_label *labels, double value);

#endif
