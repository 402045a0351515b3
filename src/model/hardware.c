#include "model/hardware.h"

#include <string.h>

#include "model/blas.h"
#include "model/kernels/kernels.h"

const char *da_hardware_kernels(void) { return da_kernels_find(DA_KERNELS_BEST)->name; }

const char *da_hardware_blas(void) { return DA_BLAS(openblas_get_config)(); }

bool da_hardware_blas_is_fallback(void) {
  const char *core = DA_BLAS(openblas_get_corename)();
  return strcmp(core, "Prescott") == 0 || strcmp(core, "Generic") == 0 || strcmp(core, "Core2") == 0;
}
