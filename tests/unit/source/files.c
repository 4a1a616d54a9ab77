/* SPDX-License-Identifier: ISC */
#include "files.h"

#include "base/mem.h"

#include <zlib.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

int folder_create(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/test_source.XXXXXX", 24);
    return mkdtemp(folder) == NULL;
}

int folder_remove(void **state)
{
    (void)state;
    DIR *d = opendir(folder);
    const struct dirent *e;
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    (void)closedir(d);
    return rmdir(folder);
}

const char *file_path(const char *name)
{
    static char path[8][192];
    static unsigned i;
    char *p = path[i++ % 8];
    (void)snprintf(p, 192, "%s/%s", folder, name);
    return p;
}

static const char *finish(const char *path, int64_t mtime)
{
    struct timespec times[2] = {{mtime, 0}, {mtime, 0}};
    if (mtime != 0)
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    return path;
}

const char *file_write(const char *name, struct tw_str bytes, int64_t mtime)
{
    const char *path = file_path(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    if (bytes.n > 0)
        assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
    return finish(path, mtime);
}

const char *file_gzip(const char *name, struct tw_str bytes, int64_t mtime)
{
    const char *path = file_path(name);
    gzFile f = gzopen(path, "w");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes.p, (unsigned)bytes.n), bytes.n);
    assert_int_equal(gzclose(f), Z_OK);
    return finish(path, mtime);
}

static void keep(struct run *r, const struct tw_record *rec)
{
    if (r->n > 0)
        assert_true(rec->rx.ns >= r->seen[r->n - 1].rx.ns);
    struct seen *s = TW_PUSH(r->seen, r->n, r->cap);
    s->rx = rec->rx;
    s->at = rec->at;
    s->ref = rec->ref;
    s->transport = rec->transport;
    s->from = rec->from;
    s->year = rec->year;
    s->n = rec->bytes.n;
    struct tw_str head = tw_str_cut(rec->bytes, sizeof s->head - 1);
    memcpy(s->head, head.n > 0 ? head.p : "", head.n);
    s->head[head.n] = '\0';
}

void run_all(struct run *r, const char *const *paths, size_t n, const struct tw_replay_source_options *o)
{
    char why[256] = "";
    const struct tw_record *rec;
    *r = (struct run){0};
    struct tw_replay_source *s = tw_replay_source_open(paths, n, o, why);
    assert_string_equal(why, "");
    assert_non_null(s);
    for (tw_err err; (err = tw_replay_source_next(s, &rec)) != TW_ENOENT;) {
        if (err == TW_OK) {
            keep(r, rec);
            continue;
        }
        r->errors++;
        (void)snprintf(r->error, sizeof r->error, "%s", tw_replay_source_error(s));
    }
    r->stats = tw_replay_source_stats(s);
    tw_replay_source_close(s);
}

void run_one(struct run *r, const char *path, int year)
{
    run_all(r, &path, 1, &(struct tw_replay_source_options){.year = year});
}

void run_finish(struct run *r)
{
    free(r->seen);
    *r = (struct run){0};
}

void line_date(struct tw_buf *b, int64_t at, const char *host, const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tw_civil c;
    tw_time_to_civil((tw_time){at * 1000000000}, &c);
    tw_buf_fmt(b, "<188>%.3s %2d %04d %02d:%02d:%02d %s %%%%01IFNET/4/NOTE(l):CID=0x1;%s\n",
               &months[((size_t)c.month - 1) * 3], c.day, c.year, c.hour, c.minute, c.second, host, text);
}
