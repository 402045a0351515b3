/* The intervals of the credit, method by method, as tables and page want them: da_run_facts.intervals.
 *
 * What they hold is the chance of having seen these users and not others, at config.credit.intervals (0: none at all).
 *   incremental, removal          their own (credit/incremental.h), which hold more
 *   methods that learn nothing    estimate +- reach x spread, the spread in closed form (credit/totals.h); so do those of a network,
 *                                 which is held as it is
 *   methods that learn            the same with the spread of their refits (credit/resample.h)
 *   shapley_predictions           none: nothing is known of the file's model */
#ifndef DA_PIPELINE_INTERVALS_H
#define DA_PIPELINE_INTERVALS_H

#include "base/mem.h"
#include "credit/fitted.h"
#include "credit/totals.h"
#include "report/facts.h"

/* facts->intervals: [fitted->n], in the arena; NULL where no method has any. input: what the methods were fitted to; its pool is used.
 * totals: theirs. */
da_status da_intervals_gather(const da_credit_input *input, const da_fitted *fitted, const da_credit_totals *totals, da_arena *arena,
                              da_run_facts *facts, da_error *err) DA_MUST_CHECK;

#endif
