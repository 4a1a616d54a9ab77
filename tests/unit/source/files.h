/* SPDX-License-Identifier: ISC */
#ifndef TEST_SOURCE_FILES_H
#define TEST_SOURCE_FILES_H
/*
 * Input files for the tests, in a folder that goes with the test.
 */
#include "base/buf.h"
#include "source/source.h"

/* 2026-08-08T18:00:00Z */
#define T0       INT64_C(1786212000)
#define BYTES(a) ((struct tw_str){(a), sizeof(a) - 1}) /* of an array that is a text */

int folder_create(void **state);
int folder_remove(void **state);
/* Path of a file with these bytes and this modification time (0: leave it). Lives until the next call but
 * seven. */
const char *file_write(const char *name, struct tw_str bytes, int64_t mtime);
const char *file_gzip(const char *name, struct tw_str bytes, int64_t mtime);
const char *file_path(const char *name);

/* A record as kept by the tests. */
struct seen {
    tw_time rx, at;
    struct tw_record_ref ref;
    enum tw_transport transport;
    struct tw_addr from;
    int year;
    size_t n;
    char head[96];
};
struct run {
    struct seen *seen;
    size_t n, cap;
    size_t errors;
    char error[256];
    struct tw_source_stats stats;
};
/* Reads everything; fails the test when rx goes back or an input can't be opened. */
void run_all(struct run *r, const char *const *paths, size_t n, const struct tw_replay_source_options *o);
void run_one(struct run *r, const char *path, int year);
void run_finish(struct run *r);

/* "<188>Aug  8 2026 18:00:00 HOST %%01…": `at` in seconds. */
void line_date(struct tw_buf *b, int64_t at, const char *host, const char *text);

#endif
