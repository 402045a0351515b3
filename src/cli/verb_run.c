/* run, journeys, tune, train, report: all, or one, of the stages of a bucket (attribute: verb_attribute.c). */
#include <stdio.h>

#include "cli/session.h"
#include "cli/summary.h"
#include "cli/verbs.h"
#include "pipeline/pipeline.h"

static da_status choose_stages(const da_options *options, da_run_job *job, da_error *err) {
  if (options->from) DA_TRY(da_stage_find(options->from, &job->first, err));
  if (options->to) DA_TRY(da_stage_find(options->to, &job->last, err));
  return DA_OK;
}

/* Ranks on one machine share its processors, unless a number of threads was asked for. */
static void share_processors(da_session *session) {
  const int n_ranks = da_dist_n_local(session->dist), n_processors = da_n_processors();
  if (n_ranks == 1 || session->config.threads > 0) return;
  session->config.threads = n_processors > n_ranks ? (uint32_t)(n_processors / n_ranks) : 1;
}

static da_status run_job(da_session *session, da_stage first, da_stage last, cJSON **result) {
  const da_options *options = session->options;
  DA_TRY(da_session_join_ranks(session));
  DA_TRY(da_session_bucket(session));
  share_processors(session);
  da_run_job job = {.bucket = session->bucket,
                    .config = &session->config,
                    .monitor = &session->monitor,
                    .first = first,
                    .last = last,
                    .force = options->force,
                    .team = da_dist_team(session->dist)};
  DA_TRY(choose_stages(options, &job, &session->err));
  return da_run_stages(&job, result, &session->err);
}

static int run_stages(const da_options *options, da_stage first, da_stage last) {
  da_session session;
  da_session_open(options, &session);
  cJSON *result = NULL;
  da_status status = run_job(&session, first, last, &result);
  const bool tells = da_team_rank(da_dist_team(session.dist)) == 0;
  if (status == DA_OK && tells) status = da_summary_show(&session, result, session.bucket);
  cJSON_Delete(result);
  return da_session_close(&session, status);
}

static int run_all(const da_options *options) { return run_stages(options, DA_STAGE_JOURNEYS, DA_STAGE_REPORT); }
static int run_journeys(const da_options *options) { return run_stages(options, DA_STAGE_JOURNEYS, DA_STAGE_JOURNEYS); }
static int run_tune(const da_options *options) { return run_stages(options, DA_STAGE_TUNE, DA_STAGE_TRAIN); }
static int run_train(const da_options *options) { return run_stages(options, DA_STAGE_TRAIN, DA_STAGE_TRAIN); }
static int run_report(const da_options *options) { return run_stages(options, DA_STAGE_REPORT, DA_STAGE_REPORT); }

const da_verb da_verb_run = {
    .name = "run",
    .arguments = "[BUCKET]",
    .summary = "Every stage: impressions to journeys, model, credit and report",
    .help = "BUCKET is a folder with raw/impressions.parquet (or *.csv, *.json, many files) and, if you like, config.yaml. Stages that are "
            "done and whose input and settings did not change are not done again, so an interrupted run goes on where it stopped.\n\n"
            "Example: deepattribution run shop --set columns.uid=customer_id --set journey_max_len=30\n\n"
            "Settings: deepattribution help config",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE | DA_OPTIONS_STAGES | DA_OPTIONS_LIFT,
    .n_positional_max = 1,
    .run = run_all,
};

const da_verb da_verb_journeys = {
    .name = "journeys",
    .arguments = "[BUCKET]",
    .summary = "Impressions to customer journeys (feature_store/)",
    .help = "Reads raw/ (or the query in source:), sorts by user and time, cuts at conversions, splits into train, val and test.\n\n"
            "Example: deepattribution journeys shop --set journey.gap_days=30 --memory 2GB",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE,
    .n_positional_max = 1,
    .run = run_journeys,
};

const da_verb da_verb_tune = {
    .name = "tune",
    .arguments = "[BUCKET]",
    .summary = "Searches for settings of the network, then trains with the best (tune/, model/)",
    .help = "Tries hp_tuning_nb_iterations settings (learning rate, epochs, embedding, lstm, dropouts) on the train journeys and judges "
            "them by the val journeys; most are stopped early. tune/trials.parquet lists the trials, tune/best.json holds what won: later "
            "runs train with it where the settings say nothing else. Killed or stopped, the same command goes on.\n\n"
            "Example: deepattribution tune shop --set hp_tuning_nb_iterations=50",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE,
    .n_positional_max = 1,
    .run = run_tune,
};

const da_verb da_verb_train = {
    .name = "train",
    .arguments = "[BUCKET]",
    .summary = "Journeys to a network that tells which convert (model/)",
    .help = "Trains the LSTM with attention on the train journeys, stops early on the val journeys, and writes weights and metrics. Ctrl-C "
            "keeps a checkpoint; the same command goes on from it. mpirun -n 2 deepattribution train ... shares the work among processes, "
            "to the same bytes.\n\n"
            "Example: deepattribution train shop --set training.epochs=20 --seed 7",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE,
    .n_positional_max = 1,
    .run = run_train,
};

const da_verb da_verb_report = {
    .name = "report",
    .arguments = "[BUCKET]",
    .summary = "The page and the manifest (attention_report/report.html)",
    .help = "Example: deepattribution report shop",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE,
    .n_positional_max = 1,
    .run = run_report,
};
