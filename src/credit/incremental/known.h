/* A fit kept as text, to credit the conversions of other days without fitting again: model/incremental.json.
 *
 *   {"form": "hazard", "user_term": false, "modulated": true, "cut_log": false, "with_first": false, "decay_days": [.1, .3, ...],
 *    "gap_days": 1.5, "recency_days": 7, "by_campaign": true, "base": .001, "shared": [...],
 *    "campaigns": [{"name": "video", "effect": [...], "user": 0, "recency": .2, "first": -.1, "caused": [.3, 0, .35, 0]}, ...]}
 *
 * base: conversions a day of a user with z = 0 (hazard form) or b0 (journey form); effect: theta or beta by decay time; user: g; recency and
 * first: gamma of what is told apart by campaign (for the journey form first is f); shared: the other gammas; caused, only where an experiment spoke: kept and gained of
 * Shapley and of removal (pins.h). Campaigns are known by their
 * names: one that the fit never saw has no effect, one that the other log lacks is passed over. The user term counts the touches of the
 * whole log, so that a log of another length means another z: score logs of about the length that was fitted. */
#ifndef DA_CREDIT_INCREMENTAL_KNOWN_H
#define DA_CREDIT_INCREMENTAL_KNOWN_H

#include "base/text.h"
#include "credit/incremental/answer.h"

/* What a log must be prepared with before a known fit can answer for it. Valid as {0}. */
typedef struct {
  da_form form;
  da_hazard_structure structure;
  bool cut_log, with_first;
  int n_taus;
  double tau[DA_MAX_SCALES];
  da_modulator_scheme scheme; /* but for n_campaigns and n, which follow the log */
  void *json;                 /* private to known.c */
} da_known;

/* scheme: of the modulators, where there are any; campaigns: names of the fitted set. */
da_status da_known_write(const da_answer *answer, bool cut_log, const da_names *campaigns, da_text *json, da_error *err) DA_MUST_CHECK;

/* name (a path or key) stands in messages. DA_ERR_DATA says what is wrong. */
da_status da_known_read(const char *name, const char *json, size_t length, da_known *known, da_error *err) DA_MUST_CHECK;
void da_known_free(da_known *known); /* {0} allowed */

/* Fills the parameters of hazard (made by da_hazard_init with known->structure and scheme) by the names of the log's campaigns.
 * *n_unknown: campaigns that the fit never saw. */
da_status da_known_hazard(const da_known *known, const da_names *campaigns, da_hazard *hazard, size_t *n_unknown,
                          da_error *err) DA_MUST_CHECK;
/* The same for the journey form; form->beta is made here. */
da_status da_known_journey(const da_known *known, const da_names *campaigns, da_journey_form *form, size_t *n_unknown,
                           da_error *err) DA_MUST_CHECK;

/* What experiments hold: held [campaigns->n]. Returns for how many campaigns one spoke. */
uint32_t da_known_held(const da_known *known, const da_names *campaigns, da_held *held);

#endif
