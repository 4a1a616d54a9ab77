/* SPDX-License-Identifier: ISC */
#include "usm/seal.h"

#include "decode/ber.h"

#include <string.h>

enum { MAX_SIZE = 65507, VERSION_3 = 3 };

/* In place of the scoped PDU that was written, its encrypted form. */
static void put_encrypted(struct usm_out *o, const struct usm_envelope *e, uint8_t *scratch,
                          uint8_t salt[static USM_SALT])
{
    struct tw_str written = tw_str_of((const char *)o->bytes + o->at, o->room - o->at);
    if (o->full)
        return;
    ++*e->salt;
    for (int i = 0; i < USM_SALT; i++)
        salt[i] = (uint8_t)(*e->salt >> (56 - 8 * i));
    size_t n = usm_encrypt(e->key, e->boots, e->time, salt, written, scratch);
    o->at = o->room;
    usm_put(o, tw_str_of((const char *)scratch, n));
    usm_wrap(o, BER_STRING, o->room);
}

struct tw_str usm_seal(struct usm_out *o, const struct usm_envelope *e, uint8_t *scratch)
{
    static const char zeros[USM_MAC_MAX];
    uint8_t salt[USM_SALT], mac[USM_MAC_MAX];
    char flags = (char)((e->key != NULL ? USM_FLAG_AUTH : 0) | (e->priv ? USM_FLAG_PRIV : 0) |
                        (e->reportable ? USM_FLAG_REPORTABLE : 0));
    if (e->priv)
        put_encrypted(o, e, scratch, salt);
    size_t end = o->at, mac_n = e->key != NULL ? usm_mac_length(e->key->auth) : 0;
    usm_put_string(o, tw_str_of((const char *)salt, e->priv ? USM_SALT : 0));
    size_t mac_end = o->at;
    usm_put(o, tw_str_of(zeros, mac_n));
    size_t mac_at = o->at;
    usm_wrap(o, BER_STRING, mac_end);
    usm_put_string(o, e->user);
    usm_put_int(o, e->time);
    usm_put_int(o, e->boots);
    usm_put_string(o, e->engine);
    usm_wrap(o, BER_SEQUENCE, end);
    usm_wrap(o, BER_STRING, end);
    end = o->at;
    usm_put_int(o, USM_MODEL);
    usm_put_string(o, tw_str_of(&flags, 1));
    usm_put_int(o, MAX_SIZE);
    usm_put_int(o, e->id);
    usm_wrap(o, BER_SEQUENCE, end);
    usm_put_int(o, VERSION_3);
    usm_wrap(o, BER_SEQUENCE, o->room);
    if (o->full)
        return (struct tw_str){0};
    struct tw_str message = tw_str_of((const char *)o->bytes + o->at, o->room - o->at);
    if (e->key != NULL) {
        usm_mac(e->key, message, mac_at - o->at, mac);
        memcpy(o->bytes + mac_at, mac, mac_n);
    }
    return message;
}
