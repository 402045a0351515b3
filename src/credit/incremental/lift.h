/* Results of experiments, as the user writes them ("brand_search=120±30", "retarget=0+-10", "video=95") or as a file holds them
 * (credit/experiment.h), as pins for the fit: one a campaign, about all of the log's touches.
 *
 * An experiment on a part of the log is carried over to the whole of it touch by touch: conversions and standard error times the
 * campaign's touches in the log over those inside the window. Several about one campaign count by the inverse of their variances. */
#ifndef DA_CREDIT_INCREMENTAL_LIFT_H
#define DA_CREDIT_INCREMENTAL_LIFT_H

#include "credit/experiment.h"
#include "credit/incremental/pins.h"
#include "journey/set.h"
#include "store/config.h"
#include "store/table.h"

/* pins: [list->n]; DA_ERR_CONFIG names the item that is no lift, or whose campaign the log does not know. */
da_status da_lift_read(const da_text_list *list, const da_names *campaigns, da_pin *pins, da_error *err) DA_MUST_CHECK;

/* Valid as {0}. */
typedef struct {
  da_pin *pins; /* [n], by campaign */
  uint32_t n;
  size_t n_unknown; /* experiments about campaigns without a touch in the log */
  size_t n_outside; /* experiments whose window lies by more than a twentieth outside of the log, or holds no touch of the campaign */
} da_lifts;

/* What is in the list goes before an experiment on the same campaign. DA_ERR_CONFIG as da_lift_read. */
da_status da_lift_gather(const da_text_list *list, const da_experiments *experiments, const da_journeys *set, da_lifts *lifts,
                         da_error *err) DA_MUST_CHECK;
void da_lift_free(da_lifts *lifts); /* {0} allowed */

#endif
