/* config.yaml: every setting of a run, with defaults, checked before work starts.
 *
 * in: YAML text (or none), then "--set key=value" texts -> out: da_config.
 * Keys of the original project are accepted as they are (bucket_nm, journey_max_len, hp_tuning_nb_iterations, and per job
 * instance_type and instance_count). One table in config.c names every key with its type, range, default and help line;
 * `deepattribution --help config` and docs/ print that table. An unknown key, a wrong type or an impossible value is
 * DA_ERR_CONFIG with file, line, key, what was expected, what was found, and the nearest known key. */
#ifndef DA_STORE_CONFIG_H
#define DA_STORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/text.h"

typedef struct {
  const char **items;
  size_t n;
} da_text_list;

typedef enum { DA_SPLIT_USER, DA_SPLIT_TIME, DA_SPLIT_COLUMN } da_split_by;

/* What a column of the input is called; NULL: the default name of design 2, or one recognised without doubt. */
typedef struct {
  const char *uid, *timestamp, *campaign, *conversion, *value;
  const char *cost;            /* money paid for the touch, for budget replay */
  da_text_list touch_features; /* columns that describe a touch: device, format */
  da_text_list user_features;  /* columns that describe a user: age, region */
} da_config_columns;

typedef struct {
  double lookback_days;    /* 0: no limit */
  double gap_days;         /* 0: no cut at gaps */
  uint64_t max_len;        /* journey_max_len: the LAST n touches are kept; 0: all */
  da_text_list transforms; /* "unique", "exposure", "remove_if_not_all(Direct)" ...; parsed by journey/transform.h */
  bool drop_duplicates;    /* exact duplicate rows: kept and counted (false), or dropped and counted */
} da_config_journey;

typedef struct {
  da_split_by by;
  double fractions[3]; /* train, val, test; sum 1 */
  const char *column;  /* by column: its values are train, val or test */
} da_config_split;

typedef enum { DA_SWITCH_AUTO, DA_SWITCH_ON, DA_SWITCH_OFF } da_switch;

/* What shares a dropout mask: all journeys of a step of training, or the touches of one journey, as Keras has it (model/engine.h). */
typedef enum { DA_DROPOUT_PER_STEP, DA_DROPOUT_PER_JOURNEY } da_dropout_per;

typedef struct {
  uint32_t n_embedding, n_hidden;
  double dropout, recurrent_dropout;
  da_dropout_per dropout_per;
  da_switch time;  /* time inputs; auto: where timestamps vary */
  bool time_decay; /* the paper's decay in the attention */
} da_config_model;

typedef struct {
  uint32_t epochs;
  uint32_t batch_size; /* journeys; 0: chosen */
  double learning_rate;
  uint32_t patience;              /* epochs without a better validation loss */
  bool oversample;                /* converting journeys up to parity; the prior is corrected afterwards */
  double weight_decay, clip_norm; /* 0: none */
} da_config_training;

typedef struct {
  da_text_list methods;       /* empty: all that apply */
  double half_life_days;      /* time_decay; 7 */
  double position_weights[2]; /* position_based: first, last; .4 .4, the rest between */
  da_text_list direct;        /* last_non_direct: campaigns that are direct visits; empty: the usual names of them */
  uint32_t markov_order;      /* 1 .. 4; 0: chosen on held-out journeys */
  double intervals;           /* coverage of the intervals, 0.9; 0: none */
  uint32_t bootstrap;         /* resamples behind the intervals */
  const char *predictions;    /* of the user's own, for shapley_predictions: a file; NULL */
  da_text_list lift;          /* "campaign=N+-se" */
  const char *lift_file;      /* more of them (pipeline/experiments.h); NULL: raw/lift.csv, where there is one */
} da_config_credit;

typedef struct {
  const char *endpoint, *region, *url_style, *profile; /* NULL: see store/bucket_s3_settings.h */
  const char *cache_folder;                            /* NULL: in the user's cache */
  bool use_ssl, requester_pays, anonymous;
  uint32_t timeout_seconds, retries;
  uint64_t part_bytes;
} da_config_s3;

/* Where the credit tables go beside the bucket (store/warehouse.h). */
typedef struct {
  const char *postgres; /* a connection, as libpq takes it; NULL: nowhere */
  const char *schema;   /* NULL: deepattribution */
} da_config_destination;

/* A job of the original, run on SageMaker. */
typedef enum { DA_JOB_FEATURE_ENGINEERING, DA_JOB_PREPROCESSING, DA_JOB_TRAINING, DA_JOB_PREDICTION, DA_JOB_REPORT, DA_N_JOBS } da_job;
typedef struct {
  const char *instance_type;
  uint32_t instance_count;
} da_config_job;

typedef struct {
  const char *bucket_nm; /* NULL: the BUCKET argument */
  const char *source;    /* SQL instead of raw/; NULL */
  da_config_columns columns;
  da_config_journey journey;
  da_config_split split;
  da_config_model model;
  da_config_training training;
  da_config_credit credit;
  da_config_s3 s3;
  da_config_destination destination;
  da_config_job jobs[DA_N_JOBS];
  uint32_t hp_tuning_nb_iterations;
  uint64_t seed;
  uint32_t threads;      /* 0: one a processor */
  uint64_t memory_bytes; /* 0: chosen */
  da_arena texts;        /* owns every text above */
} da_config;

/* All defaults. Give back with da_config_free. */
void da_config_init(da_config *config);
void da_config_free(da_config *config);

/* Reads YAML text; name (a path or key) stands in messages. Later calls override earlier ones. */
da_status da_config_read(da_config *config, const char *name, const char *yaml, size_t length, da_error *err) DA_MUST_CHECK;
/* One "key=value", as "--set journey.gap_days=7"; value is YAML ("[a, b]" for a list). */
da_status da_config_set(da_config *config, const char *assignment, da_error *err) DA_MUST_CHECK;
/* What depends on several keys (fractions sum to 1, split.column with by: column, ...). Call once after the last change. */
da_status da_config_check(const da_config *config, da_error *err) DA_MUST_CHECK;

/* Every setting as JSON, for the manifest; never a secret. Only the sections named in `sections` ("journey split columns",
 * space separated; NULL: all): a stage's fingerprint takes those it depends on. */
void da_config_print_json(const da_config *config, const char *sections, da_text *json);
/* The table of keys for --help: key, type, default, meaning, a line each. */
void da_config_print_help(da_text *out);

#endif
