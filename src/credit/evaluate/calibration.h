/* Predictions of different models made comparable: p = 1 / (1 + e^-(a + b x)) with the x of journeys that the model learnt from.
 *
 * Models answer different questions (a rate of journeys alike, a conversion until the end of the log), so that their probabilities may all be
 * too high or too low although they know well which journeys convert. Two numbers put that right, fitted to journeys that are not held
 * out (Platt, 1999, with his smoothed targets). b >= 0: what orders journeys the wrong way round is not rewarded for it, and with b = 0
 * everybody gets the log's own rate. */
#ifndef DA_CREDIT_EVALUATE_CALIBRATION_H
#define DA_CREDIT_EVALUATE_CALIBRATION_H

#include <stdint.h>

typedef struct {
  double a, b;
} da_calibration;

/* x: [n] log-odds by the model; converted: [n] 0 or 1. */
da_calibration da_calibration_fit(const float *x, const uint8_t *converted, uint64_t n);

#endif
