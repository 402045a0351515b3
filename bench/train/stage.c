/* stage PACK FOLDER|- [key=value ...]: training and scoring by themselves, on the packed journeys of a bucket.
 *
 * Prints one JSON object: touches trained and scored a second, epochs, metrics of val. FOLDER gets what the network reads of the train
 * split, for other programs to train on the same: first.u32 [B+1], rows.u32 [T][I], label.u8 [B]. key=value are settings as for --set.
 * Used by run.py. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/engine.h"
#include "model/gather.h"
#include "model/hardware.h"
#include "model/score.h"
#include "train/train.h"

enum { PIECE = 64 * 1024 }; /* journeys scored, or written, at a time */

typedef struct {
  da_config config;
  da_journeys set;
  da_pool *pool;
  da_model model;
  da_train_report report;
  double scored_per_second;
} stage;

static da_status open_stage(stage *s, int argc, char **argv, da_error *err) {
  da_config_init(&s->config);
  for (int i = 3; i < argc; i++) DA_TRY(da_config_set(&s->config, argv[i], err));
  DA_TRY(da_config_check(&s->config, err));
  DA_TRY(da_pool_open((int)s->config.threads, &s->pool, err));
  return da_journeys_open(argv[1], &s->set, err);
}

static da_status write_items(const char *folder, const char *name, const char *mode, const void *items, size_t n_bytes, da_error *err) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, mode);
  if (!file) return da_fail(err, DA_ERR_IO, "%s: expected to write it but could not", path);
  const bool whole = fwrite(items, 1, n_bytes, file) == n_bytes;
  return fclose(file) == 0 && whole ? DA_OK : da_fail(err, DA_ERR_IO, "%s: expected to write %zu bytes but could not", path, n_bytes);
}

/* Journeys begin .. end-1, those of the train split. *n_touches: written so far. */
static da_status write_piece(const stage *s, const da_input_reader *reader, da_gather *gather, const char *folder, uint64_t begin,
                             uint64_t end, uint32_t *n_touches, da_error *err) {
  static da_touches touches[PIECE];
  static uint8_t label[PIECE];
  uint32_t n = 0;
  for (uint64_t j = begin; j < end; j++) {
    if (da_journey_set(&s->set, j) != DA_SET_TRAIN) continue;
    label[n] = da_journey_converted(&s->set, j);
    touches[n++] = (da_touches){.first = s->set.first_touch[j], .n = (uint32_t)da_journey_length(&s->set, j)};
  }
  if (n == 0) return DA_OK;
  da_batch batch;
  DA_TRY(da_gather_batch(gather, reader, touches, n, s->pool, &batch, err));
  DA_TRY(write_items(folder, "rows.u32", "ab", batch.rows, (size_t)batch.first[n] * reader->inputs->n * sizeof *batch.rows, err));
  DA_TRY(write_items(folder, "label.u8", "ab", label, n, err));
  for (uint32_t j = 1; j <= n; j++) gather->first[j] += *n_touches;
  *n_touches = gather->first[n];
  return write_items(folder, "first.u32", "ab", gather->first + 1, n * sizeof *gather->first, err);
}

static da_status write_inputs(const stage *s, const char *folder, da_error *err) {
  const uint32_t zero = 0;
  uint32_t n_touches = 0;
  da_input_reader reader = {0};
  da_gather gather = {0};
  DA_TRY(write_items(folder, "first.u32", "wb", &zero, sizeof zero, err));
  DA_TRY(write_items(folder, "rows.u32", "wb", "", 0, err));
  DA_TRY(write_items(folder, "label.u8", "wb", "", 0, err));
  da_status status = da_input_reader_open(&s->model.inputs, &s->model.campaigns, &s->set, &reader, err);
  for (uint64_t begin = 0; status == DA_OK && begin < s->set.n_journeys; begin += PIECE) {
    const uint64_t end = begin + PIECE < s->set.n_journeys ? begin + PIECE : s->set.n_journeys;
    status = write_piece(s, &reader, &gather, folder, begin, end, &n_touches, err);
  }
  da_gather_free(&gather);
  da_input_reader_close(&reader);
  return status;
}

/* Attention of every touch and the logit of every journey, all three splits. */
static da_status score_all(stage *s, da_error *err) {
  da_scorer *scorer = NULL;
  float *attention = da_mem_alloc(s->set.n_touches, sizeof *attention), *logit = da_mem_alloc(s->set.n_journeys, sizeof *logit);
  da_status status = attention && logit ? DA_OK : da_mem_fail(err, s->set.n_touches, sizeof *attention, "attention");
  if (status == DA_OK) status = da_scorer_open(&s->model, &s->set, s->pool, NULL, &scorer, err);
  double seconds = 0;
  for (int pass = 0; pass < 2 && status == DA_OK; pass++) { /* the first warms up */
    const double start = da_clock_seconds();
    status = da_scorer_score(scorer, 0, s->set.n_journeys, attention, logit, err);
    seconds = da_clock_seconds() - start;
  }
  s->scored_per_second = (double)s->set.n_touches / seconds;
  da_scorer_close(scorer);
  da_mem_free(attention);
  da_mem_free(logit);
  return status;
}

static da_status run_stage(stage *s, const char *folder, da_error *err) {
  const da_train_job job = {.set = &s->set, .config = &s->config, .pool = s->pool};
  DA_TRY(da_train(&job, &s->model, &s->report, err));
  if (strcmp(folder, "-") != 0) DA_TRY(write_inputs(s, folder, err));
  return score_all(s, err);
}

static void print_stage(const stage *s) {
  const da_train_report *report = &s->report;
  const da_metrics *val = &report->metrics[DA_SET_VAL];
  printf("{\"kernels\": \"%s\", \"threads\": %d, \"campaigns\": %zu, \"inputs\": %u, \"rows\": %u, \"embedding\": %u, \"lstm\": %u",
         da_hardware_kernels(), da_pool_n_threads(s->pool), s->set.campaigns.n, s->model.shape.n_inputs, s->model.shape.n_rows,
         s->model.shape.n_embedding, s->model.shape.n_hidden);
  printf(", \"touches\": %" PRIu64 ", \"journeys\": %" PRIu64, s->set.n_touches, s->set.n_journeys);
  printf(", \"batch_size\": %u, \"epochs\": %u, \"trained_touches\": %" PRIu64
         ", \"trained_per_second\": %.0f, \"scored_per_second\": %.0f",
         report->batch_size, report->n_epochs, report->n_touches, (double)report->n_touches / report->seconds, s->scored_per_second);
  printf(", \"val_loss\": %.6f, \"val_auc\": %.6f}\n", val->loss, val->auc);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: stage PACK FOLDER|- [key=value ...]\n");
    return 2;
  }
  stage s = {0};
  da_error err = {0};
  da_status status = open_stage(&s, argc, argv, &err);
  if (status == DA_OK) status = run_stage(&s, argv[2], &err);
  if (status == DA_OK)
    print_stage(&s);
  else
    fprintf(stderr, "stage: %s\n", err.msg);
  da_train_report_free(&s.report);
  da_model_close(&s.model);
  da_journeys_close(&s.set);
  da_pool_close(s.pool);
  da_config_free(&s.config);
  return status == DA_OK ? 0 : 1;
}
