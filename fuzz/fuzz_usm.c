/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "base/mem.h"
#include "decode/trap.h"
#include "source/usm.h"
#include "usm_make.h"

#include <stdlib.h>

/* SNMPv3 as anybody can send it, and as somebody with the right keys could: the first byte says whether the
 * rest is a message, or the scoped PDU in one that is made here. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 70000, ANSWER_MORE = 256, USERS = 3 };
static const char inventory[] = "devices:\n"
                                "  a: {addresses: [192.0.2.1], engine-id: 0x800007db03}\n"
                                "  b: {addresses: [192.0.2.2]}\n"
                                "pairs: {}\n";
/* Ours, one that the inventory knows, one that may be learnt. */
static const char *const engines[USERS] = {"0x8000000005aabbccdd", "0x800007db03", "0x800007db04"};
static struct usm_maker makers[USERS];
static const struct tw_topology *topology;

static void begin(void)
{
    static const struct {
        const char *name;
        enum tw_usm_auth auth;
        enum tw_usm_priv priv;
    } users[USERS] = {
        {"noc", TW_AUTH_SHA256, TW_PRIV_AES}, {"old", TW_AUTH_MD5, TW_PRIV_DES}, {"open", 0, 0}};
    struct tw_errors errors = {0};
    topology = tw_topology_create("i", tw_str_z(inventory), &errors);
    TW_ASSERT(topology != NULL);
    for (size_t i = 0; i < USERS; i++)
        usm_maker_init(&makers[i], users[i].name, users[i].auth, users[i].priv, engines[i]);
}

static struct tw_usm *fresh(unsigned learn)
{
    struct tw_usm_id self;
    struct tw_usm_user *users = tw_xcalloc(USERS, sizeof *users);
    for (size_t i = 0; i < USERS; i++)
        users[i] = makers[i].user;
    TW_ASSERT(tw_usm_id_parse(tw_str_z(engines[0]), &self));
    struct tw_usm *u = tw_usm_create(&self, 1, 0);
    tw_usm_configure(u, users, USERS, (enum tw_usm_learn)(learn % 3), topology);
    return u;
}

/* The digest is no place to find anything: right keys get past it. */
static void receive(struct tw_usm *u, struct tw_str message, uint8_t from)
{
    struct tw_addr a = {.family = 4, .bytes = {192, 0, 2, from}};
    struct tw_usm_result r;
    enum tw_usm_verdict v = tw_usm_receive(u, message, &a, 0, &r);
    size_t n;
    uint64_t changes;
    TW_ASSERT(v < TW_USM_VERDICTS);
    TW_ASSERT(r.report.n <= message.n + ANSWER_MORE);
    TW_ASSERT(v == TW_USM_OK || (r.pdu.n == 0 && !r.inform));
    (void)tw_usm_engines(u, &n, &changes);
    TW_ASSERT(n <= USERS);
    if (v != TW_USM_OK)
        return;
    struct tw_arena *arena = tw_arena_create(4096);
    struct tw_trap trap;
    size_t offset;
    enum tw_trap_fault fault = tw_trap_decode_pdu(r.pdu, arena, &trap, &offset);
    TW_ASSERT(fault != TW_TRAP_DECODER && (fault != TW_TRAP_OK || trap.version == 3));
    if (r.inform)
        TW_ASSERT(tw_usm_respond(u, 0).n <= message.n + ANSWER_MORE);
    tw_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[ROOM];
    if (topology == NULL)
        begin();
    if (size < 2 || size > TW_TRAP_MAX)
        return 0;
    struct tw_str rest = tw_str_of((const char *)data + 2, size - 2);
    struct tw_usm *u = fresh(data[1]);
    uint8_t from = (uint8_t)(1 + data[1] / 3 % 3);
    if (data[0] < 0x80) {
        receive(u, rest, from);
    } else {
        struct usm_maker *m = &makers[data[0] % USERS];
        uint8_t flags = (uint8_t)(data[0] >> 2 & 7);
        struct tw_str message = usm_make(m, 1, 0, flags, rest, room, sizeof room);
        receive(u, message, from);
        receive(u, message, from);
    }
    tw_usm_destroy(u);
    uint8_t *answer = tw_xmalloc(size);
    size_t n = tw_inform_answer(rest, answer, rest.n);
    TW_ASSERT(n <= rest.n);
    free(answer);
    return 0;
}
