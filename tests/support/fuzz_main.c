/* Oracle: the sanitizers. Runs a fuzz target on its seeds and on changed copies of them, the same ones each time. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/fuzz.h"

enum { N_ROUNDS = 20000, MAX_CHANGES = 4, MAX_BYTES = 1 << 16 };

/* Bytes at which parsers change their minds. */
static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\\', '{', '}', '[', ']', ':', ',', '-', '.', '0', '9', 'e', '\n', ' '};

typedef struct {
  uint8_t bytes[MAX_BYTES];
  size_t n;
} input;

/* The n bytes at `from` once more, at `to`; what does not fit is left out. */
static void insert_copy(input *in, size_t from, size_t to, size_t n) {
  if (in->n + n > MAX_BYTES) return;
  uint8_t piece[64];
  memcpy(piece, in->bytes + from, n);
  memmove(in->bytes + to + n, in->bytes + to, in->n - to);
  memcpy(in->bytes + to, piece, n);
  in->n += n;
}

static void remove_piece(input *in, size_t from, size_t n) {
  memmove(in->bytes + from, in->bytes + from + n, in->n - from - n);
  in->n -= n;
}

static void change(input *in, da_random *random) {
  if (in->n == 0) return;
  size_t place = da_random_below(random, in->n), longest = in->n - place < 64 ? in->n - place : 64;
  size_t n = 1 + da_random_below(random, longest);
  switch (da_random_below(random, 6)) {
  case 0:
    in->bytes[place] ^= (uint8_t)(1u << da_random_below(random, 8));
    break;
  case 1:
    in->bytes[place] = telling[da_random_below(random, sizeof telling)];
    break;
  case 2:
    in->bytes[place] = (uint8_t)da_random_next(random);
    break;
  case 3:
    insert_copy(in, place, da_random_below(random, in->n + 1), n);
    break;
  case 4:
    remove_piece(in, place, n);
    break;
  default:
    in->n = place;
    break; /* a truncated file */
  }
}

/* The target sees a block of exactly n bytes, so that one byte too far is found. */
static void run(const input *in) {
  uint8_t *bytes = da_mem_alloc(in->n, 1);
  if (!bytes) return;
  memcpy(bytes, in->bytes, in->n);
  LLVMFuzzerTestOneInput(bytes, in->n);
  da_mem_free(bytes);
}

static bool read_seed(size_t i, input *in) {
  da_text seed = {0};
  bool there = da_fuzz_seed(i, &seed);
  in->n = seed.length < MAX_BYTES ? seed.length : MAX_BYTES;
  if (there && in->n > 0) memcpy(in->bytes, seed.data, in->n);
  da_text_free(&seed);
  return there;
}

int main(void) {
  static input seed, changed;
  size_t n_seeds = 0;
  while (read_seed(n_seeds, &seed)) {
    run(&seed);
    n_seeds++;
  }
  for (uint64_t round = 0; n_seeds > 0 && round < N_ROUNDS; round++) {
    da_random random;
    da_random_init(&random, 1, round);
    read_seed(da_random_below(&random, n_seeds), &seed);
    changed = seed;
    for (uint64_t i = 0; i <= round % MAX_CHANGES; i++) change(&changed, &random);
    run(&changed);
  }
  printf("%zu seeds, %d changed inputs\n", n_seeds, N_ROUNDS);
  return n_seeds > 0 ? 0 : 1;
}
