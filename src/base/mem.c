#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The only process-wide state: a test's wish that the nth allocation fail. */
static _Atomic uint64_t n_allocations;
static _Atomic uint64_t fail_at;

static int fails_on_purpose(void) {
  uint64_t n = atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed) + 1;
  return n == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

void *da_mem_alloc(size_t n, size_t item_bytes) {
  size_t bytes;
  if (__builtin_mul_overflow(n, item_bytes, &bytes) || bytes > PTRDIFF_MAX || fails_on_purpose()) return NULL;
  /* Not aligned_alloc: it wants the size rounded up, and AddressSanitizer would miss a step past the end by less than that. */
  void *block;
  return posix_memalign(&block, DA_MEM_ALIGNMENT, bytes ? bytes : 1) == 0 ? block : NULL;
}

void *da_mem_calloc(size_t n, size_t item_bytes) {
  void *block = da_mem_alloc(n, item_bytes);
  if (block) memset(block, 0, n * item_bytes);
  return block;
}

void *da_mem_realloc(void *old, size_t n, size_t item_bytes) {
  void *grown = da_mem_alloc(n, item_bytes);
  if (!grown || !old) return grown;
  /* realloc itself promises only 16-byte alignment, and could not give the old block back. */
  size_t old_bytes = malloc_usable_size(old), new_bytes = n * item_bytes;
  memcpy(grown, old, old_bytes < new_bytes ? old_bytes : new_bytes);
  free(old);
  return grown;
}

void da_mem_free(void *block) { free(block); }

char *da_mem_strndup(const char *text, size_t length) {
  char *copy = da_mem_alloc(length + 1, 1);
  if (!copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

char *da_mem_strdup(const char *text) { return da_mem_strndup(text, strlen(text)); }

da_status da_mem_fail(da_error *err, size_t n, size_t item_bytes, const char *what) {
  return da_fail(err, DA_ERR_MEM, "memory ran out: expected %zu x %zu bytes for %s; use a smaller --memory or a larger machine", n,
                 item_bytes, what);
}

da_status da_mem_reserve(void **items, size_t *capacity, size_t needed, size_t item_bytes, const char *what, da_error *err) {
  if (needed <= *capacity) return DA_OK;
  size_t grown = *capacity ? *capacity : 16;
  while (grown < needed) grown = grown > SIZE_MAX / 2 ? needed : grown * 2;
  void *block = da_mem_realloc(*items, grown, item_bytes);
  if (!block) return da_mem_fail(err, grown, item_bytes, what);
  *items = block;
  *capacity = grown;
  return DA_OK;
}

void da_mem_fail_at(uint64_t nth) {
  atomic_store(&n_allocations, 0);
  atomic_store(&fail_at, nth);
}

uint64_t da_mem_count(void) { return atomic_load(&n_allocations); }

struct da_arena_block {
  da_arena_block *older;
  _Alignas(16) unsigned char bytes[];
};

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

void *da_arena_alloc(da_arena *arena, size_t n, size_t item_bytes) {
  size_t bytes;
  if (__builtin_mul_overflow(n, item_bytes, &bytes) || bytes > SIZE_MAX / 2) return NULL;
  bytes = (bytes + 15) & ~(size_t)15;
  if (!arena->blocks || arena->size - arena->used < bytes) {
    size_t size = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
    da_arena_block *block = da_mem_alloc(1, sizeof *block + size);
    if (!block) return NULL;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->used = 0;
    arena->size = size;
  }
  void *piece = arena->blocks->bytes + arena->used;
  arena->used += bytes;
  return piece;
}

char *da_arena_strndup(da_arena *arena, const char *text, size_t length) {
  char *copy = da_arena_alloc(arena, length + 1, 1);
  if (!copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

void da_arena_free(da_arena *arena) {
  for (da_arena_block *block = arena->blocks; block;) {
    da_arena_block *older = block->older;
    da_mem_free(block);
    block = older;
  }
  *arena = (da_arena){0};
}
