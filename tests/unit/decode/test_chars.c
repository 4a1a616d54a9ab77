/* SPDX-License-Identifier: ISC */
#include "chars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The table against the sentences of the header. */
static bool expected(enum chars class, unsigned c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'), digit = c >= '0' && c <= '9';
    bool visible = c > 0x20;
    switch (class) {
    case CHARS_NAME: return letter || digit || (c != 0 && memchr("+-._", (int)c, 4) != NULL);
    case CHARS_WORD: return letter || digit || c == '_';
    case CHARS_VALUE: return visible && memchr("\"(,;", (int)c, 4) == NULL;
    case CHARS_HOST: return visible && c != '%' && c != 0x7f;
    case CHARS_KEY: return letter || digit || (c != 0 && memchr(" -./_", (int)c, 5) != NULL);
    case CHARS_TEXT: return c == 0 || memchr("(,;[", (int)c, 4) == NULL;
    }
    return false;
}

static void each_class_is_as_described(void **state)
{
    (void)state;
    static const enum chars all[] = {CHARS_NAME, CHARS_WORD, CHARS_VALUE, CHARS_HOST, CHARS_KEY, CHARS_TEXT};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        for (unsigned c = 0; c < 256; c++)
            assert_int_equal(chars_in(all[k], (char)c), expected(all[k], c));
    }
}

static void a_span_ends_where_the_class_does(void **state)
{
    (void)state;
    assert_int_equal(chars_span(CHARS_NAME, TW_STR("IFNET/2"), 0), 5);
    assert_int_equal(chars_span(CHARS_NAME, TW_STR("IFNET/2"), 6), 7);
    assert_int_equal(chars_span(CHARS_NAME, TW_STR("/"), 0), 0);
    assert_int_equal(chars_span(CHARS_NAME, TW_STR(""), 0), 0);
}

/* However many are looked at together. */
static void a_span_is_what_the_table_says(void **state)
{
    (void)state;
    static const enum chars all[] = {CHARS_NAME, CHARS_WORD, CHARS_VALUE, CHARS_HOST, CHARS_KEY, CHARS_TEXT};
    char text[48];
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        for (unsigned c = 0; c < 256; c++) {
            for (size_t at = 0; at < sizeof text; at++) {
                memset(text, 'a', sizeof text);
                text[at] = (char)c;
                size_t want = expected(all[k], c) ? sizeof text : at;
                assert_int_equal(chars_span(all[k], tw_str_of(text, sizeof text), 0), want);
                assert_int_equal(chars_span(all[k], tw_str_of(text, sizeof text), at / 2), want);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_class_is_as_described),
                                       cmocka_unit_test(a_span_ends_where_the_class_does),
                                       cmocka_unit_test(a_span_is_what_the_table_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
