/* The outputs of attention_report/, each into a publication, so that they appear together when it commits.
 *
 *   da_publish_touches   -> attention_score.parquet, and the totals       drives the pass over the journeys
 *   da_publish_campaigns -> campaign_attention.parquet, campaign_credit.parquet
 *   da_publish_markov    -> markov_transitions.parquet, markov_removal.parquet
 *   da_publish_page      -> report.html, manifest.json */
#ifndef DA_REPORT_PUBLISH_H
#define DA_REPORT_PUBLISH_H

#include "credit/markov/markov.h"
#include "credit/pass.h"
#include "report/facts.h"
#include "store/bucket.h"
#include "store/db.h"

#define DA_KEY_TOUCHES "attention_report/attention_score.parquet"
#define DA_KEY_CAMPAIGN_ATTENTION "attention_report/campaign_attention.parquet"
#define DA_KEY_CAMPAIGN_CREDIT "attention_report/campaign_credit.parquet"
#define DA_KEY_MARKOV_TRANSITIONS "attention_report/markov_transitions.parquet"
#define DA_KEY_MARKOV_REMOVAL "attention_report/markov_removal.parquet"
#define DA_KEY_PAGE "attention_report/report.html"
#define DA_KEY_MANIFEST "attention_report/manifest.json"

/* pass: at its beginning and silent; afterwards da_pass_totals has the totals. */
da_status da_publish_touches(da_publication *publication, da_db *db, const da_journeys *set, const da_fitted *fitted, da_pass *pass,
                             const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
da_status da_publish_campaigns(da_publication *publication, da_db *db, const da_report *report, const da_monitor *monitor,
                               da_error *err) DA_MUST_CHECK;
da_status da_publish_markov(da_publication *publication, da_db *db, const da_names *campaigns, const da_markov *markov,
                            const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
da_status da_publish_page(da_publication *publication, const da_report *report, da_error *err) DA_MUST_CHECK;

#endif
