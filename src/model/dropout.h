/* Dropout masks: which units are off is a function of (seed, mask number, unit) alone, never of threads or of the order of work.
 *
 * A mask holds one scale a unit: 0 for a unit that is off, 1 / (1 - rate) for one that stays on, so that expectations are kept. */
#ifndef DA_MODEL_DROPOUT_H
#define DA_MODEL_DROPOUT_H

#include <stdint.h>

typedef enum {
  DA_MASK_INPUT,     /* seed of the masks on embeddings */
  DA_MASK_RECURRENT, /* seed of the masks on the recurrent state or weights */
} da_mask_use;

/* The seed of one use of a step's masks. */
uint64_t da_mask_seed(uint64_t step_seed, da_mask_use use);
/* scale[n_units] of mask `number`. rate is taken in steps of 2^-16; 0 <= rate < 1. */
void da_mask_fill(uint64_t seed, uint64_t number, float rate, uint32_t n_units, float *scale);

#endif
