/* SPDX-License-Identifier: ISC */
/* Messages in, verdicts out: order of the checks, time windows, engines, limits. */
#include "source/usm.h"

#include "base/buf.h"
#include "base/mem.h"
#include "decode/ber.h"
#include "decode/trap.h"
#include "usm_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { AUTH = USM_FLAG_AUTH, PRIV = USM_FLAG_AUTH | USM_FLAG_PRIV, REPORTABLE = USM_FLAG_REPORTABLE };
static const char inventory[] = "devices:\n"
                                "  pe-a: {addresses: [192.0.2.1], engine-id: 0x800007db0a}\n"
                                "  pe-b: {addresses: [192.0.2.2]}\n"
                                "  pe-c: {addresses: [192.0.2.3]}\n"
                                "pairs: {}\n";
static const char own[] = "0x8000000005aabbccdd", known[] = "0x800007db0a", other[] = "0x800007db0b";
static struct tw_usm *usm;
static const struct tw_topology *topology;
static struct tw_usm_result result;

static struct tw_addr address(const char *text)
{
    struct tw_addr a;
    assert_true(tw_addr_parse(tw_str_z(text), &a));
    return a;
}

/* The users of all makers. */
static void configure(enum tw_usm_learn learn, const struct usm_maker *const *makers, size_t n)
{
    struct tw_usm_user *users = tw_xcalloc(n, sizeof *users);
    for (size_t i = 0; i < n; i++)
        users[i] = makers[i]->user;
    tw_usm_configure(usm, users, n, learn, topology);
}

static int setup(void **state)
{
    struct tw_errors errors = {0};
    struct tw_usm_id self;
    (void)state;
    assert_true(tw_usm_id_parse(tw_str_z(own), &self));
    topology = tw_topology_create("i", tw_str_z(inventory), &errors);
    assert_non_null(topology);
    usm = tw_usm_create(&self, 5, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tw_usm_destroy(usm);
    tw_topology_unref(topology);
    return 0;
}

struct sent {
    int first; /* a name to begin with: what is left out is meant to be 0 */
    int32_t boots, time;
    uint8_t flags;
    int tag;
    const char *from;
    int64_t now_ms;
};

static enum tw_usm_verdict receive(struct tw_str message, const char *from, int64_t now_ms)
{
    struct tw_addr a = address(from);
    return tw_usm_receive(usm, message, &a, now_ms, &result);
}

static enum tw_usm_verdict sent(struct usm_maker *m, const struct sent *s)
{
    static uint8_t message[1024];
    uint8_t scoped[256];
    struct tw_str text = usm_make_scoped(s->tag != 0 ? s->tag : BER_TRAP2, scoped);
    return receive(usm_make(m, s->boots, s->time, s->flags, text, message, sizeof message),
                   s->from != NULL ? s->from : "192.0.2.1", s->now_ms);
}
#define SENT(m, ...) sent(m, &(struct sent){.first = 0, __VA_ARGS__})

static void a_trap_is_opened(void **state)
{
    struct usm_maker m;
    (void)state;
    for (int auth = TW_AUTH_MD5; auth < TW_AUTHS; auth++) {
        for (int priv = TW_PRIV_NONE; priv < TW_PRIVS; priv++) {
            struct tw_trap trap;
            size_t offset;
            struct tw_arena *arena = tw_arena_create(4096);
            usm_maker_init(&m, "noc", (enum tw_usm_auth)auth, (enum tw_usm_priv)priv, known);
            configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
            assert_int_equal(SENT(&m, 1, 1000, priv != TW_PRIV_NONE ? PRIV : AUTH), TW_USM_OK);
            assert_int_equal(result.security,
                             priv != TW_PRIV_NONE ? TW_SECURITY_AUTH_PRIV : TW_SECURITY_AUTH_NO_PRIV);
            assert_int_equal(result.engine_id.n, 5);
            assert_int_equal(tw_trap_decode_pdu(result.pdu, arena, &trap, &offset), TW_TRAP_OK);
            assert_int_equal(trap.version, 3);
            assert_int_equal(trap.uptime_cs, 25000);
            assert_int_equal(trap.oid[trap.oid_n - 1], 3);
            assert_false(trap.inform || result.inform);
            assert_int_equal(result.report.n, 0);
            tw_arena_destroy(arena);
            usm_maker_finish(&m);
        }
    }
}

/* RFC 3414 3.2: the first of these that is wrong is the reason. */
static void the_first_fault_counts(void **state)
{
    struct usm_maker m, stranger, wrong, nobody;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA256, TW_PRIV_AES, known);
    m.user.level = TW_SECURITY_AUTH_PRIV;
    usm_maker_init(&stranger, "noc", TW_AUTH_SHA256, TW_PRIV_AES, other);
    usm_maker_init(&nobody, "nobody", TW_AUTH_SHA256, TW_PRIV_AES, known);
    usm_maker_init(&wrong, "noc", TW_AUTH_SHA512, TW_PRIV_AES, known);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&stranger, 1, 1, PRIV), TW_USM_UNKNOWN_ENGINE);
    assert_int_equal(SENT(&nobody, 1, 1, PRIV), TW_USM_UNKNOWN_USER);
    assert_int_equal(SENT(&m, 1, 1, AUTH), TW_USM_LEVEL);
    assert_int_equal(SENT(&m, 1, 1, 0), TW_USM_LEVEL);
    assert_int_equal(SENT(&m, 1, 1, USM_FLAG_PRIV), TW_USM_MALFORMED);
    assert_int_equal(SENT(&wrong, 1, 1, PRIV), TW_USM_WRONG_DIGEST);
    assert_int_equal(result.engine_id.n, 0); /* it proves nothing */
    assert_int_equal(SENT(&m, 1, 1, PRIV, .tag = 0xA0), TW_USM_NO_NOTIFICATION);
    assert_int_equal(result.engine_id.n, 5);
    assert_int_equal(SENT(&m, 1, 2, PRIV, .tag = BER_INFORM), TW_USM_NO_NOTIFICATION); /* not ours */
    assert_int_equal(SENT(&m, 1, 3, PRIV), TW_USM_OK);
    usm_maker_finish(&m);
    usm_maker_finish(&stranger);
    usm_maker_finish(&nobody);
    usm_maker_finish(&wrong);
}

/* Every byte of a message is under its digest. */
static void every_bit_counts(void **state)
{
    struct usm_maker m;
    uint8_t bytes[1024], scoped[256];
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA256, TW_PRIV_AES, known);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    struct tw_str text = usm_make_scoped(BER_TRAP2, scoped);
    struct tw_str message = usm_make(&m, 1, 1, PRIV, text, bytes, sizeof bytes);
    assert_int_equal(receive(message, "192.0.2.1", 0), TW_USM_OK);
    uint8_t *p = bytes + sizeof bytes - message.n;
    for (size_t i = 0; i < message.n * 8; i++) {
        p[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_not_equal(receive(message, "192.0.2.1", 0), TW_USM_OK);
        p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < message.n; n++) {
        char *cut = n > 0 ? tw_xstrndup(message.p, n) : NULL;
        assert_int_equal(receive(tw_str_of(cut, n), "192.0.2.1", 0), TW_USM_MALFORMED);
        free(cut);
    }
    assert_int_equal(receive(message, "192.0.2.1", 0), TW_USM_OK);
    usm_maker_finish(&m);
}

static void time_of_a_sender(void **state)
{
    struct usm_maker m;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_NONE, known);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 3, 1000, AUTH), TW_USM_OK);
    assert_int_equal(SENT(&m, 3, 850, AUTH), TW_USM_OK);
    assert_int_equal(SENT(&m, 3, 849, AUTH), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 3, 850, AUTH, .now_ms = 1000), TW_USM_NOT_IN_TIME); /* its clock runs on */
    assert_int_equal(SENT(&m, 3, 5000, AUTH, .now_ms = 1000), TW_USM_OK);
    assert_int_equal(SENT(&m, 2, 6000, AUTH, .now_ms = 1000), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 4, 0, AUTH, .now_ms = 1000), TW_USM_OK);
    assert_int_equal(SENT(&m, 3, 6000, AUTH, .now_ms = 1000), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, INT32_MAX, 1, AUTH, .now_ms = 1000), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 4, 1, AUTH, .now_ms = 1000), TW_USM_OK); /* nor did it learn that */
    usm_maker_finish(&m);
}

static void our_own_time(void **state)
{
    struct usm_maker m;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, own);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    const struct {
        int32_t boots, time;
        enum tw_usm_verdict want;
    } rows[] = {{5, 1000, TW_USM_OK},          {5, 1150, TW_USM_OK},         {5, 850, TW_USM_OK},
                {5, 1151, TW_USM_NOT_IN_TIME}, {5, 849, TW_USM_NOT_IN_TIME}, {4, 1000, TW_USM_NOT_IN_TIME},
                {6, 1000, TW_USM_NOT_IN_TIME}, {5, 1000, TW_USM_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            SENT(&m, rows[i].boots, rows[i].time, PRIV | REPORTABLE, .tag = BER_INFORM, .now_ms = 1000000),
            rows[i].want);
        assert_int_equal(result.report.n > 0, rows[i].want != TW_USM_OK);
        assert_int_equal(result.inform, rows[i].want == TW_USM_OK);
        if (rows[i].want == TW_USM_OK)
            assert_true(tw_usm_respond(usm, 1000000).n > 0);
    }
    usm_maker_finish(&m);
}

/* Reports are for who asked to be told, and not much longer than what came. */
static void reports(void **state)
{
    struct usm_maker m, nobody;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA512, TW_PRIV_AES, own);
    usm_maker_init(&nobody, "nobody", TW_AUTH_SHA512, TW_PRIV_AES, own);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&nobody, 5, 0, PRIV), TW_USM_UNKNOWN_USER);
    assert_int_equal(result.report.n, 0);
    assert_int_equal(SENT(&nobody, 5, 0, PRIV | REPORTABLE), TW_USM_UNKNOWN_USER);
    struct usm_header h;
    assert_int_equal(usm_header_read(result.report, &h), USM_FORM_OK);
    assert_int_equal(h.flags, 0);
    assert_int_equal(h.id, 4711);
    assert_int_equal(h.boots, 5);
    assert_int_equal(h.engine.n, 9);
    /* Out of time: signed, so that our time is believed. */
    assert_int_equal(SENT(&m, 1, 0, PRIV | REPORTABLE), TW_USM_NOT_IN_TIME);
    assert_int_equal(usm_header_read(result.report, &h), USM_FORM_OK);
    assert_int_equal(h.flags, USM_FLAG_AUTH);
    assert_true(usm_mac_fits(&m.key, result.report, h.auth_at));
    m.engine.n = 0; /* "who are you?" */
    assert_int_equal(SENT(&m, 0, 0, REPORTABLE), TW_USM_DISCOVERY);
    assert_true(result.report.n > 0 && result.report.n < 200);
    assert_int_equal(SENT(&m, 0, 0, 0), TW_USM_UNKNOWN_ENGINE);
    assert_int_equal(result.report.n, 0);
    usm_maker_finish(&m);
    usm_maker_finish(&nobody);
}

static void engines_are_learnt(void **state)
{
    static const enum tw_usm_learn words[] = {TW_LEARN_NO, TW_LEARN_ASK, TW_LEARN_YES};
    struct usm_maker m, wrong;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, other);
    usm_maker_init(&wrong, "noc", TW_AUTH_MD5, TW_PRIV_AES, other);
    for (size_t i = 0; i < 3; i++) {
        size_t n;
        uint64_t changes;
        enum tw_usm_learn w = words[i];
        configure(w, (const struct usm_maker *const[]){&m}, 1);
        assert_int_equal(SENT(&wrong, 1, 1, PRIV, .from = "192.0.2.2"),
                         w == TW_LEARN_NO ? TW_USM_UNKNOWN_ENGINE : TW_USM_WRONG_DIGEST);
        (void)tw_usm_engines(usm, &n, &changes);
        assert_int_equal(n, 0); /* a forgery leaves nothing behind */
        assert_int_equal(SENT(&m, 1, 1, PRIV, .from = "192.0.2.9"), TW_USM_UNKNOWN_ENGINE);
        assert_int_equal(SENT(&m, 1, 1, PRIV, .from = "192.0.2.1"), TW_USM_UNKNOWN_ENGINE); /* it has one */
        assert_int_equal(SENT(&m, 1, 1, PRIV | REPORTABLE, .from = "192.0.2.2"), TW_USM_UNKNOWN_ENGINE);
        assert_int_equal(SENT(&m, 1, 1, PRIV, .from = "192.0.2.2"),
                         w == TW_LEARN_NO ? TW_USM_UNKNOWN_ENGINE : TW_USM_OK);
        assert_int_equal(result.found != NULL, w != TW_LEARN_NO);
        assert_int_equal(result.engine_id.n, w == TW_LEARN_YES ? 5 : 0);
        assert_int_equal(result.sender, w == TW_LEARN_YES ? 2 : 0);
        assert_int_equal(SENT(&m, 1, 1, PRIV, .from = "192.0.2.9"),
                         w == TW_LEARN_YES ? TW_USM_OK : TW_USM_UNKNOWN_ENGINE);
        configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1); /* forgets */
    }
    usm_maker_finish(&m);
    usm_maker_finish(&wrong);
}

static void what_was_learnt_stays(void **state)
{
    struct usm_maker m;
    struct tw_errors errors = {0};
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, other);
    configure(TW_LEARN_YES, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 7, 1, PRIV, .from = "192.0.2.2"), TW_USM_OK);
    configure(TW_LEARN_ASK, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 7, 2, PRIV, .from = "192.0.2.9"), TW_USM_OK);
    assert_int_equal(result.sender, 2);
    assert_int_equal(SENT(&m, 6, 2, PRIV), TW_USM_NOT_IN_TIME);
    assert_int_equal(result.sender, 2); /* not heard, and known to be of that device */
    assert_int_equal(result.engine_id.n, 5);
    /* The inventory names it: another device's, and its boots are still known. */
    tw_topology_unref(topology);
    topology = tw_topology_create("i",
                                  TW_STR("devices:\n  x: {addresses: [192.0.2.7], engine-id: 0x800007db0b}\n"
                                         "  pe-b: {addresses: [192.0.2.2]}\npairs: {}\n"),
                                  &errors);
    assert_non_null(topology);
    configure(TW_LEARN_ASK, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 6, 9, PRIV), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 7, 9, PRIV), TW_USM_OK);
    assert_int_equal(result.sender, 0);
    assert_int_equal(result.engine_id.n, 5);
    /* Its device has left the inventory. */
    tw_topology_unref(topology);
    topology =
        tw_topology_create("i", TW_STR("devices: {pe-b: {addresses: [192.0.2.2]}}\npairs: {}\n"), &errors);
    configure(TW_LEARN_ASK, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 7, 9, PRIV, .from = "192.0.2.9"), TW_USM_UNKNOWN_ENGINE);
    usm_maker_finish(&m);
}

/* An engine that was listed under `ask` becomes its device's under `yes`, by a message that is in time and
 * comes from the device; the second one of a device does not. */
static void what_was_asked_is_learnt(void **state)
{
    struct usm_maker m, second;
    size_t n;
    uint64_t before, after;
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, other);
    usm_maker_init(&second, "noc", TW_AUTH_SHA, TW_PRIV_AES, "0x800007db77");
    configure(TW_LEARN_ASK, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 7, 1, PRIV, .from = "192.0.2.2"), TW_USM_OK);
    assert_int_equal(SENT(&second, 1, 1, PRIV, .from = "192.0.2.2"), TW_USM_OK);
    configure(TW_LEARN_YES, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 7, 2, PRIV, .from = "192.0.2.9"), TW_USM_UNKNOWN_ENGINE);
    assert_int_equal(SENT(&m, 6, 2, PRIV, .from = "192.0.2.2"), TW_USM_NOT_IN_TIME);
    (void)tw_usm_engines(usm, &n, &before);
    assert_null(result.found);
    assert_int_equal(SENT(&m, 7, 3, PRIV, .from = "192.0.2.2"), TW_USM_OK);
    assert_non_null(result.found);
    assert_int_equal(result.sender, 2);
    const struct tw_usm_engine *e = tw_usm_engines(usm, &n, &after);
    assert_int_equal(e[0].state, TW_ENGINE_LEARNT);
    assert_true(after > before);                                            /* to be kept */
    assert_int_equal(SENT(&m, 7, 4, PRIV, .from = "192.0.2.9"), TW_USM_OK); /* from any address */
    assert_null(result.found);
    assert_int_equal(SENT(&second, 1, 2, PRIV, .from = "192.0.2.2"), TW_USM_OK);
    assert_int_equal(e[1].state, TW_ENGINE_ASKED);
    usm_maker_finish(&m);
    usm_maker_finish(&second);
}

static void lists_are_bounded(void **state)
{
    struct usm_maker m;
    size_t ok = 0, n;
    uint64_t changes;
    (void)state;
    for (int i = 0; i < 10; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "0x800007db%02x", 0x40 + i);
        usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, id);
        configure(TW_LEARN_YES, (const struct usm_maker *const[]){&m}, 1);
        ok += SENT(&m, 1, 1, PRIV, .from = "192.0.2.2") == TW_USM_OK;
        usm_maker_finish(&m);
    }
    const struct tw_usm_engine *e = tw_usm_engines(usm, &n, &changes);
    assert_int_equal(ok, 4);
    assert_int_equal(n, 4);
    assert_int_equal(e[0].state, TW_ENGINE_LEARNT); /* a device has one; the others want a word */
    assert_int_equal(e[1].state, TW_ENGINE_ASKED);
}

static void users_of_one_engine(void **state)
{
    struct usm_maker a, b;
    (void)state;
    usm_maker_init(&a, "noc", TW_AUTH_SHA, TW_PRIV_AES, other);
    usm_maker_init(&b, "noc", TW_AUTH_MD5, TW_PRIV_DES, known);
    a.user.engine = a.engine;
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&b, &a}, 2);
    assert_int_equal(SENT(&a, 1, 1, PRIV, .from = "192.0.2.9"), TW_USM_OK); /* known by configuration */
    assert_int_equal(SENT(&b, 1, 1, PRIV), TW_USM_OK);
    usm_maker_finish(&a);
    usm_maker_finish(&b);
}

/* What is kept comes back, and old messages do not. */
static void restored(void **state)
{
    struct usm_maker m;
    struct tw_usm_engine e = {.state = TW_ENGINE_KNOWN, .boots = 9, .time = 500};
    (void)state;
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, known);
    e.id = m.engine;
    assert_true(tw_usm_restore(usm, &e, 1000));
    assert_false(tw_usm_restore(usm, &e, 1000));
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    assert_int_equal(SENT(&m, 8, 9999, PRIV, .now_ms = 1000), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 9, 300, PRIV, .now_ms = 1000), TW_USM_NOT_IN_TIME);
    assert_int_equal(SENT(&m, 9, 400, PRIV, .now_ms = 1000), TW_USM_OK);
    usm_maker_finish(&m);
}

/* More engines than keys are kept: the oldest give way and are made again. */
static void keys_give_way(void **state)
{
    enum { ENGINES = TW_USM_KEYS_MAX + 100 };
    struct usm_maker m;
    struct tw_errors errors = {0};
    struct tw_buf text = {0};
    size_t n;
    uint64_t changes;
    (void)state;
    tw_buf_z(&text, "devices:\n");
    for (int i = 0; i < ENGINES; i++)
        tw_buf_fmt(&text, "  d%d: {engine-id: 0x800007db%08x}\n", i, i);
    tw_topology_unref(topology);
    topology = tw_topology_create("i", tw_buf_view(&text), &errors);
    assert_non_null(topology);
    usm_maker_init(&m, "noc", TW_AUTH_SHA, TW_PRIV_AES, known);
    configure(TW_LEARN_NO, (const struct usm_maker *const[]){&m}, 1);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < ENGINES; i++) {
            char id[32];
            (void)snprintf(id, sizeof id, "0x800007db%08x", i);
            assert_true(tw_usm_id_parse(tw_str_z(id), &m.engine));
            struct tw_str engine = tw_str_of((const char *)m.engine.bytes, m.engine.n);
            usm_key_finish(&m.key);
            usm_key_auth(&m.key, &m.crypto, &m.user, engine);
            usm_key_priv(&m.key, &m.crypto, &m.user, engine);
            assert_int_equal(SENT(&m, 1, 1 + round, PRIV), TW_USM_OK);
        }
    }
    (void)tw_usm_engines(usm, &n, &changes);
    assert_int_equal(n, ENGINES);
    usm_maker_finish(&m);
    tw_buf_finish(&text);
}

static void engine_ids(void **state)
{
    struct tw_usm_id id;
    char text[TW_USM_ID_TEXT];
    (void)state;
    assert_true(tw_usm_id_parse(TW_STR("0x800007DB03"), &id));
    assert_string_equal(tw_usm_id_text(&id, text), "0x800007db03");
    assert_false(tw_usm_id_parse(TW_STR("0x800007db"), &id));
    assert_false(tw_usm_id_parse(TW_STR("0x800007db0"), &id));
    assert_false(tw_usm_id_parse(TW_STR("800007db03"), &id));
    assert_false(tw_usm_id_parse(TW_STR("0x800007dg03"), &id));
}

static void v2c_informs(void **state)
{
    static const char inform[] =
        "\x30\x1c\x02\x01\x01\x04\x06public\xa6\x0f\x02\x02\x12\x34\x02\x01\x00\x02\x01\x00"
        "\x30\x03\x30\x01\x00";
    uint8_t out[64];
    char trap[sizeof inform];
    (void)state;
    assert_int_equal(tw_inform_answer(tw_str_of(inform, sizeof inform - 1), out, sizeof out),
                     sizeof inform - 1);
    assert_int_equal(out[13], 0xa2);
    out[13] = 0xa6;
    assert_memory_equal(out, inform, sizeof inform - 1);
    memcpy(trap, inform, sizeof trap);
    trap[13] = (char)0xa7;
    assert_int_equal(tw_inform_answer(tw_str_of(trap, sizeof trap - 1), out, sizeof out), 0);
    assert_int_equal(tw_inform_answer(tw_str_of(inform, sizeof inform - 1), out, 20), 0);
    for (size_t n = 0; n < sizeof inform - 1; n++)
        assert_int_equal(tw_inform_answer(tw_str_of(inform, n), out, sizeof out), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_trap_is_opened),
        TEST(the_first_fault_counts),
        TEST(every_bit_counts),
        TEST(time_of_a_sender),
        TEST(our_own_time),
        TEST(reports),
        TEST(engines_are_learnt),
        TEST(what_was_learnt_stays),
        TEST(what_was_asked_is_learnt),
        TEST(lists_are_bounded),
        TEST(users_of_one_engine),
        TEST(restored),
        TEST(keys_give_way),
        TEST(engine_ids),
        TEST(v2c_informs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
