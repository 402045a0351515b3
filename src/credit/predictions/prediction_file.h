/* A user's own predictions, read from a file (credit.predictions): CSV[.gz], Parquet or JSON[.gz] with the column p, a probability or any other worth
 * of at least 0, and one of
 *
 *   campaigns    "a > b > b": the worth of a set of campaigns; "" the worth of none. Order and repetition do not matter
 *   journey_id   of attention_score.parquet: the prediction for one journey */
#ifndef DA_CREDIT_PREDICTION_FILE_H
#define DA_CREDIT_PREDICTION_FILE_H

#include "credit/paths/sequences.h"
#include "journey/set.h"

/* Valid as {0}. */
typedef struct {
  bool of_journeys;
  double *journey;    /* of_journeys: [journeys of the set] */
  da_sequences sets;  /* otherwise: the different sets, campaigns by number */
  double *worth;      /* [sets.n] */
  double none;        /* the worth of no campaign; 0 when the file does not say */
  uint64_t n_unknown; /* rows left out because they name a campaign that the log does not have */
  size_t worth_capacity;
} da_predictions;

/* DA_ERR_DATA names the row of a fault: a missing or negative p, a set or journey given twice, a journey that is missing or unknown. */
da_status da_predictions_read(const char *path, const da_journeys *set, da_predictions *predictions, da_error *err) DA_MUST_CHECK;
void da_predictions_free(da_predictions *predictions); /* {0} and a second call allowed */

#endif
