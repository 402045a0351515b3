/* What the credit of a bucket was made from, kept so that the next run can tell what moved it (pipeline/changes.h).
 *
 *   model/credited/made_from.json      {"settings": {...}, "journeys": "checksum", "model": "hash"}: the sections credit and seed
 *   model/credited/journeys.pack       the packed journeys; in a folder another name of the file, so that it takes room only once
 *                                      other journeys have replaced it. None above DA_FORMER_MOST_BYTES
 *   model/credited/model.safetensors   the network, where there was one
 *
 * Whoever has these can credit any journeys as the run before would have: a method that learns from journeys is fitted to them again, which
 * gives the same fit. The fit of `incremental` is kept itself (model/incremental.json). */
#ifndef DA_PIPELINE_FORMER_H
#define DA_PIPELINE_FORMER_H

#include "pipeline/pipeline_run.h"

#define DA_KEY_MADE_FROM "model/credited/made_from.json"
#define DA_KEY_FORMER_JOURNEYS "model/credited/journeys.pack"
#define DA_KEY_FORMER_MODEL "model/credited/model.safetensors"
#define DA_FORMER_MOST_BYTES (UINT64_C(1) << 30)

typedef struct {
  da_slice method, campaign; /* "(baseline)" too */
  double conversions;
} da_former_row;

/* The run before. Valid as {0}. */
typedef struct {
  bool is_there;
  da_text fit;         /* model/incremental.json; empty: there was none */
  da_text made_from;   /* made_from.json, its text */
  da_config config;    /* all defaults but for credit and seed */
  da_journeys set;     /* n_journeys 0: not kept */
  da_model model;      /* params NULL: there was none */
  da_former_row *rows; /* campaign_credit.parquet, in byte order of method, then campaign; in the arena */
  size_t n_rows;
} da_former;

/* Before anything of it is replaced. is_there = false and DA_OK where nothing was kept. */
da_status da_former_read(da_run *run, da_arena *arena, da_former *former, da_error *err) DA_MUST_CHECK;
void da_former_free(da_former *former); /* {0} and a second call allowed */

/* NULL when the campaign had no row. */
const da_former_row *da_former_find(const da_former *former, const char *method, da_slice campaign);

/* What made_from.json says of the run now. */
da_status da_former_describe(const da_run *run, da_text *json, da_error *err) DA_MUST_CHECK;
/* Puts what the credit of now was made from into its publication. made_from: as described. */
da_status da_former_keep(const da_run *run, const da_former *former, const da_text *made_from, da_publication *publication,
                         da_error *err) DA_MUST_CHECK;

#endif
