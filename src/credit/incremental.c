#include "credit/incremental.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "credit/incremental/bootstrap.h"
#include "credit/incremental/cut.h"
#include "credit/incremental/doubt.h"
#include "credit/incremental/known.h"
#include "credit/incremental/lift.h"
#include "credit/incremental/pins.h"
#include "credit/incremental/predict.h"

/* Below these numbers of conversions nothing is compared: the plain hazard form is taken and said to be undetermined. */
enum { FEWEST_FOR_FORM = 20, FEWEST_FOR_STRUCTURE = 100 };
static const double CUT_LOG_SHARE = .02;
static const double ENOUGH_TO_BE_SURE = 2; /* standard errors */

typedef struct {
  da_timeline timeline;
  da_exposure exposure;
  da_modulators modulators;
  da_journey_counts counts;
  da_answer answer;
  da_lifts lifts;
  da_pins pins;             /* those of lifts */
  da_held *held;            /* what answer points into: by pins, or as an earlier fit tells it; NULL: nothing */
  uint32_t n_held;          /* campaigns of which an experiment spoke */
  da_pin_outcome *outcomes; /* [pins.n] */
  double *doubt_numbers;    /* what doubt points into; NULL: no other structure was fitted, or no intervals are wanted */
  da_bootstrap doubt;
  da_incremental_result result;
} incremental;

const da_incremental_result *da_incremental_result_of(const void *state) { return &((const incremental *)state)->result; }

static void close_incremental(void *state) {
  incremental *own = state;
  if (!own) return;
  da_hazard_free(&own->answer.hazard);
  da_journey_form_free(&own->answer.journey);
  da_journey_counts_free(&own->counts);
  da_modulators_free(&own->modulators);
  da_exposure_free(&own->exposure);
  da_timeline_free(&own->timeline);
  da_lift_free(&own->lifts);
  da_mem_free(own->held);
  da_mem_free(own->outcomes);
  da_mem_free(own->doubt_numbers);
  da_mem_free(own->result.campaigns);
  da_mem_free(own);
}

DA_PRINTF(3, 4) static void note(incremental *own, da_note_level level, const char *format, ...) {
  if (own->result.n_notes == DA_INCREMENTAL_MAX_NOTES) return;
  da_incremental_note *to = &own->result.notes[own->result.n_notes++];
  to->level = level;
  va_list args;
  va_start(args, format);
  vsnprintf(to->sentence, sizeof to->sentence, format, args);
  va_end(args);
}

/* --- Choosing and fitting ----------------------------------------------------------------------------------------------- */

static da_status prepare(incremental *own, const da_credit_input *input, da_error *err) {
  double scale[DA_MAX_SCALES];
  int n_scales = da_timeline_scales(&own->timeline, scale);
  DA_TRY(da_exposure_init(&own->timeline, scale, n_scales, input->pool, &own->exposure, err));
  DA_TRY(da_lift_gather(&input->config->credit.lift, &input->experiments, input->set, &own->lifts, err));
  own->pins = (da_pins){own->lifts.pins, own->lifts.n};
  own->answer.data = (da_hazard_data){.exposure = &own->exposure, .pool = input->pool};
  own->answer.counts = &own->counts;
  own->result.followed_share = da_cut_followed_share(input->set);
  return DA_OK;
}

/* Compares the two forms. The journey form must be shown: it takes a journey that ended early by converting for a short one, so where
 * users go on after conversions it makes touches look harmful. */
static da_status choose_form(incremental *own, const da_credit_input *input, da_error *err) {
  da_incremental_result *result = &own->result;
  da_hazard plain = {0};
  double longest = own->exposure.tau[own->exposure.n_taus - 1];
  DA_TRY(da_choice_journey_design(&own->timeline, longest, input->pool, &own->counts, &result->with_first, err));
  DA_TRY(da_hazard_init(&own->answer.data, da_structure_number(0), &plain, err));
  da_hazard_options options = {0};
  da_status status = da_hazard_fit(&own->answer.data, &options, &plain, err);
  if (status == DA_OK) {
    status = da_choice_form(&own->answer.data, &plain, &own->counts, result->with_first, &result->hazard_over_journey, err);
  }
  da_hazard_free(&plain);
  if (status != DA_OK) return status;
  result->form = result->hazard_over_journey.z > -ENOUGH_TO_BE_SURE ? DA_FORM_HAZARD : DA_FORM_JOURNEY;
  result->form_undetermined = fabs(result->hazard_over_journey.z) < ENOUGH_TO_BE_SURE;
  return DA_OK;
}

static bool wants_intervals(const incremental *own, const da_config_credit *config) {
  return config->intervals > 0 && config->bootstrap > 1 && own->exposure.n_rows > 0 && !own->result.known;
}

static da_bootstrap spread_at(double *numbers, size_t n) {
  return (da_bootstrap){.shapley = numbers, .removal = numbers + n, .shapley_share = numbers + 2 * n, .removal_share = numbers + 3 * n};
}

static da_status doubt_structure(incremental *own, const da_hazard fits[], da_pool *pool, da_error *err) {
  size_t n = own->result.n_campaigns;
  own->doubt_numbers = da_mem_alloc(4 * n, sizeof *own->doubt_numbers);
  if (!own->doubt_numbers) return da_mem_fail(err, 4 * n, sizeof *own->doubt_numbers, "the credit by other structures");
  own->doubt = spread_at(own->doubt_numbers, n);
  return da_doubt_measure(&own->answer, fits, own->result.over_plain, &own->pins, pool, &own->doubt, err);
}

static da_status fit_hazard(incremental *own, const da_credit_input *input, da_error *err) {
  da_incremental_result *result = &own->result;
  da_exposure *e = &own->exposure;
  bool enough = e->n_rows >= FEWEST_FOR_STRUCTURE;
  result->cut_log = result->followed_share < CUT_LOG_SHARE && e->n_rows >= FEWEST_FOR_FORM;
  if (result->cut_log) DA_TRY(da_cut_fill_gaps(e, input->pool, err));
  da_modulator_scheme scheme = da_modulator_scheme_for(e->n_campaigns, e->tau[e->n_taus - 1]);
  DA_TRY(da_modulators_init(&own->timeline, &scheme, input->pool, &own->modulators, err));
  own->answer.data.modulators = &own->modulators;
  bool allowed[DA_N_STRUCTURES] = {true, enough && !result->cut_log, enough, enough && !result->cut_log};
  da_hazard fits[DA_N_STRUCTURES];
  int best = 0;
  da_status status = da_choice_structure(&own->answer.data, allowed, input->monitor, fits, result->over_plain, &best, err);
  if (status == DA_OK) {
    own->answer.hazard = fits[best];
    result->structure = own->answer.hazard.structure;
    if (wants_intervals(own, &input->config->credit)) status = doubt_structure(own, fits, input->pool, err);
    fits[best] = (da_hazard){0};
  }
  for (int s = 0; s < DA_N_STRUCTURES; s++) da_hazard_free(&fits[s]);
  result->n_scales = e->n_taus;
  memcpy(result->scale_days, e->tau, (size_t)e->n_taus * sizeof *e->tau);
  return status;
}

static da_status fit_journey(incremental *own, const da_credit_input *input, da_error *err) {
  own->result.n_scales = own->counts.n_taus;
  memcpy(own->result.scale_days, own->counts.tau, (size_t)own->counts.n_taus * sizeof *own->counts.tau);
  return da_journey_form_fit(&own->counts, own->result.with_first, NULL, NULL, input->pool, &own->answer.journey, err);
}

static bool time_stands_still(const da_timeline *timeline) { return timeline->end <= 2 * timeline->unit; }

static da_status choose_and_fit(incremental *own, const da_credit_input *input, da_error *err) {
  da_incremental_result *result = &own->result;
  if (own->exposure.n_rows >= FEWEST_FOR_FORM && !time_stands_still(&own->timeline)) {
    DA_TRY(choose_form(own, input, err));
  } else {
    result->form_undetermined = true;
    result->form = DA_FORM_HAZARD;
  }
  own->answer.form = result->form;
  return result->form == DA_FORM_HAZARD ? fit_hazard(own, input, err) : fit_journey(own, input, err);
}

/* --- An earlier fit ----------------------------------------------------------------------------------------------------- */

static da_status take_hazard(incremental *own, const da_known *known, const da_credit_input *input, size_t *n_unknown, da_error *err) {
  da_exposure *e = &own->exposure;
  own->result.cut_log = known->cut_log;
  if (known->cut_log) DA_TRY(da_cut_fill_gaps(e, input->pool, err));
  if (known->structure.modulated) {
    da_modulator_scheme scheme = known->scheme;
    scheme.n_campaigns = e->n_campaigns;
    scheme.n = scheme.by_campaign ? 2 + 2 * e->n_campaigns : 4;
    DA_TRY(da_modulators_init(&own->timeline, &scheme, input->pool, &own->modulators, err));
    own->answer.data.modulators = &own->modulators;
  }
  own->result.structure = known->structure;
  DA_TRY(da_hazard_init(&own->answer.data, known->structure, &own->answer.hazard, err));
  return da_known_hazard(known, &input->set->campaigns, &own->answer.hazard, n_unknown, err);
}

static da_status take_journey(incremental *own, const da_known *known, const da_credit_input *input, size_t *n_unknown, da_error *err) {
  DA_TRY(da_journey_counts_init(&own->timeline, known->tau, known->n_taus, input->pool, &own->counts, err));
  own->result.with_first = known->with_first;
  return da_known_journey(known, &input->set->campaigns, &own->answer.journey, n_unknown, err);
}

static da_status take(incremental *own, const da_known *known, const da_credit_input *input, size_t *n_unknown, da_error *err) {
  DA_TRY(da_exposure_init(&own->timeline, known->tau, known->n_taus, input->pool, &own->exposure, err));
  own->answer.data = (da_hazard_data){.exposure = &own->exposure, .pool = input->pool};
  own->answer.counts = &own->counts;
  own->answer.form = own->result.form = known->form;
  own->result.followed_share = da_cut_followed_share(input->set);
  own->result.n_scales = known->n_taus;
  memcpy(own->result.scale_days, known->tau, (size_t)known->n_taus * sizeof *known->tau);
  if (known->form == DA_FORM_HAZARD)
    DA_TRY(take_hazard(own, known, input, n_unknown, err));
  else
    DA_TRY(take_journey(own, known, input, n_unknown, err));
  own->held = da_mem_alloc(input->set->campaigns.n, sizeof *own->held);
  if (!own->held) return da_mem_fail(err, input->set->campaigns.n, sizeof *own->held, "what experiments hold");
  own->n_held = da_known_held(known, &input->set->campaigns, own->held);
  own->answer.held = own->held;
  return DA_OK;
}

/* Prepares this log for the parameters of another one's fit. */
static da_status take_known(incremental *own, const da_credit_input *input, da_error *err) {
  da_known known;
  size_t n_unknown = 0;
  DA_TRY(da_known_read("the fit of the incremental method", input->known_incremental.data, input->known_incremental.length, &known, err));
  own->result.known = true;
  da_status status = take(own, &known, input, &n_unknown, err);
  da_known_free(&known);
  note(own, DA_NOTE_INFO, "Incremental credit is that of an earlier fit, carried over to this log; it has no intervals.");
  if (n_unknown > 0) {
    note(own, DA_NOTE_WARNING, "%zu campaigns of this log were unknown to the earlier fit and get no incremental credit: fit again.",
         n_unknown);
  }
  return status;
}

da_status da_incremental_write(const void *state, da_text *json, da_error *err) {
  const incremental *own = state;
  return da_known_write(&own->answer, own->result.cut_log, &own->timeline.set->campaigns, json, err);
}

/* --- Totals and intervals ----------------------------------------------------------------------------------------------- */

static da_estimate estimate(double value, double sd, double reach, double least) {
  return (da_estimate){value, fmax(value - reach * sd, fmin(least, value)), value + reach * sd};
}

static double positive_sum(const double *x, size_t n) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += fmax(x[k], 0);
  return sum > 0 ? sum : 1;
}

static double both(double sampling, double choice) { return sqrt(sampling * sampling + choice * choice); }

/* Sampling and choice are taken as independent. */
static void add_doubt(const da_bootstrap *doubt, size_t n, da_bootstrap *spread) {
  for (size_t k = 0; k < n; k++) {
    spread->shapley[k] = both(spread->shapley[k], doubt->shapley[k]);
    spread->removal[k] = both(spread->removal[k], doubt->removal[k]);
    spread->shapley_share[k] = both(spread->shapley_share[k], doubt->shapley_share[k]);
    spread->removal_share[k] = both(spread->removal_share[k], doubt->removal_share[k]);
  }
  spread->baseline = both(spread->baseline, doubt->baseline);
}

static void set_campaigns(incremental *own, const da_answer_totals *totals, const da_bootstrap *spread, double reach) {
  da_incremental_result *result = &own->result;
  double shapley_sum = positive_sum(totals->shapley, result->n_campaigns), removal_sum = positive_sum(totals->removal, result->n_campaigns);
  for (uint32_t k = 0; k < result->n_campaigns; k++) {
    da_incremental_campaign *to = &result->campaigns[k];
    *to = (da_incremental_campaign){.without_pin = NAN};
    to->shapley = estimate(totals->shapley[k], spread->shapley[k], reach, -INFINITY);
    to->removal = estimate(totals->removal[k], spread->removal[k], reach, -INFINITY);
    to->shapley_share = estimate(fmax(totals->shapley[k], 0) / shapley_sum, spread->shapley_share[k], reach, 0);
    to->removal_share = estimate(fmax(totals->removal[k], 0) / removal_sum, spread->removal_share[k], reach, 0);
  }
  result->baseline = estimate(totals->baseline, spread->baseline, reach, 0);
}

/* Holds what the experiments found in the credit of the fit. */
static da_status hold_pins(incremental *own, da_pool *pool, da_error *err) {
  if (own->pins.n == 0) return DA_OK;
  size_t n = own->result.n_campaigns;
  own->held = da_mem_alloc(n, sizeof *own->held);
  own->outcomes = da_mem_alloc(own->pins.n, sizeof *own->outcomes);
  if (!own->held || !own->outcomes) return da_mem_fail(err, n, sizeof *own->held, "the experiments");
  DA_TRY(da_pins_hold(&own->answer, &own->pins, NULL, pool, own->held, own->outcomes, err));
  own->answer.held = own->held;
  own->n_held = own->pins.n;
  return DA_OK;
}

static void set_pinned(incremental *own) {
  for (uint32_t p = 0; p < own->pins.n; p++) {
    const da_pin *pin = &own->pins.items[p];
    da_incremental_campaign *to = &own->result.campaigns[pin->campaign];
    to->pinned = true;
    to->pinned_conversions = pin->conversions;
    to->pinned_error = pin->standard_error;
    to->without_pin = own->outcomes[p].alone;
  }
}

static da_status sum_up(incremental *own, const da_credit_input *input, double *numbers, da_error *err) {
  size_t n = own->result.n_campaigns;
  const da_config_credit *config = &input->config->credit;
  da_answer_totals totals = {.shapley = numbers, .removal = numbers + n};
  da_bootstrap spread = spread_at(numbers + 2 * n, n);
  double started = da_clock_seconds(), reach = 0;
  if (wants_intervals(own, config)) {
    DA_TRY(da_bootstrap_run(&own->answer, &own->pins, config->bootstrap, input->config->seed, input->pool, input->monitor, &spread, err));
    if (own->doubt_numbers) add_doubt(&own->doubt, n, &spread);
    reach = da_bootstrap_reach(config->intervals);
    own->result.coverage = config->intervals;
    own->result.n_resamples = spread.n_done;
  }
  own->result.seconds_intervals = da_clock_seconds() - started;
  DA_TRY(da_answer_total(&own->answer, NULL, input->pool, &totals, err));
  set_campaigns(own, &totals, &spread, reach);
  set_pinned(own);
  return da_confusion_find(&own->answer, DA_INCREMENTAL_MAX_PAIRS, own->result.confused, &own->result.n_confused, err);
}

static da_status total(incremental *own, const da_credit_input *input, da_error *err) {
  size_t n = own->result.n_campaigns;
  double *numbers = da_mem_calloc(6 * n, sizeof *numbers);
  own->result.campaigns = da_mem_calloc(n, sizeof *own->result.campaigns);
  da_status status;
  if (!numbers || !own->result.campaigns)
    status = da_mem_fail(err, 6 * n, sizeof *numbers, "the credit of campaigns");
  else
    status = sum_up(own, input, numbers, err);
  da_mem_free(numbers);
  return status;
}

/* --- What to tell the user ---------------------------------------------------------------------------------------------- */

static const char *structure_words(da_hazard_structure structure) {
  static const char *const words[DA_N_STRUCTURES] = {
      "effects add up and every touch of a campaign counts alike",
      "effects add up, and users who are shown more are allowed to convert more anyway",
      "touches strengthen or weaken each other",
      "touches strengthen or weaken each other, and users who are shown more are allowed to convert more anyway",
  };
  return words[structure.user_term + 2 * structure.modulated];
}

static void explain_choice(incremental *own) {
  const da_incremental_result *result = &own->result;
  if (result->n_conversions == 0) {
    note(own, DA_NOTE_WARNING, "The log holds no conversion, so there is nothing to credit.");
    return;
  }
  if (result->form == DA_FORM_HAZARD) {
    int number = result->structure.user_term + 2 * result->structure.modulated;
    note(own, DA_NOTE_INFO,
         "Hazard form: conversions come at a rate that touches raise for a while; %s (against the plain model: log-likelihood %+.0f, "
         "z = %.1f on held-out users).",
         structure_words(result->structure), result->over_plain[number].fitted, result->over_plain[number].z);
  } else {
    note(own, DA_NOTE_INFO,
         "Journey form: each journey converts or not once, at its last touch; the time that passes afterwards tells nothing.");
  }
  if (result->hazard_over_journey.z != 0) {
    double z = result->hazard_over_journey.z;
    note(own, result->form_undetermined ? DA_NOTE_WARNING : DA_NOTE_INFO, "Held-out users speak for the %s form with z = %.1f%s.",
         z > 0 ? "hazard" : "journey", fabs(z), result->form_undetermined ? ": too little to be sure, so the hazard form was taken" : "");
  } else {
    note(own, DA_NOTE_WARNING,
         "Too few conversions (%llu) or too little time in the log to tell which form is right; the plain hazard form was taken.",
         (unsigned long long)result->n_conversions);
  }
}

static int shown_length(const da_slice *name) { return (int)(name->length < 80 ? name->length : 80); }

/* What the experiment says, how far the log alone is from it, and what is credited where that is not the experiment's number. */
static void tell_experiment(incremental *own, const da_pin *pin, const da_pin_outcome *outcome) {
  const da_slice *name = &own->timeline.set->campaigns.items[pin->campaign];
  double away = pin->standard_error > 0 ? fabs(outcome->alone - pin->conversions) / pin->standard_error : 0;
  char distance[100] = "", credited[100] = "";
  if (away > 0) snprintf(distance, sizeof distance, ", which is %.1f standard errors of the experiment away", away);
  if (pin->standard_error > 0) snprintf(credited, sizeof credited, "; together %.0f", outcome->held);
  note(own, away > 2 ? DA_NOTE_WARNING : DA_NOTE_INFO, "%.*s: the experiment says %.0f conversions, the log alone %.0f%s%s.",
       shown_length(name), name->data, pin->conversions, outcome->alone, distance, credited);
  if (outcome->credited < outcome->held - .5) {
    note(own, DA_NOTE_WARNING,
         "%.*s: only %.0f of the experiment's %.0f conversions are credited: no more follow its touches that are not other campaigns'. "
         "Is the experiment about this log?",
         shown_length(name), name->data, outcome->credited, outcome->held);
  }
}

static void tell_experiments(incremental *own) {
  if (own->lifts.n_unknown > 0) {
    note(own, DA_NOTE_WARNING, "%zu experiments are about campaigns that have no touch in the log: are their names the same?",
         own->lifts.n_unknown);
  }
  if (own->lifts.n_outside > 0) {
    note(own, DA_NOTE_WARNING, "%zu experiments were not used: their windows lie outside of the log, or hold no touch of their campaign.",
         own->lifts.n_outside);
  }
  for (uint32_t p = 0; p < own->pins.n; p++) tell_experiment(own, &own->pins.items[p], &own->outcomes[p]);
}

static void warn_of_limits(incremental *own, uint64_t n_touches_cut) {
  const da_incremental_result *result = &own->result;
  if (result->n_conversions == 0) return;
  if (result->cut_log) {
    note(own, DA_NOTE_WARNING,
         "Only %.1f %% of conversions are followed by a touch of the same user: the log seems cut at conversions. The time after them was "
         "integrated out, but users who convert anyway cannot be told apart.",
         100 * result->followed_share);
  }
  if (result->n_campaigns == 1)
    note(own, DA_NOTE_WARNING, "There is one campaign: its credit is a share of the conversions, not a comparison.");
  if (n_touches_cut > 0) {
    note(own, DA_NOTE_WARNING,
         "%llu touches beyond journey_max_len or lookback_days are unknown here: their effect went to others or to the baseline.",
         (unsigned long long)n_touches_cut);
  }
  for (size_t i = 0; i < result->n_confused; i++) {
    const da_slice *names = own->timeline.set->campaigns.items, *first = &names[result->confused[i].first];
    const da_slice *second = &names[result->confused[i].second];
    note(own, DA_NOTE_WARNING, "The log cannot tell %.*s and %.*s apart (correlation %.2f): trust their sum, not each.",
         shown_length(first), first->data, shown_length(second), second->data, result->confused[i].correlation);
  }
  tell_experiments(own);
  if (own->n_held == 0) {
    note(own, DA_NOTE_WARNING,
         "A log cannot show bursts of intent: if people see a campaign because they are about to convert, it gets credit that only an "
         "experiment can take away (--lift).");
  }
  if (result->coverage > 0) {
    note(own, DA_NOTE_INFO,
         "Intervals hold the chance of having seen these users and not others, and what other structures that fit about as well would say; "
         "not what none of them can see.");
  }
}

static void tell(incremental *own, const da_credit_input *input) {
  if (!own->result.known) explain_choice(own);
  warn_of_limits(own, input->n_touches_cut);
  for (uint32_t i = 0; i < own->result.n_notes; i++) {
    da_monitor_note(input->monitor, own->result.notes[i].level, "%s", own->result.notes[i].sentence);
  }
}

/* --- The methods -------------------------------------------------------------------------------------------------------- */

static da_status fit_incremental(const da_credit_input *input, void **state, da_error *err) {
  const da_journeys *set = input->set;
  double started = da_clock_seconds();
  incremental *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the incremental method");
  own->result = (da_incremental_result){.n_users = set->n_users, .n_touches = set->n_touches, .n_campaigns = (uint32_t)set->campaigns.n};
  da_status status = da_timeline_init(input->set, &own->timeline, err);
  own->timeline.monitor = input->monitor;
  if (input->known_incremental.data) {
    if (status == DA_OK) status = take_known(own, input, err);
  } else {
    if (status == DA_OK) status = prepare(own, input, err);
    if (status == DA_OK) status = choose_and_fit(own, input, err);
    if (status == DA_OK) status = hold_pins(own, input->pool, err);
  }
  own->result.seconds_choice = da_clock_seconds() - started;
  own->result.n_tied = own->timeline.n_tied;
  own->result.n_conversions = own->exposure.n_rows;
  if (status == DA_OK) status = total(own, input, err);
  if (status != DA_OK) {
    close_incremental(own);
    return status;
  }
  tell(own, input);
  own->answer.data.pool = NULL; /* neither need outlive the fit */
  own->timeline.monitor = NULL;
  *state = own;
  return DA_OK;
}

static uint64_t first_row_from(const da_exposure *e, uint64_t journey) {
  uint64_t low = 0, high = e->n_rows;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (e->row_journey[middle] < journey)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static da_status credit_rows(const incremental *own, const da_credit_range *range, bool removal, da_answer_space *space, double *credit,
                             double *baseline, da_error *err) {
  const da_exposure *e = &own->exposure;
  const uint64_t *first_touch = own->timeline.set->first_touch;
  for (uint64_t row = first_row_from(e, range->begin); row < e->n_rows && e->row_journey[row] < range->end; row++) {
    const da_shares *shares;
    DA_TRY(da_answer_share(&own->answer, row, space, &shares, err));
    const double *part = removal ? shares->removal : shares->shapley;
    uint64_t journey = e->row_journey[row];
    double *to = credit + (first_touch[journey] - first_touch[range->begin]), rest = 1;
    for (uint64_t j = 0; j < first_touch[journey + 1] - first_touch[journey]; j++) {
      to[j] = part[shares->player[j]] * shares->touch_part[j];
      rest -= to[j];
    }
    baseline[journey - range->begin] = rest;
  }
  return DA_OK;
}

static da_status credit_any(const void *state, const da_credit_input *input, const da_credit_range *range, bool removal, double *credit,
                            double *baseline, da_error *err) {
  const incremental *own = state;
  if (input->set->first_touch != own->timeline.set->first_touch) {
    return da_fail(err, DA_ERR_INTERNAL, "expected the journeys that the incremental method was fitted to but found another set");
  }
  da_answer_space space;
  DA_TRY(da_answer_space_init(&own->answer, &space, err));
  da_status status = credit_rows(own, range, removal, &space, credit, baseline, err);
  da_answer_space_free(&space);
  return status;
}

static da_status credit_shapley(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                double *baseline, da_error *err) {
  return credit_any(state, input, range, false, credit, baseline, err);
}

static da_status credit_removal(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                double *baseline, da_error *err) {
  return credit_any(state, input, range, true, credit, baseline, err);
}

/* The fit is carried over to the set, as to a log of other days. */
static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  da_text fit = {0};
  void *there = NULL;
  da_credit_input carried = *input;
  da_status status = da_incremental_write(state, &fit, err);
  carried.monitor = NULL;
  carried.known_incremental = (da_slice){fit.data, fit.length};
  if (status == DA_OK) status = fit_incremental(&carried, &there, err);
  if (status == DA_OK) da_answer_predict(&((const incremental *)there)->answer, logit);
  close_incremental(there);
  da_text_free(&fit);
  return status;
}

const da_method da_method_incremental = {
    .name = "incremental",
    .title = "Incremental",
    .explanation = "What would not have happened without each campaign, from a model of when people convert that was chosen on held-out "
                   "users and shared out by exact Shapley values; it cannot see intent that comes and goes without an experiment.",
    .default_on = true,
    .learns = true,
    .counterfactual = true,
    .fit = fit_incremental,
    .credit = credit_shapley,
    .close = close_incremental,
    .predict = predict,
};

const da_method da_method_removal = {
    .name = "removal",
    .title = "Removal effect",
    .explanation = "What would be lost if this campaign alone were switched off, by the same model; a campaign that crowds out others has "
                   "a negative effect, and effects do not add up where campaigns help each other.",
    .default_on = true,
    .learns = true,
    .counterfactual = true,
    .credit = credit_removal,
    .predict = predict,
    .state_of = "incremental",
};
