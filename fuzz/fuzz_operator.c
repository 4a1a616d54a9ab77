/* SPDX-License-Identifier: ISC */
/* Any bytes as what somebody does about alerts: a reason why they are none, or something whose text says the
 * same again; and a window that recurs opens and closes in order. */
#include "base/err.h"
#include "model/operator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void good_window(const struct tw_window *w)
{
    enum { TURNS = 20 };
    tw_time t = TW_TIME_MIN, next;
    bool open = tw_window_open(w, t, &next);
    TW_ASSERT(!open || w->from.ns == INT64_MIN);
    for (int i = 0; i < TURNS && next.ns != INT64_MAX; i++) {
        /* Nothing happens in between. */
        tw_time before = {next.ns - 1}, then;
        TW_ASSERT(tw_before(t, next));
        TW_ASSERT(tw_window_open(w, before, &then) == open && then.ns == next.ns);
        t = next;
        open = tw_window_open(w, t, &next);
        TW_ASSERT(!open || (!tw_before(t, w->from) && tw_before(t, w->until)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_str line = tw_str_of((const char *)data, size);
    struct tw_arena *arena = tw_arena_create(4096);
    struct tw_operator a, b;
    struct tw_buf text = {0}, again = {0};
    const char *why = tw_operator_parse(line, arena, &a);
    TW_ASSERT(why == NULL || why[0] != '\0');
    (void)tw_glob(tw_str_cut(line, size / 2), tw_str_from(line, size / 2));
    if (why == NULL) {
        tw_operator_text(&a, &text);
        TW_ASSERT(tw_operator_is(tw_buf_view(&text)) && memchr(text.p, '\n', text.n) == NULL &&
                  memchr(text.p, '%', text.n) == NULL);
        TW_ASSERT(text.n > TW_OPERATOR_LINE_MAX || tw_operator_parse(tw_buf_view(&text), arena, &b) == NULL);
    }
    if (why == NULL && text.n <= TW_OPERATOR_LINE_MAX) {
        TW_ASSERT(a.act == b.act && same(a.id, b.id) && same(a.by, b.by) && same(a.why, b.why));
        for (int m = 0; m < TW_MATCHERS; m++)
            TW_ASSERT(same(a.match[m], b.match[m]));
        tw_operator_text(&b, &again);
        TW_ASSERT(tw_str_eq(tw_buf_view(&text), tw_buf_view(&again)));
        good_window(&a.when);
    }
    tw_buf_finish(&text);
    tw_buf_finish(&again);
    tw_arena_destroy(arena);
    return 0;
}
