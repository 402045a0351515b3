#include "credit/fitted.h"

#include <string.h>

#include "base/mem.h"

da_status da_fitted_open(const da_credit_input *input, const da_method *const *methods, size_t n, da_fitted *fitted, da_error *err) {
  *fitted = (da_fitted){.methods = da_mem_calloc(n, sizeof(da_method *)), .states = da_mem_calloc(n, sizeof(void *))};
  da_status status = DA_OK;
  if (!fitted->methods || !fitted->states) {
    status = da_mem_fail(err, n, sizeof(void *), "the fitted methods");
    goto done;
  }
  for (size_t m = 0; m < n; m++) {
    fitted->methods[m] = methods[m];
    if (methods[m]->fit && (status = methods[m]->fit(input, &fitted->states[m], err)) != DA_OK) goto done;
    fitted->n = m + 1;
  }
done:
  if (status != DA_OK) da_fitted_close(fitted);
  return status;
}

void da_fitted_close(da_fitted *fitted) {
  for (size_t m = 0; m < fitted->n; m++) {
    if (fitted->methods[m]->close) fitted->methods[m]->close(fitted->states[m]);
  }
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
