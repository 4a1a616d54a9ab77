/* SPDX-License-Identifier: ISC */
#include "stream.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static ssize_t fail(struct stream *s, tw_err fault, const char *why)
{
    s->fault = fault;
    (void)snprintf(s->why, sizeof s->why, "%.150s: %.90s", s->name, why);
    return -1;
}

static ssize_t read_raw(struct stream *s, void *to, size_t n)
{
    ssize_t got;
    do
        got = read(s->fd, to, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(s, TW_EIO, strerror(errno));
    s->bytes += (uint64_t)got;
    return got;
}

/* Makes sure that there are raw bytes; 0 at the end. */
static ssize_t fill(struct stream *s)
{
    if (s->in_at < s->in_n)
        return (ssize_t)(s->in_n - s->in_at);
    ssize_t got = read_raw(s, s->in, STREAM_BLOCK);
    s->in_at = 0;
    s->in_n = got > 0 ? (size_t)got : 0;
    return got;
}

static ssize_t read_plain(struct stream *s, void *to, size_t n)
{
    /* Nothing is left over: no way round by our own buffer. */
    if (s->in_at == s->in_n && n >= STREAM_BLOCK)
        return read_raw(s, to, n);
    ssize_t got = fill(s);
    if (got <= 0)
        return got;
    if ((size_t)got > n)
        got = (ssize_t)n;
    memcpy(to, s->in + s->in_at, (size_t)got);
    s->in_at += (size_t)got;
    return got;
}

/* What follows a finished member: another one, or padding that gzip ignores as well. */
static bool next_member(struct stream *s)
{
    if (s->in_n - s->in_at < 2 || s->in[s->in_at] != 0x1f || s->in[s->in_at + 1] != 0x8b)
        return false;
    s->unpacked = false;
    return inflateReset(&s->z) == Z_OK;
}

static ssize_t read_gzip(struct stream *s, void *to, size_t n)
{
    s->z.next_out = to;
    s->z.avail_out = (uInt)(n < 1 << 30 ? n : 1 << 30);
    size_t room = s->z.avail_out;
    while (s->z.avail_out == room) {
        ssize_t got = fill(s);
        if (got < 0)
            return -1;
        if (s->unpacked && (got == 0 || !next_member(s)))
            return 0;
        if (got == 0)
            return fail(s, TW_EFORMAT, "the gzip data ends early");
        s->z.next_in = s->in + s->in_at;
        s->z.avail_in = (uInt)(s->in_n - s->in_at);
        int rc = inflate(&s->z, Z_NO_FLUSH);
        s->in_at = s->in_n - s->z.avail_in;
        if (rc == Z_STREAM_END)
            s->unpacked = true;
        else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            /* What was unpacked before is handed out first: often only the sum at the end is wrong. */
            (void)fail(s, TW_EFORMAT, "the gzip data is damaged");
            return s->z.avail_out < room ? (ssize_t)(room - s->z.avail_out) : -1;
        }
    }
    return (ssize_t)(room - s->z.avail_out);
}

ssize_t stream_read(struct stream *s, void *to, size_t n)
{
    if (n == 0)
        return 0;
    if (s->head_at < s->head_n) {
        size_t have = s->head_n - s->head_at;
        have = have < n ? have : n;
        memcpy(to, s->head + s->head_at, have);
        s->head_at += have;
        return (ssize_t)have;
    }
    /* An error stays: the caller may come back after handing out what it had. */
    if (s->fault != TW_OK)
        return -1;
    return s->gzip ? read_gzip(s, to, n) : read_plain(s, to, n);
}

static bool look_inside(struct stream *s)
{
    /* A pipe may deliver its first bytes one by one: enough to tell the type must be there. */
    while (s->in_n < STREAM_HEAD) {
        ssize_t got = read(s->fd, s->in + s->in_n, STREAM_BLOCK - s->in_n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(s, TW_EIO, strerror(errno)) == 0;
        if (got == 0)
            break;
        s->in_n += (size_t)got;
        s->bytes += (uint64_t)got;
    }
    if (s->in_n >= 3 && s->in[0] == 0x1f && s->in[1] == 0x8b && s->in[2] == 8) {
        s->gzip = true;
        s->plain_file = false;
        if (inflateInit2(&s->z, 15 + 16) != Z_OK)
            return fail(s, TW_EFORMAT, "zlib can't be started") == 0;
    }
    unsigned char head[STREAM_HEAD];
    size_t n = 0;
    while (n < sizeof head) {
        ssize_t got =
            s->gzip ? read_gzip(s, head + n, sizeof head - n) : read_plain(s, head + n, sizeof head - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    memcpy(s->head, head, n);
    s->head_n = n;
    return true;
}

bool stream_open(struct stream *s, const char *path)
{
    struct stat st;
    bool in = strcmp(path, "-") == 0;
    *s = (struct stream){.name = in ? "standard input" : path};
    s->fd = in ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return fail(s, TW_EIO, strerror(errno)) == 0;
    if (S_ISDIR(st.st_mode))
        return fail(s, TW_EIO, "is a directory, not a file") == 0;
    if (S_ISREG(st.st_mode)) {
        s->is_file = s->plain_file = true;
        s->bytes_total = (uint64_t)st.st_size;
        s->mtime.ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    } else {
        s->mtime.ns = (int64_t)time(NULL) * 1000000000;
    }
    s->in = tw_xmalloc(STREAM_BLOCK);
    return look_inside(s);
}

void stream_close(struct stream *s)
{
    if (s->gzip)
        (void)inflateEnd(&s->z);
    if (s->fd >= 0)
        (void)close(s->fd);
    free(s->in);
    s->in = NULL;
    s->fd = -1;
}
