#include "credit/incremental/lift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A window may reach this part of its length beyond the log: the first and last touch are not at midnight. */
static const double MOST_OUTSIDE = .05;

static bool find_campaign(const da_names *campaigns, const char *name, size_t length, uint32_t *index) {
  for (size_t k = 0; k < campaigns->n; k++) {
    if (campaigns->items[k].length == length && memcmp(campaigns->items[k].data, name, length) == 0) {
      *index = (uint32_t)k;
      return true;
    }
  }
  return false;
}

/* "N", "N±se" or "N+-se". */
static bool read_amount(const char *text, da_pin *pin) {
  char *end;
  pin->conversions = strtod(text, &end);
  pin->standard_error = 0;
  if (end == text || !isfinite(pin->conversions) || pin->conversions < 0) return false;
  if (*end == 0) return true;
  const char *sign = strncmp(end, "+-", 2) == 0 ? end + 2 : strncmp(end, "±", strlen("±")) == 0 ? end + strlen("±") : NULL;
  if (!sign) return false;
  pin->standard_error = strtod(sign, &end);
  return end != sign && *end == 0 && isfinite(pin->standard_error) && pin->standard_error >= 0;
}

da_status da_lift_read(const da_text_list *list, const da_names *campaigns, da_pin *pins, da_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    const char *item = list->items[i], *equals = strrchr(item, '=');
    if (!equals || !read_amount(equals + 1, &pins[i])) {
      return da_fail(err, DA_ERR_CONFIG,
                     "credit.lift: expected \"campaign=conversions\" or \"campaign=conversions+-standard error\" but found \"%s\"", item);
    }
    if (!find_campaign(campaigns, item, (size_t)(equals - item), &pins[i].campaign)) {
      return da_fail(err, DA_ERR_CONFIG, "credit.lift: expected a campaign of the log before \"=\" but found \"%s\"", item);
    }
  }
  return DA_OK;
}

/* --- Experiments from a file ---------------------------------------------------------------------------------------------- */

static bool lies_in_log(const da_experiment *experiment, const da_journeys *set) {
  if (experiment->begin_us == INT64_MIN) return true;
  double length = (double)experiment->end_us - (double)experiment->begin_us;
  double before = (double)set->log_start_us - (double)experiment->begin_us, after = (double)experiment->end_us - (double)set->log_end_us;
  return fmax(before, 0) + fmax(after, 0) <= MOST_OUTSIDE * length;
}

/* The campaign's touches in the log over those inside the experiment's window; 0 when there are none. */
static double times_as_many(const da_experiment *experiment, uint32_t campaign, const da_journeys *set) {
  uint64_t n = 0, inside = 0;
  for (uint64_t i = 0; i < set->n_touches; i++) {
    if (set->campaign[i] != campaign) continue;
    n++;
    inside += experiment->begin_us <= set->time_us[i] && set->time_us[i] < experiment->end_us;
  }
  return inside > 0 ? (double)n / (double)inside : 0;
}

static da_pin *find_pin(const da_lifts *lifts, uint32_t first, uint32_t campaign) {
  for (uint32_t p = first; p < lifts->n; p++) {
    if (lifts->pins[p].campaign == campaign) return &lifts->pins[p];
  }
  return NULL;
}

/* The mean of two results, weighted by the inverse of their variances; one that is known exactly stands alone. */
static void combine(da_pin *with, const da_pin *other) {
  if (with->standard_error == 0) return;
  if (other->standard_error == 0) {
    *with = *other;
    return;
  }
  double own = 1 / (with->standard_error * with->standard_error), its = 1 / (other->standard_error * other->standard_error);
  with->conversions = (own * with->conversions + its * other->conversions) / (own + its);
  with->standard_error = 1 / sqrt(own + its);
}

static void add_experiment(const da_experiment *experiment, const da_journeys *set, uint32_t n_given, da_lifts *lifts) {
  uint32_t campaign;
  if (!find_campaign(&set->campaigns, experiment->campaign.data, experiment->campaign.length, &campaign)) {
    lifts->n_unknown++;
    return;
  }
  for (uint32_t p = 0; p < n_given; p++) {
    if (lifts->pins[p].campaign == campaign) return;
  }
  double times = lies_in_log(experiment, set) ? times_as_many(experiment, campaign, set) : 0;
  if (times == 0) {
    lifts->n_outside++;
    return;
  }
  da_pin pin = {campaign, times * experiment->conversions, times * experiment->standard_error};
  da_pin *known = find_pin(lifts, n_given, campaign);
  if (known)
    combine(known, &pin);
  else
    lifts->pins[lifts->n++] = pin;
}

da_status da_lift_gather(const da_text_list *list, const da_experiments *experiments, const da_journeys *set, da_lifts *lifts,
                         da_error *err) {
  *lifts = (da_lifts){.n = (uint32_t)list->n};
  lifts->pins = da_mem_alloc(list->n + experiments->n, sizeof *lifts->pins);
  if (!lifts->pins) return da_mem_fail(err, list->n + experiments->n, sizeof *lifts->pins, "the experiments");
  DA_TRY(da_lift_read(list, &set->campaigns, lifts->pins, err));
  for (size_t i = 0; i < experiments->n; i++) add_experiment(&experiments->items[i], set, (uint32_t)list->n, lifts);
  return DA_OK;
}

void da_lift_free(da_lifts *lifts) {
  da_mem_free(lifts->pins);
  *lifts = (da_lifts){0};
}
