/* SPDX-License-Identifier: ISC */
#include "snmp_talk.h"

#include "base/err.h"
#include "decode/ber.h"
#include "snmp_alert.h"

#include <openssl/rand.h>

enum { GET = 0xA0, RESPONSE = 0xA2, REPORT = 0xA8, V2C = 1, SLACK = 15, MS = 1000 };
/* What stands around a PDU besides texts: numbers, tags and lengths, and the last block filled up. */
enum { AROUND_V2C = 16, AROUND_V3 = 80 };

static struct tw_str id_str(const struct tw_usm_id *id)
{
    return tw_str_of((const char *)id->bytes, id->n);
}

static bool has_auth(const struct snmp_talk *t)
{
    return t->options.level >= TW_SECURITY_AUTH_NO_PRIV;
}

static bool has_priv(const struct snmp_talk *t)
{
    return t->options.level >= TW_SECURITY_AUTH_PRIV;
}

/* All that is known of an engine is its name. */
static void set_engine(struct snmp_talk *t, struct tw_str id)
{
    TW_ASSERT(id.n <= sizeof t->engine.bytes);
    if (t->has_key)
        usm_key_finish(&t->key);
    t->has_key = false;
    t->engine.n = (uint8_t)id.n;
    if (id.n > 0)
        memcpy(t->engine.bytes, id.p, id.n);
    t->boots = t->time = 0;
    if (id.n == 0 || !has_auth(t))
        return;
    usm_key_auth(&t->key, &t->crypto, &t->options.user, id_str(&t->engine));
    if (has_priv(t))
        usm_key_priv(&t->key, &t->crypto, &t->options.user, id_str(&t->engine));
    t->has_key = true;
}

void snmp_talk_init(struct snmp_talk *t, const struct snmp_talk_options *o)
{
    *t = (struct snmp_talk){.options = *o};
    TW_ASSERT(RAND_bytes((unsigned char *)&t->salt, sizeof t->salt) == 1);
    if (!o->v3)
        return;
    usm_crypto_init(&t->crypto);
    if (o->inform)
        return;
    set_engine(t, id_str(&o->self));
    t->boots = o->boots;
    t->at_ms = o->start_ms;
}

void snmp_talk_finish(struct snmp_talk *t)
{
    if (t->has_key)
        usm_key_finish(&t->key);
    if (t->options.v3)
        usm_crypto_finish(&t->crypto);
    tw_usm_users_finish(&t->options.user, 1);
}

void snmp_talk_begin(struct snmp_talk *t, const struct tw_transition *transition, int32_t request_id)
{
    t->transition = transition;
    t->request_id = request_id;
    t->steps = 0;
}

/* ---- what is sent ---- */

static uint32_t uptime(const struct snmp_talk *t, int64_t now_ms)
{
    return (uint32_t)((now_ms - t->options.start_ms) / 10);
}

static void put_notification(struct snmp_talk *t, struct usm_out *o, size_t around, int64_t now_ms)
{
    struct snmp_alert a = {.tag = t->options.inform ? BER_INFORM : BER_TRAP2,
                           .request_id = t->request_id,
                           .uptime = uptime(t, now_ms),
                           .most = t->options.size - around};
    snmp_alert_put(o, &a, t->transition);
}

static struct tw_str message_v2c(struct snmp_talk *t, int64_t now_ms)
{
    struct usm_out o = {t->message, t->options.size, t->options.size, false};
    put_notification(t, &o, AROUND_V2C + t->options.community.n, now_ms);
    usm_put_string(&o, t->options.community);
    usm_put_int(&o, V2C);
    usm_wrap(&o, BER_SEQUENCE, o.room);
    if (o.full)
        return (struct tw_str){0};
    return tw_str_of((const char *)o.bytes + o.at, o.room - o.at);
}

/* Where the engine's clock stands. As long as its boots are not known, zeros ask for them. */
static int32_t time_now(const struct snmp_talk *t, int64_t now_ms)
{
    int64_t now = t->time + (now_ms - t->at_ms) / MS;
    return t->boots == 0 || now < 0 ? 0 : now > INT32_MAX ? INT32_MAX : (int32_t)now;
}

static int32_t chance(void)
{
    uint32_t n;
    TW_ASSERT(RAND_bytes((unsigned char *)&n, sizeof n) == 1);
    return (int32_t)(n & INT32_MAX);
}

static struct tw_str message_v3(struct snmp_talk *t, int64_t now_ms)
{
    struct usm_out o = {t->message, t->options.size, t->options.size, false};
    const struct tw_usm_id *context = t->options.self.n > 0 ? &t->options.self : &t->engine;
    struct tw_str user = tw_str_z(t->options.user.name);
    struct usm_envelope e = {
        .id = t->message_id = chance(), .reportable = t->options.inform, .salt = &t->salt};
    t->discovering = t->engine.n == 0;
    if (t->discovering) {
        usm_wrap(&o, BER_SEQUENCE, o.room);
        usm_put_int(&o, 0);
        usm_put_int(&o, 0);
        usm_put_int(&o, t->request_id);
        usm_wrap(&o, GET, o.room);
        context = &t->engine;
    } else {
        size_t mac = t->has_key ? usm_mac_length(t->key.auth) + USM_SALT : 0;
        put_notification(t, &o, AROUND_V3 + mac + user.n + context->n + t->engine.n, now_ms);
        e.engine = id_str(&t->engine);
        e.boots = t->boots;
        e.time = time_now(t, now_ms);
        e.user = user;
        e.key = t->has_key ? &t->key : NULL;
        e.priv = has_priv(t);
    }
    usm_put_string(&o, (struct tw_str){0});
    usm_put_string(&o, id_str(context));
    usm_wrap(&o, BER_SEQUENCE, o.room);
    return usm_seal(&o, &e, t->scratch);
}

struct tw_str snmp_talk_message(struct snmp_talk *t, int64_t now_ms)
{
    t->steps++;
    return t->options.v3 ? message_v3(t, now_ms) : message_v2c(t, now_ms);
}

/* ---- what is answered ---- */

static enum snmp_said response(const struct snmp_talk *t, struct ber *b, const char **why)
{
    size_t end = tw_ber_enter(b, RESPONSE);
    int32_t id = tw_ber_int(b), status = tw_ber_int(b);
    (void)tw_ber_int(b);
    (void)tw_ber_take(b, BER_SEQUENCE);
    tw_ber_leave(b, end);
    if (b->state != BER_FINE || id != t->request_id)
        return SNMP_SAID_NOTHING;
    *why = status == 1 ? "the receiver says it is too big" : "the receiver answered with an error";
    return status == 0 ? SNMP_SAID_OK : SNMP_SAID_NEVER;
}

static enum snmp_said answer_v2c(const struct snmp_talk *t, struct tw_str bytes, const char **why)
{
    struct ber reader = tw_ber_open(bytes), *b = &reader;
    (void)tw_ber_enter(b, BER_SEQUENCE);
    if (b->end != bytes.n || tw_ber_int(b) != V2C ||
        !tw_str_eq(tw_ber_take(b, BER_STRING), t->options.community))
        return SNMP_SAID_NOTHING;
    enum snmp_said said = response(t, b, why);
    return b->at == b->end ? said : SNMP_SAID_NOTHING;
}

/* Which of usmStats (1.3.6.1.6.3.15.1.1.N.0) it counts; 0: none of them. */
static int report_number(struct tw_str pdu)
{
    static const char head[] = {0x2b, 6, 1, 6, 3, 15, 1, 1};
    struct ber reader = tw_ber_open(pdu), *b = &reader;
    (void)tw_ber_enter(b, REPORT);
    (void)tw_ber_int(b);
    (void)tw_ber_int(b);
    (void)tw_ber_int(b);
    (void)tw_ber_enter(b, BER_SEQUENCE);
    (void)tw_ber_enter(b, BER_SEQUENCE);
    struct tw_str name = tw_ber_take(b, BER_OID);
    if (b->state != BER_FINE || name.n != sizeof head + 2 || memcmp(name.p, head, sizeof head) != 0 ||
        name.p[sizeof head + 1] != 0)
        return 0;
    return name.p[sizeof head];
}

enum { LEVELS = 1, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION };

static enum snmp_said new_engine(struct snmp_talk *t, const struct usm_header *h, const char **why)
{
    *why = "the receiver's engine ID is none";
    if (h->engine.n < TW_ENGINE_ID_MIN)
        return SNMP_SAID_NO;
    *why = "the receiver does not know its own engine ID";
    if (!t->discovering && tw_str_eq(h->engine, id_str(&t->engine)))
        return SNMP_SAID_NO;
    set_engine(t, h->engine);
    return SNMP_SAID_MORE;
}

static void set_time(struct snmp_talk *t, const struct usm_header *h, int64_t now_ms)
{
    t->boots = h->boots;
    t->time = h->time;
    t->at_ms = now_ms;
}

static enum snmp_said report(struct snmp_talk *t, const struct usm_header *h, struct tw_str pdu,
                             int64_t now_ms, const char **why)
{
    bool auth = (h->flags & USM_FLAG_AUTH) != 0;
    *why = "the receiver answered with a report that is not known";
    switch (report_number(pdu)) {
    case LEVELS: *why = "the receiver has no such security level for this user"; return SNMP_SAID_NO;
    case UNKNOWN_USER: *why = "the receiver does not know this user"; return SNMP_SAID_NO;
    case WRONG_DIGEST:
        *why = "the receiver says the digest is wrong: another auth or passphrase";
        return SNMP_SAID_NO;
    case DECRYPTION: *why = "the receiver can't decrypt: another priv or passphrase"; return SNMP_SAID_NO;
    case UNKNOWN_ENGINE: return new_engine(t, h, why);
    case NOT_IN_TIME:
        /* Anybody could have said so else. Its number is the one drawn for this message: it is no old one,
         * and so may also set the clock back, as after a receiver lost what it had kept. */
        if (!auth)
            return SNMP_SAID_NOTHING;
        *why = "the receiver's clock can't be followed";
        if (h->boots == 0)
            return SNMP_SAID_NO;
        set_time(t, h, now_ms);
        return SNMP_SAID_MORE;
    default: return SNMP_SAID_NO;
    }
}

static bool is_authentic(struct snmp_talk *t, struct tw_str bytes, const struct usm_header *h)
{
    return t->has_key && tw_str_eq(h->engine, id_str(&t->engine)) &&
           tw_str_eq(h->user, tw_str_z(t->options.user.name)) && h->auth.n == usm_mac_length(t->key.auth) &&
           usm_mac_fits(&t->key, bytes, h->auth_at);
}

/* RFC 3414 3.2 7b. */
static bool is_in_time(struct snmp_talk *t, const struct usm_header *h, int64_t now_ms)
{
    if (h->boots < t->boots ||
        (h->boots == t->boots && (int64_t)h->time + TW_USM_WINDOW_S < time_now(t, now_ms)))
        return false;
    if (h->boots > t->boots || h->time > t->time)
        set_time(t, h, now_ms);
    return true;
}

static enum snmp_said answer_v3(struct snmp_talk *t, struct tw_str bytes, int64_t now_ms, const char **why)
{
    struct usm_header h;
    struct usm_scoped scoped;
    if (usm_header_read(bytes, &h) != USM_FORM_OK || h.id != t->message_id)
        return SNMP_SAID_NOTHING;
    bool auth = (h.flags & USM_FLAG_AUTH) != 0, priv = (h.flags & USM_FLAG_PRIV) != 0;
    if (auth && (t->discovering || !is_authentic(t, bytes, &h)))
        return SNMP_SAID_NOTHING;
    struct tw_str plain = h.data;
    if (priv) {
        if (!has_priv(t) || !usm_decrypt(&t->key, h.boots, h.time, h.priv, h.data, t->scratch))
            return SNMP_SAID_NOTHING;
        plain = tw_str_of((const char *)t->scratch, h.data.n);
    }
    if (!usm_scoped_read(plain, priv ? SLACK : 0, &scoped))
        return SNMP_SAID_NOTHING;
    if (scoped.tag == REPORT)
        return report(t, &h, scoped.pdu, now_ms, why);
    if (scoped.tag != RESPONSE || t->discovering || auth != has_auth(t) || priv != has_priv(t) ||
        (auth && !is_in_time(t, &h, now_ms)))
        return SNMP_SAID_NOTHING;
    struct ber b = tw_ber_open(scoped.pdu);
    return response(t, &b, why);
}

enum snmp_said snmp_talk_answer(struct snmp_talk *t, struct tw_str bytes, int64_t now_ms, const char **why)
{
    if (!t->options.inform || t->steps == 0 || bytes.n > SNMP_ANSWER_MAX)
        return SNMP_SAID_NOTHING;
    enum snmp_said said = t->options.v3 ? answer_v3(t, bytes, now_ms, why) : answer_v2c(t, bytes, why);
    if (said == SNMP_SAID_MORE && t->steps >= SNMP_STEPS_MAX) {
        *why = "the receiver wants to hear it anew again and again";
        return SNMP_SAID_NO;
    }
    return said;
}
