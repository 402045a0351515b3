#include "credit/paths/by_campaign.h"

#include <math.h>

#include "base/mem.h"

/* What the parts leave of a conversion and is only their rounding. */
static const double ROUNDING = 1e-12;

typedef struct {
  da_path_form form;
  double *part; /* [part_capacity]: of each campaign of the journey */
  double *of;   /* [n_campaigns]: the part of one touch */
  size_t part_capacity;
} workspace;

static da_status share_journey(const da_journeys *set, uint64_t journey, da_path_kind kind, da_campaign_parts parts, const void *context,
                               workspace *work, double *credit, double *baseline, da_error *err) {
  uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  da_path_form *form = &work->form;
  void *part = work->part;
  DA_TRY(da_path_form_set(form, kind, set->campaign + first, n, err));
  DA_TRY(da_mem_reserve(&part, &work->part_capacity, form->length, sizeof *work->part, "the campaigns of a journey", err));
  work->part = part;
  DA_TRY(parts(context, form->item, form->length, work->part, err));
  double rest = 1;
  for (uint32_t i = 0; i < form->length; i++) {
    work->of[form->item[i]] = work->part[i] / form->n_touches[i];
    rest -= work->part[i];
  }
  for (uint64_t i = 0; i < n; i++) credit[i] = work->of[set->campaign[first + i]];
  *baseline = fabs(rest) > ROUNDING ? rest : 0;
  return DA_OK;
}

da_status da_credit_by_campaign(const da_credit_input *input, const da_credit_range *range, da_path_kind kind, da_campaign_parts parts,
                                const void *context, double *credit, double *baseline, da_error *err) {
  const da_journeys *set = input->set;
  workspace work = {.of = da_mem_alloc(set->campaigns.n, sizeof *work.of)};
  da_status status = work.of ? DA_OK : da_mem_fail(err, set->campaigns.n, sizeof *work.of, "the credit of a touch of each campaign");
  if (status == DA_OK) status = da_path_form_init((uint32_t)set->campaigns.n, &work.form, err);
  for (uint64_t j = range->begin; j < range->end && status == DA_OK; j++) {
    if (!da_journey_converted(set, j)) continue;
    double *to = credit + (set->first_touch[j] - set->first_touch[range->begin]);
    status = share_journey(set, j, kind, parts, context, &work, to, &baseline[j - range->begin], err);
  }
  da_path_form_free(&work.form);
  da_mem_free(work.part);
  da_mem_free(work.of);
  return status;
}

void da_parts_by_weight(const double *weight, const uint32_t *campaign, uint32_t n, double *part) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += weight[campaign[i]];
  for (uint32_t i = 0; i < n; i++) part[i] = sum > 0 ? weight[campaign[i]] / sum : 1 / (double)n;
}
