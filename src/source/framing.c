/* SPDX-License-Identifier: ISC */
#include "source/framing.h"

#include "base/err.h"

struct out {
    tw_framing_message *call;
    void *ctx;
};

/* NOLINTNEXTLINE(readability-non-const-parameter): messages are put together there */
void tw_framing_init(struct tw_framing *f, char *bytes, size_t max)
{
    TW_ASSERT(max >= TW_FRAMING_MIN);
    *f = (struct tw_framing){.bytes = bytes, .max = max};
}

static void hand_out(struct tw_framing *f, struct tw_str message, const struct out *o)
{
    f->n = 0;
    if (message.n == 0)
        return;
    f->stats.messages++;
    o->call(o->ctx, message);
}

/* Part of a message. What lies in the input from its first byte to its last is handed out from there. */
static void take(struct tw_framing *f, struct tw_str part, bool last, const struct out *o)
{
    if (!f->over && f->n + part.n > f->max) {
        size_t room = f->max - f->n;
        if (room > 0)                              /* then part has bytes too */
            memcpy(f->bytes + f->n, part.p, room); /* NOLINT(clang-analyzer-core.NonNullParamChecker) */
        f->stats.cut++;
        f->over = true;
        hand_out(f, tw_str_of(f->bytes, f->max), o);
    } else if (!f->over && last && f->n == 0) {
        hand_out(f, part, o);
    } else if (!f->over) {
        if (part.n > 0)
            memcpy(f->bytes + f->n, part.p, part.n);
        f->n += part.n;
        if (last)
            hand_out(f, tw_str_of(f->bytes, f->n), o);
    }
    if (last)
        f->over = false;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\0';
}

/* Bytes before the end of the line. Block by block, as a compiler makes few instructions of: each byte is
 * looked at, and this was a sixth of what a line over TCP costs. */
static size_t line_length(struct tw_str in)
{
    enum { BLOCK = 32 };
    size_t n = 0;
    for (; n + BLOCK <= in.n; n += BLOCK) {
        unsigned char found = 0;
        for (size_t i = 0; i < BLOCK; i++)
            found |= (unsigned char)ends_line(in.p[n + i]);
        if (found != 0)
            break;
    }
    while (n < in.n && !ends_line(in.p[n]))
        n++;
    return n;
}

static size_t feed_lines(struct tw_framing *f, struct tw_str in, const struct out *o)
{
    size_t n = line_length(in);
    take(f, tw_str_cut(in, n), n < in.n, o);
    return n < in.n ? n + 1 : n;
}

static size_t feed_message(struct tw_framing *f, struct tw_str in, const struct out *o)
{
    struct tw_str part = tw_str_cut(in, (size_t)f->left);
    f->left -= part.n;
    if (f->left == 0)
        f->at = TW_FRAMING_AT_COUNT;
    take(f, part, f->left == 0, o);
    return part.n;
}

/* One step of "123 <". False: it is none; nothing was taken. */
static bool header_step(struct tw_framing *f, char c)
{
    if (f->at == TW_FRAMING_AT_COUNT) {
        if (c < '1' || c > '9')
            return false;
        f->at = TW_FRAMING_AT_DIGIT;
        f->count = (uint64_t)(c - '0');
        f->digits = 1;
    } else if (f->at == TW_FRAMING_AT_DIGIT && tw_is_digit(c) &&
               (f->digits < TW_FRAMING_DIGITS || f->mode == TW_FRAMING_COUNTED)) {
        if (f->count <= TW_FRAMING_COUNT_MAX)
            f->count = f->count * 10 + (uint64_t)(c - '0');
        f->digits++;
    } else if (f->at == TW_FRAMING_AT_DIGIT && c == ' ') {
        f->at = TW_FRAMING_AT_MARK;
    } else if (f->at == TW_FRAMING_AT_MARK && c == '<') {
        f->at = TW_FRAMING_AT_MESSAGE;
        f->left = f->count;
    } else {
        return false;
    }
    return true;
}

static void lose(struct tw_framing *f)
{
    f->stats.errors += !f->lost;
    f->lost = true;
}

/* After a whole "123 <": the '<' is the message's first byte. */
static void begin_message(struct tw_framing *f, const struct out *o)
{
    f->n = 0;
    if (f->count > TW_FRAMING_COUNT_MAX) {
        lose(f);
        f->stats.skipped += f->digits + 2;
        f->at = TW_FRAMING_AT_COUNT;
        return;
    }
    f->lost = false;
    (void)feed_message(f, TW_STR("<"), o);
}

/* Some senders end counted messages with a line end too. */
static bool is_between(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

static size_t feed_counted(struct tw_framing *f, char c, const struct out *o)
{
    if (f->at == TW_FRAMING_AT_COUNT && !f->lost && is_between(c))
        return 1;
    if (header_step(f, c)) {
        if (f->at == TW_FRAMING_AT_MESSAGE)
            begin_message(f, o);
        return 1;
    }
    /* What looked like a header is none. The byte that showed it may begin one. */
    lose(f);
    if (f->at != TW_FRAMING_AT_COUNT) {
        f->stats.skipped += f->digits + (f->at == TW_FRAMING_AT_MARK);
        f->at = TW_FRAMING_AT_COUNT;
        return 0;
    }
    f->stats.skipped++;
    return 1;
}

/* The bytes are kept until they say what they are: a line may begin with digits too. */
static size_t feed_first(struct tw_framing *f, char c, const struct out *o)
{
    if (!header_step(f, c)) {
        f->mode = TW_FRAMING_LINES;
        f->at = TW_FRAMING_AT_COUNT;
        return 0;
    }
    f->bytes[f->n++] = c;
    if (f->at == TW_FRAMING_AT_MESSAGE) {
        f->mode = TW_FRAMING_COUNTED;
        begin_message(f, o);
    }
    return 1;
}

void tw_framing_feed(struct tw_framing *f, struct tw_str in, tw_framing_message *call, void *ctx)
{
    const struct out o = {call, ctx};
    while (in.n > 0) {
        size_t used;
        if (f->mode == TW_FRAMING_LINES)
            used = feed_lines(f, in, &o);
        else if (f->mode == TW_FRAMING_UNKNOWN)
            used = feed_first(f, *in.p, &o);
        else if (f->at == TW_FRAMING_AT_MESSAGE)
            used = feed_message(f, in, &o);
        else
            used = feed_counted(f, *in.p, &o);
        in = tw_str_from(in, used);
    }
}

bool tw_framing_end(struct tw_framing *f, tw_framing_message *call, void *ctx)
{
    const struct out o = {call, ctx};
    if (f->mode == TW_FRAMING_COUNTED)
        return !tw_framing_pending(f);
    f->mode = TW_FRAMING_LINES;
    f->at = TW_FRAMING_AT_COUNT;
    take(f, (struct tw_str){0}, true, &o);
    return true;
}

bool tw_framing_pending(const struct tw_framing *f)
{
    return f->n > 0 || f->over || f->lost || f->at != TW_FRAMING_AT_COUNT;
}

bool tw_framing_untold(const struct tw_framing *f)
{
    return tw_framing_pending(f) && !f->over && !f->lost;
}
