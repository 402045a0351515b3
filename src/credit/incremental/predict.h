/* How likely each journey is to convert, as a fitted form has it: what is judged on journeys that were held out.
 *
 *   hazard form    1 - e^-H,       H = what is expected from the journey's last touch to the end of the log (exposure.h, with that as d_i)
 *   journey form   1 - e^-lambda   (journey_form.h)
 *
 * What the log says after the journey, the user's next touch above all, is not looked at; the user term alone counts all touches. */
#ifndef DA_CREDIT_INCREMENTAL_PREDICT_H
#define DA_CREDIT_INCREMENTAL_PREDICT_H

#include "credit/incremental/answer.h"

/* logit: [journeys of the answer's set] log(p / (1 - p)). */
void da_answer_predict(const da_answer *answer, float *logit);

#endif
