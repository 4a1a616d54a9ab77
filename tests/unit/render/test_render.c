/* SPDX-License-Identifier: ISC */
#include "render/parse.h"
#include "render/render.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const subs[] = {"Eth-Trunk10.9", "Eth-Trunk10.10"};
static const char *const services[] = {"arp", "igmp"};
static const char *const check[] = {"display e-trunk 1", "display interface Eth-Trunk10.9"};
static const char *const move[] = {"system-view", "interface Eth-Trunk10", "commit"};
static const struct tw_hint hints[] = {
    {TW_STEP_CHECK, "pe-a", "Look at the roles.", check, 2},
    {TW_STEP_SWITCH_OVER, "pe-a", "Moves every sub-interface of Eth-Trunk10 to pe-b.", move, 3},
    {TW_STEP_CHECK, "pe-b", "Look at the other side.", check, 1},
};
static const struct tw_evidence_line evidence[] = {
    {{1786212000000000000},
     {1786212001000000000},
     {INT64_MIN},
     "pe-a",
     TW_SOURCE_SYSLOG,
     "IFNET/2/linkDown_active \"x\"",
     {0, 3},
     "rule"},
    {{1786212000123000000},
     {1786212000123000000},
     {INT64_MIN},
     "pe-b",
     TW_SOURCE_TRAP,
     "role",
     {0, 4},
     "rule"},
};

static struct tw_transition sample(void)
{
    return (struct tw_transition){.seq = 7,
                                  .time = {1786212010000000000},
                                  .kind = TW_RAISED,
                                  .alert_id = "0123456789abcdef",
                                  .condition = "no-switchover",
                                  .severity = TW_SEVERITY_CRITICAL,
                                  .pair = "metro-7",
                                  .e_trunk = 1,
                                  .device = "pe-a",
                                  .peer = "pe-b",
                                  .trunk = "Eth-Trunk10",
                                  .sub_interfaces = subs,
                                  .sub_interfaces_n = 2,
                                  .services = services,
                                  .services_n = 2,
                                  .since = {1786212000000000000},
                                  .help = TW_HELP_UNKNOWN,
                                  .confidence = TW_CONFIDENCE_CONFIRMED,
                                  .summary =
                                      "Traffic interruption, no switchover: Eth-Trunk10.9 and 1 more on pe-a",
                                  .hints = hints,
                                  .hints_n = 3,
                                  .evidence = evidence,
                                  .evidence_n = 2,
                                  .number = 3};
}

static void json_is_exactly_this(void **state)
{
    (void)state;
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    t.hints_n = 1;
    t.evidence_n = 1;
    tw_render_json(&t, &b);
    assert_string_equal(
        b.p,
        "{\"seq\":7,\"time\":\"2026-08-08T18:00:10.000Z\",\"transition\":\"raised\","
        "\"alert_id\":\"0123456789abcdef\",\"condition\":\"no-switchover\",\"severity\":\"critical\","
        "\"pair\":\"metro-7\",\"e_trunk\":1,\"device\":\"pe-a\",\"peer\":\"pe-b\",\"trunk\":\"Eth-Trunk10\","
        "\"sub_interfaces\":[\"Eth-Trunk10.9\",\"Eth-Trunk10.10\"],\"services\":[\"arp\",\"igmp\"],"
        "\"since\":\"2026-08-08T18:00:00.000Z\",\"switchover_would_help\":\"unknown\","
        "\"confidence\":\"confirmed\",\"feed\":\"ok\",\"summary\":\"Traffic interruption, no switchover: "
        "Eth-Trunk10.9 and 1 "
        "more on pe-a\",\"hints\":[{\"step\":\"check\",\"on\":\"pe-a\",\"text\":\"Look at the roles.\","
        "\"commands\":[\"display e-trunk 1\",\"display interface Eth-Trunk10.9\"]}],"
        "\"evidence\":[{\"time\":\"2026-08-08T18:00:00.000Z\",\"device\":\"pe-a\",\"source\":\"syslog\","
        "\"text\":\"IFNET/2/linkDown_active "
        "\\\"x\\\"\",\"received\":\"2026-08-08T18:00:01.000Z\",\"stamp\":null}],\"duration_s\":null,"
        "\"cleared_by\":null,\"number\":3,\"change\":null,\"acknowledged\":null,\"silenced\":null}\n");
    tw_buf_finish(&b);
}

static json_t *parsed(const struct tw_transition *t)
{
    struct tw_buf b = {0};
    tw_render_json(t, &b);
    assert_int_equal(b.p[b.n - 1], '\n');
    assert_null(memchr(b.p, '\n', b.n - 1));
    json_t *j = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    tw_buf_finish(&b);
    return j;
}

static void nothing_known_is_null_and_never_missing(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "seq",        "time",           "transition", "alert_id", "condition",
        "severity",   "pair",           "e_trunk",    "device",   "peer",
        "trunk",      "sub_interfaces", "services",   "since",    "switchover_would_help",
        "confidence", "summary",        "hints",      "evidence", "duration_s",
        "cleared_by", "feed",           "number",     "change",   "acknowledged",
        "silenced"};
    static const char *const nulls[] = {"time",    "condition",    "pair",
                                        "e_trunk", "device",       "peer",
                                        "trunk",   "since",        "switchover_would_help",
                                        "summary", "duration_s",   "cleared_by",
                                        "change",  "acknowledged", "silenced"};
    struct tw_transition t = {.time = TW_TIME_MAX, .since = TW_TIME_MIN};
    json_t *j = parsed(&t);
    assert_int_equal(json_object_size(j), sizeof keys / sizeof *keys);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(json_object_get(j, keys[i]));
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        assert_true(json_is_null(json_object_get(j, nulls[i])));
    assert_int_equal(json_array_size(json_object_get(j, "services")), 0);
    json_decref(j);
}

static const struct tw_acknowledged taken = {"pat (via root)", "on it\n\"soon\"", {1786212020000000000}};
static const struct tw_silenced quiet = {"m1", TW_MAINTENANCE, "sam", "new line card", {1786215600000000000}};

static void what_people_did_is_said(void **state)
{
    (void)state;
    struct tw_transition t = sample(), back, copy;
    struct tw_buf b = {0}, again = {0};
    t.kind = TW_UPDATED;
    t.change = 1u << TW_CHANGE_SEVERITY | 1u << TW_CHANGE_ACKNOWLEDGED | 1u << TW_CHANGE_SILENCED;
    t.acknowledged = &taken;
    t.silenced = &quiet;
    tw_render_json(&t, &b);
    assert_non_null(strstr(b.p, "\"change\":[\"severity\",\"acknowledged\",\"silenced\"]"));
    assert_non_null(strstr(b.p,
                           "\"acknowledged\":{\"by\":\"pat (via root)\",\"why\":\"on it\\n\\\"soon\\\"\","
                           "\"time\":\"2026-08-08T18:00:20.000Z\"}"));
    assert_non_null(strstr(b.p, "\"silenced\":{\"id\":\"m1\",\"kind\":\"maintenance\",\"by\":\"sam\",\"why\":"
                                "\"new line card\",\"until\":\"2026-08-08T19:00:00.000Z\"}}\n"));
    struct tw_arena *one = tw_arena_create(4096), *two = tw_arena_create(4096);
    assert_true(tw_render_parse(tw_buf_view(&b), one, &back));
    tw_transition_copy(&back, two, &copy);
    tw_arena_destroy(one);
    tw_render_json(&copy, &again);
    assert_string_equal(again.p, b.p);
    tw_arena_destroy(two);
    tw_buf_clear(&b);
    tw_render_text(&t, false, 0, &b);
    assert_non_null(strstr(b.p, "\n  changed     the severity, acknowledged, quiet now\n"));
    assert_non_null(
        strstr(b.p, "\n  ack by      pat (via root), 2026-08-08T18:00:20.000Z: on it\\x0a\"soon\"\n"));
    assert_non_null(strstr(
        b.p, "\n  quiet       planned work until 2026-08-08T19:00:00.000Z, by sam: new line card (m1)\n"));
    t.acknowledged = NULL;
    t.silenced = NULL;
    tw_buf_clear(&b);
    tw_render_text(&t, false, 0, &b);
    assert_non_null(strstr(b.p, "\n  changed     the severity, no longer acknowledged, no longer quiet\n"));
    tw_buf_finish(&b);
    tw_buf_finish(&again);
}

static void durations_keep_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *want;
    } rows[] = {{85000000000, "\"duration_s\":85.0,"},
                {85123999999, "\"duration_s\":85.123,"},
                {1000000, "\"duration_s\":0.001,"},
                {0, "\"duration_s\":0.0,"},
                {86400001000000, "\"duration_s\":86400.001,"}};
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    t.kind = TW_CLEARED;
    t.cleared_by = "recovered";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t.duration.ns = rows[i].ns;
        tw_buf_clear(&b);
        tw_render_json(&t, &b);
        assert_non_null(strstr(b.p, rows[i].want));
        assert_non_null(strstr(b.p, "\"cleared_by\":\"recovered\",\"number\":3,"));
    }
    tw_buf_finish(&b);
}

/* Another writer, given what another reader made of our bytes, writes the same bytes. */
static void json_is_what_another_writer_would_write(void **state)
{
    (void)state;
    char odd[64];
    size_t n = 0;
    for (char c = 1; c < 0x23; c++)
        odd[n++] = c;
    (void)sprintf(odd + n, "\\/\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    struct tw_transition t = sample();
    t.summary = odd;
    t.kind = TW_CLEARED;
    t.cleared_by = "recovered";
    static const int64_t durations[] = {
        0, 1000000, 999999, 10000000, 1500000000, 85000000000, 9007199254740991000};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        struct tw_buf b = {0};
        t.duration.ns = durations[i];
        tw_render_json(&t, &b);
        json_error_t error;
        json_t *j = json_loadb(b.p, b.n, 0, &error);
        assert_non_null(j);
        assert_string_equal(json_string_value(json_object_get(j, "summary")), odd);
        char *again = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15));
        assert_int_equal(strlen(again), b.n - 1);
        assert_memory_equal(again, b.p, b.n - 1);
        free(again);
        json_decref(j);
        tw_buf_finish(&b);
    }
}

/* Texts are copied by words: every length, and an escape at every place. */
static void escapes_at_every_place(void **state)
{
    enum { LONGEST = 50 };
    static const char others[] = {'"', '\\', '\n', '\x1f', 'x'};
    (void)state;
    for (size_t n = 1; n <= LONGEST; n++) {
        for (size_t i = 0; i < n * sizeof others; i++) {
            char text[LONGEST + 1];
            for (size_t k = 0; k < n; k++)
                text[k] = (char)('A' + k);
            text[n] = '\0';
            text[i % n] = others[i / n];
            struct tw_transition t = sample();
            struct tw_buf b = {0};
            t.pair = text;
            tw_render_json(&t, &b);
            json_t *j = json_loads(b.p, 0, NULL);
            assert_non_null(j);
            assert_string_equal(json_string_value(json_object_get(j, "pair")), text);
            json_decref(j);
            tw_buf_finish(&b);
        }
    }
}

static void broken_utf8_is_escaped(void **state)
{
    (void)state;
    struct tw_transition t = sample();
    t.summary = "bad \xff\xc3( byte, good \xc3\xa9";
    json_t *j = parsed(&t);
    assert_string_equal(json_string_value(json_object_get(j, "summary")),
                        "bad \\xff\\xc3( byte, good \xc3\xa9");
    json_decref(j);
    struct tw_buf b = {0};
    t.summary = "red \033[31m alert";
    tw_render_text(&t, false, 80, &b);
    assert_null(strchr(b.p, '\033'));
    tw_buf_finish(&b);
}

/* Position of `needle` after position `from`. */
static size_t after(const struct tw_buf *b, size_t from, const char *needle)
{
    const char *hit = strstr(b->p + from, needle);
    if (hit == NULL)
        print_error("not found after %zu: %s in\n%s\n", from, needle, b->p);
    assert_non_null(hit);
    return (size_t)(hit - b->p);
}

static void text_tells_in_order(void **state)
{
    (void)state;
    static const char *const order[] = {
        "CRITICAL  Traffic interruption, no switchover",
        "where",
        "pe-a Eth-Trunk10, pair metro-7, E-Trunk 1, peer pe-b",
        "2 sub-interfaces: Eth-Trunk10.9, Eth-Trunk10.10",
        "arp, igmp",
        "since",
        "2026-08-08T18:00:00.000Z, raised 2026-08-08T18:00:10.000Z, after 10 s",
        "switchover?",
        "UNKNOWN.",
        "confirmed",
        "Check\n",
        "   1. on pe-a: Look at the roles.\n          display e-trunk 1\n",
        "   2. on pe-b",
        "Switch over\n",
        "   3. on pe-a: Moves",
        "          commit\n",
        "Evidence",
        "2026-08-08T18:00:00.123Z pe-b trap: role\n"};
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    tw_render_text(&t, false, 0, &b);
    size_t at = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        at = after(&b, at, order[i]);
    assert_null(strchr(b.p, '\033'));
    tw_buf_finish(&b);
}

static void text_wraps_but_not_commands(void **state)
{
    (void)state;
    static const char *const longish[] = {
        "display interface brief | include Eth-Trunk10.4094 and quite some more words"};
    struct tw_hint h = {TW_STEP_REPAIR, "pe-a", "word word word word word word word word word word word word",
                        longish, 1};
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    t.hints = &h;
    t.hints_n = 1;
    tw_render_text(&t, false, 50, &b);
    assert_non_null(strstr(b.p, longish[0]));
    for (const char *line = b.p; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t n = (size_t)(strchr(line, '\n') - line);
        assert_true(n <= 50 || strncmp(line, "          display", 17) == 0);
    }
    tw_buf_finish(&b);
}

static void cleared_text_says_how_long(void **state)
{
    (void)state;
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    t.kind = TW_CLEARED;
    t.time.ns += 75000000000;
    t.duration = TW_SECONDS(85);
    t.cleared_by = "switched-over";
    tw_render_text(&t, true, 0, &b);
    assert_int_equal(strncmp(b.p, "\033[1;32mCLEARED\033[0m  Traffic", 26), 0);
    (void)after(&b, 0, "until 2026-08-08T18:01:25.000Z: lasted 1 min 25 s");
    (void)after(&b, 0, "switched-over");
    assert_null(strstr(b.p, "display e-trunk"));
    tw_buf_finish(&b);
}

static void a_lossy_feed_is_told(void **state)
{
    (void)state;
    struct tw_transition t = sample();
    struct tw_buf b = {0};
    tw_render_text(&t, false, 0, &b);
    assert_null(strstr(b.p, "LOSSY"));
    t.lossy = true;
    tw_buf_clear(&b);
    tw_render_text(&t, false, 0, &b);
    (void)after(&b, 0, "feed        LOSSY. Messages of this pair were lost");
    json_t *j = parsed(&t);
    assert_string_equal(json_string_value(json_object_get(j, "feed")), "lossy");
    json_decref(j);
    tw_buf_finish(&b);
}

static const struct tw_signature unknown_rows[] = {{TW_TRANSPORT_SYSLOG,
                                                    TW_COUNT_NO_RULE,
                                                    "BGP/3/STATE",
                                                    7,
                                                    {1786212000000000000},
                                                    {1786212010000000000},
                                                    2,
                                                    "pe-a",
                                                    "say \"\\x1b\""},
                                                   {TW_TRANSPORT_TRAP,
                                                    TW_COUNT_BAD_TRAP,
                                                    "ber",
                                                    1,
                                                    {1786212000000000000},
                                                    {1786212000000000000},
                                                    0,
                                                    NULL,
                                                    ""}};
static const struct tw_signatures unknown = {unknown_rows, 2, 10, 2};

static void what_nobody_understood_as_json(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    tw_render_unknown_json(&unknown, &b);
    json_t *j = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL), *list = json_object_get(j, "unknown");
    assert_int_equal(json_integer_value(json_object_get(j, "messages")), 10);
    assert_int_equal(json_integer_value(json_object_get(j, "unlisted")), 2);
    assert_int_equal(json_array_size(list), 2);
    const json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "BGP/3/STATE");
    assert_string_equal(json_string_value(json_object_get(first, "reason")), "ignored_no_rule");
    assert_string_equal(json_string_value(json_object_get(first, "sample")), "say \"\\x1b\"");
    assert_string_equal(json_string_value(json_object_get(first, "last")), "2026-08-08T18:00:10.000Z");
    assert_int_equal(json_integer_value(json_object_get(first, "devices")), 2);
    assert_string_equal(json_string_value(json_object_get(second, "transport")), "trap");
    assert_true(json_is_null(json_object_get(second, "device")));
    json_decref(j);
    tw_buf_finish(&b);
}

static void what_nobody_understood_as_text(void **state)
{
    (void)state;
    struct tw_buf b = {0};
    tw_render_unknown_text(&unknown, &b);
    (void)after(&b, after(&b, 0, "not understood: 8 messages of 2 kinds, and 2 that found no room"),
                "7  syslog BGP/3/STATE  ignored_no_rule, 2 devices");
    tw_buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_exactly_this),
        cmocka_unit_test(nothing_known_is_null_and_never_missing),
        cmocka_unit_test(what_people_did_is_said),
        cmocka_unit_test(durations_keep_milliseconds),
        cmocka_unit_test(json_is_what_another_writer_would_write),
        cmocka_unit_test(escapes_at_every_place),
        cmocka_unit_test(broken_utf8_is_escaped),
        cmocka_unit_test(text_tells_in_order),
        cmocka_unit_test(text_wraps_but_not_commands),
        cmocka_unit_test(cleared_text_says_how_long),
        cmocka_unit_test(a_lossy_feed_is_told),
        cmocka_unit_test(what_nobody_understood_as_json),
        cmocka_unit_test(what_nobody_understood_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
