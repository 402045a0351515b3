#include "cli/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "report/format.h"

enum { NAME_WIDTH = 26, CELL_WIDTH = 12, MAX_COLUMNS = 7 };

static const cJSON *get(const cJSON *object, const char *name) { return cJSON_GetObjectItemCaseSensitive(object, name); }

static uint64_t get_count(const cJSON *object, const char *name) {
  const cJSON *item = get(object, name);
  return cJSON_IsNumber(item) && item->valuedouble >= 0 ? (uint64_t)item->valuedouble : 0;
}

/* NaN where there is no number. */
static double get_number(const cJSON *object, const char *name) {
  const cJSON *item = get(object, name);
  return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* Columns a text takes on a terminal: bytes that do not continue a UTF-8 character. */
static size_t width_of(const char *text, size_t length) {
  size_t width = 0;
  for (size_t i = 0; i < length; i++) width += ((unsigned char)text[i] & 0xC0) != 0x80;
  return width;
}

/* A name cut to NAME_WIDTH and padded; control characters would move the cursor, so they become '?'. */
static void add_name(da_text *out, const char *name) {
  size_t length = strlen(name), shown = 0, width = 0;
  while (shown < length && width < NAME_WIDTH) {
    shown++;
    while (shown < length && ((unsigned char)name[shown] & 0xC0) == 0x80) shown++;
    width++;
  }
  for (size_t i = 0; i < shown; i++) {
    bool control = (unsigned char)name[i] < 0x20 || name[i] == 0x7f;
    da_text_append_n(out, control ? "?" : &name[i], 1);
  }
  for (; width < NAME_WIDTH; width++) da_text_append(out, " ");
}

static void add_right(da_text *out, const char *text, size_t cell_width) {
  size_t length = strlen(text), width = width_of(text, length);
  for (; width < cell_width; width++) da_text_append(out, " ");
  da_text_append_n(out, text, length);
}

static void add_number(da_text *out, double number) {
  da_text cell = {0};
  da_format_conversions(&cell, number);
  add_right(out, da_text_cstr(&cell), CELL_WIDTH);
  da_text_free(&cell);
}

static void print_journeys(const cJSON *record) {
  char rows[32], users[32], journeys[32], conversions[32], took[32];
  printf("journeys   %s rows, %s users, %s journeys, %s conversions (%s)\n", da_terminal_count(get_count(record, "rows"), rows),
         da_terminal_count(get_count(record, "users"), users), da_terminal_count(get_count(record, "journeys"), journeys),
         da_terminal_count(get_count(record, "conversions"), conversions), da_terminal_duration(get_number(record, "seconds"), took));
}

static void print_tune(const cJSON *record) {
  char took[32];
  printf("tune       %llu trials; the best, number %llu: validation log loss %.4f (%s)\n", (unsigned long long)get_count(record, "trials"),
         (unsigned long long)get_count(record, "best_trial"), get_number(record, "val_loss"),
         da_terminal_duration(get_number(record, "seconds"), took));
  printf("           learning rate %.3g, %llu epochs, embedding %llu, lstm %llu, dropout %.3g, recurrent dropout %.3g\n",
         get_number(record, "learning_rate"), (unsigned long long)get_count(record, "epochs"),
         (unsigned long long)get_count(record, "embedding"), (unsigned long long)get_count(record, "lstm"), get_number(record, "dropout"),
         get_number(record, "recurrent_dropout"));
}

static void print_train(const cJSON *record) {
  const cJSON *test = get(get(record, "metrics"), "test");
  char took[32];
  printf("train      %llu epochs, best %llu; on test journeys:", (unsigned long long)get_count(record, "epochs"),
         (unsigned long long)get_count(record, "best_epoch"));
  double auc = get_number(test, "auc"), loss = get_number(test, "loss");
  if (!isnan(auc)) printf(" AUC %.3f,", auc);
  if (!isnan(loss)) printf(" log loss %.4f", loss);
  printf(" (%s)\n", da_terminal_duration(get_number(record, "seconds"), took));
}

/* The methods' names over their columns, cut to the cell. */
static void add_heading(da_text *out, const cJSON *methods, bool has_truth) {
  da_text_append(out, "\n");
  add_name(out, "credit in conversions");
  add_right(out, "touches", CELL_WIDTH);
  if (has_truth) add_right(out, "true", CELL_WIDTH);
  int column = 0;
  const cJSON *method;
  cJSON_ArrayForEach(method, methods) {
    if (column++ == MAX_COLUMNS) break;
    const char *name = cJSON_GetStringValue(get(method, "method"));
    char cell[CELL_WIDTH];
    snprintf(cell, sizeof cell, "%s", name ? name : "");
    add_right(out, cell, CELL_WIDTH);
  }
  da_text_append(out, "\n");
}

static void add_campaign(da_text *out, const cJSON *campaign, bool has_truth) {
  const char *name = cJSON_GetStringValue(get(campaign, "campaign"));
  char touches[32];
  add_name(out, name ? name : "");
  add_right(out, da_terminal_count(get_count(campaign, "touches"), touches), CELL_WIDTH);
  if (has_truth) add_number(out, get_number(campaign, "truth"));
  int column = 0;
  const cJSON *credit;
  cJSON_ArrayForEach(credit, get(campaign, "credit")) {
    if (column++ == MAX_COLUMNS) break;
    add_number(out, cJSON_IsNumber(credit) ? credit->valuedouble : NAN);
  }
  da_text_append(out, "\n");
}

/* One line of what is the same for all campaigns: the baseline, the share error. */
static void add_method_line(da_text *out, const cJSON *methods, const char *title, const char *field, bool has_truth) {
  add_name(out, title);
  add_right(out, "", CELL_WIDTH * (has_truth ? 2 : 1));
  int column = 0;
  const cJSON *method;
  cJSON_ArrayForEach(method, methods) {
    if (column++ == MAX_COLUMNS) break;
    double number = get_number(method, field);
    char cell[32];
    snprintf(cell, sizeof cell, "%.3f", number);
    if (strcmp(field, "share_error") == 0) {
      add_right(out, cell, CELL_WIDTH);
    } else {
      add_number(out, number);
    }
  }
  da_text_append(out, "\n");
}

static void print_attribute(const cJSON *record) {
  const cJSON *methods = get(record, "methods"), *campaigns = get(record, "top_campaigns"), *campaign;
  bool has_truth = cJSON_IsNumber(get(cJSON_GetArrayItem(methods, 0), "share_error"));
  da_text out = {0};
  add_heading(&out, methods, has_truth);
  cJSON_ArrayForEach(campaign, campaigns) add_campaign(&out, campaign, has_truth);
  uint64_t n_more = get_count(record, "campaigns") - (uint64_t)cJSON_GetArraySize(campaigns);
  if (n_more > 0) da_text_printf(&out, "... and %llu more campaigns, in campaign_credit.parquet\n", (unsigned long long)n_more);
  add_method_line(&out, methods, "(baseline)", "baseline", has_truth);
  add_method_line(&out, methods, "all conversions", "total", has_truth);
  if (has_truth) add_method_line(&out, methods, "mean error of the shares", "share_error", has_truth);
  int n_hidden = cJSON_GetArraySize(methods) - MAX_COLUMNS;
  if (n_hidden > 0) da_text_printf(&out, "%d more methods in the report\n", n_hidden);
  printf("%s\n", da_text_cstr(&out));
  da_text_free(&out);
}

static void print_summary(const cJSON *result, const char *bucket) {
  const cJSON *journeys = get(result, "journeys"), *tune = get(result, "tune"), *train = get(result, "train"),
              *attribute = get(result, "attribute");
  if (journeys) print_journeys(journeys);
  if (tune) print_tune(tune);
  if (train) print_train(train);
  if (attribute) print_attribute(attribute);
  const char *slash = bucket[0] && bucket[strlen(bucket) - 1] == '/' ? "" : "/";
  if (get(result, "report")) printf("report     %s%sattention_report/report.html\n", bucket, slash);
}

da_status da_summary_show(da_session *session, const cJSON *result, const da_bucket *bucket) {
  if (session->options->json) return da_session_print_json(session, result);
  da_terminal_finish(&session->terminal);
  if (!session->options->quiet) print_summary(result, da_bucket_location(bucket));
  return DA_OK;
}
