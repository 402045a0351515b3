#include "simulate/truth.h"

#include <cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void da_truth_free(da_truth *truth) {
  for (size_t k = 0; k < truth->n_campaigns; k++) da_mem_free(truth->campaigns[k].name);
  da_mem_free(truth->campaigns);
  da_mem_free(truth->coalitions);
  da_mem_free(truth->world);
  *truth = (da_truth){0};
}

static void print_key(da_text *json, const char *separator, const char *key) {
  da_text_append(json, separator);
  da_text_append_json(json, (da_slice){key, strlen(key)});
  da_text_append(json, ": ");
}

static void print_count(da_text *json, const char *separator, const char *key, uint64_t count) {
  print_key(json, separator, key);
  da_text_printf(json, "%" PRIu64, count);
}

static void print_number(da_text *json, const char *separator, const char *key, double number) {
  print_key(json, separator, key);
  da_text_append_json_number(json, number);
}

static void print_text(da_text *json, const char *separator, const char *key, const char *text) {
  print_key(json, separator, key);
  da_text_append_json(json, (da_slice){text, strlen(text)});
}

static void print_campaign(da_text *json, const char *separator, const da_truth_campaign *campaign) {
  da_text_append(json, separator);
  print_text(json, "{", "name", campaign->name);
  print_count(json, ", ", "touches", campaign->touches);
  print_number(json, ", ", "removal", campaign->removal);
  print_number(json, ", ", "shapley", campaign->shapley);
  print_number(json, ", ", "shapley_se", campaign->shapley_se);
  da_text_append(json, "}");
}

void da_truth_print(const da_truth *truth, da_text *json) {
  const char *next = ",\n  ";
  print_text(json, "{\n  ", "world", truth->world);
  print_count(json, next, "users", truth->n_users);
  print_count(json, next, "seed", truth->seed);
  print_key(json, next, "cut");
  da_text_append(json, truth->cut ? "true" : "false");
  print_count(json, next, "touches", truth->n_touches);
  print_count(json, next, "conversions", truth->n_conversions);
  print_number(json, next, "expected", truth->expected);
  print_number(json, next, "baseline", truth->baseline);
  print_number(json, next, "unlogged", truth->unlogged);
  print_key(json, next, "campaigns");
  for (size_t k = 0; k < truth->n_campaigns; k++) print_campaign(json, k == 0 ? "[\n    " : ",\n    ", &truth->campaigns[k]);
  da_text_append(json, "\n  ]");
  if (truth->coalitions) {
    print_key(json, next, "coalitions");
    for (size_t c = 0; c < (size_t)1 << truth->n_campaigns; c++) {
      da_text_append(json, c == 0 ? "[" : ", ");
      da_text_append_json_number(json, truth->coalitions[c]);
    }
    da_text_append(json, "]");
  }
  da_text_append(json, "\n}\n");
}

/* ---- reading ---- */

/* What is being read, for messages. */
typedef struct {
  const char *name;
  da_error *err;
} reader;

static da_status expected(const reader *in, const char *what, const char *key) DA_MUST_CHECK;
static da_status expected(const reader *in, const char *what, const char *key) {
  return da_fail(in->err, DA_ERR_DATA, "%s: expected %s in \"%s\" but found something else", in->name, what, key);
}

static da_status read_number(const reader *in, const cJSON *object, const char *key, double *number) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) return expected(in, "a finite number", key);
  *number = item->valuedouble;
  return DA_OK;
}

static da_status read_count(const reader *in, const cJSON *object, const char *key, uint64_t *count) {
  double number = 0;
  DA_TRY(read_number(in, object, key, &number));
  if (!(number >= 0 && number < 0x1p64 && number == floor(number))) return expected(in, "a count", key);
  *count = (uint64_t)number;
  return DA_OK;
}

static da_status read_text(const reader *in, const cJSON *object, const char *key, char **text) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsString(item) || !item->valuestring[0]) return expected(in, "text", key);
  *text = da_mem_strdup(item->valuestring);
  return *text ? DA_OK : da_mem_fail(in->err, strlen(item->valuestring), 1, "the truth of a log");
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static da_status check_names_differ(const reader *in, const da_truth *truth) {
  size_t n = truth->n_campaigns;
  const char **names = da_mem_alloc(n, sizeof *names);
  if (!names) return da_mem_fail(in->err, n, sizeof *names, "the truth of a log");
  for (size_t k = 0; k < n; k++) names[k] = truth->campaigns[k].name;
  qsort(names, n, sizeof *names, compare_names);
  bool differ = true;
  for (size_t k = 1; k < n; k++) differ = differ && strcmp(names[k - 1], names[k]) != 0;
  da_mem_free(names);
  return differ ? DA_OK : expected(in, "each campaign once", "campaigns");
}

static da_status read_campaigns(const reader *in, const cJSON *object, da_truth *truth) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "campaigns");
  int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
  if (n == 0) return expected(in, "a list of campaigns", "campaigns");
  truth->campaigns = da_mem_calloc((size_t)n, sizeof *truth->campaigns);
  if (!truth->campaigns) return da_mem_fail(in->err, (size_t)n, sizeof *truth->campaigns, "the truth of a log");
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    da_truth_campaign *campaign = &truth->campaigns[truth->n_campaigns++];
    DA_TRY(read_text(in, item, "name", &campaign->name));
    DA_TRY(read_count(in, item, "touches", &campaign->touches));
    DA_TRY(read_number(in, item, "removal", &campaign->removal));
    DA_TRY(read_number(in, item, "shapley", &campaign->shapley));
    DA_TRY(read_number(in, item, "shapley_se", &campaign->shapley_se));
  }
  return check_names_differ(in, truth);
}

static da_status read_coalitions(const reader *in, const cJSON *object, da_truth *truth) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "coalitions");
  if (!list) return DA_OK;
  bool few = truth->n_campaigns <= DA_TRUTH_COALITION_CAMPAIGNS;
  if (!few || !cJSON_IsArray(list) || cJSON_GetArraySize(list) != 1 << truth->n_campaigns) {
    return expected(in, "one number for each coalition of up to 8 campaigns", "coalitions");
  }
  size_t n = (size_t)1 << truth->n_campaigns, c = 0;
  truth->coalitions = da_mem_alloc(n, sizeof *truth->coalitions);
  if (!truth->coalitions) return da_mem_fail(in->err, n, sizeof *truth->coalitions, "the truth of a log");
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) return expected(in, "finite numbers", "coalitions");
    truth->coalitions[c++] = item->valuedouble;
  }
  return DA_OK;
}

static da_status read_truth(const reader *in, const cJSON *object, da_truth *truth) {
  if (!cJSON_IsObject(object)) {
    return da_fail(in->err, DA_ERR_DATA, "%s: expected a JSON object but found something else; simulate --truth writes one", in->name);
  }
  const cJSON *cut = cJSON_GetObjectItemCaseSensitive(object, "cut");
  if (!cJSON_IsBool(cut)) return expected(in, "true or false", "cut");
  truth->cut = cJSON_IsTrue(cut);
  DA_TRY(read_text(in, object, "world", &truth->world));
  DA_TRY(read_count(in, object, "users", &truth->n_users));
  DA_TRY(read_count(in, object, "seed", &truth->seed));
  DA_TRY(read_count(in, object, "touches", &truth->n_touches));
  DA_TRY(read_count(in, object, "conversions", &truth->n_conversions));
  DA_TRY(read_number(in, object, "expected", &truth->expected));
  DA_TRY(read_number(in, object, "baseline", &truth->baseline));
  DA_TRY(read_number(in, object, "unlogged", &truth->unlogged));
  DA_TRY(read_campaigns(in, object, truth));
  return read_coalitions(in, object, truth);
}

da_status da_truth_read(const char *name, const char *json, size_t length, da_truth *truth, da_error *err) {
  *truth = (da_truth){0};
  cJSON *object = cJSON_ParseWithLength(json, length);
  da_status status = read_truth(&(reader){name, err}, object, truth);
  cJSON_Delete(object);
  if (status != DA_OK) da_truth_free(truth);
  return status;
}
