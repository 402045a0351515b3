/* Attribution methods, one file each, behind one table.
 *
 *   fit (once, over all journeys; may be NULL)  ->  state  ->  credit (any range of journeys, any thread)
 *
 * A method turns each converting journey into credit per touch. For every conversion: credits + baseline = 1 (baseline: what would
 * have happened anyway; 0 for methods that know none; credits may be negative only where the method says so). Journeys that did not
 * convert get zeros. Money is the same shares times the conversion's value. Conservation is checked by credit/totals.h in every run. */
#ifndef DA_CREDIT_METHOD_H
#define DA_CREDIT_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/text.h"
#include "base/threads.h"
#include "credit/experiment.h"
#include "journey/set.h"
#include "model/model.h"
#include "store/config.h"

typedef struct {
  const da_journeys *set;
  const da_config *config;
  da_pool *pool; /* for fit; credit is called from inside a pool's task and must not use it */
  const da_monitor *monitor;
  const da_model *model; /* the trained network, for methods that ask it what-ifs; NULL: there is none */
  /* What an earlier fit left (da_incremental_write), of another log: credit by it and fit nothing. data NULL: fit. */
  da_slice known_incremental;
  da_experiments experiments; /* beside those of config->credit.lift; what they say of campaigns holds the incremental fit */
  uint64_t n_touches_cut;     /* left out of the front of journeys by journey_max_len or lookback_days; 0: none, or not known */
} da_credit_input;

/* Journeys begin .. end-1; touch arrays below start at first_touch[begin]. */
typedef struct {
  uint64_t begin, end;
  uint64_t first_conversion; /* converted journeys before begin: where the range starts in set->value and set->conversion_us */
  const float *attention;    /* the network's attention for the range's touches; NULL without a model */
} da_credit_range;

typedef struct {
  const char *name;        /* "last_touch": in tables, config and --set credit.methods */
  const char *title;       /* "Last touch": on the page */
  const char *caution;     /* what a run that asks for it is warned of; NULL: nothing */
  const char *explanation; /* one sentence for page and help: what it does, what it cannot tell */
  bool needs_network;
  bool default_on;
  bool learns;         /* all it knows is from the journeys it is fitted to: others give another fit (resample.h, evaluate) */
  bool counterfactual; /* models what would have happened without a campaign, of the world and not of who was reached */
  bool on_paths;       /* asks for the order of touches, not for their times: aggregated paths are enough */
  /* NULL: nothing to fit. state is this method's own. */
  da_status (*fit)(const da_credit_input *input, void **state, da_error *err);
  /* credit: [touches of the range], all zero at the start; baseline: [journeys of the range], zero at the start. */
  da_status (*credit)(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit, double *baseline,
                      da_error *err);
  void (*close)(void *state); /* NULL with fit NULL */
  /* logit: [journeys of input->set], the log-odds that each converts, judged by its touches alone; the set may be another than the one that
   * was fitted, with the same campaigns. NULL: the method has no opinion of that. */
  da_status (*predict)(const void *state, const da_credit_input *input, float *logit, da_error *err);
  /* The name of a method earlier in the table whose fitted state this one's credit reads ("removal" reads that of
   * "incremental"); fit and close are NULL then. NULL: a state of its own, or none. Whoever runs "removal" alone fits the other. */
  const char *state_of;
} da_method;

/* All methods in the order they are shown. Adding one: its file, which defines `const da_method da_method_NAME`, and its line in
 * credit/methods.c. */
const da_method *const *da_methods(size_t *n);
/* NULL when there is none of that name. */
const da_method *da_method_find(const char *name);

/* The methods of a run, in the order they are shown: those in config->credit.methods or, when it is empty, all that are on by default;
 * attention always when there is a network (campaign_attention.parquet is made of it), and never what needs a network when there is
 * none. chosen: room for all of da_methods. DA_ERR_CONFIG for a name that is unknown, and for one that was asked for but needs the
 * missing network. */
da_status da_methods_choose(const da_config *config, bool has_network, const da_method **chosen, size_t *n, da_error *err) DA_MUST_CHECK;

#endif
