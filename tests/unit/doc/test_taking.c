/* SPDX-License-Identifier: ISC */
/* Entries that are taken while the text is still being read. */
#include "tests.h"

#include "base/buf.h"
#include "doc/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Writes down what it is given. */
struct taken {
    bool refuse;
    unsigned begins;
    const struct tw_node *places[2]; /* of the last two values */
    struct tw_buf seen;
};

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the documents below */
static void write_down(struct tw_buf *b, const struct tw_node *n)
{
    if (n == NULL) {
        tw_buf_z(b, "taken");
        return;
    }
    if (n->kind == TW_NODE_SCALAR) {
        tw_buf_fmt(b, "%.*s@%u:%u", TW_STR_ARG(n->text), n->line, n->column);
        return;
    }
    tw_buf_z(b, n->kind == TW_NODE_MAP ? "{" : "[");
    for (uint32_t i = 0; i < n->n; i++) {
        tw_buf_z(b, i > 0 ? " " : "");
        if (n->kind == TW_NODE_MAP) {
            write_down(b, n->keys[i]);
            tw_buf_z(b, "=");
        }
        write_down(b, n->items[i]);
    }
    tw_buf_z(b, n->kind == TW_NODE_MAP ? "}" : "]");
}

static bool begin(void *ctx, const struct tw_doc *d)
{
    struct taken *t = ctx;
    t->begins++;
    tw_buf_z(&t->seen, "before ");
    write_down(&t->seen, d->root);
    tw_buf_z(&t->seen, "\n");
    return !t->refuse;
}

static void entry(void *ctx, const struct tw_node *key, const struct tw_node *value)
{
    struct taken *t = ctx;
    t->places[0] = t->places[1];
    t->places[1] = value;
    tw_buf_fmt(&t->seen, "%.*s: ", TW_STR_ARG(key->text));
    write_down(&t->seen, value);
    tw_buf_z(&t->seen, "\n");
}

/* `seen` is what the taker saw, then the whole tree or the errors. */
static void check(const char *text, bool refuse, const char *seen)
{
    struct taken t = {.refuse = refuse};
    struct tw_errors e = {0};
    const struct tw_doc_taker taker = {"big", &t, begin, entry};
    struct tw_doc *d = tw_doc_parse_taking("f", tw_str_z(text), &taker, &e);
    assert_true((d == NULL) == (e.n > 0));
    if (d != NULL)
        write_down(&t.seen, d->root);
    for (size_t i = 0; i < e.n; i++)
        tw_buf_fmt(&t.seen, "%s\n", e.text[i]);
    if (strcmp(t.seen.p, seen) != 0)
        fail_msg("%s\n--- expected\n%s\n--- got\n%s", text, seen, t.seen.p);
    assert_true(t.begins <= 1);
    tw_doc_destroy(d);
    tw_errors_finish(&e);
    tw_buf_finish(&t.seen);
}

static void entries_are_handed_over(void **state)
{
    (void)state;
    check(
        "a: [1]\nbig:\n  x: {k: v, l: [2, {m: n}]}\n  y: z\n  e:\n  f: {}\n  g: []\nb: c\n", false,
        "before {a@1:1=[1@1:5]}\n"
        "x: {k@3:7=v@3:10 l@3:13=[2@3:17 {m@3:21=n@3:24}]}\n"
        "y: z@4:6\n"
        "e: @5:5\n"
        "f: {}\n"
        "g: []\n"
        "{a@1:1=[1@1:5] big@2:1={x@3:3=taken y@4:3=taken e@5:3=taken f@6:3=taken g@7:3=taken} b@8:1=c@8:4}");
}

static void what_is_not_taken_stays(void **state)
{
    (void)state;
    check("big: {x: [1]}\na: b\n", true, "before {}\n{big@1:1={x@1:7=[1@1:11]} a@2:1=b@2:4}");
    check("big: [x]\n", false, "{big@1:1=[x@1:7]}");
    check("big: x\n", false, "{big@1:1=x@1:6}");
    check("big: {}\n", false, "before {}\n{big@1:1={}}");
    check("a: {big: {x: {y: z}}}\n", false, "{a@1:1={big@1:5={x@1:11={y@1:15=z@1:18}}}}");
    check("- {big: {x: y}}\n", false, "[{big@1:4={x@1:10=y@1:13}}]");
    check("bigger: {x: y}\n", false, "{bigger@1:1={x@1:10=y@1:13}}");
}

static void wrong_documents(void **state)
{
    (void)state;
    /* No entry with an error, and none after one. */
    check("big:\n  x: {a: 1}\n  y: {a: 1, a: 2}\n  z: {a: 1}\n", false,
          "before {}\nx: {a@2:7=1@2:10}\n"
          "f:3:13: key 'a' is given twice (first at line 3, column 7), expected it once\n");
    check("big:\n  x: {a: 1}\n  [k]: {a: 1}\n  z: {a: 1}\n", false,
          "before {}\nx: {a@2:7=1@2:10}\nf:3:3: a key is a list, expected a word or a number\n");
    check("{c: 1, c: *d, big: {x: y}}\n", false,
          "f:1:11: alias 'd' is not allowed, expected the value written out\n"
          "f:1:8: key 'c' is given twice (first at line 1, column 2), expected it once\n");
    check("big: {x: y}\nbig: {z: y}\n", false,
          "before {}\nx: y@1:10\n"
          "f:2:1: key 'big' is given twice (first at line 1, column 1), expected it once\n");
    check("big: {x: y, z: y, x: y}\n", false,
          "before {}\nx: y@1:10\nz: y@1:16\nx: y@1:22\n"
          "f:1:19: key 'x' is given twice (first at line 1, column 7), expected it once\n");
    check("big: {x: y}\n---\na\n", false,
          "before {}\nx: y@1:10\nf:2:1: a second document begins, expected only one\n");
}

static void memory_is_used_again(void **state)
{
    (void)state;
    struct tw_buf text = {0};
    struct taken t = {0};
    struct tw_errors e = {0};
    const struct tw_doc_taker taker = {"big", &t, begin, entry};
    tw_buf_z(&text, "big:\n");
    /* One that needs blocks of its own, then small ones. */
    tw_buf_z(&text, "  first: [");
    for (int i = 0; i < 30000; i++)
        tw_buf_fmt(&text, "w%d, ", i);
    tw_buf_z(&text, "w]\n");
    for (int i = 0; i < 100; i++)
        tw_buf_fmt(&text, "  k%d: [%d, {a: b}]\n", i, i);
    struct tw_doc *d = tw_doc_parse_taking("f", tw_buf_view(&text), &taker, &e);
    assert_non_null(d);
    assert_ptr_equal(t.places[0], t.places[1]);
    const struct tw_str seen = tw_buf_view(&t.seen);
    assert_non_null(strstr(seen.p, " w29999@2:"));
    const char *end = "k99: [99@102:9 {a@102:14=b@102:17}]\n";
    assert_string_equal(seen.p + seen.n - strlen(end), end);
    assert_int_equal(d->root->items[0]->n, 101);
    tw_doc_destroy(d);
    tw_buf_finish(&text);
    tw_buf_finish(&t.seen);
}

static void errors_are_moved(void **state)
{
    (void)state;
    struct tw_errors a = {0}, b = {0};
    tw_errors_add(&a, "f", 1, 1, "one");
    for (unsigned i = 0; i < TW_ERRORS_MAX + 3; i++)
        tw_errors_add(&b, "f", i + 2, 1, "more");
    tw_errors_move(&a, &b);
    assert_int_equal(a.n, TW_ERRORS_MAX);
    assert_int_equal(a.dropped, 4);
    assert_string_equal(a.text[0], "f:1:1: one");
    assert_string_equal(a.text[99], "f:100:1: more");
    assert_int_equal(b.n + b.dropped, 0);
    assert_null(b.text);
    tw_errors_move(&a, &b);
    assert_int_equal(a.dropped, 4);
    tw_errors_finish(&a);
}

int run_taking(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_handed_over), cmocka_unit_test(what_is_not_taken_stays),
        cmocka_unit_test(wrong_documents),         cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(errors_are_moved),
    };
    return cmocka_run_group_tests_name("taking", tests, NULL, NULL);
}
