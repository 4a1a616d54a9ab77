/* SPDX-License-Identifier: ISC */
/* SNMPv2c traps, written from their end: a length is known when what it counts is there. */
#include "mix.h"

#include <stdlib.h>
#include <string.h>

enum {
    INTEGER = 2,
    STRING = 4,
    OID = 6,
    SEQUENCE = 0x30,
    ADDRESS = 0x40,
    GAUGE = 0x42,
    TICKS = 0x43,
    TRAP2 = 0xa7
};

#define LINK     "1.3.6.1.6.3.1.1.5."
#define IF_ENTRY "1.3.6.1.2.1.2.2.1."
#define E_TRUNK  "1.3.6.1.4.1.2011.5.25.178."

struct ber {
    uint8_t bytes[1024];
    size_t at; /* the first byte that is written */
};

static void prepend(struct ber *b, const void *p, size_t n)
{
    if (n > b->at)
        abort();
    b->at -= n;
    memcpy(b->bytes + b->at, p, n);
}

static void prepend_byte(struct ber *b, unsigned byte)
{
    uint8_t c = (uint8_t)byte;
    prepend(b, &c, 1);
}

/* What was written since `end` becomes the contents of a `tag`. */
static void wrap(struct ber *b, unsigned tag, size_t end)
{
    size_t n = end - b->at;
    if (n >= 128) {
        prepend_byte(b, n & 255);
        prepend_byte(b, (unsigned)(n >> 8));
        prepend_byte(b, 0x82);
    } else {
        prepend_byte(b, (unsigned)n);
    }
    prepend_byte(b, tag);
}

static void number(struct ber *b, unsigned tag, uint32_t n)
{
    size_t end = b->at;
    do
        prepend_byte(b, n & 255);
    while ((n >>= 8) > 0);
    if (b->bytes[b->at] & 128)
        prepend_byte(b, 0);
    wrap(b, tag, end);
}

static void string(struct ber *b, const char *s)
{
    size_t end = b->at;
    prepend(b, s, strlen(s));
    wrap(b, STRING, end);
}

static void oid(struct ber *b, const char *text)
{
    uint32_t ids[64] = {0};
    size_t n = 0, end = b->at;
    for (char *next; *text != '\0' && n < 64; text = *next == '.' ? next + 1 : next)
        ids[n++] = (uint32_t)strtoul(text, &next, 10);
    while (n > 2) {
        uint32_t id = ids[--n];
        prepend_byte(b, id & 127);
        while ((id >>= 7) > 0)
            prepend_byte(b, 128 | (id & 127));
    }
    prepend_byte(b, ids[0] * 40 + ids[1]);
    wrap(b, OID, end);
}

/* The name for the value that was written since `end`; `index` is its instance. */
static void name(struct ber *b, size_t end, const char *column, const char *index)
{
    char text[160];
    snprintf(text, sizeof text, "%s.%s", column, index);
    oid(b, text);
    wrap(b, SEQUENCE, end);
}

static void number_bind(struct ber *b, const char *column, const char *index, uint32_t n)
{
    size_t end = b->at;
    number(b, INTEGER, n);
    name(b, end, column, index);
}

static void string_bind(struct ber *b, const char *column, const char *index, const char *s)
{
    size_t end = b->at;
    string(b, s);
    name(b, end, column, index);
}

/* What stands in front of a trap's own varbinds, and around them. Returns its length, and where the uptime
 * is. */
static size_t finish(struct ber *b, const char *trap, uint32_t request, char *out, size_t *uptime)
{
    size_t end = b->at;
    oid(b, trap);
    name(b, end, "1.3.6.1.6.3.1.1.4.1", "0");
    end = b->at;
    prepend(b, "\1\0\0\0", 4);
    size_t ticks = b->at;
    wrap(b, TICKS, end);
    name(b, end, "1.3.6.1.2.1.1.3", "0");
    wrap(b, SEQUENCE, sizeof b->bytes);
    number(b, INTEGER, 0);
    number(b, INTEGER, 0);
    number(b, INTEGER, request);
    wrap(b, TRAP2, sizeof b->bytes);
    string(b, "public");
    number(b, INTEGER, 1);
    wrap(b, SEQUENCE, sizeof b->bytes);
    *uptime = ticks - b->at;
    size_t n = sizeof b->bytes - b->at;
    memcpy(out, b->bytes + b->at, n);
    return n;
}

static void link_binds(struct ber *b, uint32_t if_index, const char *descr, bool down)
{
    char index[16];
    snprintf(index, sizeof index, "%u", if_index);
    string_bind(b, IF_ENTRY "2", index, descr);
    number_bind(b, IF_ENTRY "8", index, down ? 2 : 1);
    number_bind(b, IF_ENTRY "7", index, 1);
    number_bind(b, IF_ENTRY "1", index, if_index);
}

static void link_trap(struct ber *b, const struct happening *h, bool down)
{
    char descr[64];
    uint32_t trunk = trunk_of(h->pair, h->side);
    if (h->what == PORT_DOWN || h->what == PORT_UP) {
        port_name(h->sub, descr);
        link_binds(b, 5000u + h->sub, descr, down);
    } else if (h->what == MAIN_DOWN || h->what == MAIN_UP) {
        snprintf(descr, sizeof descr, "Eth-Trunk%u", trunk);
        link_binds(b, 100 + trunk, descr, down);
    } else {
        snprintf(descr, sizeof descr, "Eth-Trunk%u.%u", trunk, sub_number(h->sub));
        link_binds(b, 1000u + h->sub, descr, down);
    }
}

static uint32_t member_reason(const char *word)
{
    static const char *const words[] = {"ETRUNK_BACKUP", "ETRUNK_MASTER", "PEER_MEMBER_DOWN",
                                        "PEER_MEMBER_UP"};
    uint32_t i = 0;
    while (strcmp(words[i], word) != 0)
        i++;
    return 4 + i;
}

static const char *role_trap(struct ber *b, const struct happening *h)
{
    char index[32];
    if (h->what == E_TRUNK_ROLE) {
        snprintf(index, sizeof index, "%u", e_trunk_of(h->pair));
        number_bind(b, E_TRUNK "1.1.1.5", index, 1);
        number_bind(b, E_TRUNK "1.1.1.4", index, h->role == MASTER ? 3 : 2);
        return E_TRUNK "2.1";
    }
    snprintf(index, sizeof index, "%u.1.%u", e_trunk_of(h->pair), trunk_of(h->pair, h->side));
    number_bind(b, E_TRUNK "1.2.1.5", index, member_reason(h->reason));
    number_bind(b, E_TRUNK "1.2.1.4", index, h->role == MASTER ? 2 : 1);
    return E_TRUNK "2.2";
}

size_t happening_trap(const struct happening *h, uint32_t request, char *out, size_t *uptime)
{
    struct ber b = {.at = sizeof b.bytes};
    if (h->what == E_TRUNK_ROLE || h->what == MEMBER_ROLE)
        return finish(&b, role_trap(&b, h), request, out, uptime);
    bool down = h->what == SUB_DOWN || h->what == MAIN_DOWN || h->what == PORT_DOWN;
    link_trap(&b, h, down);
    return finish(&b, down ? LINK "3" : LINK "4", request, out, uptime);
}

static const char *session_trap(struct ber *b, uint32_t r)
{
    char index[16];
    snprintf(index, sizeof index, "%u", 1 + r % 500);
    number_bind(b, "1.3.6.1.4.1.2011.5.25.38.2.3.1.17", index, 1);
    number_bind(b, "1.3.6.1.4.1.2011.5.25.38.2.3.1.18", index, 1);
    string_bind(b, "1.3.6.1.4.1.2011.5.25.38.2.3.1.7", index, "GE0/1/3");
    string_bind(b, "1.3.6.1.4.1.2011.5.25.38.2.3.1.4", index, "core-7");
    return r & 1024 ? "1.3.6.1.4.1.2011.5.25.38.3.1" : "1.3.6.1.4.1.2011.5.25.38.3.2";
}

static const char *routing_trap(struct ber *b, uint32_t r)
{
    char index[32];
    snprintf(index, sizeof index, "10.%u.%u.%u", r >> 24, r >> 16 & 255, r >> 8 & 255);
    if (r & 1) {
        number_bind(b, "1.3.6.1.2.1.15.3.1.2", index, 1 + (r >> 1) % 6);
        string_bind(b, "1.3.6.1.2.1.15.3.1.14", index, "\4\1");
        return "1.3.6.1.2.1.15.7.2";
    }
    number_bind(b, "1.3.6.1.2.1.14.10.1.6", index, 1 + (r >> 1) % 8);
    return "1.3.6.1.2.1.14.16.2.2";
}

static const char *other_trap(struct ber *b, uint32_t r)
{
    static const char *const traps[] = {
        "1.3.6.1.4.1.2011.5.25.219.2.10.13", "1.0.8802.1.1.2.0.0.1",
        "1.3.6.1.4.1.2011.6.80.2.1",         "1.3.6.1.6.3.1.1.5.5",
        "1.3.6.1.4.1.2011.5.25.42.2.5",      "1.3.6.1.4.1.2011.5.25.32.4.1.6.1.30",
    };
    char index[16];
    snprintf(index, sizeof index, "%u", 1 + r % 90000);
    string_bind(b, "1.3.6.1.2.1.47.1.1.1.1.7", index, "LPU Board 3");
    number_bind(b, "1.3.6.1.4.1.2011.5.25.31.1.1.1.1.5", index, r >> 8 & 127);
    number_bind(b, "1.3.6.1.4.1.2011.5.25.219.1.1", "0", r >> 4 & 15);
    return traps[r % 6];
}

size_t noise_trap(struct rng *r, const struct shape *s, uint32_t request, char *out, size_t *uptime,
                  uint32_t *device)
{
    struct ber b = {.at = sizeof b.bytes};
    uint32_t random = (uint32_t)(rng_next(r) >> 32), kind = rng_below(r, 16);
    *device = rng_below(r, s->pairs * 2);
    const char *trap = kind == 0  ? session_trap(&b, random)
                       : kind < 6 ? routing_trap(&b, random)
                                  : other_trap(&b, random);
    return finish(&b, trap, request, out, uptime);
}
