/* SPDX-License-Identifier: ISC */
/* The rules that are shipped: they compile, all their examples come out, nothing is claimed twice, nothing is
 * dead. */
#include "base/mem.h"
#include "decode/log.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static struct tw_str read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    if (f == NULL)
        fail_msg("%s can't be opened (tests run in the source tree)", name);
    size_t room = 1 << 20;
    char *p = tw_xmalloc(room);
    size_t n = fread(p, 1, room, f);
    assert_true(n > 0 && n < room);
    assert_int_equal(fclose(f), 0);
    return tw_str_of(p, n);
}

static void no_errors(struct tw_errors *e)
{
    for (size_t i = 0; i < e->n; i++)
        print_error("%s\n", e->text[i]);
    assert_int_equal(e->n, 0);
}

static struct tw_ruleset *ruleset;

static int load(void **state)
{
    (void)state;
    glob_t g;
    assert_int_equal(glob("rules/events/*.yaml", 0, NULL, &g), 0);
    struct tw_rule_file *files = tw_xcalloc(g.gl_pathc, sizeof *files);
    for (size_t i = 0; i < g.gl_pathc; i++)
        files[i] = (struct tw_rule_file){g.gl_pathv[i], read_file(g.gl_pathv[i])};
    struct tw_errors errors = {0};
    ruleset = tw_ruleset_create(files, g.gl_pathc, &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_error("%s\n", errors.text[i]);
    for (size_t i = 0; i < g.gl_pathc; i++)
        free((void *)(uintptr_t)files[i].text.p);
    free(files);
    globfree(&g);
    tw_errors_finish(&errors);
    return ruleset == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    tw_ruleset_destroy(ruleset);
    return 0;
}

static void every_example_comes_out(void **state)
{
    (void)state;
    struct tw_errors errors = {0};
    struct tw_str corpus = read_file("rules/corpus.log");
    size_t n = tw_normalise_examples(ruleset, corpus, "rules/corpus.log", &errors);
    no_errors(&errors);
    assert_true(n > 150);
    free((void *)(uintptr_t)corpus.p);
    tw_errors_finish(&errors);
}

/* How the corpus is judged, in all: a rule that suddenly claims noise, or no longer its own, shows here. */
static void the_corpus_is_judged_as_before(void **state)
{
    (void)state;
    struct tw_str corpus = read_file("rules/corpus.log"), rest = corpus;
    size_t by_match[4] = {0}, by_kind[TW_EVENT_KINDS] = {0}, undecoded = 0;
    while (rest.n > 0) {
        size_t end = tw_str_find(rest, '\n', 0), offset;
        struct tw_log log;
        struct tw_kv_shape shape = {0};
        struct tw_event e;
        if (tw_log_decode(tw_str_cut(rest, end), 2026, TW_TIME_MIN, &log, &offset) == TW_LOG_OK) {
            enum tw_match m = tw_normalise_log(ruleset, tw_ruleset_log_forms(ruleset, log.module, log.brief),
                                               &log, &shape, &e);
            by_match[m]++;
            if (m == TW_MATCH_EVENT)
                by_kind[e.kind]++;
        } else {
            undecoded++;
        }
        rest = tw_str_from(rest, end == SIZE_MAX ? rest.n : end + 1);
    }
    assert_int_equal(undecoded, 2); /* the remark and "last message repeated" */
    assert_int_equal(by_match[TW_MATCH_EVENT], 18);
    assert_int_equal(by_match[TW_MATCH_FAILED], 1);
    assert_int_equal(by_match[TW_MATCH_LIMIT], 0);
    assert_int_equal(by_match[TW_MATCH_NONE], 9);
    assert_int_equal(by_kind[TW_EVENT_INTERFACE_DOWN], 5);
    assert_int_equal(by_kind[TW_EVENT_INTERFACE_UP], 5);
    assert_int_equal(by_kind[TW_EVENT_LINE_PROTOCOL], 2);
    assert_int_equal(by_kind[TW_EVENT_E_TRUNK_ROLE], 1);
    assert_int_equal(by_kind[TW_EVENT_MEMBER_ROLE], 1);
    assert_int_equal(by_kind[TW_EVENT_RBS_CHANNEL], 1);
    assert_int_equal(by_kind[TW_EVENT_NOTED], 3);
    free((void *)(uintptr_t)corpus.p);
}

static void reasons_have_classes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tw_down_class class;
    } rows[] = {
        {"The main interface is down", TW_DOWN_INHERITED},
        {"the MAIN interface is down.", TW_DOWN_INHERITED},
        {" The main interface is down. ", TW_DOWN_INHERITED},
        {"The interface is shut down", TW_DOWN_ADMIN},
        {"The interface is deleted", TW_DOWN_DELETED},
        {"Interface physical link is down", TW_DOWN_PHYSICAL},
        {"LACP negotiation failed", TW_DOWN_LACP},
        {"The conditions for the activation of the interface are not met", TW_DOWN_CONFIG},
        {"EFM DOWN", TW_DOWN_PROTOCOL},
        {"BFD session is down", TW_DOWN_PROTOCOL},
        {"Receive Nak packet", TW_DOWN_OTHER},
        {"The main interface is down, or so they say", TW_DOWN_OTHER},
        {"The main interface", TW_DOWN_OTHER},
        {"", TW_DOWN_UNKNOWN},
        {" . ", TW_DOWN_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tw_ruleset_down_class(ruleset, tw_str_z(rows[i].text)), rows[i].class);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_comes_out),
        cmocka_unit_test(the_corpus_is_judged_as_before),
        cmocka_unit_test(reasons_have_classes),
    };
    return cmocka_run_group_tests_name("rules", tests, load, unload);
}
