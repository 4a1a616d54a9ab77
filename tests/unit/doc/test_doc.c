/* SPDX-License-Identifier: ISC */
#include "doc/doc.h"

#include "base/buf.h"
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tw_doc *parse(const char *text, struct tw_errors *errors)
{
    return tw_doc_parse("f.yaml", tw_str_z(text), errors);
}

/* Parses what must be right. */
static struct tw_doc *parse_good(const char *text)
{
    struct tw_errors e = {0};
    struct tw_doc *d = parse(text, &e);
    if (e.n > 0)
        fail_msg("%s: %s", text, e.text[0]);
    assert_non_null(d);
    return d;
}

static void check_scalar(const struct tw_node *n, const char *text, uint32_t line, uint32_t column,
                         bool quoted)
{
    assert_non_null(n);
    assert_int_equal(n->kind, TW_NODE_SCALAR);
    assert_string_equal(n->text.p, text);
    assert_int_equal(n->text.n, strlen(text));
    assert_int_equal(n->line, line);
    assert_int_equal(n->column, column);
    assert_int_equal(n->quoted, quoted);
    assert_int_equal(n->n, 0);
}

static void tree_and_places(void **state)
{
    (void)state;
    struct tw_doc *d = parse_good("# a comment\n"
                                  "devices:\n"
                                  "  p\xc3\xa9: {a: 1, b: \"x\\ty\"}\n"
                                  "list:\n"
                                  "  - one\n"
                                  "  - 'two'\n"
                                  "  - |\n"
                                  "    three\n"
                                  "empty:\n");
    assert_string_equal(d->file, "f.yaml");
    const struct tw_node *root = d->root;
    assert_int_equal(root->kind, TW_NODE_MAP);
    assert_int_equal(root->n, 3);
    assert_int_equal(root->line, 2);
    assert_int_equal(root->column, 1);
    check_scalar(root->keys[0], "devices", 2, 1, false);
    check_scalar(root->keys[1], "list", 4, 1, false);
    check_scalar(root->keys[2], "empty", 9, 1, false);

    const struct tw_node *pe = tw_node_get(tw_node_get(root, "devices"), "p\xc3\xa9");
    assert_int_equal(pe->kind, TW_NODE_MAP);
    assert_int_equal(pe->column,
                     7); /* in characters: the key has four bytes with its colon, and one of two */
    check_scalar(tw_node_get(pe, "a"), "1", 3, 11, false);
    check_scalar(tw_node_get(pe, "b"), "x\ty", 3, 17, true);

    const struct tw_node *list = tw_node_get(root, "list");
    assert_int_equal(list->kind, TW_NODE_LIST);
    assert_int_equal(list->n, 3);
    assert_null(list->keys);
    check_scalar(list->items[0], "one", 5, 5, false);
    check_scalar(list->items[1], "two", 6, 5, true);
    check_scalar(list->items[2], "three\n", 7, 5, true);

    const struct tw_node *empty = tw_node_get(root, "empty");
    assert_true(tw_node_is_null(empty));
    assert_false(tw_node_is_null(list->items[0]));
    assert_false(tw_node_is_null(list));
    assert_false(tw_node_is_null(NULL));
    tw_doc_destroy(d);
}

static void get_finds_nothing_elsewhere(void **state)
{
    (void)state;
    struct tw_doc *d = parse_good("{a: [b]}");
    assert_null(tw_node_get(NULL, "a"));
    assert_null(tw_node_get(d->root, "b"));
    assert_null(tw_node_get(tw_node_get(d->root, "a"), "b"));
    assert_null(tw_node_get(tw_node_get(d->root, "a")->items[0], "b"));
    tw_doc_destroy(d);
    tw_doc_destroy(NULL);
}

static void nothing_is_no_root(void **state)
{
    static const char *const texts[] = {"",      "\n\n",       "# only a comment\n",
                                        "---\n", "---\n...\n", "\xef\xbb\xbf"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tw_doc *d = parse_good(texts[i]);
        assert_null(d->root);
        tw_doc_destroy(d);
    }
    struct tw_errors e = {0};
    struct tw_doc *d = tw_doc_parse("f", (struct tw_str){0}, &e);
    assert_non_null(d);
    assert_null(d->root);
    tw_doc_destroy(d);
}

static void empty_roots(void **state)
{
    (void)state;
    struct tw_doc *d = parse_good("{}");
    assert_int_equal(d->root->kind, TW_NODE_MAP);
    assert_int_equal(d->root->n, 0);
    tw_doc_destroy(d);
    d = parse_good("[]");
    assert_int_equal(d->root->kind, TW_NODE_LIST);
    assert_int_equal(d->root->n, 0);
    tw_doc_destroy(d);
}

static void byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct tw_doc *d = parse_good("\xef\xbb\xbfkey: v\n");
    check_scalar(d->root->keys[0], "key", 1, 1, false);
    tw_doc_destroy(d);
}

static const struct {
    const char *text, *errors; /* one error a line */
} refused[] = {
    {"a: 1\nb: *x\n", "f.yaml:2:4: alias 'x' is not allowed, expected the value written out\n"},
    {"a: &x 1\n", "f.yaml:1:4: anchor 'x' is not allowed, expected the value written out where it is used\n"},
    {"a: &x [1]\nb: &y {c: 1}\n",
     "f.yaml:1:4: anchor 'x' is not allowed, expected the value written out where it is used\n"
     "f.yaml:2:4: anchor 'y' is not allowed, expected the value written out where it is used\n"},
    {"a: !!int 1\n", "f.yaml:1:4: tag 'tag:yaml.org,2002:int' is not allowed, expected a plain value\n"},
    {"a: ! x\nb: !m {c: 1}\n", "f.yaml:1:4: tag '!' is not allowed, expected a plain value\n"
                               "f.yaml:2:4: tag '!m' is not allowed, expected a plain value\n"},
    {"a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document begins, expected only one\n"},
    {"a: 1\nb: 2\n  \na: 3\n",
     "f.yaml:4:1: key 'a' is given twice (first at line 1, column 1), expected it once\n"},
    {"x: {a: 1, \"a\": 2, a: 3}\n",
     "f.yaml:1:11: key 'a' is given twice (first at line 1, column 5), expected it once\n"
     "f.yaml:1:19: key 'a' is given twice (first at line 1, column 5), expected it once\n"},
    {"{1: a, 2: a, 3: a, 4: a, 5: a, 6: a, 7: a, 8: a, 9: a, 2: b}",
     "f.yaml:1:56: key '2' is given twice (first at line 1, column 8), expected it once\n"},
    {"? [a]\n: 1\n", "f.yaml:1:3: a key is a list, expected a word or a number\n"},
    {"{{a: b}: 1}\n", "f.yaml:1:2: a key is a mapping, expected a word or a number\n"},
    {"{[1]: a, [2]: a, [3]: a, [4]: a, [5]: a, [6]: a, [7]: a, [8]: a, [9]: a}",
     "f.yaml:1:2: a key is a list, expected a word or a number\n"
     "f.yaml:1:10: a key is a list, expected a word or a number\n"
     "f.yaml:1:18: a key is a list, expected a word or a number\n"
     "f.yaml:1:26: a key is a list, expected a word or a number\n"
     "f.yaml:1:34: a key is a list, expected a word or a number\n"
     "f.yaml:1:42: a key is a list, expected a word or a number\n"
     "f.yaml:1:50: a key is a list, expected a word or a number\n"
     "f.yaml:1:58: a key is a list, expected a word or a number\n"
     "f.yaml:1:66: a key is a list, expected a word or a number\n"},
    {"a: \"x\\0y\"\n", "f.yaml:1:4: a NUL character in a value, expected text\n"},
    {"a: 1\nb\xc3\xa9: \xff\n", "f.yaml:2:5: invalid UTF-8 (byte 0xff), expected UTF-8 text\n"},
    {"a: \xc3", "f.yaml:1:4: invalid UTF-8 (byte 0xc3), expected UTF-8 text\n"},
    {"a: \xed\xa0\x80\n", "f.yaml:1:4: invalid UTF-8 (byte 0xed), expected UTF-8 text\n"},
    {"a: b\r\nc: \x1b\n", "f.yaml:2:4: a control character (byte 0x1b), expected text\n"},
    {"\xff\xfe"
     "a",
     "f.yaml:1:1: invalid UTF-8 (byte 0xff), expected UTF-8 text\n"},
    {"a: {b: 1\nc: 2\n",
     "f.yaml:2:2: not valid YAML while parsing a flow mapping that begins at line 1, column 4, "
     "did not find expected ',' or '}'\n"},
    {"a: [1\n", "f.yaml:2:1: not valid YAML while parsing a flow sequence that begins at line 1, column 4, "
                "did not find expected ',' or ']'\n"},
    {"a:\n\tb: 1\n",
     "f.yaml:2:1: not valid YAML while scanning for the next token that begins at line 2, column 1, "
     "found character that cannot start any token\n"},
    {"a: 'x\n", "f.yaml:2:1: not valid YAML while scanning a quoted scalar that begins at line 1, column 4, "
                "found unexpected end of stream\n"},
    {"a: 1\n b: 2\n", "f.yaml:2:3: not valid YAML, mapping values are not allowed in this context\n"},
};

static void check_errors(struct tw_errors *e, const char *expected, const char *text)
{
    struct tw_buf got = {0};
    for (size_t i = 0; i < e->n; i++)
        tw_buf_fmt(&got, "%s\n", e->text[i]);
    tw_buf_z(&got, "");
    if (strcmp(got.p, expected) != 0)
        fail_msg("%s\n--- expected\n%s--- got\n%s", text, expected, got.p);
    tw_buf_finish(&got);
    tw_errors_finish(e);
}

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct tw_errors e = {0};
        assert_null(parse(refused[i].text, &e));
        check_errors(&e, refused[i].errors, refused[i].text);
    }
}

static void nul_byte_is_refused(void **state)
{
    (void)state;
    struct tw_errors e = {0};
    assert_null(tw_doc_parse("f.yaml", TW_STR("a: 1\nbc\0: 2\n"), &e));
    check_errors(&e, "f.yaml:2:3: a NUL byte, expected text\n", "NUL");
}

static char *repeat(const char *a, size_t n, const char *b, size_t m)
{
    struct tw_buf t = {0};
    for (size_t i = 0; i < n; i++)
        tw_buf_z(&t, a);
    for (size_t i = 0; i < m; i++)
        tw_buf_z(&t, b);
    return t.p;
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    struct tw_errors e = {0};
    char *most = repeat("[", TW_DOC_MAX_DEPTH, "]", TW_DOC_MAX_DEPTH);
    tw_doc_destroy(parse_good(most));
    free(most);
    char *more = repeat("[", TW_DOC_MAX_DEPTH + 1, "]", TW_DOC_MAX_DEPTH + 1);
    assert_null(parse(more, &e));
    check_errors(&e, "f.yaml:1:33: nested too deeply, expected at most 32 levels\n", more);
    free(more);
    char *never_closed = repeat("{a: ", 100000, "", 0);
    assert_null(parse(never_closed, &e));
    check_errors(&e, "f.yaml:1:129: nested too deeply, expected at most 32 levels\n", "100,000 levels");
    free(never_closed);
}

static void size_has_a_limit(void **state)
{
    (void)state;
    struct tw_errors e = {0};
    /* The length is refused before a byte is read. */
    assert_null(tw_doc_parse("f.yaml", tw_str_of("", (size_t)TW_DOC_MAX_BYTES + 1), &e));
    check_errors(&e, "f.yaml:1:1: the text has 268435457 bytes, expected at most 268435456\n", "size");
}

static void errors_are_capped_and_safe_to_print(void **state)
{
    (void)state;
    struct tw_errors e = {0};
    for (unsigned i = 0; i < TW_ERRORS_MAX + 7; i++)
        tw_errors_add(&e, "f\x1b", i, 2, "a\nb \xff %u", i);
    assert_int_equal(e.n, TW_ERRORS_MAX);
    assert_int_equal(e.dropped, 7);
    assert_string_equal(e.text[99], "f\\x1b:99:2: a\\x0ab \\xff 99");
    /* A full list still makes the next text fail. */
    assert_null(parse("{a: 1, a: 2}", &e));
    assert_int_equal(e.dropped, 8);
    tw_errors_finish(&e);
    assert_null(e.text);
}

static void large_mapping(void **state)
{
    (void)state;
    struct tw_buf t = {0};
    for (int i = 0; i < 20000; i++)
        tw_buf_fmt(&t, "k%d: v%d\n", i, i);
    struct tw_doc *d = parse_good(t.p);
    assert_int_equal(d->root->n, 20000);
    check_scalar(d->root->items[19999], "v19999", 20000, 9, false);
    check_scalar(tw_node_get(d->root, "k12345"), "v12345", 12346, 9, false);
    tw_doc_destroy(d);
    tw_buf_z(&t, "k777: again\n");
    struct tw_errors e = {0};
    assert_null(parse(t.p, &e));
    check_errors(
        &e, "f.yaml:20001:1: key 'k777' is given twice (first at line 778, column 1), expected it once\n",
        "repeated");
    tw_buf_finish(&t);
}

enum want { WANT_MAP, WANT_LIST, WANT_TEXT, WANT_U64, WANT_DUR, WANT_BOOL, WANT_WORD };
static const char *const words[] = {"arp", "igmp", "l2", "l3", "active-active", NULL};

/* Reads one value; *out is its number when there is one. */
static bool want(const struct tw_doc *d, const struct tw_node *n, enum want w, struct tw_errors *e,
                 uint64_t *out)
{
    struct tw_str text = {0};
    tw_dur dur = {0};
    bool flag = false, good = false;
    size_t word = 0;
    *out = 0;
    switch (w) {
    case WANT_MAP: return tw_doc_want_map(d, n, "thing", e);
    case WANT_LIST: return tw_doc_want_list(d, n, "thing", e);
    case WANT_TEXT:
        good = tw_doc_want_text(d, n, "thing", e, &text);
        *out = text.n;
        return good;
    case WANT_U64: return tw_doc_want_u64(d, n, "thing", 5, 4294967294, e, out);
    case WANT_DUR:
        good = tw_doc_want_dur(d, n, "thing", e, &dur);
        *out = (uint64_t)dur.ns;
        return good;
    case WANT_BOOL:
        good = tw_doc_want_bool(d, n, "thing", e, &flag);
        *out = flag;
        return good;
    case WANT_WORD:
        good = tw_doc_want_word(d, n, "thing", words, e, &word);
        *out = word;
        return good;
    }
    return false;
}

static const struct {
    enum want want;
    const char *text; /* of key "k", at 1:4 */
    uint64_t value;
    const char *error; /* NULL: good; without its place */
} wanted[] = {
    {WANT_MAP, "{a: b}", 0, NULL},
    {WANT_MAP, "{}", 0, NULL},
    {WANT_MAP, "[a]", 0, "thing is a list, expected a mapping (key: value)"},
    {WANT_MAP, "abc", 0, "thing is 'abc', expected a mapping (key: value)"},
    {WANT_LIST, "[]", 0, NULL},
    {WANT_LIST, "{}", 0, "thing is a mapping, expected a list"},
    {WANT_LIST, "''", 0, "thing is '', expected a list"},
    {WANT_TEXT, "abc", 3, NULL},
    {WANT_TEXT, "''", 0, NULL},
    {WANT_TEXT, "'null'", 4, NULL},
    {WANT_TEXT, "~", 0, "thing is empty, expected a text"},
    {WANT_TEXT, "null", 0, "thing is empty, expected a text"},
    {WANT_TEXT, "[a]", 0, "thing is a list, expected a text"},
    {WANT_U64, "5", 5, NULL},
    {WANT_U64, "4294967294", 4294967294, NULL},
    {WANT_U64, "'17'", 17, NULL},
    {WANT_U64, "4", 0, "thing is '4', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "4294967295", 0, "thing is '4294967295', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "99999999999999999999999", 0,
     "thing is '99999999999999999999999', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "010", 0, "thing is '010', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "-7", 0, "thing is '-7', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "7.0", 0, "thing is '7.0', expected a whole number from 5 to 4294967294"},
    {WANT_U64, "{}", 0, "thing is a mapping, expected a whole number from 5 to 4294967294"},
    {WANT_DUR, "10s", 10000000000, NULL},
    {WANT_DUR, "500ms", 500000000, NULL},
    {WANT_DUR, "3", 3000000000, NULL},
    {WANT_DUR, "10x", 0, "thing is '10x', expected a duration such as 500ms, 10s, 2m, 1h or 1d"},
    {WANT_DUR, "", 0, "thing is empty, expected a duration such as 500ms, 10s, 2m, 1h or 1d"},
    {WANT_BOOL, "true", 1, NULL},
    {WANT_BOOL, "false", 0, NULL},
    {WANT_BOOL, "yes", 0, "thing is 'yes', expected true or false"},
    {WANT_BOOL, "True", 0, "thing is 'True', expected true or false"},
    {WANT_BOOL, "'true'", 0, "thing is 'true', expected true or false"},
    {WANT_WORD, "arp", 0, NULL},
    {WANT_WORD, "active-active", 4, NULL},
    {WANT_WORD, "IGMP", 0,
     "thing is 'IGMP', expected arp, igmp, l2, l3 or active-active; did you mean 'igmp'?"},
    {WANT_WORD, "igpm", 0,
     "thing is 'igpm', expected arp, igmp, l2, l3 or active-active; did you mean 'igmp'?"},
    {WANT_WORD, "active", 0,
     "thing is 'active', expected arp, igmp, l2, l3 or active-active; did you mean 'active-active'?"},
    {WANT_WORD, "l4", 0, "thing is 'l4', expected arp, igmp, l2, l3 or active-active; did you mean 'l2'?"},
    {WANT_WORD, "zz", 0, "thing is 'zz', expected arp, igmp, l2, l3 or active-active"},
    {WANT_WORD, "[arp]", 0, "thing is a list, expected arp, igmp, l2, l3 or active-active"},
    {WANT_WORD, "0123456789012345678901234567890123456789012345678901234567890123456789", 0,
     "thing is '012345678901234567890123456789012345678901234567890123456789...', "
     "expected arp, igmp, l2, l3 or active-active"},
};

static void values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct tw_buf text = {0}, expected = {0};
        struct tw_errors e = {0};
        uint64_t value = 0;
        /* An empty value stands where the colon ends. */
        int column = *wanted[i].text != '\0' ? 4 : 3;
        tw_buf_fmt(&text, "k: %s\n", wanted[i].text);
        struct tw_doc *d = parse_good(text.p);
        bool good = want(d, tw_node_get(d->root, "k"), wanted[i].want, &e, &value);
        assert_int_equal(good, wanted[i].error == NULL);
        if (good)
            assert_int_equal(value, wanted[i].value);
        else
            tw_buf_fmt(&expected, "f.yaml:1:%d: %s\n", column, wanted[i].error);
        tw_buf_z(&expected, "");
        check_errors(&e, expected.p, text.p);
        tw_doc_destroy(d);
        tw_buf_finish(&text);
        tw_buf_finish(&expected);
    }
}

static void missing_value(void **state)
{
    (void)state;
    struct tw_errors e = {0};
    struct tw_doc *d = parse_good("\na: b\n");
    uint64_t out = 0;
    assert_false(want(d, tw_node_get(d->root, "k"), WANT_LIST, &e, &out));
    check_errors(&e, "f.yaml:2:1: thing is missing, expected a list\n", "missing");
    tw_doc_error(d, NULL, &e, "no place, expected one");
    check_errors(&e, "f.yaml:1:1: no place, expected one\n", "no place");
    tw_doc_destroy(d);
}

static void known_keys(void **state)
{
    static const char *const keys[] = {"trunks", "mode", "master", "unlisted", "sub-interfaces", NULL};
    static const struct {
        const char *text, *errors;
    } rows[] = {
        {"{trunks: 1, mode: 2, sub-interfaces: 3}", ""},
        {"[trunk]", ""},
        {"{sub-interface: 1}",
         "f.yaml:1:2: unknown key 'sub-interface' in member, did you mean 'sub-interfaces'?\n"},
        {"{sub: 1}", "f.yaml:1:2: unknown key 'sub' in member, did you mean 'sub-interfaces'?\n"},
        {"{modes: 1, Master: 2}", "f.yaml:1:2: unknown key 'modes' in member, did you mean 'mode'?\n"
                                  "f.yaml:1:12: unknown key 'Master' in member, did you mean 'master'?\n"},
        {"{colour: 1}", "f.yaml:1:2: unknown key 'colour' in member, "
                        "expected trunks, mode, master, unlisted or sub-interfaces\n"},
        {"{'': 1}", "f.yaml:1:2: unknown key '' in member, "
                    "expected trunks, mode, master, unlisted or sub-interfaces\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors e = {0};
        struct tw_doc *d = parse_good(rows[i].text);
        tw_doc_known_keys(d, d->root, "member", keys, &e);
        check_errors(&e, rows[i].errors, rows[i].text);
        tw_doc_destroy(d);
    }
}

static void quotes_are_cut_between_characters(void **state)
{
    char buf[TW_QUOTE_TEXT];
    struct tw_buf t = {0}, expected = {0};
    (void)state;
    assert_string_equal(tw_doc_quote((struct tw_str){0}, buf), "''");
    tw_buf_z(&expected, "'x");
    tw_buf_z(&t, "x");
    for (int i = 0; i < 40; i++) {
        tw_buf_z(&t, "\xc3\xa9");
        if (i < 29)
            tw_buf_z(&expected, "\xc3\xa9");
    }
    tw_buf_z(&expected, "...'");
    assert_string_equal(tw_doc_quote(tw_buf_view(&t), buf), expected.p);
    tw_buf_finish(&t);
    tw_buf_finish(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_and_places),
        cmocka_unit_test(get_finds_nothing_elsewhere),
        cmocka_unit_test(nothing_is_no_root),
        cmocka_unit_test(empty_roots),
        cmocka_unit_test(byte_order_mark_is_skipped),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(nul_byte_is_refused),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(errors_are_capped_and_safe_to_print),
        cmocka_unit_test(large_mapping),
        cmocka_unit_test(values),
        cmocka_unit_test(missing_value),
        cmocka_unit_test(known_keys),
        cmocka_unit_test(quotes_are_cut_between_characters),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + run_taking();
}
