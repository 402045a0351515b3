/* How good probabilities are: log loss, AUC with ties, the counts behind accuracy, precision and recall, and calibration.
 * Definitions are scikit-learn's. */
#ifndef DA_TRAIN_METRICS_H
#define DA_TRAIN_METRICS_H

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* NaN where undefined: everything of an empty set, auc when only one class is there. */
typedef struct {
  uint64_t n_journeys, n_conversions;
  double loss;                        /* mean binary cross-entropy */
  double auc;                         /* P(a converting journey scores higher than another), ties one half */
  double accuracy, precision, recall; /* at p >= 0.5; precision and recall are 0 where nothing could be counted */
  double calibration_error;           /* |mean p - rate of conversions|, averaged over 15 bins of equally many journeys */
  double mean_probability, conversion_rate;
} da_metrics;

/* logit: [n]; p = sigmoid(logit + shift). converted: [n], 0 or 1. Ties are ties of the logit. Sorts in 8 n bytes of scratch. */
da_status da_metrics_compute(const float *logit, const uint8_t *converted, uint64_t n, double shift, da_metrics *metrics,
                             da_error *err) DA_MUST_CHECK;
/* A JSON object; NaN becomes null. */
void da_metrics_print_json(const da_metrics *metrics, da_text *json);

#endif
