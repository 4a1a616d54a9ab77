/* SPDX-License-Identifier: ISC */
#include "source/source.h"

#include "base/mem.h"
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 4 };

struct input {
    struct stream stream;
    struct text *text;
    struct capture *capture;
    struct tw_record record; /* the next one, when `full` */
    bool full, used, done;   /* used: handed out; its bytes must stay until the next call */
};

struct tw_replay_source {
    struct input *inputs;
    size_t n;
    struct tw_replay_source_options options;
    struct tw_source_stats stats;
    unsigned threads; /* that may still be started */
    const char *error;
};

static bool open_input(struct tw_replay_source *s, struct input *in, const char *path)
{
    if (!stream_open(&in->stream, path))
        return false;
    if (capture_is(in->stream.head, in->stream.head_n)) {
        in->capture = capture_create(&in->stream, &s->stats);
        return in->capture != NULL;
    }
    in->text = text_create(&in->stream, &s->options, &s->stats, &s->threads);
    return true;
}

struct tw_replay_source *tw_replay_source_open(const char *const *paths, size_t n,
                                               const struct tw_replay_source_options *options,
                                               char why[static 256])
{
    struct tw_replay_source *s = tw_xcalloc(1, sizeof *s);
    s->inputs = tw_xcalloc(n, sizeof *s->inputs);
    s->options = *options;
    s->threads = THREADS_MAX;
    for (size_t i = 0; i < n; i++) {
        s->n = i + 1;
        s->inputs[i].stream.fd = -1;
        if (!open_input(s, &s->inputs[i], paths[i])) {
            memcpy(why, s->inputs[i].stream.why, 256);
            tw_replay_source_close(s);
            return NULL;
        }
    }
    return s;
}

static void count(struct tw_replay_source *s, const struct input *in)
{
    if (in->text != NULL)
        s->stats.lines++;
    else
        s->stats.packets++;
}

static tw_err next_of(struct input *in)
{
    return in->text != NULL ? text_next(in->text, &in->record) : capture_next(in->capture, &in->record);
}

static tw_err refill(struct input *in)
{
    if (in->done || (in->full && !in->used))
        return TW_OK;
    tw_err err = next_of(in);
    in->full = err == TW_OK;
    in->used = false;
    in->done = err != TW_OK;
    return err == TW_ENOENT ? TW_OK : err;
}

/* One input needs no merging. */
static tw_err next_of_one(struct tw_replay_source *s, const struct tw_record **out)
{
    struct input *in = s->inputs;
    tw_err err = in->done ? TW_ENOENT : next_of(in);
    in->done = err != TW_OK;
    *out = &in->record;
    if (err == TW_OK)
        count(s, in);
    else if (err != TW_ENOENT)
        s->error = in->stream.why;
    return err;
}

tw_err tw_replay_source_next(struct tw_replay_source *s, const struct tw_record **out)
{
    struct input *best = NULL;
    if (s->n == 1)
        return next_of_one(s, out);
    for (size_t i = 0; i < s->n; i++) {
        struct input *in = &s->inputs[i];
        tw_err err = refill(in);
        if (err != TW_OK) {
            s->error = in->stream.why;
            return err;
        }
        if (in->full && (best == NULL || tw_before(in->record.rx, best->record.rx)))
            best = in;
    }
    if (best == NULL)
        return TW_ENOENT;
    best->used = true;
    best->record.ref.input = (uint32_t)(best - s->inputs);
    *out = &best->record;
    count(s, best);
    return TW_OK;
}

const char *tw_replay_source_error(const struct tw_replay_source *s)
{
    return s->error != NULL ? s->error : "";
}

const char *tw_replay_source_name(const struct tw_replay_source *s, uint32_t input)
{
    return input < s->n ? s->inputs[input].stream.name : "-";
}

struct tw_source_stats tw_replay_source_stats(const struct tw_replay_source *s)
{
    struct tw_source_stats stats = s->stats;
    bool known = true;
    for (size_t i = 0; i < s->n; i++) {
        const struct input *in = &s->inputs[i];
        stats.bytes += in->text != NULL ? text_bytes(in->text) : in->stream.bytes;
        stats.bytes_total += s->inputs[i].stream.bytes_total;
        known = known && s->inputs[i].stream.bytes_total > 0;
    }
    if (!known)
        stats.bytes_total = 0;
    return stats;
}

void tw_replay_source_close(struct tw_replay_source *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n; i++) {
        text_destroy(s->inputs[i].text);
        capture_destroy(s->inputs[i].capture);
        stream_close(&s->inputs[i].stream);
    }
    free(s->inputs);
    free(s);
}
