/* SPDX-License-Identifier: ISC */
#include "ber_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void add(struct built *b, const void *p, size_t n)
{
    assert_true(b->n + n <= BUILD_MAX);
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void add_byte(struct built *b, size_t v)
{
    uint8_t c = (uint8_t)v;
    add(b, &c, 1);
}

void put(struct built *b, int tag, const void *contents, size_t n)
{
    add_byte(b, (size_t)tag);
    if (n > 255) {
        add_byte(b, 0x82);
        add_byte(b, n >> 8);
    } else if (n > 127) {
        add_byte(b, 0x81);
    }
    add_byte(b, n);
    add(b, contents, n);
}

void put_all(struct built *b, int tag, const struct built *contents)
{
    put(b, tag, contents->p, contents->n);
}

void put_number(struct built *b, int tag, int64_t v)
{
    uint8_t bytes[9];
    size_t n = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        uint8_t c = (uint8_t)((uint64_t)v >> shift);
        uint8_t next = (uint8_t)(shift > 0 ? (uint64_t)v >> (shift - 8) : 0);
        if (n == 0 && shift > 0 && ((c == 0 && next < 0x80) || (c == 0xff && next >= 0x80)))
            continue;
        bytes[n++] = c;
    }
    put(b, tag, bytes, n);
}

static void add_id(struct built *b, uint32_t id)
{
    for (int shift = 28; shift > 0; shift -= 7) {
        if (id >> shift != 0)
            add_byte(b, 0x80 | ((id >> shift) & 0x7f));
    }
    add_byte(b, id & 0x7f);
}

void put_oid(struct built *b, int tag, const char *dotted)
{
    static struct built ids;
    ids.n = 0;
    char *next = NULL;
    uint32_t first = 0;
    for (size_t i = 0; *dotted != '\0'; i++) {
        uint32_t id = (uint32_t)strtoul(dotted, &next, 10);
        if (i == 0)
            first = id;
        else
            add_id(&ids, i == 1 ? first * 40 + id : id);
        dotted = *next == '.' ? next + 1 : next;
    }
    put_all(b, tag, &ids);
}

void put_long_oid(struct built *b, size_t n)
{
    static struct built ids;
    ids.n = 0;
    add_id(&ids, 43);
    for (size_t i = 2; i < n; i++)
        add_id(&ids, 1);
    put_all(b, 0x06, &ids);
}

void put_varbind(struct built *list, const char *name, const struct built *value)
{
    static struct built inner;
    inner.n = 0;
    put_oid(&inner, 0x06, name);
    add(&inner, value->p, value->n);
    put_all(list, 0x30, &inner);
}

void put_int_varbind(struct built *list, const char *name, int64_t v)
{
    static struct built value;
    value.n = 0;
    put_number(&value, 0x02, v);
    put_varbind(list, name, &value);
}

void put_v2_start(struct built *list, uint32_t uptime, const char *trap)
{
    static struct built value;
    value.n = 0;
    put_number(&value, 0x43, uptime);
    put_varbind(list, "1.3.6.1.2.1.1.3.0", &value);
    value.n = 0;
    put_oid(&value, 0x06, trap);
    put_varbind(list, "1.3.6.1.6.3.1.1.4.1.0", &value);
}

static struct built message(int version, int tag, const struct built *pdu)
{
    static struct built inner, out;
    inner.n = out.n = 0;
    put_number(&inner, 0x02, version);
    put(&inner, 0x04, "public", 6);
    put_all(&inner, tag, pdu);
    put_all(&out, 0x30, &inner);
    return out;
}

struct built v2_message(int version, int tag, const struct built *list)
{
    static struct built pdu;
    pdu.n = 0;
    put_number(&pdu, 0x02, -77);
    put_number(&pdu, 0x02, 0);
    put_number(&pdu, 0x02, 0);
    put_all(&pdu, 0x30, list);
    return message(version, tag, &pdu);
}

struct built v1_message(const char *enterprise, int generic, int64_t specific, const struct built *list)
{
    static struct built pdu;
    pdu.n = 0;
    put_oid(&pdu, 0x06, enterprise);
    put(&pdu, 0x40, "\xC0\x00\x02\x01", 4);
    put_number(&pdu, 0x02, generic);
    put_number(&pdu, 0x02, specific);
    put_number(&pdu, 0x43, 4000000000);
    put_all(&pdu, 0x30, list);
    return message(0, 0xA4, &pdu);
}

struct tw_str built_str(const struct built *b)
{
    return tw_str_of((const char *)b->p, b->n);
}

struct built from_hex(const char *hex)
{
    static struct built out;
    out.n = 0;
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        char pair[3] = {hex[0], hex[1], '\0'};
        add_byte(&out, strtoul(pair, NULL, 16));
    }
    return out;
}
