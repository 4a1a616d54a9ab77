/* SPDX-License-Identifier: ISC */
/*
 * One message through the real rules, as a log line or as a trap (an odd first byte): an event that keeps its
 * limits, the same each time, with evidence that can be printed.
 */
#include "rules_dir.h"
#include "watch.h"

#include "base/mem.h"
#include "decode/log.h"
#include "decode/trap.h"
#include "normalise/normalise.h"
#include "quote/quote.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tw_ruleset *rules(void)
{
    static struct tw_ruleset *r;
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    if (r == NULL) {
        text = test_read_rules(TRUNKWATCH_SOURCE_RULES);
        r = tw_ruleset_create(text.events, text.events_n, &errors);
        TW_ASSERT(r != NULL);
    }
    return r;
}

/* The evidence is taken as facts take it. */
static enum tw_match match_log(struct tw_str bytes, struct tw_arena *arena, struct tw_event *e)
{
    struct tw_log log;
    static struct tw_kv_shape shape; /* another's, more often than not */
    size_t offset;
    char quote[TW_EVIDENCE_MAX + 1];
    if (tw_log_decode(bytes, 2026, (tw_time){INT64_C(1786212000000000000)}, &log, &offset) != TW_LOG_OK)
        return TW_MATCH_NONE;
    const struct tw_event_form *forms = tw_ruleset_log_forms(rules(), log.module, log.brief);
    enum tw_match m = tw_normalise_log(rules(), forms, &log, &shape, e);
    if (m == TW_MATCH_EVENT) {
        TW_ASSERT(e->log == &log && e->text.n == 0);
        struct tw_str text = tw_quote_log(&log, quote);
        e->text = tw_str_of(tw_arena_dup(arena, text.p, text.n), text.n);
    }
    return m;
}

static enum tw_match match(struct tw_str bytes, bool trap, struct tw_arena *arena, struct tw_event *e)
{
    struct tw_trap t;
    size_t offset;
    char quote[TW_EVIDENCE_MAX + 1];
    if (!trap)
        return match_log(bytes, arena, e);
    if (tw_trap_decode(bytes, arena, &t, &offset) != TW_TRAP_OK)
        return TW_MATCH_NONE;
    enum tw_match m = tw_normalise_trap(rules(), &t, e);
    if (m == TW_MATCH_EVENT) {
        TW_ASSERT(e->trap == &t && e->text.n == 0);
        struct tw_str text = tw_quote_trap(&t, quote);
        e->text = tw_str_of(tw_arena_dup(arena, text.p, text.n), text.n);
    }
    return m;
}

static void check(const struct tw_event *e)
{
    TW_ASSERT(e->kind > TW_EVENT_NONE && e->kind < TW_EVENT_KINDS && e->rule != NULL);
    TW_ASSERT(e->text.n > 0 && e->text.n <= TW_EVIDENCE_MAX && watch_printable(e->text, false));
    TW_ASSERT(e->present >> TW_EVENT_FIELDS == 0);
    for (unsigned f = 0; f < TW_EVENT_FIELDS; f++) {
        enum tw_event_field field = (enum tw_event_field)f;
        const char *const *words = tw_event_field_words(field);
        if (tw_event_field_type(field) == TW_FIELD_TEXT) { /* every byte is there to be read */
            struct tw_str text = tw_event_text(e, field);
            TW_ASSERT(tw_hash(text.p, text.n, 1) != 0 || text.n == 0);
            continue;
        }
        int64_t number = tw_event_number(e, field), n = 0;
        while (words != NULL && words[n] != NULL)
            n++;
        TW_ASSERT(tw_event_field_type(field) != TW_FIELD_WORD || (number >= 0 && number <= n));
    }
}

static void same(const struct tw_event *a, const struct tw_event *b)
{
    TW_ASSERT(a->kind == b->kind && a->present == b->present && a->rule == b->rule &&
              tw_str_eq(a->text, b->text));
    for (unsigned f = 0; f < TW_EVENT_FIELDS; f++) {
        enum tw_event_field field = (enum tw_event_field)f;
        if (tw_event_field_type(field) == TW_FIELD_TEXT)
            TW_ASSERT(tw_str_eq(tw_event_text(a, field), tw_event_text(b, field)));
        else
            TW_ASSERT(tw_event_number(a, field) == tw_event_number(b, field));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return -1;
    bool trap = data[0] % 2 != 0;
    struct tw_str bytes = tw_str_of((const char *)data + 1, size - 1);
    /* Small blocks, so that each piece stands alone. */
    struct tw_arena *arena = tw_arena_create(16), *other = tw_arena_create(65536);
    struct tw_event e, again;
    enum tw_match m = match(bytes, trap, arena, &e);
    TW_ASSERT(m != TW_MATCH_LIMIT); /* no pattern of ours may need that many steps */
    TW_ASSERT(match(bytes, trap, other, &again) == m);
    if (m == TW_MATCH_EVENT) {
        check(&e);
        same(&e, &again);
    }
    tw_arena_destroy(arena);
    tw_arena_destroy(other);
    return 0;
}
