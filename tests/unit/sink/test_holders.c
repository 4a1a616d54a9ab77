/* SPDX-License-Identifier: ISC */
/* Receivers that hold states: what becomes of alerts, how it is sent, and what is believed of an answer. */
#include "base/mem.h"
#include "holder.h"
#include "nsca.h"
#include "plugin.h"
#include "prom.h"
#include "secure.h"
#include "zbx.h"

#include <event2/event.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>

enum { LATER = 1000 };

static struct tw_states states(const char *host, const char *service)
{
    return (struct tw_states){
        .host = tw_str_z(host), .service = tw_str_z(service), .banned = ";", .banned_values = "[]"};
}

static struct tw_transition transition(const char *id, const char *condition, enum tw_severity severity)
{
    static const char *subs[] = {"Eth-Trunk10.1", "Eth-Trunk10.2"};
    struct tw_transition t = {.seq = 1,
                              .kind = TW_RAISED,
                              .condition = condition,
                              .severity = severity,
                              .pair = "metro-7",
                              .device = "pe-a",
                              .trunk = "Eth-Trunk10",
                              .sub_interfaces = subs,
                              .sub_interfaces_n = 2,
                              .summary = condition};
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%s", id);
    return t;
}

static void look_is(const struct tw_states *k, size_t at, int level, size_t open, const char *text)
{
    struct tw_states_view v = {0};
    tw_states_look(k, at, &v);
    assert_int_equal(v.level, level);
    assert_int_equal(v.open, open);
    assert_int_equal(v.affected, 2 * open);
    assert_int_equal(strncmp(v.text.p, text, strlen(text)), 0);
    tw_buf_finish(&v.text);
}

/* ---- states ---- */

static void test_templates(void **state)
{
    (void)state;
    assert_null(tw_states_check_template(TW_STR("a {pair} b {e-trunk}"), ";"));
    assert_string_equal(tw_states_check_template(TW_STR(""), ";"), "it is empty");
    assert_string_equal(tw_states_check_template(TW_STR("a!b"), ";"), "expected a name without !");
    assert_non_null(tw_states_check_template(TW_STR("{pai}"), ";"));
    assert_non_null(tw_states_check_template(TW_STR("a;b"), ";"));
    assert_non_null(tw_states_check_template(TW_STR("a\nb"), ""));
}

static void test_names(void **state)
{
    struct tw_states k = states("{pair}/{device}", "{condition}[{e-trunk}]");
    struct tw_transition t = transition("1", "x", TW_SEVERITY_MINOR);
    struct tw_states_view v = {0};
    (void)state;
    t.pair = "a!b;c\nd]e";
    t.device = NULL;
    t.e_trunk = 7;
    tw_states_look(&k, tw_states_take(&k, &t, LATER), &v);
    assert_true(tw_str_eq(v.host, TW_STR("a_b_c_d_e/-")));
    assert_true(tw_str_eq(v.service, TW_STR("x[7]")));
    tw_buf_finish(&v.text);
    tw_states_finish(&k);
}

static void test_as_bad_as_the_worst(void **state)
{
    struct tw_states k = states("{pair}", "{device}");
    struct tw_transition bad = transition("1", "no-switchover", TW_SEVERITY_CRITICAL);
    struct tw_transition more = transition("2", "flapping", TW_SEVERITY_WARNING);
    struct tw_transition same = transition("3", "flapping", TW_SEVERITY_MINOR);
    struct tw_states_condition c[TW_STATES_CONDITIONS_MAX];
    (void)state;
    size_t at = tw_states_take(&k, &more, LATER);
    look_is(&k, at, 1, 1, "flapping\n");
    assert_int_equal(tw_states_take(&k, &bad, LATER), at);
    assert_int_equal(tw_states_take(&k, &same, LATER), at);
    look_is(&k, at, 4, 3, "3 alerts; the worst: no-switchover\n");
    assert_int_equal(tw_states_conditions(&k, at, c), 2);
    assert_string_equal(c[0].name, "flapping");
    assert_int_equal(c[0].level, 2);
    assert_int_equal(c[0].open, 2);
    assert_true(tw_str_eq(tw_states_summary(tw_str_z(c[1].text)), TW_STR("no-switchover")));
    assert_int_equal(c[1].level, 4);
    /* An update is the same alert. */
    bad.severity = TW_SEVERITY_MAJOR;
    (void)tw_states_take(&k, &bad, LATER);
    look_is(&k, at, 3, 3, "3 alerts");
    bad.kind = same.kind = more.kind = TW_CLEARED;
    (void)tw_states_take(&k, &bad, LATER);
    (void)tw_states_take(&k, &same, LATER);
    tw_states_forget(&k, LATER + 1); /* what is bad stays */
    look_is(&k, at, 1, 1, "flapping");
    (void)tw_states_take(&k, &more, LATER);
    look_is(&k, at, 0, 0, "flapping");
    tw_states_forget(&k, LATER - 1);
    assert_int_equal(k.objects_n, 1);
    tw_states_forget(&k, LATER);
    assert_int_equal(k.objects_n, 0);
    tw_states_finish(&k);
}

static void test_what_is_made_up_is_gone_at_once(void **state)
{
    struct tw_states k = states("{pair}", "{condition}");
    struct tw_transition t = transition("1", "test", TW_SEVERITY_WARNING);
    (void)state;
    t.seq = 0;
    look_is(&k, tw_states_take(&k, &t, LATER), 0, 0, "test");
    tw_states_forget(&k, 1);
    assert_int_equal(k.objects_n, 0);
    tw_states_finish(&k);
}

static void test_what_is_silenced_is_quiet(void **state)
{
    const struct tw_silenced by = {.id = "1", .by = "noc", .why = "", .kind = TW_SILENCE};
    struct tw_states k = states("{pair}", "{condition}");
    struct tw_transition t = transition("1", "x", TW_SEVERITY_MAJOR);
    (void)state;
    look_is(&k, tw_states_take(&k, &t, LATER), 3, 1, "x\n");
    t.kind = TW_UPDATED;
    t.silenced = &by;
    look_is(&k, tw_states_take(&k, &t, LATER), 0, 0, "silenced: x\n");
    k.silenced = true;
    look_is(&k, tw_states_take(&k, &t, LATER), 3, 1, "x\n");
    k.silenced = false;
    t.silenced = NULL;
    look_is(&k, tw_states_take(&k, &t, LATER), 3, 1, "x\n");
    tw_states_finish(&k);
}

static void test_of_very_many_the_newest_count(void **state)
{
    struct tw_states k = states("{pair}", "{condition}");
    char id[TW_ALERT_ID];
    (void)state;
    for (unsigned i = 0; i <= TW_STATES_ALERTS_MAX; i++) {
        (void)snprintf(id, sizeof id, "%u", i);
        struct tw_transition t = transition(id, "x", TW_SEVERITY_MINOR);
        (void)tw_states_take(&k, &t, LATER);
    }
    assert_int_equal(k.alerts_n, TW_STATES_ALERTS_MAX);
    assert_string_equal(k.alerts[0].id, "1");
    tw_states_finish(&k);
}

/* ---- as a plugin would say it ---- */

static struct tw_states_view view(const char *host, const char *service, int level, struct tw_str text)
{
    struct tw_states_view v = {
        .host = tw_str_z(host), .service = tw_str_z(service), .level = level, .open = 1, .affected = 3};
    tw_buf_str(&v.text, text);
    return v;
}

static void output_is(struct tw_str text, size_t most, enum tw_plugin_lines lines, const char *want)
{
    struct tw_states_view v = view("h", "s", 1, text);
    struct tw_buf b = {0};
    tw_plugin_output(&b, &v, false, most, lines);
    assert_string_equal(b.p, want);
    assert_int_equal(strlen(want), b.n);
    tw_buf_finish(&b);
    tw_buf_finish(&v.text);
}

static void test_outputs(void **state)
{
    (void)state;
    output_is(TW_STR("a\nb\\c|d\te\x7f\xff"), 99, TW_PLUGIN_ESCAPED,
              "a\\nb\\\\c\xc2\xa6"
              "d?e??");
    output_is(TW_STR("a\nb\\c\x00"), 99, TW_PLUGIN_RAW, "a\nb\\c?");
    output_is(TW_STR("0123456789"), 10, TW_PLUGIN_ESCAPED, "0123456789");
    output_is(TW_STR("0123456789a"), 10, TW_PLUGIN_ESCAPED, "0123456...");
    /* Never between the two halves of something. */
    output_is(TW_STR("012345\n789a"), 10, TW_PLUGIN_ESCAPED, "012345...");
    output_is(TW_STR("012345\xc3\xbc\xc3\xbcxyz"), 10, TW_PLUGIN_ESCAPED, "012345...");
    output_is(TW_STR("01234\xc3\xbc\xc3\xbcxyz"), 10, TW_PLUGIN_ESCAPED, "01234\xc3\xbc...");
}

static void test_a_command_is_one_write(void **state)
{
    struct tw_buf text = {0}, b = {0};
    (void)state;
    for (int i = 0; i < 3000; i++)
        tw_buf_fmt(&text, "%d\n[1] SHUTDOWN_PROGRAM;1|", i);
    struct tw_states_view v = view("metro-7", "no-switchover", 4, tw_buf_view(&text));
    tw_buf_z(&b, "before");
    tw_plugin_command(&b, &v, true, (tw_time){1786212460999999999});
    const char *want = "before[1786212460] PROCESS_SERVICE_CHECK_RESULT;metro-7;no-switchover;2;0\\n[1]";
    assert_int_equal(strncmp(b.p, want, strlen(want)), 0);
    assert_true(b.n <= PIPE_BUF + 6 && b.n > PIPE_BUF);
    assert_ptr_equal(strchr(b.p, '\n'), b.p + b.n - 1);
    assert_string_equal(strchr(b.p, '|'), "|open=1;;;0 sub_interfaces=3;;;0\n");
    tw_buf_finish(&b);
    tw_buf_finish(&text);
    tw_buf_finish(&v.text);
}

/* ---- NSCA ---- */

static uint32_t be32(const uint8_t *p)
{
    uint32_t n;
    memcpy(&n, p, sizeof n);
    return be32toh(n);
}

static void decrypt(uint8_t *p, const EVP_CIPHER *cipher, const uint8_t *vector, const uint8_t *key)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;
    assert_int_equal(EVP_DecryptInit_ex2(c, cipher, key, vector, NULL), 1);
    assert_int_equal(EVP_DecryptUpdate(c, p, &n, p, TW_NSCA_PACKET), 1);
    EVP_CIPHER_CTX_free(c);
}

static void check_packet(uint8_t *p, const struct tw_states_view *v)
{
    uint32_t crc = be32(p + 4);
    memset(p + 4, 0, 4);
    assert_int_equal(crc32_z(0, p, TW_NSCA_PACKET), crc);
    assert_int_equal(be32(p), 3 << 16);
    assert_int_equal(be32(p + 8), 0x6a77742c);
    assert_memory_equal(p + 12, "\0\2", 2);
    assert_true(tw_str_eq(tw_str_z((const char *)p + 14), v->host));
    assert_true(tw_str_eq(tw_str_z((const char *)p + 78), v->service));
    assert_string_equal(p + 206, "two\nlines|open=1;;;0 sub_interfaces=3;;;0");
    assert_memory_equal(p + TW_NSCA_PACKET - 3, "\0\0\0", 3);
}

static void test_nsca(void **state)
{
    const struct tw_str password = TW_STR("secret");
    uint8_t init[TW_NSCA_INIT], packet[TW_NSCA_PACKET], key[32] = "secret";
    struct tw_states_view v = view("metro-7", "no-switchover", 3, TW_STR("two\nlines"));
    (void)state;
    for (size_t i = 0; i < TW_NSCA_VECTOR; i++)
        init[i] = (uint8_t)(i * 7 + 1);
    memcpy(init + TW_NSCA_VECTOR, "\x6a\x77\x74\x2c", 4);
    assert_null(tw_nsca_packet(packet, init, TW_NSCA_NONE, password, &v, true));
    check_packet(packet, &v);
    assert_null(tw_nsca_packet(packet, init, TW_NSCA_XOR, password, &v, true));
    for (size_t i = 0; i < TW_NSCA_PACKET; i++)
        packet[i] ^= init[i % TW_NSCA_VECTOR] ^ (uint8_t)password.p[i % password.n];
    check_packet(packet, &v);
    assert_null(tw_nsca_packet(packet, init, TW_NSCA_3DES, password, &v, true));
    decrypt(packet, EVP_des_ede3_cfb8(), init, key);
    check_packet(packet, &v);
    assert_null(tw_nsca_packet(packet, init, TW_NSCA_AES, password, &v, true));
    decrypt(packet, EVP_aes_256_cfb8(), init, key);
    check_packet(packet, &v);
    tw_buf_finish(&v.text);
}

static void test_nsca_has_fields(void **state)
{
    static const uint8_t init[TW_NSCA_INIT] = {0};
    char name[TW_NSCA_SERVICE_MAX + 2];
    uint8_t packet[TW_NSCA_PACKET];
    struct tw_states_view v = view("h", "s", 0, TW_STR(""));
    (void)state;
    memset(name, 'n', sizeof name);
    for (size_t i = 0; i < 9000; i++)
        tw_buf_char(&v.text, 'x');
    v.host = tw_str_of(name, TW_NSCA_HOST_MAX);
    v.service = tw_str_of(name, TW_NSCA_SERVICE_MAX);
    assert_null(tw_nsca_packet(packet, init, TW_NSCA_NONE, TW_STR(""), &v, true));
    assert_int_equal(packet[77], 0);
    assert_int_equal(packet[205], 0);
    assert_int_equal(strlen((const char *)packet + 206), 4095);
    v.host.n++;
    assert_non_null(tw_nsca_packet(packet, init, TW_NSCA_NONE, TW_STR(""), &v, true));
    v.host.n = 1;
    v.service.n++;
    assert_non_null(tw_nsca_packet(packet, init, TW_NSCA_NONE, TW_STR(""), &v, true));
    tw_buf_finish(&v.text);
}

/* ---- Zabbix ---- */

static void test_a_request(void **state)
{
    struct tw_buf b = {0};
    (void)state;
    tw_zbx_request(&b, TW_STR("metro-7"), TW_STR("k[\"x\"]"), TW_STR("{\"level\":4}"),
                   (tw_time){1786212460000000005});
    assert_memory_equal(b.p, "ZBXD\1", 5);
    assert_int_equal((uint8_t)b.p[5], b.n - TW_ZBX_HEADER);
    assert_memory_equal(b.p + 6, "\0\0\0\0\0\0\0", 7);
    assert_string_equal(
        b.p + TW_ZBX_HEADER,
        "{\"request\":\"sender data\",\"data\":[{\"host\":\"metro-7\",\"key\":\"k[\\\"x\\\"]\","
        "\"value\":\"{\\\"level\\\":4}\",\"clock\":1786212460,\"ns\":5}],\"clock\":1786212460,\"ns\":5}");
    tw_buf_finish(&b);
}

static enum tw_zbx_form form_of(struct tw_str all, struct tw_str *text)
{
    const char *why = NULL;
    enum tw_zbx_form form = tw_zbx_answer(all, text, &why);
    assert_true(form != TW_ZBX_NONE || why != NULL);
    return form;
}

static void test_answers(void **state)
{
    const struct tw_str good = TW_STR("ZBXD\1\5\0\0\0\0\0\0\0hello"),
                        wrong[] = {TW_STR("H"),
                                   TW_STR("ZBXE"),
                                   TW_STR("ZBXD\0"),
                                   TW_STR("ZBXD\2"),
                                   TW_STR("ZBXD\3"),
                                   TW_STR("ZBXD\5"),
                                   TW_STR("ZBXD\x11"),
                                   TW_STR("ZBXD\1\1\0\1\0\0\0\0\0"),
                                   TW_STR("ZBXD\1\xff\xff\xff\xff\0\0\0\0")};
    struct tw_str text;
    (void)state;
    for (size_t n = 0; n < good.n; n++)
        assert_int_equal(form_of(tw_str_cut(good, n), &text), TW_ZBX_MORE);
    assert_int_equal(form_of(good, &text), TW_ZBX_WHOLE);
    assert_true(tw_str_eq(text, TW_STR("hello")));
    assert_int_equal(form_of(TW_STR("ZBXD\1\0\0\0\0\0\0\0\0more"), &text), TW_ZBX_WHOLE);
    assert_int_equal(text.n, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(form_of(wrong[i], &text), TW_ZBX_NONE);
}

static void judge_is(const char *text, enum tw_sent want, const char *why_is)
{
    char why[TW_SINK_WHY] = "";
    assert_int_equal(tw_zbx_judge(tw_str_z(text), TW_STR("metro-7"), TW_STR("k"), why), want);
    assert_string_equal(why, why_is);
}

static void test_judgements(void **state)
{
#define INFO "{\"response\":\"success\",\"info\":\""
    static const char unclear[] = "the answer does not say whether the value was taken: ";
    char want[TW_SINK_WHY];
    (void)state;
    judge_is(INFO "processed: 1; failed: 0; total: 1; seconds spent: 0.000055\"}", TW_SENT_OK, "");
    judge_is(INFO "failed:0;processed:1\"}", TW_SENT_OK, "");
    judge_is(INFO "processed: 0; failed: 1; total: 1; seconds spent: 0.0\"}", TW_SENT_REFUSED,
             "Zabbix takes no value for item k of host metro-7: are both there, and may we send?");
    judge_is("{\"response\":\"failed\",\"info\":\"a\\nb\"}", TW_SENT_AGAIN, "Zabbix says: a\\x0ab");
    judge_is("{\"response\":\"failed\"}", TW_SENT_AGAIN, "Zabbix says: no reason");
    judge_is("{}", TW_SENT_AGAIN, "Zabbix says: no reason");
    judge_is("[]", TW_SENT_AGAIN, "the answer is no JSON");
    judge_is("", TW_SENT_AGAIN, "the answer is no JSON");
    static const char *const strange[] = {"processed: 2; failed: 0",
                                          "processed: 0; failed: 0",
                                          "processed: 1; failed: 1",
                                          "processed: 1",
                                          "processed: x; failed: 0",
                                          "processed: 99999999999999999999; failed: 0",
                                          ";;;",
                                          "processed:"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, INFO "%s\"}", strange[i]);
        (void)snprintf(want, sizeof want, "%s%s", unclear, strange[i]);
        judge_is(text, TW_SENT_AGAIN, want);
    }
    judge_is("{\"response\":\"success\",\"info\":7}", TW_SENT_AGAIN, unclear);
#undef INFO
}

/* ---- sent again ---- */

/* A receiver that takes no state of "bad", today. */
static struct {
    struct tw_holder holder; /* first */
    unsigned posts, good, failures;
} fails;

static void post_one(struct tw_sink *s, size_t object, const struct tw_states_view *state)
{
    bool bad = tw_str_eq(state->host, TW_STR("bad"));
    (void)s;
    (void)object;
    fails.posts++;
    fails.good += !bad;
    tw_holder_posted(&fails.holder, bad ? TW_SENT_AGAIN : TW_SENT_OK, bad ? "not now" : NULL);
}

static void on_sent(void *outlet, size_t n, enum tw_sent result, const char *why)
{
    (void)outlet;
    (void)n;
    (void)result;
    (void)why;
}

static void on_told(void *outlet, const char *why)
{
    (void)outlet;
    fails.failures += why != NULL;
}

static void test_what_fails_for_one_holds_up_no_other(void **state)
{
    const struct tw_sink_env env = {.done = on_sent, .health = on_told};
    struct event_base *base = event_base_new();
    (void)state;
    fails.holder = (struct tw_holder){.sink.env = env, .known = states("{pair}", "{condition}")};
    struct tw_sink *sink =
        tw_holder_start(&fails.holder, base, post_one); /* ttl 0: a round with each turn of the loop */
    static const char *const hosts[] = {"bad", "one", "two", "three"};
    for (size_t i = 0; i < 4; i++) {
        struct tw_transition t = transition(hosts[i], "x", TW_SEVERITY_MAJOR);
        t.pair = hosts[i];
        struct tw_item *item = tw_item_create(&t, TW_STR("{}\n"));
        tw_holder_send(sink, (const struct tw_item *const[]){item}, 1);
        tw_item_unref(item);
    }
    assert_int_equal(fails.posts, 4);
    for (int i = 0; i < 8; i++)
        (void)event_base_loop(base, EVLOOP_ONCE);
    assert_true(fails.failures >= 2); /* it is tried again as well */
    assert_true(fails.good >= 3 + 2 * 3);
    tw_holder_finish(&fails.holder);
    event_base_free(base);
}

static struct tw_prom_alert known_alert(int number, size_t bytes, tw_time ended)
{
    struct tw_prom_alert a = {.starts = {1}, .ended = ended, .forget_ms = LATER};
    (void)snprintf(a.id, sizeof a.id, "%d", number);
    tw_buf_fmt(&a.labels, "%d", number);
    tw_buf_reserve(&a.rest, bytes);
    return a;
}

static void test_without_room_what_is_over_is_over(void **state)
{
    enum { MIB = 1 << 20 };
    struct tw_prom known = {0};
    struct tw_prom_alert a;
    (void)state;
    do
        a = known_alert((int)known.n, MIB, TW_TIME_MAX);
    while (tw_prom_put(&known, &a));
    size_t full = known.n;
    assert_true(full > 8 && full <= TW_PROM_BYTES_MAX / MIB);
    a = known_alert(7, (size_t)4 * MIB, (tw_time){2});
    assert_false(tw_prom_put(&known, &a));
    assert_int_equal(known.alerts[7].ended.ns, 2);
    tw_prom_forget(&known, LATER);
    assert_int_equal(known.n, full - 1);
    tw_prom_finish(&known);
}

static void test_a_shared_key_always_encrypts(void **state)
{
    struct tw_secure_shared s;
    (void)state;
    assert_null(tw_secure_shared_set(&s, TW_STR("me"), TW_STR("000102030405060708090a0b0c0d0e0f")));
    SSL_CTX *tls = tw_secure_create_shared(&s);
    const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(tls);
    assert_true(sk_SSL_CIPHER_num(list) > 0);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        assert_true(SSL_CIPHER_get_bits(sk_SSL_CIPHER_value(list, i), NULL) > 0);
    SSL_CTX_free(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_templates),
                                       cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_as_bad_as_the_worst),
                                       cmocka_unit_test(test_what_is_made_up_is_gone_at_once),
                                       cmocka_unit_test(test_what_is_silenced_is_quiet),
                                       cmocka_unit_test(test_of_very_many_the_newest_count),
                                       cmocka_unit_test(test_outputs),
                                       cmocka_unit_test(test_a_command_is_one_write),
                                       cmocka_unit_test(test_nsca),
                                       cmocka_unit_test(test_nsca_has_fields),
                                       cmocka_unit_test(test_a_request),
                                       cmocka_unit_test(test_answers),
                                       cmocka_unit_test(test_judgements),
                                       cmocka_unit_test(test_without_room_what_is_over_is_over),
                                       cmocka_unit_test(test_a_shared_key_always_encrypts),
                                       cmocka_unit_test(test_what_fails_for_one_holds_up_no_other)};
    return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
