/* Oracle: the definition. Every journey stands in exactly one tile and one chunk, chunks are at most as many as allowed, and what a
 * journey shares with the one before it is counted touch by touch. */
#include "model/engine_plan.h"

#include "base/mem.h"
#include "support/testing.h"

/* 9000 different journeys of one touch, then 5000 that repeat the last of them and so bring no node of their own. */
static void repeated_journeys_at_the_end_make_no_chunk_too_many(void **state) {
  (void)state;
  enum { N_DIFFERENT = 9000, N = N_DIFFERENT + 5000, MAX_CHUNKS = 16 };
  const da_shape shape = {.n_rows = N_DIFFERENT, .n_inputs = 1, .n_embedding = 1, .n_hidden = 1};
  uint32_t *first = da_mem_alloc(N + 1, sizeof *first), *rows = da_mem_alloc(N, sizeof *rows);
  for (uint32_t j = 0; j < N; j++) {
    first[j] = j;
    rows[j] = j < N_DIFFERENT ? j : N_DIFFERENT - 1;
  }
  first[N] = N;
  const da_batch batch = {.n_journeys = N, .first = first, .rows = rows};
  da_plan plan = {0};
  da_error err = {0};
  assert_ok(da_plan_make(&plan, &shape, &batch, &(da_plan_options){.share = true, .max_chunks = MAX_CHUNKS}, &err), err);
  assert_int_equal(plan.n_nodes, N_DIFFERENT);
  assert_in_range(plan.n_chunks, 2, MAX_CHUNKS);
  uint32_t n_tiles = 0, n_journeys = 0;
  for (uint32_t c = 0; c < plan.n_chunks; c++) {
    assert_int_equal(plan.chunks[c].begin, n_tiles);
    n_tiles = plan.chunks[c].end;
  }
  assert_int_equal(n_tiles, plan.n_tiles);
  for (uint32_t t = 0; t < plan.n_tiles; t++) {
    assert_int_equal(plan.tiles[t].begin, n_journeys);
    n_journeys = plan.tiles[t].end;
  }
  assert_int_equal(n_journeys, N);
  for (uint32_t p = 1; p < N; p++) assert_int_equal(plan.n_shared[p], rows[plan.order[p]] == rows[plan.order[p - 1]]);
  da_plan_free(&plan);
  da_mem_free(first);
  da_mem_free(rows);
}

/* A segmented journey between two short ones, all in one chunk, where the short ones alone would fill no tile. */
static void a_segmented_journey_has_a_tile_to_itself(void **state) {
  (void)state;
  enum { N = 30, SHORT = 3, LONG = DA_SEGMENT + 1 };
  const da_shape shape = {.n_rows = 1, .n_inputs = 1, .n_embedding = 1, .n_hidden = 1};
  uint32_t first[N + 1] = {0};
  for (uint32_t j = 0; j < N; j++) first[j + 1] = first[j] + (j % 2 ? LONG : SHORT);
  uint32_t *rows = da_mem_calloc(first[N], sizeof *rows);
  const da_batch batch = {.n_journeys = N, .first = first, .rows = rows};
  for (int share = 0; share < 2; share++) {
    da_plan plan = {0};
    da_error err = {0};
    assert_ok(da_plan_make(&plan, &shape, &batch, &(da_plan_options){.share = share, .max_chunks = 1}, &err), err);
    uint32_t n_alone = 0;
    for (uint32_t t = 0; t < plan.n_tiles; t++) {
      const da_tile *tile = &plan.tiles[t];
      for (uint32_t p = tile->begin; p < tile->end; p++) {
        if (plan.order[p] % 2 == 0) continue;
        assert_int_equal(tile->end - tile->begin, 1);
        n_alone++;
      }
    }
    assert_int_equal(n_alone, N / 2);
    da_plan_free(&plan);
  }
  da_mem_free(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(repeated_journeys_at_the_end_make_no_chunk_too_many),
      cmocka_unit_test(a_segmented_journey_has_a_tile_to_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
