#include "credit/explain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/score.h"

/* Room that the arena owns; *complete turns false when there is none. */
static void *take(da_arena *arena, size_t n, size_t item_bytes, bool *complete) {
  void *room = da_arena_alloc(arena, n, item_bytes);
  *complete = *complete && room;
  return room;
}

static da_status check_room(bool complete, size_t n, da_error *err) {
  return complete ? DA_OK : da_mem_fail(err, n, sizeof(double), "the explanation of a journey");
}

/* ---- What the methods say ---- */

static uint64_t conversions_before(const da_journeys *set, uint64_t journey) {
  uint64_t n = 0;
  for (uint64_t j = 0; j < journey; j++) n += da_journey_converted(set, j);
  return n;
}

static da_status credit_touches(const da_credit_input *input, const da_fitted *fitted, da_arena *arena, da_explanation *x, da_error *err) {
  const da_journeys *set = input->set;
  const da_credit_range range = {
      .begin = x->journey, .end = x->journey + 1, .first_conversion = conversions_before(set, x->journey), .attention = x->attention};
  x->value = set->value && da_journey_converted(set, x->journey) ? set->value[range.first_conversion] : NAN;
  bool complete = true;
  x->credit = take(arena, fitted->n, sizeof *x->credit, &complete);
  x->baseline = take(arena, fitted->n, sizeof *x->baseline, &complete);
  for (size_t m = 0; complete && m < fitted->n; m++) {
    x->credit[m] = take(arena, x->n, sizeof **x->credit, &complete);
    if (complete) DA_TRY(da_fitted_credit(fitted, m, input, &range, x->credit[m], &x->baseline[m], err));
  }
  DA_TRY(check_room(complete, fitted->n * x->n, err));
  return DA_OK;
}

/* ---- What the network says ---- */

/* Journeys of which only some touches are kept, laid end to end as da_scorer_score_parts takes them. */
typedef struct {
  uint32_t n;
  uint32_t *first; /* [n + 1] */
  uint64_t *kept;  /* positions in the set's touch arrays */
  float *logit;    /* [n]: the answers */
} parts;

/* Room for n_parts parts of n_touches touches in all. */
static da_status parts_open(da_arena *arena, size_t n_parts, size_t n_touches, parts *p, da_error *err) {
  bool complete = true;
  *p = (parts){.first = take(arena, n_parts + 1, sizeof *p->first, &complete),
               .kept = take(arena, n_touches, sizeof *p->kept, &complete),
               .logit = take(arena, n_parts, sizeof *p->logit, &complete)};
  if (complete) p->first[0] = 0;
  return check_room(complete, n_touches, err);
}

static void parts_keep(parts *p, uint32_t *end, uint64_t touch) { p->kept[(*end)++] = touch; }

static void parts_end(parts *p, uint32_t end) { p->first[++p->n] = end; }

/* How many parts of up to n touches each may be asked about; at least one. */
static size_t affordable(uint64_t n, size_t wanted) {
  uint64_t most = n < DA_EXPLAIN_TOUCHES ? DA_EXPLAIN_TOUCHES / n : 1;
  return wanted < most ? wanted : (size_t)most;
}

/* The journey as it was after each of its last touches. */
static da_status ask_prefixes(da_scorer *scorer, const da_model *model, da_arena *arena, da_explanation *x, da_error *err) {
  size_t n_parts = affordable(x->n, x->n);
  parts p;
  bool complete = true;
  x->probability_after = take(arena, x->n, sizeof *x->probability_after, &complete);
  DA_TRY(check_room(complete, x->n, err));
  DA_TRY(parts_open(arena, n_parts, n_parts * x->n, &p, err));
  uint32_t end = 0;
  for (uint64_t length = x->n - n_parts + 1; length <= x->n; length++) {
    for (uint64_t i = 0; i < length; i++) parts_keep(&p, &end, x->first + i);
    parts_end(&p, end);
  }
  DA_TRY(da_scorer_score_parts(scorer, p.n, p.first, p.kept, p.logit, err));
  for (uint64_t i = 0; i < x->n; i++) {
    uint64_t skipped = x->n - n_parts;
    x->probability_after[i] = i < skipped ? NAN : da_model_probability(model, (double)p.logit[i - skipped]);
  }
  return DA_OK;
}

/* The campaigns of the journey in the order in which they come. */
static da_status list_campaigns(da_arena *arena, da_explanation *x, da_error *err) {
  size_t n_all = x->set->campaigns.n, n_most = x->n < n_all ? x->n : n_all;
  bool complete = true;
  uint32_t *place = take(arena, n_all, sizeof *place, &complete); /* [campaigns of the set]: 1 + its place in the list */
  x->without = take(arena, n_most, sizeof *x->without, &complete);
  DA_TRY(check_room(complete, n_all, err));
  memset(place, 0, n_all * sizeof *place);
  for (uint64_t i = 0; i < x->n; i++) {
    uint32_t campaign = x->set->campaign[x->first + i];
    if (place[campaign] == 0) {
      x->without[x->n_campaigns++] = (da_what_if){.campaign = campaign, .probability = NAN};
      place[campaign] = (uint32_t)x->n_campaigns;
    }
    x->without[place[campaign] - 1].n_touches++;
  }
  return DA_OK;
}

static da_status ask_without(da_scorer *scorer, const da_model *model, da_arena *arena, da_explanation *x, da_error *err) {
  DA_TRY(list_campaigns(arena, x, err));
  if (x->n_campaigns == 1) { /* without it nothing is left */
    x->without[0].probability = x->probability_of_none;
    return DA_OK;
  }
  size_t n_parts = affordable(x->n, x->n_campaigns);
  parts p;
  DA_TRY(parts_open(arena, n_parts, n_parts * x->n, &p, err));
  uint32_t end = 0;
  for (size_t c = 0; c < n_parts; c++) {
    for (uint64_t touch = x->first; touch < x->first + x->n; touch++) {
      if (x->set->campaign[touch] != x->without[c].campaign) parts_keep(&p, &end, touch);
    }
    parts_end(&p, end);
  }
  DA_TRY(da_scorer_score_parts(scorer, p.n, p.first, p.kept, p.logit, err));
  for (size_t c = 0; c < n_parts; c++) x->without[c].probability = da_model_probability(model, (double)p.logit[c]);
  return DA_OK;
}

static da_status ask_network(da_scorer *scorer, const da_model *model, da_arena *arena, da_explanation *x, da_error *err) {
  x->has_network = true;
  x->probability_of_none = da_model_probability(model, (double)da_scorer_empty_logit(scorer, x->journey));
  bool complete = true;
  x->attention = take(arena, x->n, sizeof *x->attention, &complete);
  DA_TRY(check_room(complete, x->n, err));
  DA_TRY(da_scorer_score(scorer, x->journey, x->journey + 1, x->attention, NULL, err));
  DA_TRY(ask_prefixes(scorer, model, arena, x, err));
  return ask_without(scorer, model, arena, x, err);
}

static uint64_t user_of(const da_journeys *set, uint64_t journey) {
  uint64_t low = 0, high = set->n_users; /* the user is in low .. high - 1 */
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    if (set->first_journey[middle] <= journey) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

da_status da_explain(const da_credit_input *input, const da_fitted *fitted, const da_model *model, uint64_t journey, da_arena *arena,
                     da_explanation *x, da_error *err) {
  const da_journeys *set = input->set;
  if (journey >= set->n_journeys) {
    return da_fail(err, DA_ERR_ARG, "expected a journey_id below %llu but found %llu", (unsigned long long)set->n_journeys,
                   (unsigned long long)journey);
  }
  *x = (da_explanation){.set = set,
                        .journey = journey,
                        .user = user_of(set, journey),
                        .first = set->first_touch[journey],
                        .n = da_journey_length(set, journey),
                        .fitted = fitted};
  if (model) {
    da_scorer *scorer;
    DA_TRY(da_scorer_open(model, set, NULL, NULL, &scorer, err));
    da_status status = ask_network(scorer, model, arena, x, err);
    da_scorer_close(scorer);
    if (status != DA_OK) return status;
  }
  return credit_touches(input, fitted, arena, x, err);
}

/* ---- Users ---- */

static bool is_user(const da_journeys *set, uint64_t user, const char *uid, size_t length, int64_t number) {
  if (set->uid_int) return set->uid_int[user] == number;
  uint64_t begin = set->uid_end[user], end = set->uid_end[user + 1];
  return end - begin == length && memcmp(set->uid_text + begin, uid, length) == 0;
}

da_status da_explain_find_user(const da_journeys *set, const char *uid, uint64_t *user, da_error *err) {
  char *rest = NULL;
  errno = 0;
  int64_t number = strtoll(uid, &rest, 10);
  if (set->uid_int && (errno || rest == uid || *rest)) {
    return da_fail(err, DA_ERR_ARG, "expected a uid that is a whole number, as all of this log are, but found \"%s\"", uid);
  }
  size_t length = strlen(uid);
  for (*user = 0; *user < set->n_users; ++*user) {
    if (is_user(set, *user, uid, length, number)) return DA_OK;
  }
  return da_fail(err, DA_ERR_ARG, "expected a uid of the log but found \"%s\", which has no journey", uid);
}
