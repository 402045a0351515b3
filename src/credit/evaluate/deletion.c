#include "credit/evaluate/deletion.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"

typedef struct {
  float credit;
  uint32_t touch;
} ranked;

/* The most credited first; of equals the later. */
static int by_credit(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->credit != y->credit) return x->credit > y->credit ? -1 : 1;
  return x->touch > y->touch ? -1 : x->touch < y->touch;
}

/* Working memory for one journey after the other. */
typedef struct {
  ranked *order;
  uint32_t *player; /* each touch is a player of its own */
  bool *is_kept;
  size_t order_capacity, player_capacity, kept_capacity;
} room;

static da_status reserve(room *r, size_t n, da_error *err) {
  void *order = r->order, *player = r->player, *is_kept = r->is_kept;
  DA_TRY(da_mem_reserve(&order, &r->order_capacity, n, sizeof *r->order, "the touches of a journey", err));
  r->order = order;
  DA_TRY(da_mem_reserve(&player, &r->player_capacity, n, sizeof *r->player, "the touches of a journey", err));
  r->player = player;
  DA_TRY(da_mem_reserve(&is_kept, &r->kept_capacity, n, sizeof *r->is_kept, "the touches of a journey", err));
  r->is_kept = is_kept;
  return DA_OK;
}

static void room_free(room *r) {
  da_mem_free(r->order);
  da_mem_free(r->player);
  da_mem_free(r->is_kept);
}

static uint32_t n_without(uint32_t n, int part) { return (uint32_t)((uint64_t)n * (uint64_t)(part + 1) / DA_DELETION_PARTS); }

/* Asks for the whole journey, and for what is left of it after each part but the last, which leaves nothing. */
static da_status ask(room *r, uint64_t first, uint32_t n, da_what_ifs *asked, da_error *err) {
  DA_TRY(da_what_ifs_ask(asked, first, n, r->player, r->is_kept, err));
  uint32_t gone = 0;
  for (int part = 0; part + 1 < DA_DELETION_PARTS; part++) {
    for (; gone < n_without(n, part); gone++) r->is_kept[r->order[gone].touch] = false;
    DA_TRY(da_what_ifs_ask(asked, first, n, r->player, r->is_kept, err));
  }
  return DA_OK;
}

/* answer: of the journey's own questions. */
static void add(const double *answer, double none, da_deletion_curve *curve) {
  curve->n_journeys++;
  if (!(answer[0] > 0)) return;
  for (int part = 0; part + 1 < DA_DELETION_PARTS; part++) curve->left[part] += answer[part + 1] / answer[0];
  curve->left[DA_DELETION_PARTS - 1] += none / answer[0];
}

typedef struct {
  const da_journeys *set;
  const float *credit; /* of the next journey's touches; NULL: drawn */
  da_random random;
  room room;
  da_what_ifs asked;
} deletion;

static da_status ask_journey(deletion *d, uint64_t journey, da_error *err) {
  room *r = &d->room;
  uint32_t n = (uint32_t)da_journey_length(d->set, journey);
  DA_TRY(reserve(r, n, err));
  for (uint32_t t = 0; t < n; t++) {
    r->order[t] = (ranked){d->credit ? d->credit[t] : (float)da_random_uniform(&d->random), t};
    r->player[t] = t;
    r->is_kept[t] = true;
  }
  if (d->credit) d->credit += n;
  if (n < 2) return DA_OK;
  qsort(r->order, n, sizeof *r->order, by_credit);
  return ask(r, d->set->first_touch[journey], n, &d->asked, err);
}

/* One journey at a time would leave the scorer's batches empty: the questions of many go together. */
enum { JOURNEYS_AT_ONCE = 256 };

static da_status measure(deletion *d, const da_deletion_journeys *journeys, da_deletion_curve *curve, da_error *err) {
  for (uint64_t begin = 0; begin < journeys->n; begin += JOURNEYS_AT_ONCE) {
    uint64_t end = begin + JOURNEYS_AT_ONCE < journeys->n ? begin + JOURNEYS_AT_ONCE : journeys->n;
    da_what_ifs_clear(&d->asked);
    for (uint64_t i = begin; i < end; i++) DA_TRY(ask_journey(d, journeys->journey[i], err));
    DA_TRY(da_what_ifs_finish(&d->asked, err));
    const double *answer = d->asked.answer;
    for (uint64_t i = begin; i < end; i++) {
      if (da_journey_length(d->set, journeys->journey[i]) < 2) continue;
      add(answer, da_what_ifs_none(&d->asked, journeys->journey[i]), curve);
      answer += DA_DELETION_PARTS;
    }
  }
  return DA_OK;
}

da_status da_deletion_measure(const da_model *model, const da_journeys *set, const da_deletion_journeys *journeys, const float *credit,
                              uint64_t seed, da_deletion_curve *curve, da_error *err) {
  *curve = (da_deletion_curve){0};
  deletion d = {.set = set, .credit = credit};
  da_random_init(&d.random, seed, 0);
  da_status status = da_what_ifs_open(model, set, &d.asked, err);
  if (status == DA_OK) status = measure(&d, journeys, curve, err);
  room_free(&d.room);
  da_what_ifs_close(&d.asked);
  double n = curve->n_journeys ? (double)curve->n_journeys : NAN;
  for (int part = 0; part < DA_DELETION_PARTS; part++) {
    curve->left[part] /= n;
    curve->area += curve->left[part] / DA_DELETION_PARTS;
  }
  return status;
}
