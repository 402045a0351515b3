#include "model/hardware.h"

#include "model/kernels/kernels.h"

const char *da_hardware_kernels(void) { return da_kernels_find(DA_KERNELS_BEST)->name; }
