/* What moved the credit since the run before: other journeys, or another fit of the model. For `incremental`, whose fit is kept beside the
 * network.
 *
 *   before    the former fit on the former journeys: the table that is about to be replaced
 *   between   the former fit on the journeys of now
 *   after     the fit of now on the journeys of now
 *
 *   by_data = between - before, by_model = after - between
 *
 * attention_report/credit_changes.parquet: campaign_nm, before, after, by_data, by_model DOUBLE (conversions); the campaigns of now, those
 * that are gone (what they had is lost by the data), then "(baseline)". It stays as it is while the fit does. */
#ifndef DA_PIPELINE_CHANGES_H
#define DA_PIPELINE_CHANGES_H

#include "pipeline/pipeline_run.h"

#define DA_KEY_CREDIT_CHANGES "attention_report/credit_changes.parquet"

/* The credit of the run before. Valid as {0}. */
typedef struct {
  bool is_there;
  da_text fit;         /* model/incremental.json */
  da_names campaigns;  /* in byte order; in the arena */
  double *conversions; /* [campaigns.n] */
  double baseline;
} da_former_credit;

/* Before anything of it is replaced. is_there = false and DA_OK where there is none. */
da_status da_former_credit_read(da_run *run, da_arena *arena, da_former_credit *former, da_error *err) DA_MUST_CHECK;
void da_former_credit_free(da_former_credit *former);

/* input: of the run now; totals: its credit; fit: its own. Where there was a former fit, and another: puts the table into the publication and tells
 * of the campaigns that moved most. */
da_status da_changes_publish(da_run *run, const da_credit_input *input, const da_former_credit *former, const da_credit_totals *totals,
                             const da_text *fit, da_publication *publication, da_error *err) DA_MUST_CHECK;

#endif
