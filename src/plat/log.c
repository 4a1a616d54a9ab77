/* SPDX-License-Identifier: ISC */
#include "plat/log.h"

#include "base/buf.h"
#include "plat/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line is written whole or not at all: what fits into a pipe at once. */
enum { LINE_MAX_BYTES = 4000, PLACES = 64, LOG_BURST = 50, LOG_PERIOD_MS = 10000 };

/* The one state that has no owner to pass it: whoever logs may be anybody. The loop thread only. */
static struct {
    enum tw_level level;
    int journal; /* -1: not yet known */
    struct tw_buf line;
    struct place {
        const char *name;
        int64_t since_ms;
        unsigned n;
        uint64_t suppressed;
    } places[PLACES]; /* the last one is for all that find no room */
    uint64_t lost;
} self = {.level = TW_LEVEL_INFO, .journal = -1};

static const char *level_name(enum tw_level level)
{
    switch (level) {
    case TW_LEVEL_ERROR: return "error";
    case TW_LEVEL_WARNING: return "warning";
    case TW_LEVEL_NOTICE: return "notice";
    case TW_LEVEL_INFO: return "info";
    case TW_LEVEL_DEBUG: return "debug";
    }
    return "?";
}

/* JOURNAL_STREAM names the journal's socket; stderr may have been redirected since. */
static bool to_journal(void)
{
    if (self.journal < 0) {
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device = 0, inode = 0;
        struct stat st;
        /* NOLINTNEXTLINE(cert-err34-c): systemd wrote it; other text only means that it is not the journal */
        self.journal = stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
                       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
    }
    return self.journal > 0;
}

static struct place *find_place(const char *name)
{
    struct place *p = self.places;
    while (p < &self.places[PLACES - 1] && p->name != NULL && strcmp(p->name, name) != 0)
        p++;
    p->name = name;
    return p;
}

static bool held_back(enum tw_level level, struct place *p)
{
    int64_t now = tw_clock_mono_ms();
    if (level == TW_LEVEL_NOTICE)
        return false;
    if (p->n == 0 || now - p->since_ms >= LOG_PERIOD_MS) {
        p->since_ms = now;
        p->n = 0;
    }
    if (p->n++ < LOG_BURST)
        return false;
    p->suppressed++;
    self.lost++;
    return true;
}

static bool needs_quotes(struct tw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '"' || s.p[i] == '=')
            return true;
    }
    return s.n == 0;
}

static void add_value(struct tw_buf *b, const struct tw_log_kv *kv)
{
    tw_buf_char(b, ' ');
    tw_buf_z(b, kv->key);
    tw_buf_char(b, '=');
    if (kv->is_number) {
        tw_buf_fmt(b, "%" PRId64, kv->number);
    } else if (!needs_quotes(kv->text)) {
        tw_buf_safe(b, kv->text);
    } else {
        struct tw_buf safe = {0};
        tw_buf_safe(&safe, kv->text);
        tw_buf_char(b, '"');
        for (size_t i = 0; i < safe.n; i++) {
            if (safe.p[i] == '"')
                tw_buf_char(b, '\\');
            tw_buf_char(b, safe.p[i]);
        }
        tw_buf_char(b, '"');
        tw_buf_finish(&safe);
    }
}

static void compose(enum tw_level level, const struct place *p, const char *message,
                    const struct tw_log_kv *kvs)
{
    struct tw_buf *b = &self.line;
    char time[TW_TIME_TEXT];
    tw_buf_clear(b);
    if (to_journal())
        tw_buf_fmt(b, "<%d>%s: ", (int)level, p->name);
    else
        tw_buf_fmt(b, "%s %s %s: ", tw_time_text(tw_clock_wall(), time), level_name(level), p->name);
    tw_buf_safe(b, tw_str_z(message));
    for (; kvs != NULL && kvs->key != NULL; kvs++)
        add_value(b, kvs);
    if (b->n > LINE_MAX_BYTES) {
        b->n = LINE_MAX_BYTES;
        tw_buf_z(b, " cut=true");
    }
    if (p->suppressed > 0)
        tw_buf_fmt(b, " suppressed=%" PRIu64, p->suppressed);
    tw_buf_char(b, '\n');
}

static bool write_line(void)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0 &&
           write(STDERR_FILENO, self.line.p, self.line.n) == (ssize_t)self.line.n;
}

void tw_log(enum tw_level level, const char *place, const char *message, const struct tw_log_kv *kvs)
{
    if (level > self.level)
        return;
    struct place *p = find_place(place);
    if (held_back(level, p))
        return;
    compose(level, p, message, kvs);
    if (write_line())
        p->suppressed = 0;
    else
        self.lost++;
}

bool tw_log_wants(enum tw_level level)
{
    return level <= self.level;
}

void tw_log_level(enum tw_level level)
{
    self.level = level;
}

uint64_t tw_log_lost(void)
{
    return self.lost;
}
