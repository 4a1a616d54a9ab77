/* SPDX-License-Identifier: ISC */
/* Who sent a line, and whether it must be read, is found out for several lines at a time, and remembered: it
 * is what each line tells alone. */
#include "files.h"

#include "decode/log.h"
#include "rules_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LINES = 200000, DEVICES = 200, NAME = 24 };

static uint32_t lot(uint32_t below)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % below;
}

/* Names of seven bytes to 23, in more spellings than are remembered; the second half of them are strangers'.
 */
static void host_name(uint32_t device, char out[static NAME])
{
    (void)snprintf(out, NAME, "%cE-%.*s%04u", device < DEVICES ? 'P' : 'C', (int)(device % 17),
                   "ABCDEFGHIJKLMNOPQ", device);
}

static void other_letters(char *name)
{
    for (; *name != '\0'; name++) {
        if (*name >= 'A' && *name <= 'Z' && lot(2) == 0)
            *name = (char)(*name - 'A' + 'a');
    }
}

static const struct tw_topology *make_topology(void)
{
    struct tw_buf b = {0};
    struct tw_errors errors = {0};
    tw_buf_z(&b, "devices:\n");
    for (uint32_t i = 0; i < DEVICES; i++) {
        char name[NAME];
        host_name(i, name);
        tw_buf_fmt(&b, "  d%u: {addresses: [192.0.2.%u], hostnames: [%s]}\n", i, i + 1, name);
    }
    const struct tw_topology *t = tw_topology_create("i", tw_buf_view(&b), &errors);
    assert_non_null(t);
    tw_buf_finish(&b);
    return t;
}

/* More tags than are remembered, those that rules are about among them. */
static struct tw_buf make_log(void)
{
    struct tw_buf b = {0};
    for (int i = 0; i < LINES; i++) {
        char name[NAME], tag[40];
        host_name(lot(2 * DEVICES), name);
        other_letters(name);
        (void)snprintf(tag, sizeof tag, "MODULE%u/4/NOTE", lot(1500));
        static const char *const known[] = {"IFNET/2/linkDown_active", "ETRUNK/4/ETRUNK_STATUS_CHANGE",
                                            "IFNET/4/IF_STATE"};
        tw_buf_fmt(&b,
                   "<188>Aug  8 2026 18:%02d:%02d %s %%%%01%s(l):CID=0x1;Something happened, of which much "
                   "could be said.\n",
                   i / 60 / (LINES / 3600 + 1) % 60, i / (LINES / 3600 + 1) % 60, name,
                   lot(3) == 0 ? known[lot(3)] : tag);
    }
    return b;
}

static void each_line_is_what_it_is_alone(void **state)
{
    (void)state;
    const struct tw_topology *topology = make_topology();
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    text = test_read_rules("rules");
    struct tw_rules *rules = tw_rules_create(&text, &errors);
    struct tw_buf bytes = make_log();
    const char *path = file_write("many.log", tw_buf_view(&bytes), 0);
    struct tw_replay_source_options o = {.topology = topology, .rules = rules, .year = 2026};
    size_t verdicts[TW_GLANCE_UNKNOWN + 1] = {0}, offset;
    const struct tw_record *r;
    struct tw_log log;
    char why[256];
    assert_non_null(rules);
    struct tw_replay_source *s = tw_replay_source_open(&path, 1, &o, why);
    assert_non_null(s);
    for (tw_err err; (err = tw_replay_source_next(s, &r)) != TW_ENOENT;) {
        assert_int_equal(err, TW_OK);
        assert_int_equal(tw_log_decode(r->bytes, 2026, r->rx, &log, &offset), TW_LOG_OK);
        uint32_t device = tw_topology_by_name(topology, log.host);
        assert_int_equal(r->sender, device == TW_NONE ? 0 : device + 1);
        assert_true(r->soon <= DEVICES);
        assert_ptr_equal(r->glance.of, rules);
        struct tw_glance g = tw_rules_glance(rules, &log, NULL);
        assert_int_equal(r->glance.verdict, device == TW_NONE ? TW_GLANCE_STRANGE : g.verdict);
        verdicts[r->glance.verdict]++;
        if (device == TW_NONE)
            continue;
        assert_ptr_equal(r->glance.forms, g.forms);
        if (g.verdict == TW_GLANCE_UNKNOWN) {
            assert_true(r->glance.key == g.key);
            assert_ptr_equal(r->glance.name.p, g.name.p);
            assert_int_equal(r->glance.name.n, g.name.n);
        }
    }
    assert_true(verdicts[TW_GLANCE_READ] > 1000 && verdicts[TW_GLANCE_STRANGE] > 1000 &&
                verdicts[TW_GLANCE_UNKNOWN] > 1000);
    tw_replay_source_close(s);
    tw_rules_destroy(rules);
    tw_topology_unref(topology);
    tw_buf_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_line_is_what_it_is_alone)};
    return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
