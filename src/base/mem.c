/* SPDX-License-Identifier: ISC */
#include "base/mem.h"

#include "base/err.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *got(void *p)
{
    bool out_of_memory = p == NULL;
    TW_ASSERT(!out_of_memory);
    return p;
}

void *tw_xmalloc(size_t n)
{
    return got(malloc(n ? n : 1));
}

void *tw_xcalloc(size_t n, size_t size)
{
    TW_ASSERT(size == 0 || n <= PTRDIFF_MAX / size);
    return got(calloc(n ? n : 1, size ? size : 1));
}

void *tw_xrealloc(void *p, size_t n)
{
    return got(realloc(p, n ? n : 1));
}

char *tw_xstrndup(const char *p, size_t n)
{
    char *s = tw_xmalloc(n + 1);
    if (n > 0)
        memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

void *tw_grow(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return p;
    size_t room = *cap ? *cap : 8;
    while (room < need)
        room *= 2;
    TW_ASSERT(room <= SIZE_MAX / size);
    p = tw_xrealloc(p, room * size);
    memset((char *)p + *cap * size, 0, (room - *cap) * size);
    *cap = room;
    return p;
}

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char data[];
};

struct tw_arena {
    struct block *first, *current;
    size_t block;
};

static struct block *block_new(size_t size)
{
    struct block *b = tw_xmalloc(sizeof *b + size);
    b->next = NULL;
    b->used = 0;
    b->size = size;
    return b;
}

struct tw_arena *tw_arena_create(size_t block)
{
    struct tw_arena *a = tw_xcalloc(1, sizeof *a);
    a->block = block;
    a->first = a->current = block_new(block);
    return a;
}

void tw_arena_destroy(struct tw_arena *a)
{
    if (a == NULL)
        return;
    while (a->first != NULL) {
        struct block *next = a->first->next;
        free(a->first);
        a->first = next;
    }
    free(a);
}

void *tw_arena_raw(struct tw_arena *a, size_t n)
{
    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    while (a->current->size - a->current->used < n) {
        if (a->current->next == NULL)
            a->current->next = block_new(n > a->block ? n : a->block);
        a->current = a->current->next;
        a->current->used = 0;
    }
    void *p = a->current->data + a->current->used;
    a->current->used += n;
    return p;
}

void *tw_arena_alloc(struct tw_arena *a, size_t n)
{
    return memset(tw_arena_raw(a, n), 0, n);
}

char *tw_arena_dup(struct tw_arena *a, const char *p, size_t n)
{
    char *s = tw_arena_raw(a, n + 1);
    if (n > 0)
        memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

void tw_arena_reset(struct tw_arena *a)
{
    a->current = a->first;
    a->current->used = 0;
}
