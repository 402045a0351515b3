#include "model/engine_plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/random.h"

/* A journey and a key whose digits are its first touches, so that sorting by key brings equal beginnings together. */
struct da_sort_item {
  uint64_t key;
  uint32_t journey;
};
typedef struct da_sort_item sort_item;

static uint32_t length_of(const da_batch *batch, uint32_t journey) { return batch->first[journey + 1] - batch->first[journey]; }

/* What stands beside rows, where the network reads it. */
static da_status check_extras(const da_shape *shape, const da_batch *batch, da_error *err) {
  if (shape->time_decay && !batch->days_to_last)
    return da_fail(err, DA_ERR_ARG, "expected the days from each touch to its journey's last, for time decay, but found none");
  if (shape->n_user_inputs && !batch->user_rows) return da_fail(err, DA_ERR_ARG, "expected rows of user inputs but found none");
  const size_t n = (size_t)batch->n_journeys * shape->n_user_inputs;
  for (size_t k = 0; k < n; k++) {
    if (batch->user_rows[k] >= shape->n_user_rows)
      return da_fail(err, DA_ERR_DATA, "expected rows of user inputs below %u but found %u at input %zu of the batch", shape->n_user_rows,
                     batch->user_rows[k], k);
  }
  return DA_OK;
}

static da_status check_batch(const da_shape *shape, const da_batch *batch, da_error *err) {
  if (batch->n_journeys < 1) return da_fail(err, DA_ERR_ARG, "expected a batch of at least 1 journey but found none");
  if (batch->first[0] != 0) return da_fail(err, DA_ERR_ARG, "expected a batch to begin at touch 0 but found %u", batch->first[0]);
  for (uint32_t j = 0; j < batch->n_journeys; j++) {
    if (batch->first[j + 1] <= batch->first[j])
      return da_fail(err, DA_ERR_DATA, "expected at least 1 touch but found journey %u without any", j);
  }
  DA_TRY(check_extras(shape, batch, err));
  const size_t n_inputs = (size_t)batch->first[batch->n_journeys] * shape->n_inputs;
  for (size_t k = 0; k < n_inputs; k++) {
    if (batch->rows[k] >= shape->n_rows)
      return da_fail(err, DA_ERR_DATA, "expected embedding rows below %u but found %u at input %zu of the batch", shape->n_rows,
                     batch->rows[k], k);
  }
  return DA_OK;
}

static da_status reserve(da_plan *plan, const da_shape *shape, const da_batch *batch, da_error *err) {
  const size_t B = batch->n_journeys, n_inputs = (size_t)batch->first[B] * shape->n_inputs;
  const size_t n_active = n_inputs < shape->n_rows ? n_inputs : shape->n_rows;
  const struct {
    void **items;
    size_t n, item_bytes;
  } arrays[] = {
      {(void **)&plan->active_row, n_active, sizeof *plan->active_row},
      {(void **)&plan->active, n_inputs, sizeof *plan->active},
      {(void **)&plan->order, B, sizeof *plan->order},
      {(void **)&plan->n_shared, B, sizeof *plan->n_shared},
      {(void **)&plan->tiles, B, sizeof *plan->tiles},
      {(void **)&plan->chunks, B, sizeof *plan->chunks},
      {(void **)&plan->items, B, sizeof *plan->items},
      {(void **)&plan->scratch, B, sizeof *plan->scratch},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
    DA_TRY(da_mem_reserve(arrays[i].items, &plan->capacity[i], arrays[i].n, arrays[i].item_bytes, "the plan of a batch", err));
  if (!plan->index_of_row) {
    plan->index_of_row = da_mem_alloc(shape->n_rows, sizeof *plan->index_of_row);
    if (!plan->index_of_row) return da_mem_fail(err, shape->n_rows, sizeof *plan->index_of_row, "the plan of a batch");
    memset(plan->index_of_row, 0xff, shape->n_rows * sizeof *plan->index_of_row);
  }
  return DA_OK;
}

/* Numbers the rows that occur. */
static void find_active_rows(da_plan *plan, const da_shape *shape, const da_batch *batch) {
  for (uint32_t a = 0; a < plan->n_active; a++) plan->index_of_row[plan->active_row[a]] = UINT32_MAX;
  plan->n_active = 0;
  const size_t n_inputs = (size_t)batch->first[batch->n_journeys] * shape->n_inputs;
  for (size_t k = 0; k < n_inputs; k++) {
    uint32_t *index = &plan->index_of_row[batch->rows[k]];
    if (*index == UINT32_MAX) {
      *index = plan->n_active;
      plan->active_row[plan->n_active++] = batch->rows[k];
    }
    plan->active[k] = *index;
  }
}

/* ---- order ---- */

static uint32_t bit_width(uint32_t x) {
  uint32_t n = 0;
  for (; x; x >>= 1) n++;
  return n;
}

/* The first touches as digits of `bits` bits, 0 past the end; with several inputs a hash of them, which may only lose a chance to share. */
static uint64_t journey_key(const da_plan *plan, const da_shape *shape, const da_batch *batch, uint32_t journey, uint32_t bits) {
  const uint32_t I = shape->n_inputs, n = length_of(batch, journey), n_digits = 64 / bits;
  const uint32_t *active = plan->active + (size_t)batch->first[journey] * I;
  uint64_t key = 0;
  for (uint32_t t = 0; t < n && t < n_digits; t++) {
    uint64_t digit = active[(size_t)t * I] + 1;
    for (uint32_t i = 1; i < I; i++) digit = digit * 0x9e3779b97f4a7c15u + active[(size_t)t * I + i];
    if (I > 1) digit = digit * 0x9e3779b97f4a7c15u >> 48 | 1;
    key = key << bits | digit;
  }
  return n < n_digits ? key << bits * (n_digits - n) : key;
}

/* Stable, least digit first. A digit that all keys share costs nothing. The result is in *items. */
static void radix_sort(sort_item **items, sort_item **scratch, uint32_t n) {
  enum { N_DIGITS = 8, RADIX = 256 };
  uint32_t count[N_DIGITS][RADIX] = {{0}};
  for (uint32_t i = 0; i < n; i++) {
    for (int d = 0; d < N_DIGITS; d++) count[d][(*items)[i].key >> 8 * d & (RADIX - 1)]++;
  }
  for (int d = 0; d < N_DIGITS; d++) {
    if (count[d][(*items)[0].key >> 8 * d & (RADIX - 1)] == n) continue;
    uint32_t position = 0;
    for (int r = 0; r < RADIX; r++) {
      const uint32_t here = count[d][r];
      count[d][r] = position;
      position += here;
    }
    for (uint32_t i = 0; i < n; i++) (*scratch)[count[d][(*items)[i].key >> 8 * d & (RADIX - 1)]++] = (*items)[i];
    sort_item *swap = *items;
    *items = *scratch;
    *scratch = swap;
  }
}

static uint32_t count_shared(const da_plan *plan, const da_shape *shape, const da_batch *batch, uint32_t a, uint32_t b) {
  const size_t I = shape->n_inputs;
  const uint32_t *rows_a = plan->active + batch->first[a] * I, *rows_b = plan->active + batch->first[b] * I;
  const uint32_t n_a = length_of(batch, a), n_b = length_of(batch, b), n = n_a < n_b ? n_a : n_b;
  for (uint32_t t = 0; t < n; t++) {
    for (size_t i = 0; i < I; i++) {
      if (rows_a[t * I + i] != rows_b[t * I + i]) return t;
    }
  }
  return n;
}

/* A segmented journey shares with nobody. */
static void order_journeys(da_plan *plan, const da_shape *shape, const da_batch *batch, bool share) {
  const uint32_t B = batch->n_journeys;
  const uint32_t bits = shape->n_inputs == 1 ? bit_width(plan->n_active) : 16;
  plan->longest = 0;
  for (uint32_t j = 0; j < B; j++) {
    plan->items[j] = (sort_item){.key = share ? journey_key(plan, shape, batch, j, bits) : 0, .journey = j};
    if (length_of(batch, j) > plan->longest) plan->longest = length_of(batch, j);
  }
  if (share) radix_sort(&plan->items, &plan->scratch, B);
  plan->n_nodes = 0;
  for (uint32_t p = 0; p < B; p++) {
    const uint32_t journey = plan->order[p] = plan->items[p].journey, n = length_of(batch, journey);
    const bool alone = p == 0 || !share || n > DA_SEGMENT || length_of(batch, plan->order[p - 1]) > DA_SEGMENT;
    plan->n_shared[p] = alone ? 0 : count_shared(plan, shape, batch, plan->order[p - 1], journey);
    plan->n_nodes += n - plan->n_shared[p];
  }
}

/* ---- chunks and tiles ---- */

/* Cuts positions begin .. end-1, n_nodes in all, into tiles of about equal size. A tile computes its first journey whole; a segmented
 * journey has one to itself. */
static void cut_tiles(da_plan *plan, const da_batch *batch, uint32_t begin, uint32_t end, uint64_t n_nodes, uint32_t tile_nodes) {
  const uint64_t n_tiles = n_nodes / tile_nodes + 1, target = n_nodes / n_tiles + 1;
  da_tile tile = {.begin = begin, .end = begin};
  bool after_segmented = false;
  for (uint32_t p = begin; p < end; p++) {
    const uint32_t n = length_of(batch, plan->order[p]);
    const bool segmented = n > DA_SEGMENT;
    const bool full = tile.n_nodes >= target || (tile.end > tile.begin && (segmented || after_segmented));
    if (full) {
      plan->tiles[plan->n_tiles++] = tile;
      tile = (da_tile){.begin = p, .end = p};
    }
    tile.n_nodes += tile.end == tile.begin ? n : n - plan->n_shared[p];
    tile.end = p + 1;
    after_segmented = segmented;
    if (!segmented && tile.n_nodes > plan->max_tile_nodes) plan->max_tile_nodes = tile.n_nodes;
  }
  plan->tiles[plan->n_tiles++] = tile;
}

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void cut_chunks(da_plan *plan, const da_batch *batch, uint32_t max_chunks) {
  const uint32_t B = batch->n_journeys;
  const uint64_t mean = batch->first[B] / B;
  uint64_t tile_nodes = DA_TILE_JOURNEYS * mean;
  if (tile_nodes < DA_TILE_NODES) tile_nodes = DA_TILE_NODES;
  if (tile_nodes > DA_TILE_MAX_NODES) tile_nodes = DA_TILE_MAX_NODES;
  uint64_t n_chunks = plan->n_nodes / DA_CHUNK_NODES;
  if (n_chunks < DA_EVEN_CHUNKS) n_chunks = min_u64(plan->n_nodes / DA_SMALL_CHUNK_NODES, DA_EVEN_CHUNKS);
  if (n_chunks < 1) n_chunks = 1;
  if (n_chunks > 1) n_chunks -= n_chunks % (n_chunks < 4 ? 2 : 4); /* even shares for two and four threads or ranks */
  if (n_chunks > max_chunks) n_chunks = max_chunks;
  plan->n_chunks = plan->n_tiles = plan->max_tile_nodes = 0;
  uint64_t nodes_before = 0, nodes = 0; /* before this chunk; before position p */
  uint32_t begin = 0;
  for (uint32_t p = 0; p <= B; p++) {
    const bool last = p == B;
    const bool full = plan->n_chunks + 1 < n_chunks && nodes >= (plan->n_chunks + 1) * plan->n_nodes / n_chunks;
    if (p > begin && (last || full)) {
      da_chunk chunk = {.begin = plan->n_tiles};
      cut_tiles(plan, batch, begin, p, nodes - nodes_before, (uint32_t)tile_nodes);
      chunk.end = plan->n_tiles;
      for (uint32_t i = chunk.begin; i < chunk.end; i++) chunk.n_nodes += plan->tiles[i].n_nodes;
      plan->chunks[plan->n_chunks++] = chunk;
      begin = p, nodes_before = nodes;
    }
    if (!last) nodes += length_of(batch, plan->order[p]) - plan->n_shared[p];
  }
}

da_status da_plan_make(da_plan *plan, const da_shape *shape, const da_batch *batch, const da_plan_options *options, da_error *err) {
  DA_TRY(check_batch(shape, batch, err));
  DA_TRY(reserve(plan, shape, batch, err));
  find_active_rows(plan, shape, batch);
  order_journeys(plan, shape, batch, options->share);
  cut_chunks(plan, batch, options->max_chunks);
  return DA_OK;
}

void da_plan_free(da_plan *plan) {
  da_mem_free(plan->active_row);
  da_mem_free(plan->active);
  da_mem_free(plan->index_of_row);
  da_mem_free(plan->order);
  da_mem_free(plan->n_shared);
  da_mem_free(plan->tiles);
  da_mem_free(plan->chunks);
  da_mem_free(plan->items);
  da_mem_free(plan->scratch);
  *plan = (da_plan){0};
}
