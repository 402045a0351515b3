#include "credit/incremental/known.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { N_CAUSED = 4 };

/* --- Writing ------------------------------------------------------------------------------------------------------------ */

/* All digits: cJSON's own numbers may lose the last bit. */
static cJSON *exact(double x) {
  char text[40];
  snprintf(text, sizeof text, "%.17g", x);
  return cJSON_CreateRaw(text);
}

static bool add_number(cJSON *to, const char *name, double x) {
  cJSON *item = exact(x);
  if (item && cJSON_AddItemToObject(to, name, item)) return true;
  cJSON_Delete(item);
  return false;
}

static bool add_numbers(cJSON *to, const char *name, const double *items, int n) {
  cJSON *array = cJSON_AddArrayToObject(to, name);
  for (int i = 0; array && i < n; i++) {
    cJSON *item = exact(items[i]);
    if (item && cJSON_AddItemToArray(array, item)) continue;
    cJSON_Delete(item);
    return false;
  }
  return array != NULL;
}

/* kept and gained, of Shapley and of removal; nothing where all of it is caused. */
static bool add_caused(cJSON *json, const da_held *held) {
  const double caused[N_CAUSED] = {held->shapley.kept, held->shapley.gained, held->removal.kept, held->removal.gained};
  bool all = caused[0] == 1 && caused[1] == 0 && caused[2] == 1 && caused[3] == 0;
  return all || add_numbers(json, "caused", caused, N_CAUSED);
}

static bool add_campaign(cJSON *list, const da_answer *answer, const da_slice *name, uint32_t k) {
  cJSON *json = cJSON_CreateObject();
  char *text = da_mem_strndup(name->data, name->length);
  bool hazard = answer->form == DA_FORM_HAZARD,
       told = hazard && answer->hazard.structure.modulated && answer->data.modulators->scheme.by_campaign;
  int n_taus = hazard ? answer->hazard.n_taus : answer->counts->n_taus;
  const double *effect = (hazard ? answer->hazard.theta : answer->journey.beta) + k * (size_t)n_taus;
  double first = 0, recency = 0;
  if (told) {
    first = answer->hazard.gamma[da_modulator_first(&answer->data.modulators->scheme, k)];
    recency = answer->hazard.gamma[da_modulator_recency(&answer->data.modulators->scheme, k)];
  } else if (!hazard && answer->journey.with_first) {
    first = answer->journey.beta[answer->counts->n_campaigns * (size_t)n_taus + k];
  }
  bool done = json && text && cJSON_AddStringToObject(json, "name", text) && add_numbers(json, "effect", effect, n_taus) &&
              add_number(json, "user", hazard ? answer->hazard.user[k] : 0) && add_number(json, "recency", recency) &&
              add_number(json, "first", first) && (!answer->held || add_caused(json, &answer->held[k]));
  da_mem_free(text);
  if (done && cJSON_AddItemToArray(list, json)) return true;
  cJSON_Delete(json);
  return false;
}

static bool add_head(cJSON *json, const da_answer *answer, bool cut_log) {
  bool hazard = answer->form == DA_FORM_HAZARD, modulated = hazard && answer->hazard.structure.modulated;
  da_modulator_scheme scheme = {0};
  double shared[DA_MAX_MODULATORS] = {0};
  if (modulated) scheme = answer->data.modulators->scheme;
  int n_shared = !modulated ? 0 : scheme.by_campaign ? 2 : (int)scheme.n;
  for (int k = 0; k < n_shared; k++) shared[k] = answer->hazard.gamma[k];
  return cJSON_AddStringToObject(json, "form", hazard ? "hazard" : "journey") &&
         cJSON_AddBoolToObject(json, "user_term", hazard && answer->hazard.structure.user_term) &&
         cJSON_AddBoolToObject(json, "modulated", modulated) && cJSON_AddBoolToObject(json, "cut_log", cut_log) &&
         cJSON_AddBoolToObject(json, "with_first", !hazard && answer->journey.with_first) &&
         add_numbers(json, "decay_days", hazard ? answer->data.exposure->tau : answer->counts->tau,
                     hazard ? answer->data.exposure->n_taus : answer->counts->n_taus) &&
         add_number(json, "gap_days", scheme.gap_days) && add_number(json, "recency_days", scheme.recency_days) &&
         cJSON_AddBoolToObject(json, "by_campaign", scheme.by_campaign) &&
         add_number(json, "base", hazard ? answer->hazard.rate : answer->journey.intercept) &&
         add_numbers(json, "shared", shared, n_shared);
}

da_status da_known_write(const da_answer *answer, bool cut_log, const da_names *campaigns, da_text *out, da_error *err) {
  cJSON *json = cJSON_CreateObject();
  cJSON *list = json && add_head(json, answer, cut_log) ? cJSON_AddArrayToObject(json, "campaigns") : NULL;
  bool done = list != NULL;
  for (uint32_t k = 0; done && k < campaigns->n; k++) done = add_campaign(list, answer, &campaigns->items[k], k);
  char *text = done ? cJSON_Print(json) : NULL;
  if (text) da_text_printf(out, "%s\n", text);
  cJSON_free(text);
  cJSON_Delete(json);
  return text ? da_text_check(out, err) : da_mem_fail(err, campaigns->n, 64, "the fit as text");
}

/* --- Reading ------------------------------------------------------------------------------------------------------------ */

static const cJSON *field(const cJSON *json, const char *name) { return cJSON_GetObjectItemCaseSensitive(json, name); }
static bool flag(const cJSON *json, const char *name) { return cJSON_IsTrue(field(json, name)); }

/* A finite number; NaN when it is missing or none. */
static double number(const cJSON *json, const char *name) {
  const cJSON *item = field(json, name);
  return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : NAN;
}

/* Reads exactly n numbers, or up to `most` for n < 0; how many, or -1 where the array is another. */
static int numbers(const cJSON *array, int n, int most, double *to) {
  int size = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : -1, i = 0;
  if (size < 0 || size > most || (n >= 0 && size != n)) return -1;
  const cJSON *item;
  cJSON_ArrayForEach(item, array) {
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) return -1;
    to[i++] = item->valuedouble;
  }
  return i;
}

static bool campaigns_are_good(const da_known *known) {
  const cJSON *list = field(known->json, "campaigns"), *item;
  double effect[DA_MAX_SCALES], caused[N_CAUSED];
  if (!cJSON_IsArray(list)) return false;
  cJSON_ArrayForEach(item, list) {
    bool good = cJSON_IsString(field(item, "name")) && numbers(field(item, "effect"), known->n_taus, DA_MAX_SCALES, effect) > 0 &&
                isfinite(number(item, "user")) && isfinite(number(item, "recency")) && isfinite(number(item, "first")) &&
                (!field(item, "caused") || numbers(field(item, "caused"), N_CAUSED, N_CAUSED, caused) > 0);
    if (!good) return false;
    for (int m = 0; m < known->n_taus && known->form == DA_FORM_HAZARD; m++) {
      if (effect[m] < 0) return false;
    }
  }
  return true;
}

static bool parse(da_known *known) {
  const cJSON *json = known->json, *form = field(json, "form");
  double shared[DA_MAX_MODULATORS];
  if (!cJSON_IsString(form)) return false;
  known->form = strcmp(form->valuestring, "journey") == 0 ? DA_FORM_JOURNEY : DA_FORM_HAZARD;
  known->structure = (da_hazard_structure){flag(json, "user_term"), flag(json, "modulated")};
  known->cut_log = flag(json, "cut_log");
  known->with_first = flag(json, "with_first");
  known->scheme = (da_modulator_scheme){
      .by_campaign = flag(json, "by_campaign"), .gap_days = number(json, "gap_days"), .recency_days = number(json, "recency_days")};
  int most = known->form == DA_FORM_JOURNEY ? DA_JOURNEY_FORM_MAX_TAUS : DA_MAX_SCALES;
  known->n_taus = numbers(field(json, "decay_days"), -1, most, known->tau);
  for (int m = 0; m < known->n_taus; m++) {
    if (!(known->tau[m] > 0)) return false;
  }
  int n_shared = numbers(field(json, "shared"), -1, DA_MAX_MODULATORS, shared), wanted = known->scheme.by_campaign ? 2 : 4;
  if (known->structure.modulated && (n_shared != wanted || !(known->scheme.gap_days > 0) || !(known->scheme.recency_days > 0)))
    return false;
  return known->n_taus > 0 && isfinite(number(json, "base")) && campaigns_are_good(known);
}

da_status da_known_read(const char *name, const char *json, size_t length, da_known *known, da_error *err) {
  *known = (da_known){.json = cJSON_ParseWithLength(json, length)};
  if (known->json && parse(known)) return DA_OK;
  da_known_free(known);
  return da_fail(err, DA_ERR_DATA, "%s: expected a fit of the incremental method as 'attribute' writes it but found something else", name);
}

void da_known_free(da_known *known) {
  cJSON_Delete(known->json);
  *known = (da_known){0};
}

/* --- By name ------------------------------------------------------------------------------------------------------------ */

/* The index of every campaign of the file in the log: room for all; campaigns->n for those that the log lacks. */
static uint32_t place_of(const da_names *campaigns, const char *name) {
  da_slice wanted = {name, strlen(name)};
  size_t low = 0, high = campaigns->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (da_slice_compare(campaigns->items[middle], wanted) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < campaigns->n && da_slice_compare(campaigns->items[low], wanted) == 0;
  return (uint32_t)(found ? low : campaigns->n);
}

da_status da_known_hazard(const da_known *known, const da_names *campaigns, da_hazard *hazard, size_t *n_unknown, da_error *err) {
  const cJSON *item;
  size_t n_taus = (size_t)known->n_taus, n_found = 0;
  if (hazard->n_taus != known->n_taus) return da_fail(err, DA_ERR_INTERNAL, "expected the decay times of the known fit but found others");
  da_modulator_scheme scheme = known->scheme;
  scheme.n_campaigns = hazard->n_campaigns;
  memset(hazard->theta, 0, campaigns->n * n_taus * sizeof *hazard->theta);
  memset(hazard->gamma, 0, hazard->n_modulators * sizeof *hazard->gamma);
  hazard->rate = number(known->json, "base");
  if (known->structure.modulated) numbers(field(known->json, "shared"), -1, DA_MAX_MODULATORS, hazard->gamma);
  cJSON_ArrayForEach(item, field(known->json, "campaigns")) {
    uint32_t k = place_of(campaigns, field(item, "name")->valuestring);
    if (k == campaigns->n) continue;
    n_found++;
    numbers(field(item, "effect"), known->n_taus, DA_MAX_SCALES, hazard->theta + k * n_taus);
    hazard->user[k] = number(item, "user");
    if (!known->structure.modulated || !scheme.by_campaign) continue;
    hazard->gamma[da_modulator_recency(&scheme, k)] = number(item, "recency");
    hazard->gamma[da_modulator_first(&scheme, k)] = number(item, "first");
  }
  *n_unknown = campaigns->n - n_found;
  return DA_OK;
}

da_status da_known_journey(const da_known *known, const da_names *campaigns, da_journey_form *form, size_t *n_unknown, da_error *err) {
  const cJSON *item;
  size_t n_taus = (size_t)known->n_taus, n = campaigns->n * (n_taus + known->with_first), n_found = 0;
  *form = (da_journey_form){.with_first = known->with_first, .n = n, .intercept = number(known->json, "base")};
  form->beta = da_mem_calloc(n + 1, sizeof *form->beta);
  if (!form->beta) return da_mem_fail(err, n + 1, sizeof *form->beta, "the parameters of the journey form");
  cJSON_ArrayForEach(item, field(known->json, "campaigns")) {
    uint32_t k = place_of(campaigns, field(item, "name")->valuestring);
    if (k == campaigns->n) continue;
    n_found++;
    numbers(field(item, "effect"), known->n_taus, DA_MAX_SCALES, form->beta + k * n_taus);
    if (known->with_first) form->beta[campaigns->n * n_taus + k] = number(item, "first");
  }
  form->beta[n] = form->intercept;
  *n_unknown = campaigns->n - n_found;
  return DA_OK;
}

uint32_t da_known_held(const da_known *known, const da_names *campaigns, da_held *held) {
  const cJSON *item;
  double caused[N_CAUSED];
  uint32_t n = 0;
  for (size_t k = 0; k < campaigns->n; k++) held[k] = (da_held){.shapley = {.kept = 1}, .removal = {.kept = 1}};
  cJSON_ArrayForEach(item, field(known->json, "campaigns")) {
    uint32_t k = place_of(campaigns, field(item, "name")->valuestring);
    if (k == campaigns->n || numbers(field(item, "caused"), N_CAUSED, N_CAUSED, caused) < 0) continue;
    held[k] = (da_held){.shapley = {caused[0], caused[1]}, .removal = {caused[2], caused[3]}};
    n++;
  }
  return n;
}
