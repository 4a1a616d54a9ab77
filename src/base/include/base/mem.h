/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_MEM_H
#define TW_BASE_MEM_H
/*
 * Memory: allocation that ends the program when there is none, growth of arrays, and an arena.
 *
 * Whatever a stranger can grow has a cap of its own elsewhere; so running out is a bug or a broken machine.
 * Ownership: what tw_x* returns is freed with free(); arena memory lives until reset or destroy.
 */
#include <stddef.h>

void *tw_xmalloc(size_t n);
void *tw_xcalloc(size_t n, size_t size);
void *tw_xrealloc(void *p, size_t n);
char *tw_xstrndup(const char *p, size_t n);

/* Makes room for `need` elements; returns the (moved) array. `*cap` is the room in elements. New room is
 * zeroed. */
void *tw_grow(void *p, size_t *cap, size_t need, size_t size);

/* TW_PUSH(array, n, cap): appends one zeroed element and gives its address. */
#define TW_PUSH(p, n, cap)                                                                                   \
    ((p) = (n) < (cap) ? (p) : tw_grow((p), &(cap), (n) + 1, sizeof *(p)), (n)++, &(p)[(n)-1])

struct tw_arena;
struct tw_arena *tw_arena_create(size_t block);
void tw_arena_destroy(struct tw_arena *a);
/* Zeroed, aligned for any type, valid until reset. */
void *tw_arena_alloc(struct tw_arena *a, size_t n);
/* The same, but it holds anything: for what is written at once. */
void *tw_arena_raw(struct tw_arena *a, size_t n);
char *tw_arena_dup(struct tw_arena *a, const char *p, size_t n); /* adds a NUL */
void tw_arena_reset(struct tw_arena *a);

#endif
