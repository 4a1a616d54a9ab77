/* SPDX-License-Identifier: ISC */
#include "input.h"

#include "base/mem.h"

#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capture {
    struct stream *stream;
    struct tw_source_stats *stats;
    FILE *file;
    pcap_t *pcap;
    int link;
    uint64_t position;
    tw_time rx;
};

bool capture_is(const unsigned char *head, size_t n)
{
    static const uint32_t magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, /* pcap, µs and ns */
                                      0xa1b2cd34, 0x34cdb2a1,                         /* modified pcap */
                                      0x0a0d0d0a};                                    /* pcapng */
    uint32_t magic;
    if (n < sizeof magic)
        return false;
    memcpy(&magic, head, sizeof magic);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (magic == magics[i])
            return true;
    }
    return false;
}

static ssize_t cookie_read(void *cookie, char *to, size_t n)
{
    return stream_read(cookie, to, n);
}

static struct capture *refuse(struct capture *c, const char *why)
{
    c->stream->fault = TW_EFORMAT;
    (void)snprintf(c->stream->why, sizeof c->stream->why, "%.120s: %.120s", c->stream->name, why);
    capture_destroy(c);
    return NULL;
}

struct capture *capture_create(struct stream *s, struct tw_source_stats *stats)
{
    char why[PCAP_ERRBUF_SIZE] = "can't be read as a capture";
    struct capture *c = tw_xcalloc(1, sizeof *c);
    c->stream = s;
    c->stats = stats;
    c->rx = TW_TIME_MIN;
    c->file = fopencookie(s, "r", (cookie_io_functions_t){.read = cookie_read});
    if (c->file == NULL)
        return refuse(c, why);
    (void)setvbuf(c->file, NULL, _IOFBF, STREAM_BLOCK);
    c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (c->pcap == NULL)
        return refuse(c, s->fault != TW_OK ? "is cut short" : why);
    c->file = NULL; /* the capture closes it */
    c->link = pcap_datalink(c->pcap);
    switch (c->link) {
    case DLT_EN10MB:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_NULL:
    case DLT_LOOP: return c;
    default:
        return refuse(
            c, "a capture with a link type that is not understood (Ethernet, Linux cooked, raw IP are)");
    }
}

static uint16_t be16(struct tw_str s, size_t i)
{
    const unsigned char *p = (const unsigned char *)s.p + i;
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t byte(struct tw_str s, size_t i)
{
    return (uint8_t)s.p[i];
}

/* Skips the link header, with any number of VLAN tags. False: not IP. */
static bool strip_link(int link, struct tw_str *s)
{
    size_t type_at, header;
    switch (link) {
    case DLT_EN10MB: type_at = 12, header = 14; break;
    case DLT_LINUX_SLL: type_at = 14, header = 16; break;
    case DLT_LINUX_SLL2: type_at = 0, header = 20; break;
    case DLT_NULL:
    case DLT_LOOP: /* an address family whose numbers differ by system: the IP version tells as well */
        *s = tw_str_from(*s, 4);
        return s->n > 0;
    default: return s->n > 0;
    }
    if (s->n < header)
        return false;
    uint16_t type = be16(*s, type_at);
    *s = tw_str_from(*s, header);
    while ((type == 0x8100 || type == 0x88a8 || type == 0x9100) && s->n >= 4) {
        type = be16(*s, 2);
        *s = tw_str_from(*s, 4);
    }
    return (type == 0x0800 || type == 0x86dd) && s->n > 0;
}

/* IP packet -> UDP segment. *cut: the capture holds only part of the packet. False: not UDP, or a fragment.
 */
static bool strip_ipv4(struct tw_str *s, struct tw_addr *from, bool *cut)
{
    if (s->n < 20)
        return false;
    size_t header = (size_t)(byte(*s, 0) & 15) * 4, total = be16(*s, 2);
    bool fragment = (be16(*s, 6) & 0x3fff) != 0;
    if (header < 20 || s->n < header || fragment || byte(*s, 9) != 17)
        return false;
    from->family = 4;
    memcpy(from->bytes, s->p + 12, 4);
    *cut = total > s->n;
    /* 0: left to the network card; then the frame ends where the packet does. */
    if (total >= header)
        *s = tw_str_cut(*s, total);
    *s = tw_str_from(*s, header);
    return true;
}

static bool strip_ipv6(struct tw_str *s, struct tw_addr *from, bool *cut)
{
    if (s->n < 40)
        return false;
    size_t total = 40u + be16(*s, 4);
    uint8_t next = byte(*s, 6);
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_mapped = memcmp(s->p + 8, mapped, sizeof mapped) == 0;
    from->family = is_mapped ? 4 : 6;
    memcpy(from->bytes, s->p + (is_mapped ? 20 : 8), is_mapped ? 4 : 16);
    *cut = total > s->n;
    *s = tw_str_from(tw_str_cut(*s, total), 40);
    while (next == 0 || next == 43 || next == 60 || next == 44) {
        if (s->n < 8)
            return false;
        if (next == 44 && (be16(*s, 2) & 0xfff9) != 0)
            return false;
        size_t header = next == 44 ? 8 : ((size_t)byte(*s, 1) + 1) * 8;
        next = byte(*s, 0);
        if (s->n < header)
            return false;
        *s = tw_str_from(*s, header);
    }
    return next == 17;
}

/* An SNMP message whose PDU is a notification: what a request or an answer to a poll is not. */
static bool is_notification(struct tw_str s)
{
    size_t at = 0;
    for (int part = 0; part < 3; part++) { /* the message, its version, its community */
        static const uint8_t tags[] = {0x30, 0x02, 0x04};
        if (s.n < at + 2 || byte(s, at) != tags[part])
            return false;
        uint8_t len = byte(s, at + 1);
        size_t long_form = len & 0x80 ? len & 0x7f : 0, value = len;
        if (long_form > 4 || s.n < at + 2 + long_form)
            return false;
        if (long_form > 0)
            value = 0;
        for (size_t i = 0; i < long_form; i++)
            value = value << 8 | byte(s, at + 2 + i);
        at += 2 + long_form + (part == 0 ? 0 : value < s.n ? value : s.n);
    }
    return at < s.n && (byte(s, at) == 0xa4 || byte(s, at) == 0xa6 || byte(s, at) == 0xa7);
}

static bool classify(uint16_t port, struct tw_str s, enum tw_transport *out)
{
    *out = TW_TRANSPORT_SYSLOG;
    if (s.n == 0)
        return false;
    if (port == 162 || port == 5162 || port == 10162) {
        *out = TW_TRANSPORT_TRAP;
        return true;
    }
    if (port == 514 || port == 5514 || (s.n > 1 && s.p[0] == '<' && tw_is_digit(s.p[1])))
        return true;
    if (is_notification(s)) {
        *out = TW_TRANSPORT_TRAP;
        return true;
    }
    return memmem(s.p, s.n, "%%", 2) != NULL;
}

static bool parse(struct capture *c, struct tw_str s, struct tw_record *out)
{
    bool cut = false;
    if (!strip_link(c->link, &s))
        return false;
    uint8_t version = byte(s, 0) >> 4;
    bool udp = version == 4   ? strip_ipv4(&s, &out->from, &cut)
               : version == 6 ? strip_ipv6(&s, &out->from, &cut)
                              : false;
    if (!udp || s.n < 8 || be16(s, 4) < 8)
        return false;
    uint16_t port = be16(s, 2), len = be16(s, 4);
    cut = cut || len > s.n;
    out->bytes = tw_str_from(tw_str_cut(s, len), 8);
    if (!classify(port, out->bytes, &out->transport))
        return false;
    c->stats->cut += cut;
    return true;
}

tw_err capture_next(struct capture *c, struct tw_record *out)
{
    struct pcap_pkthdr *h;
    const u_char *data;
    int rc;
    while ((rc = pcap_next_ex(c->pcap, &h, &data)) == 1) {
        c->position++;
        *out = (struct tw_record){.at = TW_TIME_MIN, .ref.position = c->position};
        if (!parse(c, tw_str_of((const char *)data, h->caplen), out)) {
            c->stats->skipped++;
            continue;
        }
        /* Asked for nanoseconds, libpcap puts them where microseconds are otherwise. */
        tw_time t;
        if (__builtin_mul_overflow((int64_t)h->ts.tv_sec, 1000000000, &t.ns) ||
            __builtin_add_overflow(t.ns, (int64_t)h->ts.tv_usec, &t.ns)) {
            c->stats->skipped++; /* a stamp beyond the year 2262: no packet of ours */
            continue;
        }
        c->rx = tw_later(c->rx, t);
        out->rx = c->rx;
        return TW_OK;
    }
    if (rc == PCAP_ERROR_BREAK)
        return TW_ENOENT;
    if (c->stream->fault == TW_OK) {
        c->stream->fault = TW_EFORMAT;
        (void)snprintf(c->stream->why, sizeof c->stream->why, "%.120s: %.120s", c->stream->name,
                       pcap_geterr(c->pcap));
    }
    return c->stream->fault;
}

void capture_destroy(struct capture *c)
{
    if (c == NULL)
        return;
    if (c->pcap != NULL)
        pcap_close(c->pcap);
    if (c->file != NULL)
        (void)fclose(c->file);
    free(c);
}
