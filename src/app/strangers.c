/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "plat/log.h"

static bool same_address(const void *ctx, uint32_t index, const void *key)
{
    return tw_addr_eq(&((const struct tw_strangers *)ctx)->rows[index].from, key);
}

/* The row of an address, new if there is room; NULL: there is none, which is counted. */
static struct tw_stranger *row_of(struct tw_strangers *s, const struct tw_addr *from)
{
    uint64_t hash = tw_hash(from->bytes, sizeof from->bytes, from->family);
    uint32_t i = tw_map_find(&s->map, hash, same_address, s, from);
    if (i == TW_MAP_NONE && s->n < TW_STRANGERS_MAX) {
        i = s->n++;
        s->rows[i].from = *from;
        tw_map_add(&s->map, hash, i);
    }
    if (i == TW_MAP_NONE) {
        s->more++;
        return NULL;
    }
    return &s->rows[i];
}

void tw_strangers_count(struct tw_strangers *s, const struct tw_input *in, const struct tw_addr *from,
                        enum tw_strange what)
{
    static const char *const messages[TW_STRANGE] = {
        [TW_STRANGE_DATAGRAM] = "datagram of an unknown source, ignored",
        [TW_STRANGE_COMMUNITY] = "trap with another community, ignored",
        [TW_STRANGE_CONNECTION] = "connection of an unknown source, refused",
        [TW_STRANGE_HANDSHAKE] = "TLS handshake of an unknown source failed",
        [TW_STRANGE_CERTIFICATE] = "certificate of no device or relay, refused",
    };
    char text[TW_ADDR_TEXT];
    struct tw_stranger *row = row_of(s, from);
    if (row == NULL)
        return;
    if (row->counts[what]++ == 0)
        tw_log(TW_LEVEL_WARNING, "source", messages[what],
               TW_KVS(TW_KV("from", tw_addr_text(from, text)), TW_KV("socket", in->name)));
}

void tw_strangers_report(const struct tw_strangers *s)
{
    char text[TW_ADDR_TEXT];
    for (uint32_t i = 0; i < s->n; i++)
        tw_log(TW_LEVEL_NOTICE, "report.source", "ignored",
               TW_KVS(TW_KV("from", tw_addr_text(&s->rows[i].from, text)),
                      TW_KV_N("unknown", s->rows[i].counts[TW_STRANGE_DATAGRAM]),
                      TW_KV_N("other_community", s->rows[i].counts[TW_STRANGE_COMMUNITY]),
                      TW_KV_N("connections", s->rows[i].counts[TW_STRANGE_CONNECTION]),
                      TW_KV_N("handshakes", s->rows[i].counts[TW_STRANGE_HANDSHAKE]),
                      TW_KV_N("certificates", s->rows[i].counts[TW_STRANGE_CERTIFICATE])));
    if (s->more > 0)
        tw_log(TW_LEVEL_NOTICE, "report.source", "ignored, of more sources than are listed",
               TW_KVS(TW_KV_N("datagrams", s->more)));
}

void tw_strangers_finish(struct tw_strangers *s)
{
    tw_map_finish(&s->map);
}
