#include "credit/fitted.h"

#include <string.h>

#include "base/mem.h"

/* Method number m's state: taken from an earlier method, or fitted. */
static da_status fit_one(const da_credit_input *input, da_fitted *fitted, size_t m, da_error *err) {
  const da_method *owner = fitted->methods[m];
  if (owner->state_of) {
    owner = da_method_find(owner->state_of);
    for (size_t earlier = 0; earlier < m; earlier++) {
      if (fitted->owners[earlier] != owner) continue;
      fitted->states[m] = fitted->states[earlier];
      return DA_OK;
    }
  }
  if (fitted->methods[m]->caution) {
    da_monitor_note(input->monitor, DA_NOTE_WARNING, "%s: %s", fitted->methods[m]->name, fitted->methods[m]->caution);
  }
  if (!owner->fit) return DA_OK;
  DA_TRY(owner->fit(input, &fitted->states[m], err));
  fitted->owners[m] = owner;
  return DA_OK;
}

da_status da_fitted_open(const da_credit_input *input, const da_method *const *methods, size_t n, da_fitted *fitted, da_error *err) {
  *fitted = (da_fitted){.methods = da_mem_calloc(n, sizeof(da_method *)),
                        .states = da_mem_calloc(n, sizeof(void *)),
                        .owners = da_mem_calloc(n, sizeof(da_method *))};
  da_status status = DA_OK;
  if (!fitted->methods || !fitted->states || !fitted->owners) {
    status = da_mem_fail(err, n, sizeof(void *), "the fitted methods");
    goto done;
  }
  for (size_t m = 0; m < n; m++) {
    fitted->methods[m] = methods[m];
    if ((status = fit_one(input, fitted, m, err)) != DA_OK) goto done;
    fitted->n = m + 1;
  }
done:
  if (status != DA_OK) da_fitted_close(fitted);
  return status;
}

void da_fitted_close(da_fitted *fitted) {
  for (size_t m = 0; m < fitted->n; m++) {
    if (fitted->owners[m] && fitted->owners[m]->close) fitted->owners[m]->close(fitted->states[m]);
  }
  da_mem_free(fitted->owners);
  da_mem_free(fitted->methods);
  da_mem_free(fitted->states);
  *fitted = (da_fitted){0};
}

da_status da_fitted_credit(const da_fitted *fitted, size_t m, const da_credit_input *input, const da_credit_range *range, double *credit,
                           double *baseline, da_error *err) {
  const uint64_t *first_touch = input->set->first_touch;
  memset(credit, 0, (first_touch[range->end] - first_touch[range->begin]) * sizeof *credit);
  memset(baseline, 0, (range->end - range->begin) * sizeof *baseline);
  return fitted->methods[m]->credit(fitted->states[m], input, range, credit, baseline, err);
}
