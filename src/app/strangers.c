/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "plat/log.h"

static bool same_address(const void *ctx, uint32_t index, const void *key)
{
    return tw_addr_eq(&((const struct tw_strangers *)ctx)->rows[index].from, key);
}

/* The row of an address, new if there is room; NULL: there is none, which is counted. */
static struct tw_stranger *row_of(struct tw_strangers *s, const struct tw_daemon *d,
                                  const struct tw_addr *from)
{
    uint64_t hash = tw_hash(from->bytes, sizeof from->bytes, from->family);
    uint32_t i = tw_map_find(&s->map, hash, same_address, s, from);
    bool unknown = i == TW_MAP_NONE && !tw_inputs_knows(d, from);
    uint32_t room = unknown ? TW_STRANGERS_MAX - TW_STRANGERS_RESERVED - s->unknown : TW_STRANGERS_MAX - s->n;
    if (i == TW_MAP_NONE && s->n < TW_STRANGERS_MAX && room > 0) {
        i = s->n++;
        s->unknown += unknown;
        s->rows[i].from = *from;
        tw_map_add(&s->map, hash, i);
    }
    if (i == TW_MAP_NONE) {
        s->more++;
        return NULL;
    }
    return &s->rows[i];
}

static const struct {
    const char *name, *message;
} table[TW_STRANGE] = {
#define TW_STRANGE(id, name, message)     {name, message},
#define TW_USM(id, name, report, message) {name, message},
#include "strangers.def"
#include "source/usm.def"
#undef TW_USM
#undef TW_STRANGE
};

const char *tw_strange_name(enum tw_strange s)
{
    return table[s].name;
}

void tw_strangers_count_v3(struct tw_strangers *s, const struct tw_input *in, const struct tw_addr *from,
                           enum tw_strange what, const char *engine, const char *user)
{
    char text[TW_ADDR_TEXT];
    struct tw_stranger *row = row_of(s, in->daemon, from);
    if (row == NULL || row->counts[what]++ > 0)
        return;
    if (engine != NULL)
        tw_log(TW_LEVEL_WARNING, "source", table[what].message,
               TW_KVS(TW_KV("from", tw_addr_text(from, text)), TW_KV("socket", in->name),
                      TW_KV("engine", engine), TW_KV("user", user)));
    else
        tw_log(TW_LEVEL_WARNING, "source", table[what].message,
               TW_KVS(TW_KV("from", tw_addr_text(from, text)), TW_KV("socket", in->name)));
}

void tw_strangers_count(struct tw_strangers *s, const struct tw_input *in, const struct tw_addr *from,
                        enum tw_strange what)
{
    tw_strangers_count_v3(s, in, from, what, NULL, NULL);
}

/* Those that have nothing to do with SNMPv3 always, the others when there were any. */
void tw_strangers_report(const struct tw_strangers *s)
{
    char text[TW_ADDR_TEXT];
    for (uint32_t i = 0; i < s->n; i++) {
        struct tw_log_kv kvs[TW_STRANGE + 2] = {TW_KV("from", tw_addr_text(&s->rows[i].from, text))};
        size_t n = 1;
        for (int w = 0; w < TW_STRANGE; w++) {
            if (w < TW_STRANGE_V3 || s->rows[i].counts[w] > 0)
                kvs[n++] = (struct tw_log_kv)TW_KV_N(table[w].name, s->rows[i].counts[w]);
        }
        tw_log(TW_LEVEL_NOTICE, "report.source", "ignored", kvs);
    }
    if (s->more > 0)
        tw_log(TW_LEVEL_NOTICE, "report.source", "ignored, of more sources than are listed",
               TW_KVS(TW_KV_N("datagrams", s->more)));
}

void tw_strangers_finish(struct tw_strangers *s)
{
    tw_map_finish(&s->map);
}
