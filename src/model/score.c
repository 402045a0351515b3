#include "model/score.h"

#include "base/mem.h"
#include "model/engine.h"
#include "model/gather.h"

/* A batch ends at whichever comes first; a longer journey is a batch of its own. */
enum { BATCH_TOUCHES = 64 * 1024, BATCH_JOURNEYS = 16 * 1024 };

struct da_scorer {
  const da_model *model;
  const da_journeys *set;
  da_pool *pool;
  da_input_reader reader;
  da_gather gather;
  da_engine *engine;
  da_touches journeys[BATCH_JOURNEYS];
};

static void note_unknown(const da_input_reader *reader, const da_monitor *monitor) {
  if (reader->n_unknown_campaigns == 0) return;
  da_monitor_note(monitor, DA_NOTE_WARNING,
                  "%llu of %zu campaigns (%llu of %llu touches) are not in the model's vocabulary and are scored as one unknown campaign",
                  (unsigned long long)reader->n_unknown_campaigns, reader->set->campaigns.n, (unsigned long long)reader->n_unknown_touches,
                  (unsigned long long)reader->set->n_touches);
}

da_status da_scorer_open(const da_model *model, const da_journeys *set, da_pool *pool, const da_monitor *monitor, da_scorer **out,
                         da_error *err) {
  *out = NULL;
  da_scorer *scorer = da_mem_calloc(1, sizeof *scorer);
  if (!scorer) return da_mem_fail(err, 1, sizeof *scorer, "a scorer");
  scorer->model = model;
  scorer->set = set;
  scorer->pool = pool;
  da_status status = da_input_reader_open(&model->inputs, &model->campaigns, set, &scorer->reader, err);
  if (status == DA_OK) status = da_engine_open(&model->shape, &(da_engine_options){0}, pool, &scorer->engine, err);
  if (status != DA_OK) {
    da_scorer_close(scorer);
    return status;
  }
  note_unknown(&scorer->reader, monitor);
  *out = scorer;
  return DA_OK;
}

void da_scorer_close(da_scorer *scorer) {
  if (!scorer) return;
  da_engine_close(scorer->engine);
  da_gather_free(&scorer->gather);
  da_input_reader_close(&scorer->reader);
  da_mem_free(scorer);
}

uint64_t da_scorer_n_unknown_touches(const da_scorer *scorer) { return scorer->reader.n_unknown_touches; }

/* The first n of scorer->journeys. */
static da_status score_batch(da_scorer *scorer, uint32_t n, float *attention, float *logit, da_error *err) {
  da_batch batch;
  DA_TRY(da_gather_batch(&scorer->gather, &scorer->reader, scorer->journeys, n, scorer->pool, &batch, err));
  return da_engine_score(scorer->engine, scorer->model->params, &batch, attention, logit, err);
}

da_status da_scorer_score(da_scorer *scorer, uint64_t begin, uint64_t end, float *attention, float *logit, da_error *err) {
  const uint64_t *first_touch = scorer->set->first_touch;
  for (uint64_t at = begin; at < end;) {
    uint32_t n = 0;
    while (at + n < end && n < BATCH_JOURNEYS && (n == 0 || first_touch[at + n + 1] - first_touch[at] <= BATCH_TOUCHES)) {
      scorer->journeys[n] = (da_touches){.first = first_touch[at + n], .n = (uint32_t)da_journey_length(scorer->set, at + n)};
      n++;
    }
    DA_TRY(score_batch(scorer, n, attention ? attention + (first_touch[at] - first_touch[begin]) : NULL,
                       logit ? logit + (at - begin) : NULL, err));
    at += n;
  }
  return DA_OK;
}

da_status da_scorer_score_parts(da_scorer *scorer, uint32_t n_parts, const uint32_t *first, const uint64_t *kept, float *logit,
                                da_error *err) {
  for (uint32_t at = 0; at < n_parts;) {
    uint32_t n = 0;
    while (at + n < n_parts && n < BATCH_JOURNEYS && (n == 0 || first[at + n + 1] - first[at] <= BATCH_TOUCHES)) {
      scorer->journeys[n] = (da_touches){.kept = kept + first[at + n], .n = first[at + n + 1] - first[at + n]};
      n++;
    }
    DA_TRY(score_batch(scorer, n, NULL, logit + at, err));
    at += n;
  }
  return DA_OK;
}
