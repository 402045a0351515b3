/* What the page and the manifest say about a run, beside the credit itself: filled stage by stage in src/pipeline, read here.
 *
 * Texts and arrays stay the filler's and must outlive the report. {0} is a valid value of every struct: zero, NULL and n = 0 mean
 * unknown or absent, and the part of a stage that did not run is simply not shown. */
#ifndef DA_REPORT_FACTS_H
#define DA_REPORT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monitor.h"
#include "credit/totals.h"
#include "journey/set.h"
#include "store/bucket.h"

/* The raw log as it was read, and what was done with it. Counts of rows unless said otherwise. */
typedef struct {
  uint64_t n_rows;
  uint64_t n_missing_uid, n_missing_timestamp, n_missing_campaign; /* left out */
  uint64_t n_missing_conversion;                                   /* taken as not converted */
  uint64_t n_duplicates;                                           /* exact copies of an earlier row */
  bool duplicates_dropped;                                         /* false: kept and only counted */
  uint64_t n_beyond_lookback;    /* older than journey.lookback_days before the journey's last touch: left out */
  uint64_t n_beyond_max_len;     /* before the last journey.max_len touches: left out */
  uint64_t n_transformed_away;   /* left out by journey.transforms */
  uint64_t n_journeys_shortened; /* journeys that lost touches to max_len */
  bool has_input_totals;         /* the next two were counted in the input itself, before any journey was cut */
  uint64_t n_input_conversions;
  double input_value; /* NaN: no value column */
} da_data_facts;

/* The network's metrics on one set, as in model/score.json. */
typedef struct {
  uint64_t n_journeys, n_conversions;      /* n_journeys 0: no such set */
  double loss;                             /* mean binary cross-entropy */
  double auc, accuracy, precision, recall; /* NaN where undefined */
  double calibration_error;                /* expected calibration error */
} da_metric_facts;

typedef struct {
  bool present;
  uint64_t n_parameters;
  uint32_t n_embedding, n_hidden;
  uint32_t n_epochs, best_epoch; /* trained; the one whose weights were kept, counted from 1 */
  bool uses_time;
  double touches_per_second; /* in training; manifest only */
  da_metric_facts metrics[DA_N_SETS];
} da_model_facts;

/* A trial of the search over the network's settings, as in tune/trials.parquet. */
typedef struct {
  bool complete, diverged;       /* neither: stopped before its last epoch, because others did better */
  uint32_t n_epochs, best_epoch; /* trained; the best of them, counted from 1 */
  double val_loss, val_auc;      /* after that one; NaN where it diverged */
  uint64_t n_touches;            /* trained on */
  double learning_rate;
  uint32_t epochs, n_embedding, n_hidden;
  double dropout, recurrent_dropout;
} da_trial_facts;

typedef struct {
  const da_trial_facts *trials; /* in the order in which they began; NULL: no search over these journeys */
  size_t n_trials;
  size_t best; /* number of the one whose settings were taken */
} da_search_facts;

typedef struct {
  const char *program, *duckdb; /* "0.1.0", "v1.5.5" */
  const char *kernels;          /* da_engine_kernels: "avx2" */
} da_version_facts;

typedef struct {
  const char *name; /* "journeys", "train", "credit", "report" */
  double seconds;   /* manifest only: the page must not change from run to run */
  bool resumed;     /* its result was there from an earlier run */
} da_stage_facts;

typedef struct {
  da_note_level level;
  const char *sentence;
} da_note_facts;

/* Intervals of one method's conversions. */
typedef struct {
  const double *low, *high; /* [campaigns]; NULL: this method has none */
} da_interval_facts;

typedef struct {
  const char *bucket; /* its location, as given */
  uint64_t seed;
  uint32_t n_threads;        /* manifest only */
  const char *settings_json; /* da_config_print_json */
  const char *input_fingerprint;
  const da_object *inputs; /* the files read, with sizes and times */
  size_t n_inputs;
  da_data_facts data;
  da_model_facts model;
  da_search_facts search;
  da_version_facts versions;
  const da_stage_facts *stages; /* in the order they ran */
  size_t n_stages;
  const da_note_facts *notes; /* what the run told the user: what was found, done and chosen */
  size_t n_notes;
  const double *spend;                /* [campaigns], NaN where unknown; NULL: no raw/spend.* */
  const char *currency;               /* of spend and value: "EUR"; NULL unknown */
  const da_interval_facts *intervals; /* [methods of the credit totals]; NULL: none */
  double interval_coverage;           /* 0.9 */
  const double *truth;                /* [campaigns]: true incremental conversions of a simulated world (truth.json); NULL: not known */
} da_run_facts;

/* All that tables, page and manifest are made of. */
typedef struct {
  const da_journeys *set;
  const da_credit_totals *totals;
  const da_run_facts *facts;
} da_report;

#endif
