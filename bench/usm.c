/* SPDX-License-Identifier: ISC */
/*
 * SNMPv3 authPriv traps (SHA-256, AES-128) verified, decrypted and decoded in memory: by our own path, and by
 * libsnmp's snmpv3_parse, in turns, on the same messages.
 *
 * usage: bench_usm [MESSAGES [ROUNDS]]      a JSON line per round: messages a second of each, on one core
 *        bench_usm MESSAGES ours|libsnmp    one of the two alone, for a profiler
 * The messages are made here: so many engines, each with its own keys, in turn.
 */
#include "base/mem.h"
#include "decode/ber.h"
#include "decode/trap.h"
#include "source/usm.h"
#include "usm_make.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmp_api.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENGINES = 64, PER_ENGINE = 16, MESSAGES = ENGINES * PER_ENGINE, ROOM = 512 };

struct message {
    uint8_t bytes[ROOM];
    struct tw_str text;
};
static struct message messages[MESSAGES];
static struct usm_maker makers[ENGINES];

static void make_all(void)
{
    for (int e = 0; e < ENGINES; e++) {
        char id[32];
        (void)snprintf(id, sizeof id, "0x800007db03%08x", e);
        usm_maker_init(&makers[e], "noc", TW_AUTH_SHA256, TW_PRIV_AES, id);
        for (int i = 0; i < PER_ENGINE; i++) {
            uint8_t scoped[256];
            struct message *m = &messages[i * ENGINES + e];
            m->text = usm_make(&makers[e], 1, 1000 + i, USM_FLAG_AUTH | USM_FLAG_PRIV,
                               usm_make_scoped(BER_TRAP2, scoped), m->bytes, sizeof m->bytes);
        }
    }
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void wrong(const char *what, size_t i, int code)
{
    (void)fprintf(stderr, "bench_usm: %s: message %zu is not understood (%d)\n", what, i, code);
    exit(1);
}

static double ours(struct tw_usm *u, size_t n)
{
    struct tw_arena *arena = tw_arena_create(4096);
    const struct tw_addr from = {.family = 4, .bytes = {192, 0, 2, 1}};
    double began = now_s();
    for (size_t i = 0; i < n; i++) {
        struct tw_usm_result r;
        struct tw_trap trap;
        size_t offset;
        enum tw_usm_verdict v = tw_usm_receive(u, messages[i % MESSAGES].text, &from, 0, &r);
        tw_arena_reset(arena);
        if (v != TW_USM_OK || tw_trap_decode_pdu(r.pdu, arena, &trap, &offset) != TW_TRAP_OK)
            wrong("ours", i, (int)v);
    }
    double took = now_s() - began;
    tw_arena_destroy(arena);
    return (double)n / took;
}

static double libsnmp(netsnmp_session *session, size_t n)
{
    double began = now_s();
    for (size_t i = 0; i < n; i++) {
        const struct tw_str m = messages[i % MESSAGES].text;
        u_char copy[ROOM]; /* it writes to its input, as a receiver's buffer may be written to */
        size_t length = m.n;
        memcpy(copy, m.p, m.n);
        netsnmp_pdu *pdu = calloc(1, sizeof *pdu);
        int code = pdu != NULL ? snmpv3_parse(pdu, copy, &length, NULL, session) : SNMPERR_MALLOC;
        if (code != SNMPERR_SUCCESS || pdu->variables == NULL)
            wrong("libsnmp", i, code);
        snmp_free_pdu(pdu);
    }
    return (double)n / (now_s() - began);
}

static struct tw_usm *our_receiver(void)
{
    struct tw_usm_id self;
    struct tw_usm_user *users = tw_xcalloc(ENGINES, sizeof *users);
    for (int e = 0; e < ENGINES; e++) {
        users[e] = makers[e].user;
        users[e].engine = makers[e].engine;
    }
    (void)tw_usm_id_parse(TW_STR("0x8000000005aabbccdd"), &self);
    struct tw_usm *u = tw_usm_create(&self, 1, 0);
    tw_usm_configure(u, users, ENGINES, TW_LEARN_NO, NULL);
    return u;
}

static u_char *copied(const void *p, size_t n)
{
    u_char *c = malloc(n);
    if (c == NULL)
        exit(1);
    memcpy(c, p, n);
    return c;
}

/* What `createUser -e` does. */
static void add_user(const struct usm_maker *m)
{
    struct usmUser *u = usm_create_user();
    uint8_t auth[USM_KEY_MAX], priv[USM_KEY_MAX];
    const struct tw_str id = tw_str_of((const char *)m->engine.bytes, m->engine.n);
    size_t n = usm_localise(m->crypto.digests[m->user.auth], m->user.ku_auth, id, auth);
    (void)usm_localise(m->crypto.digests[m->user.auth], m->user.ku_priv, id, priv);
    u->engineID = copied(m->engine.bytes, m->engine.n);
    u->engineIDLen = m->engine.n;
    u->name = strdup(m->user.name);
    u->secName = strdup(m->user.name);
    SNMP_FREE(u->authProtocol);
    SNMP_FREE(u->privProtocol);
    u->authProtocol = snmp_duplicate_objid(usmHMAC192SHA256AuthProtocol, 10);
    u->authProtocolLen = 10;
    u->authKey = copied(auth, n);
    u->authKeyLen = n;
    u->privProtocol = snmp_duplicate_objid(usmAESPrivProtocol, 10);
    u->privProtocolLen = 10;
    u->privKey = copied(priv, 16);
    u->privKeyLen = 16;
    u->userStatus = RS_ACTIVE;
    (void)usm_add_user(u);
}

static void their_receiver(netsnmp_session *session)
{
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    (void)setenv("MIBS", "", 1);
    init_snmp("bench_usm");
    snmp_sess_init(session);
    session->version = SNMP_VERSION_3;
    session->securityModel = SNMP_SEC_MODEL_USM;
    for (int e = 0; e < ENGINES; e++)
        add_user(&makers[e]);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    const char *only = argc > 2 && strtoul(argv[2], NULL, 10) == 0 ? argv[2] : "";
    size_t rounds = argc > 2 && only[0] == '\0' ? strtoul(argv[2], NULL, 10) : 1;
    netsnmp_session session;
    make_all();
    struct tw_usm *u = our_receiver();
    their_receiver(&session);
    for (size_t i = 0; i < rounds && n > 0; i++) {
        double a = strcmp(only, "libsnmp") != 0 ? ours(u, n) : 0;
        double b = strcmp(only, "ours") != 0 ? libsnmp(&session, n) : 0;
        (void)printf("{\"messages\": %zu, \"bytes\": %zu, \"engines\": %d, \"ours_per_s\": %.0f, "
                     "\"libsnmp_per_s\": %.0f}\n",
                     n, messages[0].text.n, ENGINES, a, b);
    }
    tw_usm_destroy(u);
    return 0;
}
