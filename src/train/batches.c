#include "train/batches.h"

#include "base/mem.h"
#include "base/random.h"

enum { BLOCK_BITS = 10, BLOCK = 1 << BLOCK_BITS, WINDOW_BLOCKS = 256 };

struct da_batches {
  const da_journeys *set;
  uint64_t seed;
  da_batches_info info;
  bool oversample;
  uint32_t n_blocks;
  uint32_t *blocks;            /* [n_blocks], in the epoch's order */
  uint64_t *converting_before; /* [n_blocks]: converting journeys of the train split before the block, in the set's order */
  uint64_t *journeys;          /* [batch_size]: the batch handed out */
  /* The epoch so far. */
  uint64_t epoch, next_batch;
  uint64_t extra_start; /* which converting journeys get the odd copy */
  uint32_t next_block;
  /* The window: sample = place of its block among the window's blocks << BLOCK_BITS | place in the block. */
  const uint32_t *window_blocks;
  uint32_t *samples;
  size_t samples_capacity;
  uint64_t n_samples, next_sample;
};

/* ---- once ---- */

static uint64_t block_end(const da_batches *batches, uint64_t block) {
  uint64_t end = (block + 1) << BLOCK_BITS;
  return end < batches->set->n_journeys ? end : batches->set->n_journeys;
}

/* Counts the train split, block by block. Returns the touches of its converting journeys. */
static uint64_t count(da_batches *batches) {
  const da_journeys *set = batches->set;
  da_batches_info *info = &batches->info;
  uint64_t n_converting_touches = 0;
  for (uint32_t b = 0; b < batches->n_blocks; b++) {
    batches->converting_before[b] = info->n_converting;
    for (uint64_t j = (uint64_t)b << BLOCK_BITS; j < block_end(batches, b); j++) {
      if (da_journey_set(set, j) != DA_SET_TRAIN) continue;
      info->n_journeys++;
      info->n_touches += da_journey_length(set, j);
      if (!da_journey_converted(set, j)) continue;
      info->n_converting++;
      n_converting_touches += da_journey_length(set, j);
    }
  }
  return n_converting_touches;
}

static void plan(da_batches *batches, bool oversample, uint32_t batch_size) {
  da_batches_info *info = &batches->info;
  const uint64_t n_converting_touches = count(batches), n_others = info->n_journeys - info->n_converting;
  batches->oversample = oversample && info->n_converting > 0 && info->n_converting < n_others;
  info->sampling_ratio = 1;
  info->n_samples = info->n_journeys;
  info->n_sample_touches = info->n_touches;
  if (batches->oversample) {
    info->sampling_ratio = (double)n_others / (double)info->n_converting;
    info->n_samples = 2 * n_others;
    info->n_sample_touches += (uint64_t)((info->sampling_ratio - 1) * (double)n_converting_touches);
  }
  info->n_batches = info->n_samples / batch_size + (info->n_samples % batch_size != 0);
  info->batch_size = info->n_batches ? (uint32_t)(info->n_samples / info->n_batches + (info->n_samples % info->n_batches != 0)) : 0;
}

da_status da_batches_open(const da_journeys *set, uint64_t seed, bool oversample, uint32_t batch_size, da_batches **out, da_error *err) {
  *out = NULL;
  const uint64_t n_blocks = (set->n_journeys + BLOCK - 1) >> BLOCK_BITS;
  if (n_blocks > UINT32_MAX)
    return da_fail(err, DA_ERR_DATA, "expected at most 2^42 journeys but found %llu", (unsigned long long)set->n_journeys);
  da_batches *batches = da_mem_calloc(1, sizeof *batches);
  if (!batches) return da_mem_fail(err, 1, sizeof *batches, "the order of journeys");
  batches->set = set;
  batches->seed = seed;
  batches->n_blocks = (uint32_t)n_blocks;
  batches->blocks = da_mem_alloc(n_blocks, sizeof *batches->blocks);
  batches->converting_before = da_mem_alloc(n_blocks, sizeof *batches->converting_before);
  if (batches->blocks && batches->converting_before) {
    plan(batches, oversample, batch_size);
    batches->journeys = da_mem_alloc(batches->info.batch_size, sizeof *batches->journeys);
  }
  if (!batches->journeys) {
    da_batches_close(batches);
    return da_mem_fail(err, n_blocks + batch_size, sizeof(uint64_t), "the order of journeys");
  }
  *out = batches;
  return DA_OK;
}

void da_batches_close(da_batches *batches) {
  if (!batches) return;
  da_mem_free(batches->blocks);
  da_mem_free(batches->converting_before);
  da_mem_free(batches->journeys);
  da_mem_free(batches->samples);
  da_mem_free(batches);
}

const da_batches_info *da_batches_describe(const da_batches *batches) { return &batches->info; }

/* ---- an epoch ---- */

/* How often the kth converting journey comes. Over all k the copies add up to the others exactly: floor((k+1) r + s) - floor(k r + s)
 * with r = others / converting and a start s that is another in each epoch. */
static uint32_t n_copies(const da_batches *batches, uint64_t k) {
  const uint64_t n_converting = batches->info.n_converting, n_others = batches->info.n_journeys - n_converting;
  const uint64_t rest = n_others % n_converting; /* odd copies to hand out */
  return (uint32_t)(n_others / n_converting + ((k * rest + batches->extra_start) % n_converting + rest >= n_converting));
}

static da_status add_samples(da_batches *batches, uint32_t place, uint32_t block, da_error *err) {
  const da_journeys *set = batches->set;
  uint64_t k = batches->converting_before[block];
  for (uint64_t j = (uint64_t)block << BLOCK_BITS; j < block_end(batches, block); j++) {
    if (da_journey_set(set, j) != DA_SET_TRAIN) continue;
    uint32_t copies = batches->oversample && da_journey_converted(set, j) ? n_copies(batches, k++) : 1;
    void *samples = batches->samples;
    da_status status = da_mem_reserve(&samples, &batches->samples_capacity, batches->n_samples + copies, sizeof *batches->samples,
                                      "the order of journeys", err);
    batches->samples = samples;
    if (status != DA_OK) return status;
    uint32_t sample = place << BLOCK_BITS | (uint32_t)(j & (BLOCK - 1));
    for (; copies; copies--) batches->samples[batches->n_samples++] = sample;
  }
  return DA_OK;
}

/* Streams of random numbers: the epoch's order of blocks, then one a window. */
static void random_of(const da_batches *batches, uint64_t window, da_random *random) {
  da_random_init(random, da_random_hash(batches->seed, batches->epoch), window);
}

static da_status load_window(da_batches *batches, da_error *err) {
  if (batches->next_block == batches->n_blocks) return da_fail(err, DA_ERR_INTERNAL, "expected more journeys in the epoch but found none");
  batches->window_blocks = batches->blocks + batches->next_block;
  batches->n_samples = batches->next_sample = 0;
  const uint32_t left = batches->n_blocks - batches->next_block, n = left < WINDOW_BLOCKS ? left : WINDOW_BLOCKS;
  for (uint32_t i = 0; i < n; i++) DA_TRY(add_samples(batches, i, batches->window_blocks[i], err));
  batches->next_block += n;
  da_random random;
  random_of(batches, 1 + batches->next_block, &random);
  da_random_shuffle_u32(&random, batches->samples, batches->n_samples);
  return DA_OK;
}

da_status da_batches_next(da_batches *batches, const uint64_t **journeys, uint32_t *n, da_error *err) {
  *journeys = batches->journeys;
  *n = 0;
  const uint64_t n_batches = batches->info.n_batches, n_samples = batches->info.n_samples;
  if (batches->next_batch == n_batches) return DA_OK;
  /* The first batches take the one journey more that does not divide evenly. */
  const uint32_t wanted = (uint32_t)(n_samples / n_batches + (batches->next_batch < n_samples % n_batches));
  batches->next_batch++;
  for (uint32_t i = 0; i < wanted; i++) {
    while (batches->next_sample == batches->n_samples) DA_TRY(load_window(batches, err));
    uint32_t sample = batches->samples[batches->next_sample++];
    batches->journeys[i] = (uint64_t)batches->window_blocks[sample >> BLOCK_BITS] << BLOCK_BITS | (sample & (BLOCK - 1));
  }
  *n = wanted;
  return DA_OK;
}

da_status da_batches_start(da_batches *batches, uint64_t epoch, uint64_t n_skipped, da_error *err) {
  batches->epoch = epoch;
  batches->next_batch = batches->next_sample = batches->n_samples = 0;
  batches->next_block = 0;
  for (uint32_t b = 0; b < batches->n_blocks; b++) batches->blocks[b] = b;
  da_random random;
  random_of(batches, 0, &random);
  da_random_shuffle_u32(&random, batches->blocks, batches->n_blocks);
  batches->extra_start = batches->oversample ? da_random_below(&random, batches->info.n_converting) : 0;
  const uint64_t *journeys;
  uint32_t n;
  for (uint64_t i = 0; i < n_skipped; i++) DA_TRY(da_batches_next(batches, &journeys, &n, err));
  return DA_OK;
}
