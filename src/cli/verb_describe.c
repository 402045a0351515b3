/* describe INPUT: what a log holds and what looks wrong with it, before anything is made of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "journey/build.h"
#include "journey/describe.h"
#include "report/format.h"

static void print_line(const char *name, uint64_t n) {
  char count[32];
  printf("%-14s %14s\n", name, da_terminal_count(n, count));
}

static void print_counts(const da_description *d) {
  print_line("rows", d->facts.n_rows);
  print_line("users", d->counts.n_users);
  print_line("campaigns", d->facts.n_campaigns);
  print_line("journeys", d->counts.n_journeys);
  print_line("touches", d->counts.n_touches);
  print_line("conversions", d->counts.n_conversions);
  if (d->counts.n_unattributed) print_line("  unattributed", d->counts.n_unattributed);
  da_text text = {0};
  if (d->facts.has_value) {
    da_format_number(&text, d->counts.value, 2);
    printf("%-14s %14s\n", "value", da_text_cstr(&text));
  }
  da_text_clear(&text);
  if (d->counts.n_rows > 0) {
    da_format_day(&text, d->counts.log_start_us);
    da_text_append(&text, " to ");
    da_format_day(&text, d->counts.log_end_us);
    printf("%-14s %s\n", "time", da_text_cstr(&text));
  }
  da_text_free(&text);
}

static void print_lengths(const da_description *d) {
  enum { WIDTH = 40 };
  static const char bar[] = "########################################";
  da_length_bin bins[DA_LENGTHS_MAX_BINS];
  size_t n_bins = da_lengths_bins(&d->lengths, bins);
  uint64_t most = 1;
  for (size_t i = 0; i < n_bins; i++) most = bins[i].n > most ? bins[i].n : most;
  printf("\njourneys by touches\n");
  for (size_t i = 0; i < n_bins; i++) {
    char range[64], count[32];
    snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)bins[i].first, (unsigned long long)bins[i].last);
    if (bins[i].first == bins[i].last) range[strcspn(range, "-")] = 0;
    int width = (int)lround(WIDTH * (double)bins[i].n / (double)most);
    printf("%12s %14s %.*s\n", range, da_terminal_count(bins[i].n, count), width > 0 || bins[i].n == 0 ? width : 1, bar);
  }
  printf("journey_max_len %llu leaves 80 %% of the journeys uncut, %llu leaves 95 %%\n", (unsigned long long)d->max_len_80,
         (unsigned long long)d->max_len_95);
}

static void print_features(const da_description *d) {
  printf("\nfeatures\n");
  for (uint32_t f = 0; f < d->n_features; f++) {
    const da_feature_tally *tally = &d->features[f];
    char values[64], count[32];
    if (tally->n_missing == tally->n_cells)
      snprintf(values, sizeof values, "nothing");
    else if (tally->is_number)
      snprintf(values, sizeof values, "numbers, %g to %g", (double)tally->low, (double)tally->high);
    else
      snprintf(values, sizeof values, "%s value%s", da_terminal_count(tally->n_values, count), tally->n_values == 1 ? "" : "s");
    printf("  %s of %s: %s, missing in %s", d->columns[f].name, d->columns[f].of_user ? "users" : "touches", values,
           da_terminal_count(tally->n_missing, count));
    printf(" of %s %s\n", da_terminal_count(tally->n_cells, count), d->columns[f].of_user ? "journeys" : "touches");
  }
}

static void print_problems(const da_description *d) {
  printf(d->n_problems ? "\nto look at\n" : "\nnothing odd was found\n");
  for (size_t i = 0; i < d->n_problems; i++) printf("  - %s\n", d->problems[i].sentence);
}

static void print_features_json(const da_description *d, da_text *json) {
  da_text_append(json, "], \"features\": [");
  for (uint32_t f = 0; f < d->n_features; f++) {
    const da_feature_tally *tally = &d->features[f];
    const bool has_range = tally->is_number && tally->n_missing < tally->n_cells;
    const char *name = d->columns[f].name;
    da_text_append(json, f ? ", {\"column\": " : "{\"column\": ");
    da_text_append_json(json, (da_slice){name, strlen(name)});
    da_text_printf(json, ", \"of\": \"%s\", \"kind\": \"%s\", \"cells\": %llu, \"missing\": %llu, \"values\": ",
                   d->columns[f].of_user ? "user" : "touch", tally->is_number ? "number" : "category", (unsigned long long)tally->n_cells,
                   (unsigned long long)tally->n_missing);
    da_text_append_json_number(json, tally->is_number ? NAN : (double)tally->n_values);
    da_text_append(json, ", \"low\": ");
    da_text_append_json_number(json, has_range ? (double)tally->low : NAN);
    da_text_append(json, ", \"high\": ");
    da_text_append_json_number(json, has_range ? (double)tally->high : NAN);
    da_text_append(json, "}");
  }
}

static da_status print_json(da_session *session, const da_description *d) {
  da_text json = {0};
  da_text_printf(
      &json,
      "{\"rows\": %llu, \"users\": %llu, \"campaigns\": %llu, \"journeys\": %llu, \"touches\": %llu, \"conversions\": %llu, \"value\": ",
      (unsigned long long)d->facts.n_rows, (unsigned long long)d->counts.n_users, (unsigned long long)d->facts.n_campaigns,
      (unsigned long long)d->counts.n_journeys, (unsigned long long)d->counts.n_touches, (unsigned long long)d->counts.n_conversions);
  da_text_append_json_number(&json, d->facts.has_value ? d->counts.value : NAN);
  da_text_printf(
      &json, ", \"log_start_us\": %lld, \"log_end_us\": %lld, \"journey_max_len_80\": %llu, \"journey_max_len_95\": %llu, \"lengths\": [",
      (long long)d->counts.log_start_us, (long long)d->counts.log_end_us, (unsigned long long)d->max_len_80,
      (unsigned long long)d->max_len_95);
  da_length_bin bins[DA_LENGTHS_MAX_BINS];
  size_t n_bins = da_lengths_bins(&d->lengths, bins);
  for (size_t i = 0; i < n_bins; i++) {
    da_text_printf(&json, "%s{\"first\": %llu, \"last\": %llu, \"journeys\": %llu}", i ? ", " : "", (unsigned long long)bins[i].first,
                   (unsigned long long)bins[i].last, (unsigned long long)bins[i].n);
  }
  print_features_json(d, &json);
  da_text_append(&json, "], \"problems\": [");
  for (size_t i = 0; i < d->n_problems; i++) {
    da_text_printf(&json, "%s{\"key\": \"%s\", \"n\": %llu, \"sentence\": ", i ? ", " : "", d->problems[i].key,
                   (unsigned long long)d->problems[i].n);
    da_text_append_json(&json, (da_slice){d->problems[i].sentence, strlen(d->problems[i].sentence)});
    da_text_append(&json, "}");
  }
  da_text_append(&json, "]}\n");
  da_status status = da_session_print(session, &json);
  da_text_free(&json);
  return status;
}

/* A folder with a config.yaml is a bucket whose settings count. */
static da_status read_settings(da_session *session) {
  const char *input = session->options->positional[0];
  struct stat info;
  if (stat(input, &info) == 0 && S_ISDIR(info.st_mode)) DA_TRY(da_session_open_bucket(session, input, false));
  return da_session_settings(session, session->bucket);
}

static da_status read_log(da_session *session, da_impressions *impressions, da_description *d) {
  da_error *err = &session->err;
  da_cut_sink sink = da_description_sink(d);
  da_cut_counts counts = {0};
  uint64_t n_campaigns = 0;
  int64_t now_us = d->facts.now_us;
  DA_TRY(da_impressions_open(session->db, NULL, session->options->positional[0], &session->config, impressions, err));
  DA_TRY(da_impressions_audit(session->db, impressions, &session->monitor, err));
  da_description_read_features(d, impressions->features, impressions->n_features);
  session->config.journey.max_len = 0; /* whole journeys tell which limit is a good one */
  DA_TRY(da_journeys_cut(session->db, &session->config, impressions, &sink, &session->monitor, &counts, &n_campaigns, err));
  da_describe_facts facts = {.n_rows = impressions->n_rows,
                             .n_missing_uid = impressions->n_missing_uid,
                             .n_missing_timestamp = impressions->n_missing_timestamp,
                             .n_missing_campaign = impressions->n_missing_campaign,
                             .n_missing_conversion = impressions->n_missing_conversion,
                             .n_campaigns = n_campaigns,
                             .has_value = impressions->has_value || impressions->conversions_have_value,
                             .conversions_are_events = impressions->has_conversions_table,
                             .duplicates_dropped = session->config.journey.drop_duplicates,
                             .now_us = now_us};
  da_description_conclude(d, &facts, &counts);
  return DA_OK;
}

/* impressions: opened here, for what the description names; the caller's to free. */
static da_status describe(da_session *session, da_impressions *impressions, da_description *d) {
  d->facts.now_us = (int64_t)time(NULL) * 1000000;
  DA_TRY(read_settings(session));
  DA_TRY(da_session_db(session, true));
  return read_log(session, impressions, d);
}

static void print(da_session *session, const da_description *d) {
  da_terminal_finish(&session->terminal);
  print_counts(d);
  if (d->counts.n_journeys) print_lengths(d);
  if (d->n_features) print_features(d);
  print_problems(d);
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  da_description description = {0};
  da_impressions impressions = {0};
  da_status status = describe(&session, &impressions, &description);
  if (status == DA_OK && options->json) status = print_json(&session, &description);
  if (status == DA_OK && !options->json) print(&session, &description);
  da_description_free(&description);
  da_impressions_free(&impressions);
  return da_session_close(&session, status);
}

const da_verb da_verb_describe = {
    .name = "describe",
    .arguments = "INPUT",
    .summary = "What a log holds, and what looks wrong with it",
    .help = "INPUT is a file, a folder of files, or a bucket. Nothing is written.\n\n"
            "Example: deepattribution describe log.csv.gz --set columns.campaign=channel",
    .groups = DA_OPTIONS_COMMON,
    .n_positional_min = 1,
    .n_positional_max = 1,
    .run = run,
};
