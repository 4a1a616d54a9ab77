/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_CURL_INTERNAL_H
#define TW_SINK_CURL_INTERNAL_H
/* Between curl.c and curl_why.c. */
#include "curl.h"

struct event;

enum { TW_CURL_SOCKETS_MAX = 8 };

struct tw_curl {
    CURLM *multi;
    CURL *easy;
    struct event_base *base;
    struct event *timer; /* libcurl's */
    struct event *pause; /* until not_before_ms */
    int64_t not_before_ms;
    tw_curl_done *done;
    void *ctx;
    bool busy, added; /* begun; and not only waiting for the end of a pause */
    long timeout_ms;
    struct tw_buf body;
    size_t body_bytes, headers_bytes;
    char line[TW_CURL_LINE_MAX];
    size_t line_n;
    bool smtp, said_bye;
    bool secret;                                /* among what is sent */
    curl_socket_t sockets[TW_CURL_SOCKETS_MAX]; /* open ones, of SMTP */
    size_t sockets_n;
    char error[CURL_ERROR_SIZE];
};

void tw_curl_explain(const struct tw_curl *c, CURLcode code, char why[static TW_SINK_WHY]);
/* The files of certificates and keys can be used; asks for no passphrase. */
bool tw_curl_check_tls(const struct tw_setting_value *values, char why[static TW_SINK_WHY]);

#endif
