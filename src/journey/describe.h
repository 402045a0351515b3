/* What a log holds, and what looks wrong with it, before anything is made of it.
 *
 *   journeys of the log, as the cutter gives them  ->  tally  ->  conclude: counts, lengths, problems
 *
 * Memory: the counts of lengths. */
#ifndef DA_JOURNEY_DESCRIBE_H
#define DA_JOURNEY_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "journey/cut.h"
#include "journey/feature_tally.h"
#include "journey/lengths.h"

enum {
  DA_DESCRIBE_CROWDED_TOUCHES = 1000, /* a user with more is hardly one person */
  DA_DESCRIBE_MAX_PROBLEMS = 20,
};

/* Something that the user should look at. */
typedef struct {
  const char *key;    /* "duplicates", ...: the same word every time */
  uint64_t n;         /* rows, touches, users or conversions that it concerns; the sentence says which */
  char sentence[400]; /* what was found, what it does to the result, what can be done */
} da_problem;

/* Rows that were read before any were cut; see da_impressions. */
typedef struct {
  uint64_t n_rows, n_missing_uid, n_missing_timestamp, n_missing_campaign, n_missing_conversion;
  uint64_t n_campaigns;
  bool has_value, conversions_are_events, duplicates_dropped;
  int64_t now_us; /* the moment of asking: later timestamps are in the future */
} da_describe_facts;

/* Valid as {0}; give back with da_description_free. */
typedef struct {
  da_describe_facts facts;
  da_cut_counts counts;
  da_lengths lengths;                    /* of journeys before max_len takes touches from them */
  uint64_t max_len_80, max_len_95;       /* the smallest journey_max_len that leaves 80 % and 95 % of the journeys uncut */
  uint64_t n_followed;                   /* conversions after which the user has another touch */
  uint64_t n_future, n_past;             /* touches after facts.now_us plus a day; before the year 2000 */
  uint64_t n_crowded, n_crowded_touches; /* users with more than DA_DESCRIBE_CROWDED_TOUCHES; their touches */
  double value_low, value_high;          /* of a conversion; without conversions 0 */
  uint32_t n_features;                   /* as the cutter has them; set by da_description_read_features */
  const da_feature_column *columns;      /* [n_features] */
  da_feature_tally features[DA_MAX_FEATURES];
  da_problem problems[DA_DESCRIBE_MAX_PROBLEMS];
  size_t n_problems;
  /* Of the user whose journeys are coming in. */
  uint64_t user_touches;
  bool after_conversion;
} da_description;

/* A sink of the cutter that tallies into description, whose facts.now_us must be set before. */
da_cut_sink da_description_sink(da_description *description);

/* Before the first journey, where the log has features. columns: [n]; must outlive the description. */
void da_description_read_features(da_description *description, const da_feature_column *columns, uint32_t n);

/* After the last journey: takes the facts and the cutter's counts, and names the problems. */
void da_description_conclude(da_description *description, const da_describe_facts *facts, const da_cut_counts *counts);
void da_description_free(da_description *description); /* a second call is allowed */

#endif
