/* The Markov chain as Parquet tables of attention_report/, there when the method `markov` was asked for.
 *
 *   markov_transitions.parquet   after LIST<VARCHAR> (the last campaigns, oldest first; empty at the start), next VARCHAR (a campaign,
 *       "(conversion)" or "(end)"), journeys DOUBLE, probability DOUBLE; the probabilities after the same campaigns sum to 1
 *   markov_removal.parquet       campaign_nm, removal_effect DOUBLE (the part of all conversions whose walk meets the campaign),
 *       conversions DOUBLE (the campaign's total: its effect over the sum of all effects, times the conversions) */
#ifndef DA_REPORT_TABLES_MARKOV_H
#define DA_REPORT_TABLES_MARKOV_H

#include "credit/markov/markov.h"
#include "store/db.h"

da_status da_tables_write_transitions(da_db *db, const char *path, const da_names *campaigns, const da_markov *markov,
                                      const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
da_status da_tables_write_removal(da_db *db, const char *path, const da_names *campaigns, const da_markov *markov,
                                  const da_monitor *monitor, da_error *err) DA_MUST_CHECK;

#endif
