/* SPDX-License-Identifier: ISC */
/* Notifications of any alert fit, and what is believed of what is answered. */
#include "snmp_talk.h"

#include "base/mem.h"
#include "decode/ber.h"
#include "decode/trap.h"
#include "snmp_alert.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { RESPONSE = 0xA2, REPORT = 0xA8, NOT_IN_TIME = 2, UNKNOWN_USER = 3, UNKNOWN_ENGINE = 4, SECOND = 1000 };
enum { MANY = 3000, BOOTS = 7, TIME = 5000, REQUEST = 42 };

static const struct tw_transition small = {.seq = 1,
                                           .kind = TW_RAISED,
                                           .alert_id = "0123456789abcdef",
                                           .condition = "no-switchover",
                                           .severity = TW_SEVERITY_CRITICAL,
                                           .pair = "metro-7",
                                           .device = "pe-a",
                                           .peer = "pe-b",
                                           .summary = "s"};

/* ---- what is sent ---- */

static void test_conditions(void **state)
{
    static const char *const known[] = {
#define TW_ALARM(condition, event, cause, name, backed) condition ".yaml",
#include "snmp_alarm.def"
#undef TW_ALARM
    };
    size_t n = 0;
    DIR *d = opendir("rules/conditions");
    (void)state;
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        bool found = e->d_name[0] == '.';
        n += !found;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || strcmp(known[i], e->d_name) == 0;
        if (!found)
            fail_msg("%s has no row in snmp_alarm.def", e->d_name);
    }
    (void)closedir(d);
    assert_int_equal(n, sizeof known / sizeof *known);
}

static struct snmp_talk *talk_of(const struct snmp_talk_options *o)
{
    struct snmp_talk *t = tw_xcalloc(1, sizeof *t);
    snmp_talk_init(t, o);
    return t;
}

static void end(struct snmp_talk *t)
{
    snmp_talk_finish(t);
    free(t);
}

static void set_user(struct tw_usm_user *u, enum tw_usm_auth auth, enum tw_usm_priv priv)
{
    memset(u->name, 'u', TW_USM_NAME_MAX);
    u->auth = auth;
    u->priv = priv;
    assert_true(tw_usm_user_keys(u, TW_STR("authentic-words"), TW_STR("private-words")));
}

/* The longest of everything. */
static void check_size(struct snmp_talk_options *o, size_t size)
{
    static char name[300];
    static const char *names[MANY];
    static const char *const commands[] = {"display interface Eth-Trunk10.100", "display e-trunk 1"};
    static struct tw_hint hints[MANY];
    memset(name, 'n', sizeof name - 1);
    for (size_t i = 0; i < MANY; i++) {
        names[i] = name + sizeof name - 20;
        hints[i] =
            (struct tw_hint){.step = TW_STEP_CHECK, .on = "pe-a", .commands = commands, .commands_n = 2};
    }
    struct tw_acknowledged by = {.by = name};
    struct tw_transition t = {.seq = UINT64_MAX,
                              .kind = TW_CLEARED,
                              .alert_id = "0123456789abcdef",
                              .condition = name,
                              .pair = name,
                              .e_trunk = UINT32_MAX,
                              .device = name,
                              .peer = name,
                              .trunk = name,
                              .sub_interfaces = names,
                              .sub_interfaces_n = MANY,
                              .services = names,
                              .services_n = MANY,
                              .summary = name,
                              .hints = hints,
                              .hints_n = MANY,
                              .duration = {INT64_MAX},
                              .cleared_by = name,
                              .number = UINT32_MAX,
                              .change = UINT32_MAX,
                              .acknowledged = &by};
    o->size = size;
    struct snmp_talk *talk = talk_of(o);
    snmp_talk_begin(talk, &t, INT32_MAX);
    struct tw_str m = snmp_talk_message(talk, 40000 * (int64_t)SECOND);
    assert_true(m.n > 0 && m.n <= size);
    if (!o->v3) {
        struct tw_trap trap;
        struct tw_arena *arena = tw_arena_create(4096);
        size_t offset;
        assert_int_equal(tw_trap_decode(m, arena, &trap, &offset), TW_TRAP_OK);
        tw_arena_destroy(arena);
    }
    end(talk);
}

static void test_sizes(void **state)
{
    static char community[SNMP_COMMUNITY_MAX];
    (void)state;
    memset(community, 'c', sizeof community);
    struct snmp_talk_options v2c = {.community = {community, sizeof community}};
    struct snmp_talk_options v3 = {.v3 = true, .level = TW_SECURITY_AUTH_PRIV, .boots = INT32_MAX};
    v3.self.n = TW_ENGINE_ID_MAX;
    memset(v3.self.bytes, 0xff, TW_ENGINE_ID_MAX);
    set_user(&v3.user, TW_AUTH_SHA512, TW_PRIV_DES);
    for (size_t size = SNMP_SIZE_LEAST; size <= SNMP_SIZE_MOST; size += size < 3000 ? 7 : 500) {
        check_size(&v2c, size);
        check_size(&v3, size);
    }
}

/* ---- what is answered ---- */

struct peer {
    struct usm_crypto crypto;
    struct tw_usm_user user;
    struct usm_key key;
    struct tw_str engine;
    uint64_t salt;
    uint8_t bytes[1024], scratch[1024];
};

static void set_peer(struct peer *p, const struct tw_usm_user *user, struct tw_str engine)
{
    *p = (struct peer){.user = *user, .engine = engine};
    usm_crypto_init(&p->crypto);
    usm_key_auth(&p->key, &p->crypto, user, engine);
    usm_key_priv(&p->key, &p->crypto, user, engine);
}

static void forget_peer(struct peer *p)
{
    usm_key_finish(&p->key);
    usm_crypto_finish(&p->crypto);
}

/* `report` 0: a Response with this status. */
static struct tw_str answer(struct peer *p, const struct snmp_talk *t, int report, int32_t request,
                            int status, uint8_t flags, int32_t boots, int32_t time)
{
    char name[] = {0x2b, 6, 1, 6, 3, 15, 1, 1, (char)report, 0};
    struct usm_out o = {p->bytes, sizeof p->bytes, sizeof p->bytes, false};
    if (report != 0) {
        usm_put_counter(&o, 1);
        size_t at = o.at;
        usm_put(&o, tw_str_of(name, sizeof name));
        usm_wrap(&o, BER_OID, at);
        usm_wrap(&o, BER_SEQUENCE, o.room);
    }
    usm_wrap(&o, BER_SEQUENCE, o.room);
    usm_put_int(&o, 0);
    usm_put_int(&o, status);
    usm_put_int(&o, request);
    usm_wrap(&o, report != 0 ? REPORT : RESPONSE, o.room);
    usm_put_string(&o, (struct tw_str){0});
    usm_put_string(&o, p->engine);
    usm_wrap(&o, BER_SEQUENCE, o.room);
    bool auth = (flags & USM_FLAG_AUTH) != 0;
    struct usm_envelope e = {.id = t->message_id,
                             .engine = p->engine,
                             .boots = boots,
                             .time = time,
                             .user = auth ? tw_str_z(p->user.name) : (struct tw_str){0},
                             .key = auth ? &p->key : NULL,
                             .priv = (flags & USM_FLAG_PRIV) != 0,
                             .salt = &p->salt};
    return usm_seal(&o, &e, p->scratch);
}

static void said(struct snmp_talk *t, struct tw_str bytes, int64_t now, enum snmp_said want)
{
    const char *why = NULL;
    assert_int_equal(snmp_talk_answer(t, bytes, now, &why), want);
    assert_true((want != SNMP_SAID_NO && want != SNMP_SAID_NEVER) || why != NULL);
}

static struct usm_header sent(struct snmp_talk *t, int64_t now)
{
    struct usm_header h;
    assert_int_equal(usm_header_read(snmp_talk_message(t, now), &h), USM_FORM_OK);
    return h;
}

enum { NONE = 0, AUTH = USM_FLAG_AUTH, PRIV = USM_FLAG_AUTH | USM_FLAG_PRIV };

/* Up to where a Response is due. */
static void know(struct snmp_talk *t, struct peer *p, int64_t now)
{
    assert_int_equal(sent(t, now).engine.n, 0);
    said(t, answer(p, t, UNKNOWN_ENGINE, REQUEST, 0, NONE, BOOTS, TIME), now, SNMP_SAID_MORE);
    struct usm_header h = sent(t, now);
    assert_true(tw_str_eq(h.engine, p->engine) && h.boots == 0 && h.time == 0);
    /* Anybody can say so. */
    said(t, answer(p, t, NOT_IN_TIME, REQUEST, 0, NONE, BOOTS, TIME), now, SNMP_SAID_NOTHING);
    said(t, answer(p, t, NOT_IN_TIME, REQUEST, 0, AUTH, BOOTS, TIME), now, SNMP_SAID_MORE);
    h = sent(t, now + 3 * (int64_t)SECOND);
    assert_int_equal(h.flags, PRIV | USM_FLAG_REPORTABLE);
    assert_true(h.boots == BOOTS && h.time == TIME + 3);
}

static void test_v3(void **state)
{
    static struct peer p, other;
    struct snmp_talk_options o = {.v3 = true, .inform = true, .size = 1400, .level = TW_SECURITY_AUTH_PRIV};
    (void)state;
    set_user(&o.user, TW_AUTH_SHA256, TW_PRIV_AES);
    set_peer(&p, &o.user, TW_STR("\x80\x00\x1f\x88\x04one"));
    set_peer(&other, &o.user, TW_STR("\x80\x00\x1f\x88\x04two"));
    struct snmp_talk *t = talk_of(&o);
    said(t, TW_STR("early"), 0, SNMP_SAID_NOTHING);
    snmp_talk_begin(t, &small, REQUEST);
    know(t, &p, 0);
    /* Not signed, not encrypted, of another engine, of another message, another request, too old. */
    said(t, answer(&p, t, 0, REQUEST, 0, NONE, BOOTS, TIME), 0, SNMP_SAID_NOTHING);
    said(t, answer(&p, t, 0, REQUEST, 0, AUTH, BOOTS, TIME), 0, SNMP_SAID_NOTHING);
    said(t, answer(&other, t, 0, REQUEST, 0, PRIV, BOOTS, TIME), 0, SNMP_SAID_NOTHING);
    t->message_id ^= 1;
    struct tw_str wrong = answer(&p, t, 0, REQUEST, 0, PRIV, BOOTS, TIME);
    t->message_id ^= 1;
    said(t, wrong, 0, SNMP_SAID_NOTHING);
    said(t, answer(&p, t, 0, REQUEST + 1, 0, PRIV, BOOTS, TIME), 0, SNMP_SAID_NOTHING);
    said(t, answer(&p, t, 0, REQUEST, 0, PRIV, BOOTS - 1, TIME), 0, SNMP_SAID_NOTHING);
    said(t, answer(&p, t, 0, REQUEST, 0, PRIV, BOOTS, TIME), 200 * (int64_t)SECOND, SNMP_SAID_NOTHING);
    struct tw_str right = answer(&p, t, 0, REQUEST, 0, PRIV, BOOTS, TIME);
    p.bytes[sizeof p.bytes - 1] ^= 1;
    said(t, right, 0, SNMP_SAID_NOTHING);
    p.bytes[sizeof p.bytes - 1] ^= 1;
    said(t, tw_str_cut(right, right.n - 1), 0, SNMP_SAID_NOTHING);
    said(t, right, 0, SNMP_SAID_OK);
    /* It was restarted; then another one is there; then it goes on without end. */
    snmp_talk_begin(t, &small, REQUEST);
    assert_int_equal(sent(t, 0).boots, BOOTS);
    said(t, answer(&p, t, NOT_IN_TIME, REQUEST, 0, AUTH, BOOTS + 1, 3), 0, SNMP_SAID_MORE);
    assert_int_equal(sent(t, 0).boots, BOOTS + 1);
    said(t, answer(&other, t, UNKNOWN_ENGINE, 0, 0, NONE, 1, 1), 0, SNMP_SAID_MORE);
    assert_true(tw_str_eq(sent(t, 0).engine, other.engine));
    said(t, answer(&other, t, UNKNOWN_ENGINE, 0, 0, NONE, 1, 1), 0, SNMP_SAID_NO);
    said(t, answer(&other, t, UNKNOWN_USER, 0, 0, NONE, 1, 1), 0, SNMP_SAID_NO);
    said(t, answer(&other, t, 77, 0, 0, NONE, 1, 1), 0, SNMP_SAID_NO);
    for (int i = 4; i <= SNMP_STEPS_MAX; i++) {
        (void)sent(t, 0);
        said(t, answer(&other, t, NOT_IN_TIME, 0, 0, AUTH, 1, i), 0,
             i < SNMP_STEPS_MAX ? SNMP_SAID_MORE : SNMP_SAID_NO);
    }
    snmp_talk_begin(t, &small, REQUEST);
    (void)sent(t, 0);
    said(t, answer(&other, t, 0, REQUEST, 5, PRIV, 1, SNMP_STEPS_MAX), 0, SNMP_SAID_NEVER);
    end(t);
    forget_peer(&p);
    forget_peer(&other);
}

static struct tw_str answer_v2c(struct usm_out *o, struct tw_str community, int32_t request, int tag)
{
    o->at = o->room;
    usm_wrap(o, BER_SEQUENCE, o->room);
    usm_put_int(o, 0);
    usm_put_int(o, 0);
    usm_put_int(o, request);
    usm_wrap(o, tag, o->room);
    usm_put_string(o, community);
    usm_put_int(o, 1);
    usm_wrap(o, BER_SEQUENCE, o->room);
    return tw_str_of((const char *)o->bytes + o->at, o->room - o->at);
}

static void test_v2c(void **state)
{
    uint8_t bytes[256];
    struct usm_out o = {bytes, sizeof bytes, sizeof bytes, false};
    struct snmp_talk *t =
        talk_of(&(struct snmp_talk_options){.inform = true, .size = 1400, .community = TW_STR("public")});
    (void)state;
    snmp_talk_begin(t, &small, REQUEST);
    assert_true(snmp_talk_message(t, 0).n > 0);
    said(t, answer_v2c(&o, TW_STR("private"), REQUEST, RESPONSE), 0, SNMP_SAID_NOTHING);
    said(t, answer_v2c(&o, TW_STR("public"), REQUEST - 1, RESPONSE), 0, SNMP_SAID_NOTHING);
    said(t, answer_v2c(&o, TW_STR("public"), REQUEST, BER_INFORM), 0, SNMP_SAID_NOTHING);
    struct tw_str right = answer_v2c(&o, TW_STR("public"), REQUEST, RESPONSE);
    for (size_t n = 0; n < right.n; n++)
        said(t, tw_str_cut(right, n), 0, SNMP_SAID_NOTHING);
    said(t, right, 0, SNMP_SAID_OK);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_conditions), cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_v3), cmocka_unit_test(test_v2c)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
