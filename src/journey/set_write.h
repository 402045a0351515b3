/* Writes a packed journey set while its journeys are being cut: a sink of the cutter.
 *
 *   open -> [user -> journey, journey, ...], ... -> finish */
#ifndef DA_JOURNEY_SET_WRITE_H
#define DA_JOURNEY_SET_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "journey/cut.h"
#include "journey/pack_write.h"
#include "journey/set.h"
#include "journey/split.h"
#include "store/config.h"

typedef struct {
  bool uid_is_text;
  bool has_value;
  bool has_conversion_us; /* conversions may come after the last touch that is kept */
  da_split_by split;
  double fractions[3];
  uint64_t seed;
  uint32_t n_features;
  const da_feature_column *features; /* [n_features]; must outlive the writer */
} da_set_shape;

typedef struct {
  da_set_shape shape;
  da_pack_writer pack;
  da_pack_stream *campaign, *time_us, *first_touch, *flags, *value, *conversion_us, *first_journey, *uid_int, *uid_end, *uid_text;
  da_pack_stream *features[DA_MAX_FEATURES];
  uint64_t n_touches, n_journeys, n_users;
  uint64_t split_seed;
  uint8_t user_set; /* by user: where the user's journeys go */
  da_spool last_us; /* by time: the last touch's time of every journey */
  da_time_split time_split;
} da_set_writer;

/* path: the caller's, until close. */
da_status da_set_writer_open(const char *path, const da_set_shape *shape, da_set_writer *writer, da_error *err) DA_MUST_CHECK;
/* Users ascending, each with at least one journey. */
da_status da_set_writer_user(da_set_writer *writer, const da_uid *uid, da_error *err) DA_MUST_CHECK;
da_status da_set_writer_journey(da_set_writer *writer, const da_cut_journey *journey, da_error *err) DA_MUST_CHECK;

/* What is known at the end of the log. */
typedef struct {
  da_names campaigns;
  const uint32_t *campaign_rank; /* NULL: codes are ranks; else the rank of each code, from da_frequency_names */
  int64_t log_start_us, log_end_us;
  uint64_t n_unattributed;
  double unattributed_value;
  const da_names *feature_values; /* [n_features], as da_log_feature_values gives them */
} da_set_ending;

da_status da_set_writer_finish(da_set_writer *writer, const da_set_ending *ending, da_error *err) DA_MUST_CHECK;
/* {0} allowed, and a second call. */
void da_set_writer_close(da_set_writer *writer);

/* The two callbacks of a da_cut_sink, with a da_set_writer as context. */
da_cut_sink da_set_writer_sink(da_set_writer *writer);

#endif
