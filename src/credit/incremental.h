/* The default method: what would not have happened without each campaign, fitted to the log itself (docs/credit.md).
 *
 * Two da_methods read one fit: `incremental` (exact Shapley shares of each conversion, the rest is baseline) and `removal`
 * (what would be lost without the campaign; the rest, which may be negative where campaigns help each other, is baseline).
 * Beside the credit, the fit knows what was chosen on what evidence, and what the log cannot tell: this header gives that to
 * the report and the terminal. */
#ifndef DA_CREDIT_INCREMENTAL_H
#define DA_CREDIT_INCREMENTAL_H

#include "credit/incremental/answer.h"
#include "credit/incremental/choice.h"
#include "credit/incremental/confusion.h"
#include "credit/method.h"

extern const da_method da_method_incremental;
extern const da_method da_method_removal;

/* Estimate and interval (credit.intervals wide); low = high = estimate without intervals. */
typedef struct {
  double value, low, high;
} da_estimate;

typedef struct {
  da_estimate shapley, removal;             /* conversions; may be negative */
  da_estimate shapley_share, removal_share; /* of all campaigns together, negative ones counted as 0 */
  bool pinned;                              /* an experiment spoke of it (credit.lift), and holds its credit (incremental/pins.h) */
  double pinned_conversions, pinned_error;
  double without_pin; /* removal effect as the log alone tells it; NaN when not pinned */
} da_incremental_campaign;

typedef struct {
  da_note_level level;
  char sentence[400];
} da_incremental_note;

enum { DA_INCREMENTAL_MAX_NOTES = 16, DA_INCREMENTAL_MAX_PAIRS = 3 };

typedef struct {
  da_form form;
  da_evidence hazard_over_journey;         /* gain 0 where no comparison was made */
  bool form_undetermined;                  /* |z| < 2, or too few conversions to compare */
  bool cut_log;                            /* the log ends at conversions */
  double followed_share;                   /* of conversions with a later touch of the same user */
  da_hazard_structure structure;           /* hazard form */
  da_evidence over_plain[DA_N_STRUCTURES]; /* of each structure against the plain one, by number (choice.h) */
  da_hazard_structure structures[DA_N_STRUCTURES];
  bool known;      /* nothing was fitted here: an earlier fit answers for this log; what follows of evidence is 0 */
  bool with_first; /* journey form: the first touch's campaign counts */
  int n_scales;
  double scale_days[DA_MAX_SCALES]; /* decay times of the chosen form */
  uint64_t n_users, n_touches, n_conversions, n_tied;
  uint32_t n_campaigns;
  da_incremental_campaign *campaigns; /* [n_campaigns] */
  da_estimate baseline;               /* conversions that would have come anyway */
  double coverage;                    /* of the intervals; 0: none were made */
  uint32_t n_resamples;
  size_t n_confused;
  da_confused_pair confused[DA_INCREMENTAL_MAX_PAIRS]; /* pairs of which only the sum is known */
  double seconds_choice, seconds_intervals;
  uint32_t n_notes;
  da_incremental_note notes[DA_INCREMENTAL_MAX_NOTES]; /* what was chosen and why, then warnings; also sent to the monitor */
} da_incremental_result;

/* state: as da_method_incremental.fit made it. Lives as long as the state. */
const da_incremental_result *da_incremental_result_of(const void *state);

/* Appends the fit as text (incremental/known.h), for da_credit_input.known_incremental of another log. */
da_status da_incremental_write(const void *state, da_text *json, da_error *err) DA_MUST_CHECK;

#endif
