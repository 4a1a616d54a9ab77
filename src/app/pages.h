/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_PAGES_H
#define TW_APP_PAGES_H
/*
 * What the daemon says of itself over HTTP: a function for each page, in the table of serve.c.
 */
#include "daemon.h"

struct tw_buf;

/* page_metrics.c, page_status.c, page_pairs.c, page_unknown.c. */
void tw_page_metrics(struct tw_daemon *d, struct tw_buf *b);
void tw_page_status(struct tw_daemon *d, struct tw_buf *b);
void tw_page_pairs(struct tw_daemon *d, struct tw_buf *b);
void tw_page_silences(struct tw_daemon *d, struct tw_buf *b); /* page_standing.c, as the next */
void tw_page_maintenance(struct tw_daemon *d, struct tw_buf *b);
void tw_page_unknown(struct tw_daemon *d, struct tw_buf *b);

/* page_incidents.c: answered later. */
extern const char *const tw_page_of_incidents[];
void tw_page_incidents(void *d, struct tw_http_request *r);
void tw_page_incident(void *d, struct tw_http_request *r);

#endif
