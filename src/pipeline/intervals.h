/* The intervals of the credit, method by method, as tables and page want them: da_run_facts.intervals. */
#ifndef DA_PIPELINE_INTERVALS_H
#define DA_PIPELINE_INTERVALS_H

#include "base/mem.h"
#include "credit/fitted.h"
#include "report/facts.h"

/* facts->intervals: [fitted->n], in the arena; NULL where no method knows any. n_campaigns: those of the fitted set. */
da_status da_intervals_gather(const da_fitted *fitted, size_t n_campaigns, da_arena *arena, da_run_facts *facts,
                              da_error *err) DA_MUST_CHECK;

#endif
