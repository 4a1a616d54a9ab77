/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "base/mem.h"
#include "decode/ber.h"
#include "snmp_talk.h"

/* What a receiver of notifications may answer. The first byte says how far it has come, and whether the rest
 * is a message as anybody can send it, or the scoped PDU in one with the right key and number. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 8192, SIGNED = 0x80, BARE = 0x40, LEARNT = 0x20 };
static const char engine[] = "\x80\x00\x1f\x88\x04one";
static const struct tw_transition transition = {
    .kind = TW_RAISED, .alert_id = "0123456789abcdef", .condition = "no-switchover", .summary = "s"};

static uint8_t room[ROOM];
static struct snmp_talk *talks[2]; /* v2c, v3 */

static void begin(void)
{
    struct snmp_talk_options o = {.inform = true, .size = 1400, .community = TW_STR("public")};
    for (size_t i = 0; i < 2; i++) {
        o.v3 = i == 1;
        if (o.v3) {
            o.level = TW_SECURITY_AUTH_PRIV;
            o.user = (struct tw_usm_user){.name = "noc", .auth = TW_AUTH_SHA256, .priv = TW_PRIV_AES};
            TW_ASSERT(tw_usm_user_keys(&o.user, TW_STR("authentic-words"), TW_STR("private-words")));
        }
        talks[i] = tw_xcalloc(1, sizeof *talks[i]);
        snmp_talk_init(talks[i], &o);
    }
}

/* As the engine itself would: with the key that the talk has made for it. */
static struct tw_str seal(struct snmp_talk *t, struct tw_str scoped, bool priv)
{
    static uint8_t scratch[ROOM + 16];
    struct usm_out o = {room, ROOM, ROOM, false};
    struct usm_envelope e = {.id = t->message_id,
                             .engine = tw_str_of(engine, sizeof engine - 1),
                             .boots = t->boots > 0 ? t->boots : 1,
                             .time = 10,
                             .user = tw_str_z(t->options.user.name),
                             .key = &t->key,
                             .priv = priv,
                             .salt = &t->salt};
    usm_put(&o, scoped);
    return usm_seal(&o, &e, scratch);
}

/* Of a good receiver: its engine. */
static struct tw_str first_answer(struct snmp_talk *t)
{
    struct usm_out o = {room, ROOM, ROOM, false};
    char name[] = {0x2b, 6, 1, 6, 3, 15, 1, 1, 4, 0};
    usm_put_counter(&o, 1);
    size_t at = o.at;
    usm_put(&o, tw_str_of(name, sizeof name));
    usm_wrap(&o, BER_OID, at);
    usm_wrap(&o, BER_SEQUENCE, ROOM);
    usm_wrap(&o, BER_SEQUENCE, ROOM);
    usm_put_int(&o, 0);
    usm_put_int(&o, 0);
    usm_put_int(&o, 1);
    usm_wrap(&o, 0xA8, ROOM);
    usm_put_string(&o, (struct tw_str){0});
    usm_put_string(&o, tw_str_of(engine, sizeof engine - 1));
    usm_wrap(&o, BER_SEQUENCE, ROOM);
    struct usm_envelope e = {
        .id = t->message_id, .engine = tw_str_of(engine, sizeof engine - 1), .salt = &t->salt};
    return usm_seal(&o, &e, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    if (talks[0] == NULL)
        begin();
    if (size < 1 || size > 4096)
        return 0;
    struct snmp_talk *t = talks[(data[0] & 1)];
    struct tw_str rest = tw_str_of((const char *)data + 1, size - 1);
    t->engine.n = 0;
    snmp_talk_begin(t, &transition, 1);
    TW_ASSERT(snmp_talk_message(t, 0).n > 0);
    if (t->options.v3 && (data[0] & (SIGNED | LEARNT)) != 0) {
        TW_ASSERT(snmp_talk_answer(t, first_answer(t), 0, &why) == SNMP_SAID_MORE);
        TW_ASSERT(snmp_talk_message(t, 0).n > 0);
    }
    t->message_id = 5; /* not by chance, so that it can be met */
    if (t->options.v3 && (data[0] & SIGNED) != 0)
        rest = seal(t, rest, (data[0] & BARE) == 0);
    enum snmp_said said = snmp_talk_answer(t, rest, 0, &why);
    TW_ASSERT((said != SNMP_SAID_NO && said != SNMP_SAID_NEVER) || why != NULL);
    /* Who has no key is never believed. */
    TW_ASSERT(said != SNMP_SAID_OK || !t->options.v3 || (data[0] & SIGNED) != 0);
    if (said == SNMP_SAID_MORE)
        TW_ASSERT(snmp_talk_message(t, 0).n > 0);
    return 0;
}
