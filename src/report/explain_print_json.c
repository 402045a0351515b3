#include <math.h>

#include "report/explain_print.h"
#include "report/json.h"
#include "report/summary.h"

static void add_uid(da_json *json, cJSON *journey, const da_explanation *x) {
  const da_journeys *set = x->set;
  if (set->uid_int) {
    da_json_int(json, journey, "uid", set->uid_int[x->user]);
    return;
  }
  uint64_t begin = set->uid_end[x->user];
  da_json_slice(json, journey, "uid", (da_slice){set->uid_text + begin, set->uid_end[x->user + 1] - begin});
}

static void add_touches(da_json *json, cJSON *journey, const da_explanation *x) {
  cJSON *touches = da_json_array(json, journey, "touches");
  for (uint64_t i = 0; i < x->n; i++) {
    cJSON *touch = da_json_append_object(json, touches);
    uint64_t position = x->first + i;
    da_json_count(json, touch, "touch_index", i + 1);
    da_json_int(json, touch, "timestamp_us", x->set->time_us[position]);
    da_json_slice(json, touch, "campaign_nm", x->set->campaigns.items[x->set->campaign[position]]);
    da_json_number(json, touch, "attention", x->has_network ? (double)x->attention[i] : NAN);
    da_json_number(json, touch, "probability_after", x->has_network ? x->probability_after[i] : NAN);
    cJSON *credit = da_json_object(json, touch, "credit");
    for (size_t m = 0; m < x->fitted->n; m++) da_json_number(json, credit, x->fitted->methods[m]->name, x->credit[m][i]);
  }
}

static void add_what_ifs(da_json *json, cJSON *journey, const da_explanation *x) {
  cJSON *without = da_json_array(json, journey, "without");
  for (size_t c = 0; c < x->n_campaigns; c++) {
    cJSON *what_if = da_json_append_object(json, without);
    da_json_slice(json, what_if, "campaign_nm", x->set->campaigns.items[x->without[c].campaign]);
    da_json_count(json, what_if, "touches", x->without[c].n_touches);
    da_json_number(json, what_if, "probability", x->without[c].probability);
  }
}

static void add_journey(da_json *json, cJSON *journey, const da_explanation *x) {
  da_json_count(json, journey, "journey_id", x->journey);
  add_uid(json, journey, x);
  da_json_text(json, journey, "set", da_set_name(da_journey_set(x->set, x->journey)));
  da_json_bool(json, journey, "converted", da_journey_converted(x->set, x->journey));
  da_json_number(json, journey, "value", x->value);
  da_json_number(json, journey, "probability", x->has_network ? x->probability_after[x->n - 1] : NAN);
  da_json_number(json, journey, "probability_without_touches", x->has_network ? x->probability_of_none : NAN);
  add_touches(json, journey, x);
  cJSON *baseline = da_json_object(json, journey, "baseline");
  for (size_t m = 0; m < x->fitted->n; m++) da_json_number(json, baseline, x->fitted->methods[m]->name, x->baseline[m]);
  add_what_ifs(json, journey, x);
}

da_status da_explanations_print_json(const da_explanation *explanations, size_t n, da_text *text, da_error *err) {
  da_json json;
  da_json_begin(&json);
  cJSON *journeys = da_json_array(&json, json.root, "journeys");
  for (size_t i = 0; i < n; i++) add_journey(&json, da_json_append_object(&json, journeys), &explanations[i]);
  return da_json_end(&json, "the explanation", text, err);
}
