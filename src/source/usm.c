/* SPDX-License-Identifier: ISC */
#include "usm_internal.h"

#include "base/err.h"
#include "base/mem.h"
#include "decode/ber.h"

#include <openssl/rand.h>
#include <stdlib.h>

struct tw_usm *tw_usm_create(const struct tw_usm_id *self, int32_t boots, int64_t start_ms)
{
    struct tw_usm *u = tw_xcalloc(1, sizeof *u);
    usm_crypto_init(&u->crypto);
    u->self = *self;
    u->boots = boots;
    u->start_ms = start_ms;
    TW_ASSERT(RAND_bytes((unsigned char *)&u->salt, sizeof u->salt) == 1);
    return u;
}

static void forget_users(struct tw_usm *u)
{
    usm_cache_clear(u);
    tw_usm_users_finish(u->users, u->users_n);
    free(u->users);
    u->users = NULL;
    u->users_n = 0;
}

void tw_usm_destroy(struct tw_usm *u)
{
    if (u == NULL)
        return;
    forget_users(u);
    usm_crypto_finish(&u->crypto);
    if (u->topology != NULL)
        tw_topology_unref(u->topology);
    tw_map_finish(&u->by_id);
    tw_map_finish(&u->by_pair);
    free(u->engines);
    free(u->slots);
    free(u);
}

void tw_usm_configure(struct tw_usm *u, struct tw_usm_user *users, size_t n, enum tw_usm_learn learn,
                      const struct tw_topology *t)
{
    const struct tw_topology *old = u->topology;
    forget_users(u);
    u->users = users;
    u->users_n = users != NULL ? n : 0;
    u->learn = learn;
    u->topology = t != NULL ? tw_topology_ref(t) : NULL;
    if (old != NULL)
        tw_topology_unref(old);
    usm_engines_review(u);
}

const struct tw_usm_id *tw_usm_self(const struct tw_usm *u, int32_t *boots)
{
    *boots = u->boots;
    return &u->self;
}

/* ---- one message, RFC 3414 3.2 ---- */

static bool id_is(const struct tw_usm_id *id, struct tw_str s)
{
    return id->n == s.n && memcmp(id->bytes, s.p, s.n) == 0;
}

/* One that is configured for this engine comes before one for any. */
static const struct tw_usm_user *find_user(struct tw_usm *u, bool own)
{
    const struct usm_header *h = &u->header;
    const struct tw_usm_user *found = NULL;
    for (size_t i = 0; i < u->users_n; i++) {
        const struct tw_usm_user *c = &u->users[i];
        if (!tw_str_eq(tw_str_z(c->name), h->user))
            continue;
        bool here = c->engine.n > 0 && id_is(&c->engine, h->engine);
        /* For our own engine one that is of another comes last. */
        if (here || (c->engine.n == 0 ? found == NULL || found->engine.n > 0 : own && found == NULL))
            found = c;
        if (here)
            break;
    }
    return found;
}

static bool level_fits(const struct tw_usm_user *user, const struct usm_header *h)
{
    bool auth = (h->flags & USM_FLAG_AUTH) != 0, priv = (h->flags & USM_FLAG_PRIV) != 0;
    enum tw_security is = priv   ? TW_SECURITY_AUTH_PRIV
                          : auth ? TW_SECURITY_AUTH_NO_PRIV
                                 : TW_SECURITY_NO_AUTH_NO_PRIV;
    return is >= user->level && (!auth || user->auth != TW_AUTH_NONE) &&
           (!priv || user->priv != TW_PRIV_NONE);
}

static bool in_own_time(const struct tw_usm *u, int64_t now_ms)
{
    int64_t off = (int64_t)u->header.time - usm_own_time(u, now_ms);
    return u->header.boots == u->boots && u->boots != INT32_MAX && off >= -TW_USM_WINDOW_S &&
           off <= TW_USM_WINDOW_S;
}

/* Digest and time. On success *key is the cached one. */
static enum tw_usm_verdict authenticate(struct tw_usm *u, struct tw_str message,
                                        const struct tw_usm_user *user, struct usm_place *place,
                                        const struct tw_addr *from, int64_t now_ms, struct usm_key **key)
{
    const struct usm_header *h = &u->header;
    bool own = u->engine == USM_SELF, is_new = !own && place->row == NULL;
    struct usm_key trial = {0}, *k = is_new ? NULL : usm_cache_find(u, u->engine, u->user);
    if (h->auth.n != usm_mac_length(user->auth))
        return TW_USM_WRONG_DIGEST;
    if (k == NULL) {
        usm_key_auth(&trial, &u->crypto, user, h->engine);
        k = &trial;
    }
    if (!usm_mac_fits(k, message, h->auth_at)) {
        usm_key_finish(&trial);
        return TW_USM_WRONG_DIGEST;
    }
    if (is_new) {
        place->row = usm_engine_add(u, place, user, from);
        if (place->row == NULL) {
            usm_key_finish(&trial);
            return TW_USM_LIMIT;
        }
        u->engine = usm_engine_index(u, place->row);
    }
    *key = k == &trial ? usm_cache_add(u, u->engine, u->user, &trial) : k;
    bool in_time = own ? in_own_time(u, now_ms) : usm_engine_in_time(u, place->row, is_new, now_ms);
    return in_time ? TW_USM_OK : TW_USM_NOT_IN_TIME;
}

/* Steps 8 and on: what is inside. */
static enum tw_usm_verdict open_scoped(struct tw_usm *u, const struct tw_usm_user *user, struct usm_key *k)
{
    const struct usm_header *h = &u->header;
    bool priv = (h->flags & USM_FLAG_PRIV) != 0;
    struct tw_str plain = h->data;
    if (priv) {
        TW_ASSERT(k != NULL); /* no privacy without a digest: the header's flags were checked */
        if (!k->has_priv)
            usm_key_priv(k, &u->crypto, user, h->engine);
        if (h->data.n > TW_TRAP_MAX || !usm_decrypt(k, h->boots, h->time, h->priv, h->data, u->plain))
            return TW_USM_DECRYPTION;
        plain = tw_str_of((const char *)u->plain, h->data.n);
    }
    if (!usm_scoped_read(plain, priv ? USM_SLACK : 0, &u->scoped))
        return priv ? TW_USM_DECRYPTION : TW_USM_MALFORMED;
    int tag = u->scoped.tag;
    /* An inform is authenticated by who receives it. */
    bool notification = tag == BER_TRAP2 || (tag == BER_INFORM && u->engine == USM_SELF);
    return notification ? TW_USM_OK : TW_USM_NO_NOTIFICATION;
}

static enum tw_usm_verdict process(struct tw_usm *u, struct tw_str message, const struct tw_addr *from,
                                   int64_t now_ms, struct tw_usm_result *out)
{
    struct usm_header *h = &u->header;
    struct usm_place place = {NULL, TW_NONE};
    struct usm_key *key = NULL;
    bool own = id_is(&u->self, h->engine), auth = (h->flags & USM_FLAG_AUTH) != 0;
    if (h->engine.n == 0 && (h->flags & USM_FLAG_REPORTABLE) != 0)
        return TW_USM_DISCOVERY;
    if (h->engine.n < TW_ENGINE_ID_MIN || (!own && !usm_engine_find(u, h->engine, from, &place)))
        return TW_USM_UNKNOWN_ENGINE;
    const struct tw_usm_user *user = find_user(u, own);
    if (user == NULL)
        return TW_USM_UNKNOWN_USER;
    if (!level_fits(user, h))
        return TW_USM_LEVEL;
    u->user = (uint32_t)(user - u->users);
    u->engine = own ? USM_SELF : place.row != NULL ? usm_engine_index(u, place.row) : 0;
    bool is_new = place.row == NULL && place.device != TW_NONE;
    enum tw_usm_verdict v = auth ? authenticate(u, message, user, &place, from, now_ms, &key) : TW_USM_OK;
    if (auth && place.row != NULL && (is_new || (v == TW_USM_OK && usm_engine_promote(u, &place))))
        out->found = place.row;
    if (v == TW_USM_OK)
        v = open_scoped(u, user, key);
    /* Whatever is wrong besides: with the right digest it is known whose it is. */
    if (key != NULL && place.row != NULL && place.row->state != TW_ENGINE_ASKED) {
        out->engine_id = h->engine;
        out->sender = place.row->sender;
    }
    if (v != TW_USM_OK)
        return v;
    out->security = (h->flags & USM_FLAG_PRIV) != 0 ? TW_SECURITY_AUTH_PRIV
                    : auth                          ? TW_SECURITY_AUTH_NO_PRIV
                                                    : TW_SECURITY_NO_AUTH_NO_PRIV;
    out->pdu = u->scoped.pdu;
    out->inform = u->scoped.tag == BER_INFORM;
    return TW_USM_OK;
}

enum tw_usm_verdict tw_usm_receive(struct tw_usm *u, struct tw_str message, const struct tw_addr *from,
                                   int64_t now_ms, struct tw_usm_result *out)
{
    static const enum tw_usm_verdict broken[] = {[USM_FORM_OK] = TW_USM_OK,
                                                 [USM_FORM_BROKEN] = TW_USM_MALFORMED,
                                                 [USM_FORM_MODEL] = TW_USM_MODEL,
                                                 [USM_FORM_LEVEL] = TW_USM_MALFORMED};
    *out = (struct tw_usm_result){0};
    enum tw_usm_verdict v =
        message.n > TW_TRAP_MAX ? TW_USM_MALFORMED : broken[usm_header_read(message, &u->header)];
    if (v == TW_USM_OK) {
        v = process(u, message, from, now_ms, out);
        out->engine = u->header.engine;
        out->user = u->header.user;
    }
    u->counts[v]++;
    if (v != TW_USM_OK && v != TW_USM_MALFORMED && v != TW_USM_MODEL)
        out->report = usm_report(u, v, now_ms);
    return v;
}
