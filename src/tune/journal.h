/* Results of the pieces of a search, kept as they come, so that a killed search loses none: tune/journal.json. */
#ifndef DA_TUNE_JOURNAL_H
#define DA_TUNE_JOURNAL_H

#include "tune/halving.h"

typedef struct {
  uint32_t trial, rung;
  da_tune_point point;
  da_trial_result result;
} da_journal_entry;

/* Valid as {0}. */
typedef struct {
  da_bucket *bucket; /* NULL: kept in memory alone */
  char *settings;    /* what all trials share, as JSON; owned */
  uint64_t set_checksum;
  da_journal_entry *entries; /* owned */
  size_t n, capacity;
} da_journal;

/* Reads the bucket's journal. One of other settings, of another set, or damaged, is passed over and told to the monitor. */
da_status da_journal_open(da_bucket *bucket, const char *settings, uint64_t set_checksum, const da_monitor *monitor, da_journal *journal,
                          da_error *err) DA_MUST_CHECK;
void da_journal_close(da_journal *journal);

/* The result of a piece, if the journal has it for the same point; NULL otherwise. */
const da_trial_result *da_journal_find(const da_journal *journal, uint32_t trial, uint32_t rung, const da_tune_point *point);
/* Adds a result and saves. */
da_status da_journal_add(da_journal *journal, const da_journal_entry *entry, da_error *err) DA_MUST_CHECK;
da_status da_journal_forget(da_bucket *bucket, da_error *err) DA_MUST_CHECK;

#endif
