#include "credit/pass.h"

#include "base/mem.h"

enum {
  BLOCK_TOUCHES = 1 << 17, /* what a block holds of each method: 1 MB */
  RANGE_TOUCHES = 1 << 12, /* the least that is worth a task */
};

struct da_pass {
  const da_credit_input *input;
  const da_fitted *fitted;
  da_pass_options options;
  uint64_t capacity; /* touches, and so journeys, that a block can hold */
  uint64_t next_journey, next_conversion;
  da_credit_range *ranges; /* the parts of the current block */
  size_t n_ranges, ranges_capacity;
  float *attention, *probability; /* [capacity]; NULL without a network */
  double **credit, **baseline;    /* [methods][capacity] */
  da_credit_block block;
  da_credit_tally *tally;
  const da_credit_totals *totals; /* NULL until the end */
  da_error *task_errors;          /* [the largest number of tasks at once] */
  size_t task_errors_capacity;
};

static da_status make_room(da_pass *pass, da_error *err) {
  size_t n_methods = pass->fitted->n;
  pass->credit = da_mem_calloc(n_methods, sizeof *pass->credit);
  pass->baseline = da_mem_calloc(n_methods, sizeof *pass->baseline);
  bool complete = pass->credit && pass->baseline;
  for (size_t m = 0; complete && m < n_methods; m++) {
    pass->credit[m] = da_mem_alloc(pass->capacity, sizeof(double));
    pass->baseline[m] = da_mem_alloc(pass->capacity, sizeof(double));
    complete = pass->credit[m] && pass->baseline[m];
  }
  if (complete && pass->options.score) {
    pass->attention = da_mem_alloc(pass->capacity, sizeof(float));
    pass->probability = da_mem_alloc(pass->capacity, sizeof(float));
    complete = pass->attention && pass->probability;
  }
  return complete ? DA_OK : da_mem_fail(err, pass->capacity * (n_methods + 1), 2 * sizeof(double), "a block of credited touches");
}

da_status da_pass_open(const da_credit_input *input, const da_fitted *fitted, const da_pass_options *options, da_pass **opened,
                       da_error *err) {
  *opened = NULL;
  da_pass *pass = da_mem_calloc(1, sizeof *pass);
  if (!pass) return da_mem_fail(err, 1, sizeof *pass, "the pass over the journeys");
  pass->input = input;
  pass->fitted = fitted;
  pass->options = *options;
  uint64_t longest = da_journeys_longest(input->set), wanted = options->block_touches ? options->block_touches : BLOCK_TOUCHES;
  pass->capacity = longest > wanted ? longest : wanted;
  if (pass->capacity > input->set->n_touches) pass->capacity = input->set->n_touches;
  da_status status = make_room(pass, err);
  if (status == DA_OK) status = da_credit_tally_open(input->set, fitted->methods, fitted->n, &pass->tally, err);
  if (status == DA_OK) {
    *opened = pass;
  } else {
    da_pass_close(pass);
  }
  return status;
}

void da_pass_close(da_pass *pass) {
  if (!pass) return;
  for (size_t m = 0; m < pass->fitted->n; m++) {
    if (pass->credit) da_mem_free(pass->credit[m]);
    if (pass->baseline) da_mem_free(pass->baseline[m]);
  }
  da_mem_free(pass->credit);
  da_mem_free(pass->baseline);
  da_mem_free(pass->attention);
  da_mem_free(pass->probability);
  da_mem_free(pass->ranges);
  da_mem_free(pass->task_errors);
  da_credit_tally_close(pass->tally);
  da_mem_free(pass);
}

/* Takes journeys until the block is full, and cuts the block into ranges. */
static da_status cut_block(da_pass *pass, da_error *err) {
  const da_journeys *set = pass->input->set;
  uint64_t begin = pass->next_journey, journey = begin, first = set->first_touch[begin];
  da_credit_range range = {.begin = begin, .first_conversion = pass->next_conversion};
  pass->block.first_conversion = pass->next_conversion;
  pass->n_ranges = 0;
  while (journey < set->n_journeys && set->first_touch[journey + 1] - first <= pass->capacity) {
    pass->next_conversion += da_journey_converted(set, journey);
    journey++;
    bool range_full = set->first_touch[journey] - set->first_touch[range.begin] >= RANGE_TOUCHES;
    bool block_full = journey == set->n_journeys || set->first_touch[journey + 1] - first > pass->capacity;
    if (!range_full && !block_full) continue;
    range.end = journey;
    range.attention = pass->attention ? pass->attention + (set->first_touch[range.begin] - first) : NULL;
    void *ranges = pass->ranges;
    DA_TRY(da_mem_reserve(&ranges, &pass->ranges_capacity, pass->n_ranges + 1, sizeof *pass->ranges, "the ranges of a block", err));
    pass->ranges = ranges;
    pass->ranges[pass->n_ranges++] = range;
    range = (da_credit_range){.begin = journey, .first_conversion = pass->next_conversion};
  }
  pass->block.begin = begin;
  pass->block.end = pass->next_journey = journey;
  pass->block.attention = pass->attention;
  pass->block.probability = pass->probability;
  pass->block.credit = (const double *const *)pass->credit;
  pass->block.baseline = (const double *const *)pass->baseline;
  return DA_OK;
}

/* Task number = method x ranges + range. */
static void credit_task(void *context, size_t task, int thread) {
  (void)thread;
  da_pass *pass = context;
  const uint64_t *first_touch = pass->input->set->first_touch;
  size_t m = task / pass->n_ranges;
  const da_credit_range *range = &pass->ranges[task % pass->n_ranges];
  double *credit = pass->credit[m] + (first_touch[range->begin] - first_touch[pass->block.begin]);
  double *baseline = pass->baseline[m] + (range->begin - pass->block.begin);
  da_error *err = &pass->task_errors[task];
  err->code = da_fitted_credit(pass->fitted, m, pass->input, range, credit, baseline, err);
}

/* Task number = part of the tally. */
static void tally_task(void *context, size_t task, int thread) {
  (void)thread;
  da_pass *pass = context;
  da_error *err = &pass->task_errors[task];
  err->code = da_credit_tally_add(pass->tally, &pass->block, task, err);
}

/* Runs tasks; of those that failed, the one of the lowest number speaks. */
static da_status run_tasks(da_pass *pass, size_t n_tasks, da_task task, da_error *err) {
  void *errors = pass->task_errors;
  DA_TRY(da_mem_reserve(&errors, &pass->task_errors_capacity, n_tasks, sizeof *pass->task_errors, "the faults of tasks", err));
  pass->task_errors = errors;
  da_pool_run(pass->input->pool, n_tasks, task, pass);
  for (size_t i = 0; i < n_tasks; i++) {
    if (pass->task_errors[i].code == DA_OK) continue;
    if (err) *err = pass->task_errors[i];
    return pass->task_errors[i].code;
  }
  return DA_OK;
}

da_status da_pass_next(da_pass *pass, da_credit_block *block, da_error *err) {
  const da_journeys *set = pass->input->set;
  const da_monitor *monitor = pass->options.monitor;
  *block = (da_credit_block){.begin = set->n_journeys, .end = set->n_journeys};
  if (pass->next_journey == set->n_journeys) return da_credit_tally_finish(pass->tally, &pass->totals, err);
  DA_TRY(da_monitor_check(monitor, "credit", err));
  DA_TRY(cut_block(pass, err));
  if (pass->options.score) {
    DA_TRY(pass->options.score(pass->options.score_context, pass->block.begin, pass->block.end, pass->attention, pass->probability, err));
  }
  DA_TRY(run_tasks(pass, pass->fitted->n * pass->n_ranges, credit_task, err));
  DA_TRY(run_tasks(pass, pass->fitted->n + 1, tally_task, err));
  da_monitor_progress(monitor, "credit", "touches", set->first_touch[pass->block.end], set->n_touches);
  *block = pass->block;
  return DA_OK;
}

da_status da_pass_finish(da_pass *pass, da_error *err) {
  da_credit_block block;
  do {
    DA_TRY(da_pass_next(pass, &block, err));
  } while (block.begin < block.end);
  return DA_OK;
}

const da_credit_totals *da_pass_totals(const da_pass *pass) { return pass->totals; }

/* ---- The network ---- */

da_status da_pass_network_open(const da_model *model, const da_journeys *set, da_pool *pool, const da_monitor *monitor,
                               da_pass_network *network, da_error *err) {
  *network = (da_pass_network){.model = model};
  return da_scorer_open(model, set, pool, monitor, &network->scorer, err);
}

void da_pass_network_close(da_pass_network *network) {
  da_scorer_close(network->scorer);
  *network = (da_pass_network){0};
}

da_status da_pass_score_by_network(void *context, uint64_t begin, uint64_t end, float *attention, float *probability, da_error *err) {
  const da_pass_network *network = context;
  DA_TRY(da_scorer_score(network->scorer, begin, end, attention, probability, err));
  for (uint64_t j = 0; j < end - begin; j++) probability[j] = (float)da_model_probability(network->model, probability[j]);
  return DA_OK;
}
