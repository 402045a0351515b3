#include "model/score.h"

#include "base/mem.h"
#include "model/engine.h"
#include "model/gather.h"

/* A batch ends at whichever comes first; a longer journey is a batch of its own. */
enum { BATCH_TOUCHES = 256 * 1024, BATCH_JOURNEYS = 64 * 1024 };

typedef struct {
  da_touches journeys[BATCH_JOURNEYS];
  da_gather gather;
  da_batch batch;
} ready_batch;

/* The journeys of one call: touches(context, i) gives the ith. */
typedef struct {
  da_touches (*touches)(const void *context, uint64_t i);
  const void *context;
  uint64_t n, next;
} journey_source;

struct da_scorer {
  const da_model *model;
  const da_journeys *set;
  da_pool *pool;
  da_input_reader reader;
  da_engine *engine;
  ready_batch batches[2]; /* one is read while the other is scored */
  journey_source source;
  ready_batch *ahead; /* the one that is read */
  da_status ahead_status;
  da_error ahead_err;
};

static void note_unknown_values(const da_input *input, const da_input_source *source, const char *what, uint64_t n,
                                const da_monitor *monitor) {
  if (source->n_unknown == 0) return;
  da_monitor_note(monitor, DA_NOTE_WARNING,
                  "%llu of %llu values of feature '%.*s' (%llu of %llu %s) are not in the model's vocabulary and are scored as missing",
                  (unsigned long long)source->n_unknown, (unsigned long long)source->n_values - 1, /* not the empty one */
                  (int)input->column.length, input->column.data, (unsigned long long)source->n_unknown_cells, (unsigned long long)n, what);
}

static void note_unknown(const da_input_reader *reader, const da_monitor *monitor) {
  const da_inputs *inputs = reader->inputs;
  const da_input_source *campaigns = &reader->sources[0];
  if (campaigns->n_unknown > 0)
    da_monitor_note(monitor, DA_NOTE_WARNING,
                    "%llu of %zu campaigns (%llu of %llu touches) are not in the model's vocabulary and are scored as one unknown campaign",
                    (unsigned long long)campaigns->n_unknown, reader->set->campaigns.n, (unsigned long long)campaigns->n_unknown_cells,
                    (unsigned long long)reader->set->n_touches);
  for (uint32_t i = 1; i < inputs->n; i++)
    if (!da_input_is_of_user(&inputs->items[i]))
      note_unknown_values(&inputs->items[i], &reader->sources[i], "touches", reader->set->n_touches, monitor);
  for (uint32_t i = 0; i < inputs->n_user; i++)
    note_unknown_values(&inputs->user[i], &reader->user_sources[i], "journeys", reader->set->n_journeys, monitor);
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
  for (int i = 0; i < 2; i++) da_gather_free(&scorer->batches[i].gather);
  da_input_reader_close(&scorer->reader);
  da_mem_free(scorer);
}

uint64_t da_scorer_n_unknown_touches(const da_scorer *scorer) { return scorer->reader.sources[0].n_unknown_cells; }

float da_scorer_empty_logit(const da_scorer *scorer, uint64_t journey) {
  uint32_t rows[DA_MAX_FEATURES];
  da_input_reader_user_rows(&scorer->reader, &(da_touches){.journey = journey}, rows);
  return da_model_empty_logit(scorer->model, rows);
}

/* The next batch of the source. */
static da_status read_batch(da_scorer *scorer, da_pool *pool, ready_batch *ready, da_error *err) {
  journey_source *source = &scorer->source;
  uint32_t size = 0;
  uint64_t n_touches = 0;
  for (; source->next < source->n && size < BATCH_JOURNEYS; source->next++) {
    const da_touches journey = source->touches(source->context, source->next);
    if (size && n_touches + journey.n > BATCH_TOUCHES) break;
    n_touches += journey.n;
    ready->journeys[size++] = journey;
  }
  DA_TRY(da_gather_batch(&ready->gather, &scorer->reader, ready->journeys, size, pool, &ready->batch, err));
  return da_engine_plan(scorer->engine, &ready->batch, true, err);
}

static void read_ahead(void *context, size_t number) {
  (void)number;
  da_scorer *scorer = context;
  scorer->ahead_status = read_batch(scorer, NULL, scorer->ahead, &scorer->ahead_err);
}

/* Batch by batch; while one is scored, one thread reads the next. */
static da_status score_all(da_scorer *scorer, journey_source source, float *attention, float *logit, da_error *err) {
  if (source.n == 0) return DA_OK;
  scorer->source = source;
  ready_batch *ready = &scorer->batches[0], *other = &scorer->batches[1];
  DA_TRY(read_batch(scorer, scorer->pool, ready, err));
  for (bool more = true; more;) {
    const da_batch *batch = &ready->batch;
    more = scorer->source.next < source.n;
    scorer->ahead = other;
    da_engine_take_along(scorer->engine, read_ahead, more, scorer);
    DA_TRY(da_engine_score(scorer->engine, scorer->model->params, batch, attention, logit, err));
    if (more && scorer->ahead_status != DA_OK) return da_fail(err, scorer->ahead_status, "%s", scorer->ahead_err.msg);
    if (attention) attention += batch->first[batch->n_journeys];
    if (logit) logit += batch->n_journeys;
    other = ready;
    ready = scorer->ahead;
  }
  return DA_OK;
}

typedef struct {
  const da_journeys *set;
  uint64_t begin;
  const uint64_t *journeys;
} journey_list;

static da_touches touches_in_range(const void *context, uint64_t i) {
  const journey_list *list = context;
  return da_touches_of_journey(list->set, list->begin + i);
}

static da_touches touches_in_list(const void *context, uint64_t i) {
  const journey_list *list = context;
  return da_touches_of_journey(list->set, list->journeys[i]);
}

typedef struct {
  const da_journeys *set; /* NULL: nobody asks which journey it is */
  const uint32_t *first;
  const uint64_t *kept;
} part_list;

static da_touches touches_of_part(const void *context, uint64_t i) {
  const part_list *list = context;
  const uint64_t *kept = list->kept + list->first[i];
  return (da_touches){
      .journey = list->set ? da_journey_of_touch(list->set, *kept) : 0, .kept = kept, .n = list->first[i + 1] - list->first[i]};
}

da_status da_scorer_score(da_scorer *scorer, uint64_t begin, uint64_t end, float *attention, float *logit, da_error *err) {
  const journey_list list = {.set = scorer->set, .begin = begin};
  return score_all(scorer, (journey_source){touches_in_range, &list, end - begin, 0}, attention, logit, err);
}

da_status da_scorer_score_some(da_scorer *scorer, const uint64_t *journeys, uint64_t n, float *attention, float *logit, da_error *err) {
  const journey_list list = {.set = scorer->set, .journeys = journeys};
  return score_all(scorer, (journey_source){touches_in_list, &list, n, 0}, attention, logit, err);
}

da_status da_scorer_score_parts(da_scorer *scorer, uint32_t n, const uint32_t *first, const uint64_t *kept, float *logit, da_error *err) {
  const part_list list = {da_inputs_read_user(&scorer->model->inputs) ? scorer->set : NULL, first, kept};
  return score_all(scorer, (journey_source){touches_of_part, &list, n, 0}, NULL, logit, err);
}
