/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_CURL_H
#define TW_SINK_CURL_H
/*
 * One request at a time to one receiver, by libcurl on the event loop: what the outputs that use it have in
 * common. Names are looked up in a thread of libcurl, which is left alone when it takes too long.
 * Certificates are always verified, redirects never followed, answers capped. Who answers with Retry-After is
 * left alone so long: the next request waits.
 */
#include "sink/sink.h"

#include <curl/curl.h>

/* The first rows of the settings of every output that uses it; `time`: the timeout, unless it is given. */
enum {
    TW_CURL_CA_FILE,
    TW_CURL_CERTIFICATE,
    TW_CURL_KEY,
    TW_CURL_USER,
    TW_CURL_PASSWORD,
    TW_CURL_TIMEOUT,
    TW_CURL_ROWS
};
#define TW_CURL_SETTINGS(time)                                                                               \
    [TW_CURL_CA_FILE] = {.name = "ca-file",                                                                  \
                         .kind = TW_SETTING_FILE,                                                            \
                         .help = "Authorities (PEM) whose certificates are believed, instead of the "        \
                                 "system's."},                                                               \
    [TW_CURL_CERTIFICATE] = {.name = "certificate",                                                          \
                             .kind = TW_SETTING_FILE,                                                        \
                             .help = "Our own certificate (PEM), with what it was signed by."},              \
    [TW_CURL_KEY] = {.name = "key", .kind = TW_SETTING_FILE, .help = "Its private key (PEM)."},              \
    [TW_CURL_USER] = {.name = "user", .kind = TW_SETTING_TEXT, .help = "The name to log in with."},          \
    [TW_CURL_PASSWORD] = {.name = "password-file",                                                           \
                          .kind = TW_SETTING_SECRET,                                                         \
                          .help = "The password of the user."},                                              \
    [TW_CURL_TIMEOUT] = {.name = "timeout",                                                                  \
                         .kind = TW_SETTING_TIME,                                                            \
                         .preset = (time),                                                                   \
                         .least = 1000000000,                                                                \
                         .most = 60000000000,                                                                \
                         .help = "For a whole request, from the look-up of the name to the end of the "      \
                                 "answer. 1s to 60s."}
/* A row of those that speak HTTP. */
#define TW_CURL_PROXY                                                                                        \
    {                                                                                                        \
        .name = "proxy", .kind = TW_SETTING_TEXT,                                                            \
        .help = "URL of a proxy, or none. Not given: what http_proxy, https_proxy and no_proxy in the "      \
                "environment say, and none to this machine itself."                                          \
    }

enum {
    TW_CURL_LINE_MAX = 160,
    TW_CURL_BODY_MAX = 64 << 10,
    TW_CURL_ANSWER_MAX = 1 << 20,
    TW_CURL_HEADERS_MAX = 64 << 10,
    TW_CURL_PAUSE_MAX_S = 300
};

struct tw_curl_answer {
    long status;        /* 0: none */
    struct tw_str body; /* its first TW_CURL_BODY_MAX bytes */
    struct tw_str line; /* the last header, or the last line of an answer of SMTP; its beginning */
    CURLcode code;
    const char *why; /* why there is no whole answer, for people; NULL: there is one */
};

struct tw_curl;
/* May begin the next request. */
typedef void tw_curl_done(void *ctx, const struct tw_curl_answer *a);

/* `values`: the rows above. NULL after writing why. */
struct tw_curl *tw_curl_create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                               tw_curl_done *done, void *ctx, char why[static TW_SINK_WHY]);
void tw_curl_destroy(struct tw_curl *c); /* also in the middle of a request, also NULL */
CURL *tw_curl_easy(struct tw_curl *c);

/* The URL is one of these schemes ("https,http"), names a host, and holds no password. */
bool tw_curl_check_url(const char *what, struct tw_str url, const char *schemes,
                       char why[static TW_SINK_WHY]);
/* HTTP: where to, by which proxy (the value of the row above). False after writing why. */
/* Before tw_curl_http, which then refuses http:// but to this machine: what is sent holds a secret. */
void tw_curl_secret(struct tw_curl *c);
bool tw_curl_http(struct tw_curl *c, struct tw_str url, const struct tw_setting_value *proxy,
                  char why[static TW_SINK_WHY]);
/* "Name: value", kept. */
void tw_curl_header(struct curl_slist **headers, const char *name, const char *value);
/* Begins. `headers` and `body` live until done. */
void tw_curl_post(struct tw_curl *c, const struct curl_slist *headers, struct tw_str body);
/* Begins what was set by tw_curl_easy. */
void tw_curl_begin(struct tw_curl *c);

/* SMTP: each connection is closed after the mail, and no answer to the good-bye is waited for. */
void tw_curl_smtp(struct tw_curl *c);

/* What an HTTP status means, and how to say it. */
enum tw_sent tw_curl_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                           char why[static TW_SINK_WHY]);

#endif
