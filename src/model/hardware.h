/* What the arithmetic runs on here: for --version, the manifest and benchmarks. */
#ifndef DA_MODEL_HARDWARE_H
#define DA_MODEL_HARDWARE_H

/* The network's kernels that this processor gets: "avx2", "avx512", "plain". */
const char *da_hardware_kernels(void);

#endif
