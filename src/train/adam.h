/* Adam (Kingma and Ba 2015) as Keras computes it, with decoupled weight decay (Loshchilov and Hutter 2019) and clipping by the
 * gradient's global norm.
 *
 *   w <- w - rate decay w
 *   m <- m + (1 - .9) (g - m),  v <- v + (1 - .999) (g^2 - v)
 *   w <- w - rate sqrt(1 - .999^t) / (1 - .9^t) m / (sqrt(v) + 1e-7)        epsilon beside the raw sqrt(v): Keras, not PyTorch */
#ifndef DA_TRAIN_ADAM_H
#define DA_TRAIN_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/threads.h"

/* Valid as {0}. */
typedef struct {
  float *m, *v; /* [n]; owned */
  size_t n;
  uint64_t step; /* updates done: t */
} da_adam;

typedef struct {
  double learning_rate;
  double weight_decay; /* 0: none */
  double clip_norm;    /* largest norm of scale x gradient; 0: any */
  double scale;        /* g = scale x gradient: 1 / journeys of the batch */
} da_adam_options;

da_status da_adam_init(size_t n, da_adam *adam, da_error *err) DA_MUST_CHECK;
void da_adam_free(da_adam *adam); /* {0} and a second call allowed */
/* One update of params [n]. Returns the norm of scale x gradient before clipping; where that is not finite, nothing was changed. */
double da_adam_update(da_adam *adam, const da_adam_options *options, da_pool *pool, const float *gradient, float *params);

#endif
