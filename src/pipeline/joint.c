#include "pipeline/joint.h"

#include "base/mem.h"

static da_status merge_names(const da_names *a, const da_names *b, da_vocabulary *names, da_error *err) {
  for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
    int order = i == a->n ? 1 : j == b->n ? -1 : da_slice_compare(a->items[i], b->items[j]);
    DA_TRY(da_vocabulary_add(names, order <= 0 ? a->items[i] : b->items[j], err));
    i += order <= 0;
    j += order >= 0;
  }
  return DA_OK;
}

/* The set's touches by the new numbers; *own stays NULL where they are the old ones. */
static da_status renumber(da_journeys *view, const da_names *names, uint32_t **own, da_error *err) {
  const da_names old = view->campaigns;
  const uint32_t *campaign = view->campaign;
  view->campaigns = *names;
  if (old.n == names->n) return DA_OK;
  uint32_t *number = da_mem_alloc(old.n, sizeof *number);
  *own = da_mem_alloc(view->n_touches, sizeof **own);
  if (number && *own) {
    for (size_t c = 0; c < old.n; c++) number[c] = da_names_find(names, old.items[c]);
    for (uint64_t i = 0; i < view->n_touches; i++) (*own)[i] = number[campaign[i]];
    view->campaign = *own;
  }
  da_mem_free(number);
  return number && *own ? DA_OK : da_mem_fail(err, view->n_touches, sizeof **own, "the campaigns of touches");
}

da_status da_joint_init(const da_journeys *then, const da_journeys *now, da_joint *joint, da_error *err) {
  *joint = (da_joint){.then = *then, .now = *now};
  da_status status = merge_names(&then->campaigns, &now->campaigns, &joint->names, err);
  const da_names names = da_vocabulary_names(&joint->names);
  if (status == DA_OK) status = renumber(&joint->then, &names, &joint->campaign_of[0], err);
  if (status == DA_OK) status = renumber(&joint->now, &names, &joint->campaign_of[1], err);
  return status;
}

void da_joint_free(da_joint *joint) {
  for (int i = 0; i < 2; i++) da_mem_free(joint->campaign_of[i]);
  da_vocabulary_free(&joint->names);
  *joint = (da_joint){0};
}
