/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_STREAM_H
#define TW_SOURCE_STREAM_H
/*
 * Bytes of one input file, unpacked when they are gzip data. The type is told by content, so that a misnamed
 * file and standard input work like any other.
 */
#include "base/err.h"
#include "base/time.h"

#include <zlib.h>

#include <sys/types.h>

enum { STREAM_BLOCK = 128 << 10, STREAM_HEAD = 16 };

struct stream {
    int fd;
    const char *name;
    bool gzip, is_file, plain_file; /* a file, packed or not; a file as it is */
    bool unpacked;                  /* between two members of a gzip file */
    z_stream z;
    unsigned char *in; /* raw bytes that were read and not yet used */
    size_t in_at, in_n;
    unsigned char head[STREAM_HEAD]; /* first unpacked bytes, given back by read */
    size_t head_at, head_n;
    uint64_t bytes, bytes_total; /* raw; total 0: unknown */
    tw_time mtime;               /* of the file; of a pipe: now */
    tw_err fault;
    char why[256]; /* when read returned < 0 */
};

/* "-" is standard input. False: `why` says what is wrong. */
bool stream_open(struct stream *s, const char *path);
/* > 0: bytes read; 0: the end; < 0: `fault` and `why` are set. */
ssize_t stream_read(struct stream *s, void *to, size_t n);
void stream_close(struct stream *s);

#endif
