/* Oracle: what the header promises (alignment, zeroes, the old block left valid), with a byte pattern as witness. */
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

#include "support/testing.h"

static bool is_aligned(const void *block, size_t alignment) { return (uintptr_t)block % alignment == 0; }

static void blocks_are_aligned_and_zeroed_when_asked(void **state) {
  (void)state;
  for (size_t n = 0; n < 300; n += 7) {
    unsigned char *block = da_mem_calloc(n, 3);
    assert_non_null(block);
    assert_true(is_aligned(block, DA_MEM_ALIGNMENT));
    for (size_t i = 0; i < 3 * n; i++) assert_int_equal(block[i], 0);
    da_mem_free(block);
  }
  da_mem_free(NULL);
}

static void a_size_that_overflows_gives_nothing(void **state) {
  (void)state;
  assert_null(da_mem_alloc(SIZE_MAX, 2));
  assert_null(da_mem_alloc(SIZE_MAX / 8 + 1, 8));
  assert_null(da_mem_calloc(SIZE_MAX - 3, 1));
  da_arena arena = {0};
  assert_null(da_arena_alloc(&arena, SIZE_MAX / 2, 4));
  assert_null(da_arena_alloc(&arena, SIZE_MAX - 3, 1));
  da_arena_free(&arena);
}

static void realloc_keeps_the_content_growing_and_shrinking(void **state) {
  (void)state;
  unsigned char *block = da_mem_realloc(NULL, 1000, 1);
  assert_non_null(block);
  for (size_t i = 0; i < 1000; i++) block[i] = (unsigned char)(i % 251);
  block = da_mem_realloc(block, 5000, 2);
  assert_non_null(block);
  assert_true(is_aligned(block, DA_MEM_ALIGNMENT));
  for (size_t i = 0; i < 1000; i++) assert_int_equal(block[i], i % 251);
  block = da_mem_realloc(block, 10, 1);
  assert_non_null(block);
  for (size_t i = 0; i < 10; i++) assert_int_equal(block[i], i);
  da_mem_free(block);
}

static void only_the_nth_allocation_fails(void **state) {
  (void)state;
  da_mem_fail_at(3);
  void *blocks[4];
  for (int i = 0; i < 4; i++) blocks[i] = da_mem_alloc(8, 8);
  assert_int_equal(da_mem_count(), 4);
  da_mem_fail_at(0);
  for (int i = 0; i < 4; i++) {
    if (i == 2)
      assert_null(blocks[i]);
    else
      assert_non_null(blocks[i]);
    da_mem_free(blocks[i]);
  }
}

static void a_failed_realloc_leaves_the_old_block(void **state) {
  (void)state;
  char *old = da_mem_strdup("still here");
  assert_non_null(old);
  da_mem_fail_at(1);
  assert_null(da_mem_realloc(old, 100, 100));
  da_mem_fail_at(0);
  assert_string_equal(old, "still here");
  da_mem_free(old);
}

static void reserve_grows_and_on_failure_changes_nothing(void **state) {
  (void)state;
  da_error err = {0};
  void *items = NULL;
  size_t capacity = 0;
  assert_ok(da_mem_reserve(&items, &capacity, 100, sizeof(uint64_t), "numbers", &err), err);
  assert_true(capacity >= 100);
  memset(items, 7, 100 * sizeof(uint64_t));
  void *kept = items;
  size_t kept_capacity = capacity;
  assert_ok(da_mem_reserve(&items, &capacity, 50, sizeof(uint64_t), "numbers", &err), err);
  assert_ptr_equal(items, kept);

  da_mem_fail_at(1);
  assert_fails_with(da_mem_reserve(&items, &capacity, 100000, sizeof(uint64_t), "numbers", &err), DA_ERR_MEM, err, "numbers");
  da_mem_fail_at(0);
  assert_ptr_equal(items, kept);
  assert_int_equal(capacity, kept_capacity);
  assert_fails_with(da_mem_reserve(&items, &capacity, SIZE_MAX, sizeof(uint64_t), "numbers", &err), DA_ERR_MEM, err, "numbers");
  for (size_t i = 0; i < 100 * sizeof(uint64_t); i++) assert_int_equal(((unsigned char *)items)[i], 7);
  da_mem_free(items);
}

static void strings_are_copied_with_their_end(void **state) {
  (void)state;
  char *copy = da_mem_strndup("journey", 4);
  assert_string_equal(copy, "jour");
  da_mem_free(copy);
  copy = da_mem_strdup("");
  assert_string_equal(copy, "");
  da_mem_free(copy);
}

static void arena_pieces_do_not_overlap(void **state) {
  (void)state;
  enum { N = 2000 };
  da_arena arena = {0};
  unsigned char *pieces[N];
  size_t sizes[N];
  for (size_t i = 0; i < N; i++) {
    sizes[i] = i % 97 == 0 ? 100000 : i % 211; /* some are larger than the arena's own blocks */
    pieces[i] = da_arena_alloc(&arena, sizes[i], 1);
    assert_non_null(pieces[i]);
    assert_true(is_aligned(pieces[i], 16));
    memset(pieces[i], (int)(i % 256), sizes[i]);
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < sizes[i]; j++) assert_int_equal(pieces[i][j], i % 256);
  }
  assert_string_equal(da_arena_strndup(&arena, "campaign", 4), "camp");
  da_arena_free(&arena);
  assert_null(arena.blocks);
  da_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_aligned_and_zeroed_when_asked),
      cmocka_unit_test(a_size_that_overflows_gives_nothing),
      cmocka_unit_test(realloc_keeps_the_content_growing_and_shrinking),
      cmocka_unit_test(only_the_nth_allocation_fails),
      cmocka_unit_test(a_failed_realloc_leaves_the_old_block),
      cmocka_unit_test(reserve_grows_and_on_failure_changes_nothing),
      cmocka_unit_test(strings_are_copied_with_their_end),
      cmocka_unit_test(arena_pieces_do_not_overlap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
