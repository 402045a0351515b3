/* The slots and threads of a search (tune.h): gives out pieces of work by its own clock, trains them, hands results to halving.h. */
#ifndef DA_TUNE_TUNE_SEARCH_H
#define DA_TUNE_TUNE_SEARCH_H

#include "tune/journal.h"
#include "tune/tune.h"

/* Runs the whole search; halving was begun. journal: results that are known, and where new ones are kept. */
da_status da_search_run(const da_tune_job *job, da_halving *halving, da_journal *journal, da_error *err) DA_MUST_CHECK;

#endif
