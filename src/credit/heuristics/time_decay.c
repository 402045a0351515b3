#include <math.h>

#include "credit/heuristics/rule.h"

/* share_i = w_i / sum w, w_i = 2^(-(t_conversion - t_i) / half-life). The quotient is the same from whatever moment time is counted;
 * from the last touch on, at least one weight is 1, so that old journeys do not vanish. */
static void share_by_age(const da_credit_input *input, const da_path *path, double *share) {
  const double us_per_day = 86400e6;
  double half_life_us = input->config->credit.half_life_days * us_per_day;
  int64_t last = path->time_us[path->n - 1];
  double sum = 0;
  for (uint64_t i = 0; i < path->n; i++) {
    share[i] = exp2(-((double)last - (double)path->time_us[i]) / half_life_us);
    sum += share[i];
  }
  for (uint64_t i = 0; i < path->n; i++) share[i] /= sum;
}
DA_RULE_CREDIT(share_by_age)

const da_method da_method_time_decay = {
    .name = "time_decay",
    .title = "Time decay",
    .explanation = "Shares each conversion among the touches of its journey, a touch counting half as much for every half-life"
                   " (credit.half_life_days, 7 unless set) that it lies further back: recent touches win by rule, not by evidence.",
    .default_on = true,
    .credit = credit,
};
