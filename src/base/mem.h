/* The only place that asks the system for memory: 64-byte aligned, overflow-checked, and able to fail on purpose. */
#ifndef DA_BASE_MEM_H
#define DA_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define DA_MEM_ALIGNMENT 64

/* n items of item_bytes each, uninitialised; NULL when memory ran out or the product overflows. n = 0 gives a valid pointer. */
void *da_mem_alloc(size_t n, size_t item_bytes);
/* The same, zeroed. */
void *da_mem_calloc(size_t n, size_t item_bytes);
/* Grows or shrinks; old is still valid when NULL comes back. old = NULL allocates. */
void *da_mem_realloc(void *old, size_t n, size_t item_bytes);
/* NULL allowed. */
void da_mem_free(void *block);
/* A copy of text with its closing zero; NULL when memory ran out. */
char *da_mem_strdup(const char *text);
char *da_mem_strndup(const char *text, size_t length);

/* The sentence for a failed allocation; what says for which purpose ("the sorted journeys"). */
da_status da_mem_fail(da_error *err, size_t n, size_t item_bytes, const char *what) DA_MUST_CHECK;

/* Grows *items (of item_bytes) so that at least `needed` fit; *capacity is in items. Doubles; keeps the old block on failure. */
da_status da_mem_reserve(void **items, size_t *capacity, size_t needed, size_t item_bytes, const char *what, da_error *err) DA_MUST_CHECK;

/* Tests only: the nth allocation from now fails (0 = never). Thread safe. */
void da_mem_fail_at(uint64_t nth);
/* Allocations since the last da_mem_fail_at. */
uint64_t da_mem_count(void);

/* An arena: many small blocks that are given back together. Valid as {0}. */
typedef struct da_arena_block da_arena_block;
typedef struct {
  da_arena_block *blocks; /* newest first */
  size_t used, size;      /* of the newest block, in bytes */
} da_arena;

/* 16-byte aligned; NULL when memory ran out. */
void *da_arena_alloc(da_arena *arena, size_t n, size_t item_bytes);
char *da_arena_strndup(da_arena *arena, const char *text, size_t length);
void da_arena_free(da_arena *arena);

#endif
