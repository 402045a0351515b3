/* What experiments found, held in the credit of a fit that knows nothing of them.
 *
 * The log is fitted freely, with the campaigns of experiments like all others: where a campaign comes with intent, its own kernels hold that
 * intent, and nobody else is blamed for it. Where the experiment found less than the log credits, the campaign's touches are causes only with
 * probability `kept`, and otherwise signs of a conversion that comes anyway (coalition.h). Where it found more, the campaign gains a part of
 * the baseline of every conversion after its touches; where it found harm, a negative one. So the credit of all conversions is what is held:
 *
 *   se = 0   the experiment's number N itself
 *   se > 0   N and the log's removal effect R, each by the inverse of its variance, se^2 and v + t^2: v is what the log leaves open,
 *            R^2 / sum of r^2 over conversions, the inverse of its information about one factor to all of the campaign's effects; t^2 =
 *            (N - R)^2 - se^2 - v, at least 0, is the bias that the distance between the two shows. The experiment is taken for unbiased, so
 *            that a log that contradicts it has little say (DerSimonian and Laird, Controlled Clinical Trials 7, 1986; experiments with a
 *            log: Rosenman, Basse, Owen and Baiocchi, Biometrics 79, 2023).
 *
 * Both methods, Shapley and removal, credit the held number: an experiment measures a removal effect, and it is what the user knows. */
#ifndef DA_CREDIT_INCREMENTAL_PINS_H
#define DA_CREDIT_INCREMENTAL_PINS_H

#include "credit/incremental/answer.h"

/* The result of an experiment: the campaign caused `conversions` in the log's window, give or take one standard error. */
typedef struct {
  uint32_t campaign;
  double conversions;
  double standard_error; /* 0: exactly */
} da_pin;

/* At most one a campaign. */
typedef struct {
  const da_pin *items;
  uint32_t n;
} da_pins;

/* What became of a pin. */
typedef struct {
  double alone, alone_error; /* the log's own removal effect, and what it leaves open; the latter infinite where it says nothing */
  double held;               /* what the experiment and the log together say */
  double credited;           /* what both methods credit: less than held where the conversions after the campaign's touches are too few */
} da_pin_outcome;

/* Fills held [n_campaigns] for answer->held, and outcome [pins->n] (NULL allowed). What answer itself holds is passed over. user_weight: as for
 * da_answer_total. pool NULL allowed; the same bits with and without. */
da_status da_pins_hold(const da_answer *answer, const da_pins *pins, const float *user_weight, da_pool *pool, da_held *held,
                       da_pin_outcome *outcome, da_error *err) DA_MUST_CHECK;

/* N and its standard error with the log's R and v = alone_error^2. */
double da_pins_combine(const da_pin *pin, double alone, double alone_error);

#endif
