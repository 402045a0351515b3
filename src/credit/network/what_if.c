#include "credit/network/what_if.h"

#include "base/mem.h"

/* Touches that are scored together; enough for full batches. */
enum { TOUCHES_AT_ONCE = 1 << 16 };

da_status da_what_ifs_open(const da_model *model, const da_journeys *set, da_what_ifs *asked, da_error *err) {
  *asked = (da_what_ifs){.model = model};
  return da_scorer_open(model, set, NULL, NULL, &asked->scorer, err);
}

void da_what_ifs_close(da_what_ifs *asked) {
  da_scorer_close(asked->scorer);
  da_mem_free(asked->answer);
  da_mem_free(asked->first);
  da_mem_free(asked->kept);
  da_mem_free(asked->logit);
  *asked = (da_what_ifs){0};
}

double da_what_ifs_none(const da_what_ifs *asked, uint64_t journey) {
  return da_model_probability(asked->model, (double)da_scorer_empty_logit(asked->scorer, journey));
}

void da_what_ifs_clear(da_what_ifs *asked) { asked->n = 0, asked->n_answers = 0; }

static da_status reserve(da_what_ifs *asked, uint64_t n_touches, da_error *err) {
  const char *what = "journeys of which only some campaigns are kept";
  void *first = asked->first, *kept = asked->kept, *logit = asked->logit;
  size_t n_kept = asked->n ? asked->first[asked->n] : 0;
  DA_TRY(da_mem_reserve(&first, &asked->first_capacity, (size_t)asked->n + 2, sizeof *asked->first, what, err));
  asked->first = first;
  DA_TRY(da_mem_reserve(&kept, &asked->kept_capacity, n_kept + n_touches, sizeof *asked->kept, what, err));
  asked->kept = kept;
  DA_TRY(da_mem_reserve(&logit, &asked->logit_capacity, (size_t)asked->n + 1, sizeof *asked->logit, what, err));
  asked->logit = logit;
  return DA_OK;
}

da_status da_what_ifs_ask(da_what_ifs *asked, uint64_t first_touch, uint64_t n, const uint32_t *player, const bool *is_kept,
                          da_error *err) {
  if (asked->n > 0 && asked->first[asked->n] + n > TOUCHES_AT_ONCE) DA_TRY(da_what_ifs_finish(asked, err));
  if (n > UINT32_MAX)
    return da_fail(err, DA_ERR_DATA, "expected a journey of fewer than 2^32 touches but found %llu", (unsigned long long)n);
  DA_TRY(reserve(asked, n, err));
  if (asked->n == 0) asked->first[0] = 0;
  uint32_t end = asked->first[asked->n];
  for (uint64_t i = 0; i < n; i++) {
    if (is_kept[player[i]]) asked->kept[end++] = first_touch + i;
  }
  asked->first[++asked->n] = end;
  return DA_OK;
}

da_status da_what_ifs_finish(da_what_ifs *asked, da_error *err) {
  if (asked->n == 0) return DA_OK;
  void *answer = asked->answer;
  DA_TRY(
      da_mem_reserve(&answer, &asked->answer_capacity, asked->n_answers + asked->n, sizeof *asked->answer, "the network's answers", err));
  asked->answer = answer;
  DA_TRY(da_scorer_score_parts(asked->scorer, asked->n, asked->first, asked->kept, asked->logit, err));
  for (uint32_t i = 0; i < asked->n; i++) {
    asked->answer[asked->n_answers++] = da_model_probability(asked->model, (double)asked->logit[i]);
  }
  asked->n = 0;
  return DA_OK;
}
