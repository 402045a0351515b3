/* The families of kernels, each in a file of its own; those for newer processors are built where the compiler knows them. */
#ifndef DA_MODEL_KERNELS_FAMILIES_H
#define DA_MODEL_KERNELS_FAMILIES_H

#include "model/kernels/kernels.h"

extern const da_kernel_set da_kernels_plain;
#ifdef DA_HAVE_AVX2
extern const da_kernel_set da_kernels_avx2;
#endif
#ifdef DA_HAVE_AVX512
extern const da_kernel_set da_kernels_avx512;
#endif

#endif
