/* SPDX-License-Identifier: ISC */
/* SNMPv3 traps: those of trap.c, authPriv, each router an engine with keys of its own. */
#include "mix.h"

#include "base/mem.h"
#include "decode/ber.h"
#include "usm_make.h"

#include <stdlib.h>

/* The same in all messages: they may be sent for as long as the receiver's time window. */
enum { BOOTS = 1, ENGINE_TIME = 1000, ROOM = 2048 };

void engine_name(uint32_t device, char out[static 32])
{
    snprintf(out, 32, "0x800007db03%08x", device);
}

struct secure {
    struct usm_maker *makers;
    uint32_t n;
};

struct secure *secure_begin(uint32_t devices)
{
    struct secure *s = tw_xcalloc(1, sizeof *s);
    s->makers = tw_xcalloc(devices, sizeof *s->makers);
    s->n = devices;
    for (uint32_t i = 0; i < devices; i++) {
        char id[32];
        engine_name(i, id);
        usm_maker_init(&s->makers[i], "noc", TW_AUTH_SHA256, TW_PRIV_AES, id);
    }
    return s;
}

void secure_end(struct secure *s)
{
    for (uint32_t i = 0; s != NULL && i < s->n; i++)
        usm_maker_finish(&s->makers[i]);
    if (s != NULL)
        free(s->makers);
    free(s);
}

/* What stands behind version and community in a v2c message. */
static struct tw_str pdu_of(const char *trap, size_t n)
{
    size_t head = (uint8_t)trap[1] >= 128 ? 2 + ((uint8_t)trap[1] & 127u) : 2;
    head += 2 + (uint8_t)trap[head + 1];
    head += 2 + (uint8_t)trap[head + 1];
    return tw_str_of(trap + head, n - head);
}

size_t secure_trap(struct secure *s, uint32_t device, const char *trap, size_t n, char *out, size_t room)
{
    struct usm_maker *m = &s->makers[device];
    uint8_t scoped[ROOM], message[ROOM];
    struct usm_out o = {scoped, sizeof scoped, sizeof scoped, false};
    usm_put(&o, pdu_of(trap, n));
    usm_put_string(&o, (struct tw_str){0});
    usm_put_string(&o, tw_str_of((const char *)m->engine.bytes, m->engine.n));
    usm_wrap(&o, BER_SEQUENCE, sizeof scoped);
    struct tw_str made =
        usm_make(m, BOOTS, ENGINE_TIME, USM_FLAG_AUTH | USM_FLAG_PRIV,
                 tw_str_of((const char *)scoped + o.at, sizeof scoped - o.at), message, sizeof message);
    if (o.full || made.n == 0 || made.n > room)
        abort();
    memcpy(out, made.p, made.n);
    return made.n;
}
