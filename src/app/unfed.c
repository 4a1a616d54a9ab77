/* SPDX-License-Identifier: ISC */
/*
 * What reached a socket and not the core, by device: put aside in a storm, refused, or not finished when its
 * connection was closed. With what the core counts of a device, that is all that came of it. Like there, what
 * proves the sender comes first, then the address; behind a relay nobody has looked inside, so it is of
 * nobody.
 */
#include "daemon.h"

#include "base/mem.h"
#include "plat/log.h"

#include <stdlib.h>

/* Of one device at most so often, should the source change all the time. */
enum { CONFLICT_MS = 60000 };

const char *tw_unfed_name(enum tw_unfed u)
{
    static const char *const names[TW_UNFEDS] = {
#define TW_UNFED(id, name) name,
#include "unfed.def"
#undef TW_UNFED
    };
    return names[u];
}

uint64_t tw_unfed_sum(const struct tw_unfed_row *r)
{
    uint64_t n = 0;
    for (int u = 0; u < TW_UNFEDS; u++)
        n += r->counts[u];
    return n;
}

void tw_unfed_begin(struct tw_daemon *d)
{
    const size_t n = tw_pipeline_topology(d->pipeline)->devices_n;
    d->unfed.devices = tw_xcalloc(n, sizeof *d->unfed.devices);
}

static bool same_name(const void *ctx, uint32_t index, const void *key)
{
    return strcmp(((const struct tw_topology *)ctx)->devices[index].name, key) == 0;
}

static uint64_t hash_of(const struct tw_device *d)
{
    return tw_hash(d->name, strlen(d->name), 0);
}

/* As the core does it: a device keeps what was counted by its name, and of one that has left it stays in the
 * sum. */
void tw_unfed_swap(struct tw_daemon *d, const struct tw_topology *next)
{
    const struct tw_topology *old = tw_pipeline_topology(d->pipeline);
    struct tw_unfed_list now = {.nobody = d->unfed.nobody};
    struct tw_map by_name = {0};
    now.devices = tw_xcalloc(next->devices_n, sizeof *now.devices);
    for (uint32_t i = 0; i < next->devices_n; i++)
        tw_map_add(&by_name, hash_of(&next->devices[i]), i);
    for (uint32_t i = 0; i < old->devices_n; i++) {
        const struct tw_device *was = &old->devices[i];
        uint32_t is = tw_map_find(&by_name, hash_of(was), same_name, next, was->name);
        struct tw_unfed_row *to = tw_unfed_of(&now, is);
        for (int u = 0; u < TW_UNFEDS; u++)
            to->counts[u] += d->unfed.devices[i].counts[u];
        to->conflicts += d->unfed.devices[i].conflicts;
        to->conflict_from = d->unfed.devices[i].conflict_from;
        to->conflict_ms = d->unfed.devices[i].conflict_ms;
    }
    tw_map_finish(&by_name);
    free(d->unfed.devices);
    d->unfed = now;
}

void tw_unfed_count(struct tw_daemon *d, const struct tw_record *r, enum tw_unfed why)
{
    tw_unfed_of(&d->unfed, tw_pipeline_sender(d->pipeline, r))->counts[why]++;
}

void tw_unfed_conflict(struct tw_daemon *d, const struct tw_addr *from, uint32_t device, uint32_t other,
                       const char *what)
{
    char text[TW_ADDR_TEXT];
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    struct tw_unfed_row *row = tw_unfed_of(&d->unfed, device);
    int64_t now = tw_clock_mono_ms();
    bool same = tw_addr_eq(&row->conflict_from, from), soon = now - row->conflict_ms < CONFLICT_MS;
    if (row->conflicts++ > 0 && (same || soon))
        return;
    row->conflict_from = *from;
    row->conflict_ms = now;
    tw_log(TW_LEVEL_WARNING, "source", what,
           TW_KVS(TW_KV("from", tw_addr_text(from, text)), TW_KV("device", t->devices[device].name),
                  TW_KV("other", t->devices[other].name)));
}

void tw_unfed_finish(struct tw_daemon *d)
{
    free(d->unfed.devices);
}
