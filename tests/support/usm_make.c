/* SPDX-License-Identifier: ISC */
#include "usm_make.h"

#include "base/err.h"
#include "base/mem.h"
#include "decode/ber.h"

#include <stdlib.h>

void usm_maker_init(struct usm_maker *m, const char *name, enum tw_usm_auth auth, enum tw_usm_priv priv,
                    const char *engine)
{
    *m = (struct usm_maker){.user = {.auth = auth, .priv = priv, .level = TW_SECURITY_NO_AUTH_NO_PRIV}};
    TW_ASSERT(strlen(name) <= TW_USM_NAME_MAX && tw_usm_id_parse(tw_str_z(engine), &m->engine));
    memcpy(m->user.name, name, strlen(name));
    usm_crypto_init(&m->crypto);
    TW_ASSERT(tw_usm_user_keys(&m->user, TW_STR("authentic-words"), TW_STR("private-words")));
    struct tw_str id = tw_str_of((const char *)m->engine.bytes, m->engine.n);
    usm_key_auth(&m->key, &m->crypto, &m->user, id);
    if (priv != TW_PRIV_NONE)
        usm_key_priv(&m->key, &m->crypto, &m->user, id);
}

void usm_maker_finish(struct usm_maker *m)
{
    usm_key_finish(&m->key);
    usm_crypto_finish(&m->crypto);
}

static void put_data(struct usm_maker *m, struct usm_out *o, int32_t boots, int32_t time,
                     struct tw_str scoped, uint8_t salt[static USM_SALT])
{
    uint8_t *encrypted = tw_xmalloc(scoped.n + 16);
    m->salt++;
    for (int i = 0; i < USM_SALT; i++)
        salt[i] = (uint8_t)(m->salt >> (56 - 8 * i));
    size_t n = usm_encrypt(&m->key, boots, time, salt, scoped, encrypted), end = o->at;
    usm_put(o, tw_str_of((const char *)encrypted, n));
    usm_wrap(o, BER_STRING, end);
    free(encrypted);
}

struct tw_str usm_make(struct usm_maker *m, int32_t boots, int32_t time, uint8_t flags, struct tw_str scoped,
                       uint8_t *out, size_t room)
{
    static const char zeros[USM_MAC_MAX];
    struct usm_out writer = {out, room, room, false}, *o = &writer;
    uint8_t salt[USM_SALT], mac[USM_MAC_MAX];
    bool auth = (flags & USM_FLAG_AUTH) != 0 && m->user.auth != TW_AUTH_NONE;
    bool priv = (flags & USM_FLAG_PRIV) != 0 && m->user.priv != TW_PRIV_NONE;
    if (priv)
        put_data(m, o, boots, time, scoped, salt);
    else
        usm_put(o, scoped);
    size_t end = o->at;
    usm_put_string(o, tw_str_of((const char *)salt, priv ? USM_SALT : 0));
    size_t mac_end = o->at;
    usm_put(o, tw_str_of(zeros, auth ? usm_mac_length(m->user.auth) : 0));
    size_t mac_at = o->at;
    usm_wrap(o, BER_STRING, mac_end);
    usm_put_string(o, tw_str_z(m->user.name));
    usm_put_int(o, time);
    usm_put_int(o, boots);
    usm_put_string(o, tw_str_of((const char *)m->engine.bytes, m->engine.n));
    usm_wrap(o, BER_SEQUENCE, end);
    usm_wrap(o, BER_STRING, end);
    end = o->at;
    usm_put_int(o, USM_MODEL);
    usm_put_string(o, tw_str_of((const char *)&flags, 1));
    usm_put_int(o, 65507);
    usm_put_int(o, 4711);
    usm_wrap(o, BER_SEQUENCE, end);
    usm_put_int(o, 3);
    usm_wrap(o, BER_SEQUENCE, room);
    if (o->full)
        return (struct tw_str){0};
    struct tw_str message = tw_str_of((const char *)out + o->at, room - o->at);
    if (auth) {
        usm_mac(&m->key, message, mac_at - o->at, mac);
        memcpy(out + mac_at, mac, usm_mac_length(m->user.auth));
    }
    return message;
}

struct tw_str usm_make_scoped(int tag, uint8_t out[static 256])
{
    /* sysUpTime.0 = 50000, snmpTrapOID.0 = linkDown, ifIndex.37 = 37 */
    static const char varbinds[] = "\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x02\x61\xa8"
                                   "\x30\x17\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00\x06\x09\x2b"
                                   "\x06\x01\x06\x03\x01\x01\x05\x03"
                                   "\x30\x0f\x06\x0a\x2b\x06\x01\x02\x01\x02\x02\x01\x01\x25\x02\x01\x25";
    struct usm_out writer = {out, 256, 256, false}, *o = &writer;
    usm_put(o, tw_str_of(varbinds, sizeof varbinds - 1));
    usm_wrap(o, BER_SEQUENCE, 256);
    usm_put_int(o, 0);
    usm_put_int(o, 0);
    usm_put_int(o, 12345);
    usm_wrap(o, tag, 256);
    usm_put_string(o, TW_STR("context"));
    usm_put_string(o, TW_STR("\x80\x00\x07\xdb\x03"));
    usm_wrap(o, BER_SEQUENCE, 256);
    return tw_str_of((const char *)out + o->at, 256 - o->at);
}
