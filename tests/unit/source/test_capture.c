/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define S INT64_C(1000000000)

static void le16(struct tw_buf *b, unsigned v)
{
    tw_buf_char(b, (char)v);
    tw_buf_char(b, (char)(v >> 8));
}

static void le32(struct tw_buf *b, uint32_t v)
{
    le16(b, v & 0xffff);
    le16(b, v >> 16);
}

static void be16(struct tw_buf *b, unsigned v)
{
    tw_buf_char(b, (char)(v >> 8));
    tw_buf_char(b, (char)v);
}

static void pcap_header(struct tw_buf *b, uint32_t magic, uint32_t link)
{
    le32(b, magic);
    le16(b, 2);
    le16(b, 4);
    le32(b, 0);
    le32(b, 0);
    le32(b, 65535);
    le32(b, link);
}

static void pcap_packet(struct tw_buf *b, int64_t sec, uint32_t frac, struct tw_str data, size_t whole)
{
    le32(b, (uint32_t)sec);
    le32(b, frac);
    le32(b, (uint32_t)data.n);
    le32(b, (uint32_t)(whole > data.n ? whole : data.n));
    tw_buf_str(b, data);
}

/* What a packet of the tests is made of; zero is a plain one. */
struct shape {
    const char *link; /* bytes in front of IP */
    size_t link_n;
    unsigned port;     /* 0: 514 */
    unsigned fragment; /* of the IPv4 header */
    unsigned proto;    /* 0: UDP */
    bool v6, hop_by_hop, options;
    size_t cut; /* bytes missing at the end */
};

static void packet(struct tw_buf *b, const struct shape *s, struct tw_str payload)
{
    unsigned udp = 8 + (unsigned)payload.n, proto = s->proto ? s->proto : 17;
    tw_buf_clear(b);
    tw_buf_add(b, s->link, s->link_n);
    if (s->v6) {
        static const uint8_t src[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
        tw_buf_add(b, "\x60\0\0\0", 4);
        be16(b, udp + (s->hop_by_hop ? 8 : 0));
        tw_buf_char(b, s->hop_by_hop ? 0 : (char)proto);
        tw_buf_char(b, 64);
        tw_buf_add(b, src, 16);
        tw_buf_add(b, src, 16);
        if (s->hop_by_hop) {
            tw_buf_char(b, (char)proto);
            tw_buf_add(b, "\0\5\2\0\0\0\0", 7);
        }
    } else {
        tw_buf_char(b, s->options ? 0x46 : 0x45);
        tw_buf_char(b, 0);
        be16(b, (s->options ? 24 : 20) + udp);
        be16(b, 1);
        be16(b, s->fragment);
        tw_buf_char(b, 64);
        tw_buf_char(b, (char)proto);
        be16(b, 0);
        tw_buf_add(b, "\xc0\0\2\1\xc0\0\2\x63", 8);
        if (s->options)
            tw_buf_add(b, "\1\1\1\1", 4);
    }
    be16(b, 40000);
    be16(b, s->port ? s->port : 514);
    be16(b, udp);
    be16(b, 0);
    tw_buf_str(b, payload);
    /* what a switch pads short frames with */
    tw_buf_add(b, "\0\0\0\0", 4);
    b->n -= s->cut > 0 ? s->cut + 4 : 0;
}

#define ETHER   "\1\2\3\4\5\6\1\2\3\4\5\6"
#define LINK(z) .link = (z), .link_n = sizeof(z) - 1
static const char hello_text[] = "<188>Aug  8 2026 18:00:00 PE-A %%01X/4/Y(l):z";
static const struct tw_str hello = {hello_text, sizeof hello_text - 1};

static void link_types(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        struct shape shape;
    } rows[] = {
        {1, {LINK(ETHER "\x08\0")}},
        {1, {LINK(ETHER "\x81\0\0\7\x08\0")}},
        {1, {LINK(ETHER "\x88\xa8\0\7\x81\0\0\x9\x08\0")}},
        {1, {LINK(ETHER "\x86\xdd"), .v6 = true}},
        {1, {LINK(ETHER "\x86\xdd"), .v6 = true, .hop_by_hop = true}},
        {1, {LINK(ETHER "\x08\0"), .options = true}},
        {113, {LINK("\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\0")}},
        {276, {LINK("\x08\0\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0")}},
        {101, {0}},
        {101, {.v6 = true}},
        {228, {0}},
        {229, {.v6 = true}},
        {0, {LINK("\2\0\0\0")}},
        {108, {LINK("\0\0\0\2")}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf file = {0}, p = {0};
        struct run r;
        char text[TW_ADDR_TEXT];
        pcap_header(&file, 0xa1b2c3d4, rows[i].type);
        packet(&p, &rows[i].shape, hello);
        pcap_packet(&file, T0, 250000, tw_buf_view(&p), 0);
        run_one(&r, file_write("x.pcap", tw_buf_view(&file), 0), 0);
        assert_int_equal(r.errors, 0);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.seen[0].transport, TW_TRANSPORT_SYSLOG);
        assert_int_equal(r.seen[0].rx.ns, T0 * S + 250000000);
        assert_int_equal(r.seen[0].at.ns, INT64_MIN);
        assert_int_equal(r.seen[0].n, hello.n);
        assert_memory_equal(r.seen[0].head, hello.p, hello.n);
        assert_string_equal(tw_addr_text(&r.seen[0].from, text),
                            rows[i].shape.v6 ? "2001:db8::1" : "192.0.2.1");
        run_finish(&r);
        tw_buf_finish(&p);
        tw_buf_finish(&file);
    }
}

#define TRAP "\x30\x10\x02\x01\x01\x04\x06public\xa7\x03\x02\x01\x01"
#define POLL "\x30\x10\x02\x01\x01\x04\x06public\xa0\x03\x02\x01\x01"

static void ports_and_payloads(void **state)
{
    (void)state;
    enum { SKIPPED = -1 };
    static const struct {
        unsigned port;
        struct tw_str payload;
        int want;
    } rows[] = {
        {162, {"junk", 4}, TW_TRANSPORT_TRAP},
        {5162, {"junk", 4}, TW_TRANSPORT_TRAP},
        {10162, {"junk", 4}, TW_TRANSPORT_TRAP},
        {514, {"junk", 4}, TW_TRANSPORT_SYSLOG},
        {5514, {"junk", 4}, TW_TRANSPORT_SYSLOG},
        {9999, {"junk", 4}, SKIPPED},
        {9999, {"<188>junk", 9}, TW_TRANSPORT_SYSLOG},
        {9999, {"<html>", 6}, SKIPPED},
        {9999, {"Aug  8 %%01X/4/Y:z", 18}, TW_TRANSPORT_SYSLOG},
        {9999, {TRAP, sizeof TRAP - 1}, TW_TRANSPORT_TRAP},
        {161, {POLL, sizeof POLL - 1}, SKIPPED},
        {9999, {"\x30", 1}, SKIPPED},
        {9999, {"\x30\x84\xff\xff\xff\xff\x02\x84\xff\xff\xff\xff", 12}, SKIPPED},
        {514, {"", 0}, SKIPPED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf file = {0}, p = {0};
        struct run r;
        pcap_header(&file, 0xa1b2c3d4, 101);
        packet(&p, &(struct shape){.port = rows[i].port}, rows[i].payload);
        pcap_packet(&file, T0, 0, tw_buf_view(&p), 0);
        run_one(&r, file_write("x.pcap", tw_buf_view(&file), 0), 0);
        assert_int_equal(r.n, rows[i].want == SKIPPED ? 0 : 1);
        assert_int_equal(r.stats.skipped, rows[i].want == SKIPPED ? 1 : 0);
        if (r.n > 0)
            assert_int_equal(r.seen[0].transport, rows[i].want);
        run_finish(&r);
        tw_buf_finish(&p);
        tw_buf_finish(&file);
    }
}

static void fragments_and_others_are_skipped_and_counted(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {.fragment = 0x2000}, {.fragment = 5}, {.proto = 6}, {.v6 = true, .proto = 6}};
    struct tw_buf file = {0}, p = {0};
    struct run r;
    pcap_header(&file, 0xa1b2c3d4, 101);
    for (size_t i = 0; i < 4; i++) {
        packet(&p, &shapes[i], hello);
        pcap_packet(&file, T0, 0, tw_buf_view(&p), 0);
    }
    /* every way of being too short */
    packet(&p, &(struct shape){0}, hello);
    for (size_t n = 0; n < 28; n++)
        pcap_packet(&file, T0, 0, tw_str_cut(tw_buf_view(&p), n), p.n);
    packet(&p, &(struct shape){.v6 = true, .hop_by_hop = true}, hello);
    for (size_t n = 0; n < 56; n++)
        pcap_packet(&file, T0, 0, tw_str_cut(tw_buf_view(&p), n), p.n);
    /* don't-fragment is no fragment; a packet held in part is handed out and counted */
    packet(&p, &(struct shape){.fragment = 0x4000}, hello);
    pcap_packet(&file, T0, 0, tw_buf_view(&p), 0);
    packet(&p, &(struct shape){.cut = 5}, hello);
    pcap_packet(&file, T0, 0, tw_buf_view(&p), p.n + 5);
    run_one(&r, file_write("x.pcap", tw_buf_view(&file), 0), 0);
    assert_int_equal(r.stats.skipped, 4 + 28 + 56);
    assert_int_equal(r.stats.packets, 2);
    assert_int_equal(r.stats.cut, 1);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.seen[0].ref.position, 89);
    assert_int_equal(r.seen[1].n, hello.n - 5);
    run_finish(&r);
    tw_buf_finish(&p);
    tw_buf_finish(&file);
}

static void time_is_exact_and_never_goes_back(void **state)
{
    (void)state;
    struct tw_buf file = {0}, p = {0};
    struct run r;
    packet(&p, &(struct shape){0}, hello);
    pcap_header(&file, 0xa1b23c4d, 101);
    pcap_packet(&file, T0, 123456789, tw_buf_view(&p), 0);
    pcap_packet(&file, T0 - 3, 0, tw_buf_view(&p), 0);
    pcap_packet(&file, T0 + 1, 1, tw_buf_view(&p), 0);
    /* packed as well */
    for (int packed = 0; packed < 2; packed++) {
        const char *path = packed ? file_gzip("x.pcap.gz", tw_buf_view(&file), 0)
                                  : file_write("x.pcap", tw_buf_view(&file), 0);
        run_one(&r, path, 0);
        assert_int_equal(r.n, 3);
        assert_int_equal(r.seen[0].rx.ns, T0 * S + 123456789);
        assert_int_equal(r.seen[1].rx.ns, T0 * S + 123456789);
        assert_int_equal(r.seen[2].rx.ns, (T0 + 1) * S + 1);
        run_finish(&r);
    }
    tw_buf_finish(&p);
    tw_buf_finish(&file);
}

static void block(struct tw_buf *file, uint32_t type, struct tw_str body)
{
    size_t pad = (4 - body.n % 4) % 4;
    le32(file, type);
    le32(file, (uint32_t)(12 + body.n + pad));
    tw_buf_str(file, body);
    tw_buf_add(file, "\0\0\0", pad);
    le32(file, (uint32_t)(12 + body.n + pad));
}

static void pcapng_is_read(void **state)
{
    (void)state;
    struct tw_buf file = {0}, p = {0}, body = {0};
    struct run r;
    le32(&body, 0x1a2b3c4d);
    le16(&body, 1);
    le16(&body, 0);
    tw_buf_add(&body, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    block(&file, 0x0a0d0d0a, tw_buf_view(&body));
    tw_buf_clear(&body);
    le16(&body, 101);
    le16(&body, 0);
    le32(&body, 65535);
    block(&file, 1, tw_buf_view(&body));
    tw_buf_clear(&body);
    packet(&p, &(struct shape){0}, hello);
    uint64_t us = (uint64_t)T0 * 1000000 + 42;
    le32(&body, 0);
    le32(&body, (uint32_t)(us >> 32));
    le32(&body, (uint32_t)us);
    le32(&body, (uint32_t)p.n);
    le32(&body, (uint32_t)p.n);
    tw_buf_str(&body, tw_buf_view(&p));
    block(&file, 6, tw_buf_view(&body));
    run_one(&r, file_write("x.pcapng", tw_buf_view(&file), 0), 0);
    assert_int_equal(r.errors, 0);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.seen[0].rx.ns, T0 * S + 42000);
    run_finish(&r);
    tw_buf_finish(&body);
    tw_buf_finish(&p);
    tw_buf_finish(&file);
}

static void damage_is_told(void **state)
{
    (void)state;
    struct tw_buf file = {0}, p = {0};
    struct run r;
    char why[256] = "";
    packet(&p, &(struct shape){0}, hello);
    pcap_header(&file, 0xa1b2c3d4, 101);
    pcap_packet(&file, T0, 0, tw_buf_view(&p), 0);
    pcap_packet(&file, T0 + 5, 0, tw_buf_view(&p), 0);
    struct tw_str torn = tw_str_cut(tw_buf_view(&file), file.n - 9);
    const char *log = file_write("good.log", TW_STR("<188>Aug  8 2026 18:00:07 PE-A %%01X/4/Y(l):z\n"), 0);
    const char *paths[] = {file_write("torn.pcap", torn, 0), log};
    run_all(&r, paths, 2, &(struct tw_replay_source_options){0});
    assert_int_equal(r.n, 2); /* the first packet, and the other input to its end */
    assert_int_equal(r.errors, 1);
    assert_non_null(strstr(r.error, "torn.pcap"));
    assert_int_equal(r.seen[1].ref.input, 1);
    run_finish(&r);
    tw_buf_clear(&file);
    pcap_header(&file, 0xa1b2c3d4, 147);
    const char *strange = file_write("strange.pcap", tw_buf_view(&file), 0);
    assert_null(tw_replay_source_open(&strange, 1, &(struct tw_replay_source_options){0}, why));
    assert_non_null(strstr(why, "link type"));
    const char *header = file_write("header.pcap", tw_str_cut(tw_buf_view(&file), 10), 0);
    assert_null(tw_replay_source_open(&header, 1, &(struct tw_replay_source_options){0}, why));
    assert_non_null(strstr(why, "header.pcap"));
    tw_buf_finish(&p);
    tw_buf_finish(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_types),
        cmocka_unit_test(ports_and_payloads),
        cmocka_unit_test(fragments_and_others_are_skipped_and_counted),
        cmocka_unit_test(time_is_exact_and_never_goes_back),
        cmocka_unit_test(pcapng_is_read),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
