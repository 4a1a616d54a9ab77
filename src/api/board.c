/* SPDX-License-Identifier: ISC */
#include "api/board.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

/* Slots stay where they are: the map and the two lists refer to them by number. */
enum { SLOTS = TW_BOARD_FIRING_MAX + TW_BOARD_ENDED_MAX, NONE = SLOTS };

struct slot {
    char id[TW_ALERT_ID];
    bool ended;
    uint32_t condition; /* row */
    enum tw_severity severity;
    struct tw_shared *json;
    uint32_t before, after; /* in its list; a free slot: `after` is the next free one */
};

struct list {
    uint32_t first, last;
    size_t n;
};

struct tw_board {
    struct slot *slots;
    size_t slots_n, slots_cap;
    uint32_t free;
    struct tw_map map;
    struct list firing, ended;
    size_t bytes;
    uint64_t no_room;
    struct tw_board_row rows[TW_BOARD_CONDITIONS_MAX];
    size_t rows_n;
};

struct tw_board *tw_board_create(void)
{
    struct tw_board *b = tw_xcalloc(1, sizeof *b);
    b->firing = b->ended = (struct list){NONE, NONE, 0};
    b->free = NONE;
    return b;
}

void tw_board_destroy(struct tw_board *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->slots_n; i++)
        tw_shared_unref(b->slots[i].json);
    for (size_t i = 0; i < b->rows_n; i++)
        free(b->rows[i].condition);
    tw_map_finish(&b->map);
    free(b->slots);
    free(b);
}

static bool same_id(const void *ctx, uint32_t index, const void *key)
{
    return strcmp(((const struct tw_board *)ctx)->slots[index].id, key) == 0;
}

static uint64_t hash_of(const char *id)
{
    return tw_hash(id, strlen(id), 0);
}

static uint32_t find(const struct tw_board *b, const char *id)
{
    uint32_t i = tw_map_find(&b->map, hash_of(id), same_id, b, id);
    return i == TW_MAP_NONE ? NONE : i;
}

static struct list *list_of(struct tw_board *b, const struct slot *s)
{
    return s->ended ? &b->ended : &b->firing;
}

static void append(struct tw_board *b, uint32_t i)
{
    struct slot *s = &b->slots[i];
    struct list *l = list_of(b, s);
    s->before = l->last;
    s->after = NONE;
    if (l->last != NONE)
        b->slots[l->last].after = i;
    else
        l->first = i;
    l->last = i;
    l->n++;
    if (!s->ended)
        b->rows[s->condition].firing[s->severity]++;
}

static void take_out(struct tw_board *b, uint32_t i)
{
    const struct slot *s = &b->slots[i];
    struct list *l = list_of(b, s);
    if (s->before != NONE)
        b->slots[s->before].after = s->after;
    else
        l->first = s->after;
    if (s->after != NONE)
        b->slots[s->after].before = s->before;
    else
        l->last = s->before;
    l->n--;
    if (!s->ended)
        b->rows[s->condition].firing[s->severity]--;
}

static void set_json(struct tw_board *b, struct slot *s, struct tw_shared *json)
{
    if (s->json != NULL)
        b->bytes -= s->json->n;
    tw_shared_unref(s->json);
    s->json = json;
    if (json != NULL)
        b->bytes += json->n;
}

static void forget(struct tw_board *b, uint32_t i)
{
    struct slot *s = &b->slots[i];
    tw_map_del(&b->map, hash_of(s->id), i);
    set_json(b, s, NULL);
    *s = (struct slot){.after = b->free};
    b->free = i;
}

/* The last row is for all that find no other. */
static uint32_t row_of(struct tw_board *b, const char *condition)
{
    for (uint32_t i = 0; i < b->rows_n; i++) {
        if (strcmp(b->rows[i].condition, condition) == 0)
            return i;
    }
    if (b->rows_n == TW_BOARD_CONDITIONS_MAX)
        return TW_BOARD_CONDITIONS_MAX - 1;
    if (b->rows_n == TW_BOARD_CONDITIONS_MAX - 1)
        condition = "other";
    b->rows[b->rows_n].condition = tw_xstrndup(condition, strlen(condition));
    return (uint32_t)b->rows_n++;
}

static uint32_t new_slot(struct tw_board *b, const char *id)
{
    uint32_t i = b->free;
    if (i != NONE) {
        b->free = b->slots[i].after;
    } else {
        i = (uint32_t)b->slots_n;
        (void)TW_PUSH(b->slots, b->slots_n, b->slots_cap);
    }
    memcpy(b->slots[i].id, id, TW_ALERT_ID);
    tw_map_add(&b->map, hash_of(id), i);
    return i;
}

static void forget_first_ended(struct tw_board *b)
{
    uint32_t i = b->ended.first;
    take_out(b, i);
    forget(b, i);
}

/* Makes room for one more alert with a text of n bytes. */
static bool make_room(struct tw_board *b, bool ended, size_t n)
{
    if (ended && b->ended.n == TW_BOARD_ENDED_MAX)
        forget_first_ended(b);
    while (b->bytes + n > TW_BOARD_TEXT_MAX && b->ended.n > 0)
        forget_first_ended(b);
    return b->bytes + n <= TW_BOARD_TEXT_MAX && (ended || b->firing.n < TW_BOARD_FIRING_MAX);
}

static struct tw_shared *copy(struct tw_str json)
{
    struct tw_buf text = {0};
    tw_buf_reserve(&text, json.n);
    tw_buf_str(&text, json);
    return tw_shared_take(&text);
}

/* It still fires, and stays where it is. */
static void update(struct tw_board *b, struct slot *s, const struct tw_transition *t, struct tw_str json)
{
    b->rows[s->condition].firing[s->severity]--;
    s->severity = t->severity;
    b->rows[s->condition].firing[s->severity]++;
    if (b->bytes - s->json->n + json.n <= TW_BOARD_TEXT_MAX)
        set_json(b, s, copy(json));
    else
        b->no_room++;
}

void tw_board_take(struct tw_board *b, const struct tw_transition *t, struct tw_str json)
{
    bool ended = t->kind == TW_CLEARED;
    uint32_t i = find(b, t->alert_id);
    if (json.n > 0 && json.p[json.n - 1] == '\n')
        json.n--;
    if (i != NONE && !ended && !b->slots[i].ended) {
        update(b, &b->slots[i], t, json);
        return;
    }
    if (i != NONE) {
        take_out(b, i);
        forget(b, i);
    }
    if (!make_room(b, ended, json.n)) {
        b->no_room++;
        return;
    }
    i = new_slot(b, t->alert_id);
    struct slot *s = &b->slots[i];
    s->ended = ended;
    s->condition = row_of(b, t->condition);
    s->severity = t->severity;
    set_json(b, s, copy(json));
    append(b, i);
}

struct tw_board_stats tw_board_stats(const struct tw_board *b)
{
    return (struct tw_board_stats){b->firing.n, b->ended.n, b->bytes, b->no_room};
}

const struct tw_board_row *tw_board_row(const struct tw_board *b, size_t i)
{
    return i < b->rows_n ? &b->rows[i] : NULL;
}

static void add(const struct slot *s, bool first, struct tw_http_request *r)
{
    if (!first)
        tw_http_add(r, TW_STR(",\n"));
    tw_http_add(r, tw_str_of(s->json->p, s->json->n));
}

void tw_board_answer(const struct tw_board *b, bool firing, bool ended, struct tw_http_request *r)
{
    bool first = true;
    for (uint32_t i = firing ? b->firing.first : NONE; i != NONE; i = b->slots[i].after, first = false)
        add(&b->slots[i], first, r);
    for (uint32_t i = ended ? b->ended.last : NONE; i != NONE; i = b->slots[i].before, first = false)
        add(&b->slots[i], first, r);
}

struct tw_shared *tw_board_find(const struct tw_board *b, const char *alert_id)
{
    uint32_t i = find(b, alert_id);
    return i == NONE ? NULL : b->slots[i].json;
}
