#include "store/config_keys.h"

#include <string.h>

#define AT(member) offsetof(da_config, member)
#define JOB(name, number)                                                                                               \
  {name ".instance_type", DA_KEY_TEXT, AT(jobs[number].instance_type), 0, 0, NULL, "SageMaker instance of this job"}, { \
    name ".instance_count", DA_KEY_COUNT, AT(jobs[number].instance_count), 1, 1000, "1", "how many of them"             \
  }

static const da_config_key keys[] = {
    {"bucket_nm", DA_KEY_TEXT, AT(bucket_nm), 0, 0, NULL, "the bucket, where the command names none"},
    {"source", DA_KEY_TEXT, AT(source), 0, 0, NULL, "a SQL query that gives the impressions, instead of raw/"},
    {"journey_max_len", DA_KEY_LONG, AT(journey.max_len), 0, 1e9, "256", "the last n touches of a journey are kept; 0: all"},
    {"seed", DA_KEY_LONG, AT(seed), 0, 9007199254740992.0, "1", "of everything random"},
    {"threads", DA_KEY_COUNT, AT(threads), 0, 4096, "0", "0: one a processor"},
    {"memory", DA_KEY_SIZE, AT(memory_bytes), 0, 1e15, "0",
     "of the whole program while it reads and sorts; what is more spills to disk: 300MB, 4GB; 0: chosen"},
    {"hp_tuning_nb_iterations", DA_KEY_COUNT, AT(hp_tuning_nb_iterations), 1, 100000, "10", "trials of a search over settings"},

    {"columns.uid", DA_KEY_TEXT, AT(columns.uid), 0, 0, NULL, "the column that says who"},
    {"columns.timestamp", DA_KEY_TEXT, AT(columns.timestamp), 0, 0, NULL, "when"},
    {"columns.campaign", DA_KEY_TEXT, AT(columns.campaign), 0, 0, NULL, "which campaign"},
    {"columns.conversion", DA_KEY_TEXT, AT(columns.conversion), 0, 0, NULL, "whether a conversion followed"},
    {"columns.value", DA_KEY_TEXT, AT(columns.value), 0, 0, NULL, "what the conversion was worth"},
    {"columns.cost", DA_KEY_TEXT, AT(columns.cost), 0, 0, NULL, "what the touch cost"},
    {"columns.touch_features", DA_KEY_LIST, AT(columns.touch_features), 0, 0, NULL,
     "columns that describe a touch; numbers or categories: device, \"zone(category)\", \"bid(number)\""},
    {"columns.user_features", DA_KEY_LIST, AT(columns.user_features), 0, 0, NULL, "columns that describe a user, likewise"},

    {"journey.lookback_days", DA_KEY_NUMBER, AT(journey.lookback_days), 0, 36500, "0",
     "touches older than this before the last are left out; 0: none"},
    {"journey.gap_days", DA_KEY_NUMBER, AT(journey.gap_days), 0, 36500, "0", "a longer absence ends a journey; 0: never"},
    {"journey.transforms", DA_KEY_LIST, AT(journey.transforms), 0, 0, NULL,
     "unique, first, exposure, frequency, remove_if_not_all(c), remove_if_last_and_not_all(c)"},
    {"journey.drop_duplicates", DA_KEY_FLAG, AT(journey.drop_duplicates), 0, 0, "false", "leave out exact copies of a row"},

    {"split.by", DA_KEY_SPLIT_BY, AT(split.by), 0, 0, "user", "user, time or column"},
    {"split.fractions", DA_KEY_FRACTIONS, AT(split.fractions), 0, 1, "[0.8, 0.1, 0.1]", "train, val, test"},
    {"split.column", DA_KEY_TEXT, AT(split.column), 0, 0, NULL, "by column: holds train, val or test"},

    {"model.embedding", DA_KEY_COUNT, AT(model.n_embedding), 1, 4096, "20", "numbers that describe a campaign"},
    {"model.lstm", DA_KEY_COUNT, AT(model.n_hidden), 1, 4096, "64", "hidden size of the LSTM"},
    {"model.dropout", DA_KEY_NUMBER, AT(model.dropout), 0, 0.95, "0.1", "of the inputs"},
    {"model.recurrent_dropout", DA_KEY_NUMBER, AT(model.recurrent_dropout), 0, 0.95, "0.1", "of the state"},
    {"model.dropout_per", DA_KEY_DROPOUT_PER, AT(model.dropout_per), 0, 0, "step",
     "step: a mask on weights, shared by all journeys of a step; journey: Keras' masks, slower"},
    {"model.time", DA_KEY_SWITCH, AT(model.time), 0, 0, "auto", "times between touches as inputs; auto: where timestamps vary"},
    {"model.time_decay", DA_KEY_FLAG, AT(model.time_decay), 0, 0, "false", "time decay in the attention"},

    {"training.epochs", DA_KEY_COUNT, AT(training.epochs), 1, 100000, "10", "at most"},
    {"training.batch_size", DA_KEY_COUNT, AT(training.batch_size), 0, 10000000, "0", "journeys a step; 0: chosen"},
    {"training.learning_rate", DA_KEY_NUMBER, AT(training.learning_rate), 1e-9, 10, "0.001",
     "of Adam; for a chosen batch_size that of 16 journeys, times sqrt(batch / 16)"},
    {"training.patience", DA_KEY_COUNT, AT(training.patience), 1, 100000, "3", "epochs without a better validation loss"},
    {"training.oversample", DA_KEY_FLAG, AT(training.oversample), 0, 0, "false",
     "converting journeys up to parity; probabilities are corrected"},
    {"training.weight_decay", DA_KEY_NUMBER, AT(training.weight_decay), 0, 1, "0", "of AdamW"},
    {"training.clip_norm", DA_KEY_NUMBER, AT(training.clip_norm), 0, 1e6, "1", "longest gradient; 0: any"},

    {"credit.methods", DA_KEY_LIST, AT(credit.methods), 0, 0, NULL, "attribution methods; empty: all that apply"},
    {"credit.half_life_days", DA_KEY_NUMBER, AT(credit.half_life_days), 1e-6, 36500, "7", "of time_decay"},
    {"credit.position_weights", DA_KEY_PAIR, AT(credit.position_weights), 0, 1, "[0.4, 0.4]", "of position_based: first and last touch"},
    {"credit.direct", DA_KEY_LIST, AT(credit.direct), 0, 0, NULL, "passed over by last_non_direct; empty: Direct, (none) and the like"},
    {"credit.markov_order", DA_KEY_COUNT, AT(credit.markov_order), 0, 4, "1",
     "campaigns that markov remembers; 0: chosen on held-out journeys"},
    {"credit.intervals", DA_KEY_NUMBER, AT(credit.intervals), 0, 0.999, "0.9", "coverage of the intervals; 0: none"},
    {"credit.bootstrap", DA_KEY_COUNT, AT(credit.bootstrap), 0, 100000, "50", "resamples behind the intervals"},
    {"credit.predictions", DA_KEY_TEXT, AT(credit.predictions), 0, 0, NULL,
     "file of your own predictions, for shapley_predictions: campaigns or journey_id, and p"},
    {"credit.lift", DA_KEY_LIST, AT(credit.lift), 0, 0, NULL, "experiments: \"campaign=conversions+-standard error\""},
    {"credit.lift_file", DA_KEY_TEXT, AT(credit.lift_file), 0, 0, NULL,
     "CSV of experiments: campaign, window, incremental_conversions, se; if none is named, raw/lift.csv"},

    {"s3.endpoint", DA_KEY_TEXT, AT(s3.endpoint), 0, 0, NULL, "host:port of an S3 server other than AWS"},
    {"s3.region", DA_KEY_TEXT, AT(s3.region), 0, 0, NULL, "AWS region"},
    {"s3.url_style", DA_KEY_TEXT, AT(s3.url_style), 0, 0, NULL, "vhost or path"},
    {"s3.use_ssl", DA_KEY_FLAG, AT(s3.use_ssl), 0, 0, "true", "https"},
    {"s3.profile", DA_KEY_TEXT, AT(s3.profile), 0, 0, NULL, "of ~/.aws"},
    {"s3.requester_pays", DA_KEY_FLAG, AT(s3.requester_pays), 0, 0, "false", "who asks pays for the transfer"},
    {"s3.anonymous", DA_KEY_FLAG, AT(s3.anonymous), 0, 0, "false", "no keys: the bucket is public"},
    {"s3.timeout_seconds", DA_KEY_COUNT, AT(s3.timeout_seconds), 1, 3600, "30", "of silence, before a request is tried again"},
    {"s3.retries", DA_KEY_COUNT, AT(s3.retries), 0, 100, "8", "of a request that failed, with growing waits"},
    {"s3.part_size", DA_KEY_SIZE, AT(s3.part_bytes), 5242880, 5e9, "16MB", "of an upload; larger where 10,000 parts would not do"},
    {"s3.cache_folder", DA_KEY_TEXT, AT(s3.cache_folder), 0, 0, NULL, "local folder for copies and what is spilled"},

    {"destination.postgres", DA_KEY_TEXT, AT(destination.postgres), 0, 0, NULL,
     "credit tables go there too: \"host=db user=shop dbname=shop\", without a password"},
    {"destination.schema", DA_KEY_TEXT, AT(destination.schema), 0, 0, NULL,
     "the schema of their tables, which they replace; none: deepattribution"},

    JOB("feature_engineering", DA_JOB_FEATURE_ENGINEERING),
    JOB("preprocessing", DA_JOB_PREPROCESSING),
    JOB("training", DA_JOB_TRAINING),
    JOB("prediction", DA_JOB_PREDICTION),
    JOB("attention_report_generation", DA_JOB_REPORT),
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

const da_config_key *da_config_keys(size_t *n) {
  *n = N_KEYS;
  return keys;
}

const da_config_key *da_config_key_find(const char *path) {
  for (size_t i = 0; i < N_KEYS; i++) {
    if (strcmp(keys[i].path, path) == 0) return &keys[i];
  }
  return NULL;
}

/* People forget the section, or put the key into another: the last part alone may be what they mean. */
const da_config_key *da_config_key_nearest(const char *path) {
  const char *dot = strrchr(path, '.');
  const char *last = dot ? dot + 1 : path;
  const da_config_key *best = &keys[0];
  size_t best_distance = SIZE_MAX;
  for (size_t i = 0; i < N_KEYS; i++) {
    const char *key_dot = strrchr(keys[i].path, '.');
    size_t whole = da_text_distance(keys[i].path, path), part = da_text_distance(key_dot ? key_dot + 1 : keys[i].path, last) + 1;
    size_t distance = whole < part ? whole : part;
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = &keys[i];
  }
  return best;
}

bool da_config_is_section(const char *path) {
  size_t length = strlen(path);
  for (size_t i = 0; i < N_KEYS; i++) {
    if (strncmp(keys[i].path, path, length) == 0 && keys[i].path[length] == '.') return true;
  }
  return false;
}

const char *const *da_config_key_choices(da_config_key_type type) {
  static const char *const switches[] = {[DA_SWITCH_AUTO] = "auto", [DA_SWITCH_ON] = "on", [DA_SWITCH_OFF] = "off", NULL};
  static const char *const splits[] = {[DA_SPLIT_USER] = "user", [DA_SPLIT_TIME] = "time", [DA_SPLIT_COLUMN] = "column", NULL};
  static const char *const dropouts[] = {[DA_DROPOUT_PER_STEP] = "step", [DA_DROPOUT_PER_JOURNEY] = "journey", NULL};
  switch (type) {
  case DA_KEY_SWITCH:
    return switches;
  case DA_KEY_SPLIT_BY:
    return splits;
  case DA_KEY_DROPOUT_PER:
    return dropouts;
  default:
    return NULL;
  }
}

/* "auto, on or off" */
static void print_choices(const char *const *choices, da_text *out) {
  for (size_t i = 0; choices[i]; i++) da_text_printf(out, "%s%s", i == 0 ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
}

void da_config_key_print_expected(const da_config_key *key, da_text *out) {
  switch (key->type) {
  case DA_KEY_TEXT:
    da_text_append(out, "text");
    return;
  case DA_KEY_LIST:
    da_text_append(out, "a list of texts");
    return;
  case DA_KEY_NUMBER:
    da_text_printf(out, "a number from %.10g to %.10g", key->low, key->high);
    return;
  case DA_KEY_PAIR:
    da_text_printf(out, "a list of two numbers from %.10g to %.10g", key->low, key->high);
    return;
  case DA_KEY_FRACTIONS:
    da_text_append(out, "three numbers from 0 to 1 (train, val, test)");
    return;
  case DA_KEY_COUNT:
  case DA_KEY_LONG:
    da_text_printf(out, "a whole number from %.0f to %.0f", key->low, key->high);
    return;
  case DA_KEY_SIZE:
    da_text_append(out, "a size such as 300MB or 4GB");
    return;
  case DA_KEY_FLAG:
    da_text_append(out, "true or false");
    return;
  case DA_KEY_SWITCH:
  case DA_KEY_SPLIT_BY:
  case DA_KEY_DROPOUT_PER:
    print_choices(da_config_key_choices(key->type), out);
    return;
  }
}

bool da_config_key_is_of_job(const da_config_key *key) {
  const char *dot = strrchr(key->path, '.');
  return dot && strncmp(dot, ".instance_", 10) == 0;
}
