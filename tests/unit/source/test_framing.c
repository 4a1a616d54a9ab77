/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "source/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { LIMIT = TW_FRAMING_MIN };

/* A stream, and what comes out: each message in brackets, then how it ended. */
struct row {
    const char *in;
    size_t n;
    const char *out;
    struct tw_framing_stats stats;
    bool whole;
};
#define IN(lit) (lit), sizeof(lit) - 1
#define FIFTY   "....,....1....,....2....,....3....,....4....,....5"
#define SIXTY   FIFTY "....,....6"

static const struct row rows[] = {
    /* ended by LF, NUL, CR LF; empty ones are none */
    {IN("<1>a\n<2>b\n"), "[<1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("<1>a\0<2>b\0"), "[<1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("\n\n<1>a\n\0\n<2>b\n\n"), "[<1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("<1>a\r\n<2>b\r\n"), "[<1>a\r][<2>b\r]", {2, 0, 0, 0}, true},
    {IN("no priority\n"), "[no priority]", {1, 0, 0, 0}, true},
    /* a last message without an end */
    {IN("<1>a\n<2>b"), "[<1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("12"), "[12]", {1, 0, 0, 0}, true},
    {IN("12 "), "[12 ]", {1, 0, 0, 0}, true},
    {IN(""), "", {0, 0, 0, 0}, true},
    /* digits that are no count */
    {IN("12 a\n<2>b\n"), "[12 a][<2>b]", {2, 0, 0, 0}, true},
    {IN("012 <1>a\n"), "[012 <1>a]", {1, 0, 0, 0}, true},
    {IN("12<1>a\n3 <4>b\n"), "[12<1>a][3 <4>b]", {2, 0, 0, 0}, true},
    {IN("12345678901 <1>a\n<2>b\n"), "[12345678901 <1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("5\n6 <7>b\n"), "[5][6 <7>b]", {2, 0, 0, 0}, true},
    /* the limit, and one more; the next message is heard */
    {IN(SIXTY "1234\n<2>b\n"), "[" SIXTY "1234][<2>b]", {2, 0, 0, 0}, true},
    {IN(SIXTY "12345\n<2>b\n"), "[" SIXTY "1234][<2>b]", {2, 1, 0, 0}, true},
    {IN(SIXTY SIXTY SIXTY "\n<2>b\n" SIXTY "12345"),
     "[" SIXTY "....][<2>b][" SIXTY "1234]",
     {3, 2, 0, 0},
     true},
    /* counted; a message may hold line ends, and be empty but for its '<' */
    {IN("4 <1>a4 <2>b"), "[<1>a][<2>b]", {2, 0, 0, 0}, true},
    {IN("6 <1>a\nb1 <4 <2>b"), "[<1>a\nb][<][<2>b]", {3, 0, 0, 0}, true},
    {IN("4 <1>a\n4 <2>b\r\n\0"
        "4 <3>c\n"),
     "[<1>a][<2>b][<3>c]",
     {3, 0, 0, 0},
     true},
    {IN("64 <" SIXTY "1234 <2>b"), "[<" SIXTY "123][<2>b]", {2, 0, 0, 0}, true},
    {IN("65 <" SIXTY "12344 <2>b"), "[<" SIXTY "123][<2>b]", {2, 1, 0, 0}, true},
    {IN("121 <" SIXTY SIXTY "4 <2>b"), "[<" SIXTY "...][<2>b]", {2, 1, 0, 0}, true},
    /* not complete at the end */
    {IN("4 <1>a4 <2>"), "[<1>a]", {1, 0, 0, 0}, false},
    {IN("4 <1>a12"), "[<1>a]", {1, 0, 0, 0}, false},
    {IN("4 <1>a12 "), "[<1>a]", {1, 0, 0, 0}, false},
    {IN("121 <" SIXTY), "", {0, 0, 0, 0}, false},
    {IN("121 <" SIXTY "......"), "[<" SIXTY "...]", {1, 1, 0, 0}, false},
    /* a count too small: what is left over is passed over, up to the next frame */
    {IN("4 <1>abcdef 5 gh4 <2>b4 <3>c"), "[<1>a][<2>b][<3>c]", {3, 0, 1, 10}, true},
    /* too large: the message has swallowed a piece of the next frame */
    {IN("9 <1>a4 <2>b4 <3>c4 <4>d"), "[<1>a4 <2>][<3>c][<4>d]", {3, 0, 1, 1}, true},
    /* none at all; 0; not followed by '<'; beyond belief */
    {IN("4 <1>a<2>b\n4 <3>c"), "[<1>a][<3>c]", {2, 0, 1, 5}, true},
    {IN("4 <1>a0 <2>b4 <3>c"), "[<1>a][<3>c]", {2, 0, 1, 6}, true},
    {IN("4 <1>a4 x1>b4 <3>c"), "[<1>a][<3>c]", {2, 0, 1, 6}, true},
    {IN("4 <1>a1048577 <2>b4 <3>c"), "[<1>a][<3>c]", {2, 0, 1, 12}, true},
    {IN("9999999999 <1>a4 <3>c"), "[<3>c]", {1, 0, 1, 15}, true},
    {IN("4 <1>a99999999999 <2>b4 <3>c"), "[<1>a][<3>c]", {2, 0, 1, 16}, true},
    /* two lies, one after the other, are two; at the end it is still lost */
    {IN("4 <1>ax4 <2>bx4 <3>c"), "[<1>a][<2>b][<3>c]", {3, 0, 2, 2}, true},
    {IN("4 <1>axyz"), "[<1>a]", {1, 0, 1, 3}, false},
};

static void note(void *ctx, struct tw_str message)
{
    assert_true(message.n > 0 && message.n <= LIMIT);
    tw_buf_char(ctx, '[');
    tw_buf_str(ctx, message);
    tw_buf_char(ctx, ']');
}

/* In pieces that end at the two positions, each copied so that a reader past its end is found. */
static void feed(struct tw_framing *f, const struct row *r, size_t a, size_t b, struct tw_buf *out)
{
    size_t cuts[] = {0, a, b, r->n};
    for (size_t i = 0; i < 3; i++) {
        struct tw_buf piece = {0};
        tw_buf_add(&piece, r->in + cuts[i], cuts[i + 1] - cuts[i]);
        tw_framing_feed(f, tw_str_of(piece.p, piece.n), note, out);
        tw_buf_finish(&piece);
    }
}

static void check(const struct row *r, size_t a, size_t b)
{
    char room[LIMIT];
    struct tw_framing f;
    struct tw_buf out = {0};
    struct tw_str want = tw_str_z(r->out);
    tw_framing_init(&f, room, sizeof room);
    feed(&f, r, a, b, &out);
    bool whole = tw_framing_end(&f, note, &out);
    if (whole != r->whole || !tw_str_eq(tw_buf_view(&out), want) ||
        memcmp(&f.stats, &r->stats, sizeof f.stats) != 0)
        fail_msg("row %zu, cut at %zu and %zu: '%.*s', whole %d, %u messages, %u cut, %u errors, %u skipped",
                 (size_t)(r - rows), a, b, TW_STR_ARG(tw_buf_view(&out)), whole, (unsigned)f.stats.messages,
                 (unsigned)f.stats.cut, (unsigned)f.stats.errors, (unsigned)f.stats.skipped);
    if (r->whole)
        assert_false(tw_framing_pending(&f));
    tw_buf_finish(&out);
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t a = 0; a <= rows[i].n; a++) {
            for (size_t b = a; b <= rows[i].n; b++)
                check(&rows[i], a, b);
        }
    }
}

static void byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char room[LIMIT];
        struct tw_framing f;
        struct tw_buf out = {0};
        tw_framing_init(&f, room, sizeof room);
        for (size_t k = 0; k < rows[i].n; k++)
            tw_framing_feed(&f, tw_str_of(rows[i].in + k, 1), note, &out);
        assert_int_equal(tw_framing_end(&f, note, &out), rows[i].whole);
        struct tw_str got = tw_buf_view(&out);
        assert_true(tw_str_eq(got, tw_str_z(rows[i].out)));
        tw_buf_finish(&out);
    }
}

static void pending_says_that_something_is_begun(void **state)
{
    static const struct {
        const char *in;
        bool pending, untold;
    } steps[] = {{"1", true, true},          {"2 <2>b3456789", true, true}, {"0", false, false},
                 {"4", true, true},          {" <1>", true, true},          {"a", false, false},
                 {"x", true, false}, /* an error stands for it */
                 {"7", true, false},         {" <1>a", true, true},         {"bcd", false, false},
                 {"99 <" SIXTY, true, true}, {"....,....1", true, false}, /* handed out, cut */
                 {SIXTY, true, false}};
    char room[LIMIT];
    struct tw_framing f;
    struct tw_buf out = {0};
    (void)state;
    tw_framing_init(&f, room, sizeof room);
    assert_false(tw_framing_pending(&f));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tw_framing_feed(&f, tw_str_z(steps[i].in), note, &out);
        assert_int_equal(tw_framing_pending(&f), steps[i].pending);
        assert_int_equal(tw_framing_untold(&f), steps[i].untold);
    }
    tw_buf_finish(&out);
}

static void keep_length(void *ctx, struct tw_str message)
{
    size_t **next = ctx;
    *(*next)++ = message.n;
}

/* Lines are looked through in blocks: an end at each place of a block, by each of the two that end a line. */
static void an_end_at_every_place(void **state)
{
    (void)state;
    for (size_t at = 0; at <= LIMIT; at++) {
        char in[LIMIT + 4], room[LIMIT];
        size_t lengths[4] = {0}, *next = lengths;
        struct tw_framing f;
        memset(in, 'x', sizeof in);
        in[at] = at % 2 == 0 ? '\n' : '\0';
        in[at + 2] = at % 3 == 0 ? '\n' : '\0';
        tw_framing_init(&f, room, sizeof room);
        tw_framing_feed(&f, tw_str_of(in, at + 3), keep_length, &next);
        assert_int_equal(next - lengths, at > 0 ? 2 : 1);
        assert_int_equal(lengths[0], at > 0 ? at : 1);
        assert_int_equal(lengths[1], at > 0 ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(an_end_at_every_place),
        cmocka_unit_test(pending_says_that_something_is_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
