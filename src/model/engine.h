/* Forward, loss and gradients of the network over whole batches, on all threads of a pool, the same bits at any number of threads.
 *
 * A batch is cut into chunks by a rule that knows the batch alone; a thread takes a chunk with single-threaded kernels, and the
 * chunks' partial gradients are summed in a fixed binary tree over chunk numbers. */
#ifndef DA_MODEL_ENGINE_H
#define DA_MODEL_ENGINE_H

#include <stdbool.h>

#include "base/team.h"
#include "base/threads.h"
#include "model/network.h"

typedef enum { DA_KERNELS_BEST, DA_KERNELS_PLAIN, DA_KERNELS_AVX2, DA_KERNELS_AVX512 } da_kernels;

/* Masks are functions of (mask_seed, number, unit): model/dropout.h. Training only. */
typedef enum {
  /* One mask a step, on weights: on the entries of emb (dropout), as Gal and Ghahramani 2016 drop words, and of W_h
   * (recurrent_dropout), as in AWD-LSTM (Merity et al. 2017). Journeys that begin alike still share their states. */
  DA_DROPOUT_STEP,
  /* Keras': one mask a journey on x (dropout) and one on h before W_h (recurrent_dropout), the same at each of its touches. Mask
   * number: the journey's position in the batch. Slower: nothing is shared. */
  DA_DROPOUT_JOURNEY,
} da_dropout_kind;

typedef struct {
  da_kernels kernels; /* BEST: what the processor has */
  da_dropout_kind dropout_kind;
  float dropout, recurrent_dropout; /* rates, 0 <= rate < 1; 0: none */
  /* NULL: alone. Otherwise every rank calls da_engine_gradient with the same arguments, takes its share of the chunks, and gets the
   * same gradient, to the bit that of one rank. Scoring is each rank's own. Must outlive the engine. */
  const da_team *team;
} da_engine_options;

typedef struct da_engine da_engine;

/* The pool stays the caller's and must outlive the engine. */
da_status da_engine_open(const da_shape *shape, const da_engine_options *options, da_pool *pool, da_engine **engine,
                         da_error *err) DA_MUST_CHECK;
void da_engine_close(da_engine *engine);
/* "avx2", "avx512", "plain": for --version, manifests and benchmarks. */
const char *da_engine_kernels(const da_engine *engine);

/* Plans a batch ahead of its gradient (or its score, when scoring), which must follow before the batch's arrays change. May run while
 * the engine still computes the batch before. Without it, gradient and score plan their batch themselves: the results are the same. */
da_status da_engine_plan(da_engine *engine, const da_batch *batch, bool scoring, da_error *err) DA_MUST_CHECK;
/* The next gradient or score also runs errand(context, number) for number 0 .. n_errands-1, on its threads beside the arithmetic: to plan
 * the batch after, say, and to read the one after that. Done when that call returns DA_OK; perhaps not otherwise. */
void da_engine_take_along(da_engine *engine, void (*errand)(void *context, size_t number), size_t n_errands, void *context);

/* Lets the next gradient carry a mark to the other ranks; afterwards da_engine_has_mark tells whether this rank or another had set one:
 * the same answer on all. Each gradient needs its own. */
void da_engine_set_mark(da_engine *engine, bool mark);
bool da_engine_has_mark(const da_engine *engine);
/* dparams = gradient of the SUM of the losses over the batch (overwritten, not accumulated); *loss = that sum (before dropout's
 * scaling of anything). mask_seed names the dropout masks of this step. */
da_status da_engine_gradient(da_engine *engine, const float *params, const da_batch *batch, uint64_t mask_seed, float *dparams,
                             double *loss, da_error *err) DA_MUST_CHECK;
/* Without dropout. attention: [T] or NULL; logit: [B] or NULL, before the sigmoid. */
da_status da_engine_score(da_engine *engine, const float *params, const da_batch *batch, float *attention, float *logit,
                          da_error *err) DA_MUST_CHECK;

#endif
