/* What the arithmetic runs on here: for --version, the manifest and benchmarks. */
#ifndef DA_MODEL_HARDWARE_H
#define DA_MODEL_HARDWARE_H

#include <stdbool.h>

/* The network's kernels that this processor gets: "avx2", "avx512", "plain". */
const char *da_hardware_kernels(void);
/* OpenBLAS with its version and the kernels it chose: "OpenBLAS 0.3.34 ... Haswell ...". Lives as long as the program. */
const char *da_hardware_blas(void);
/* OpenBLAS does not know this processor and runs on kernels of 2004: products take four times as long. */
bool da_hardware_blas_is_fallback(void);

#endif
