#include "model/kernels/kernels.h"

#include "model/kernels/families.h"

static const da_kernel_set *plain(void) { return &da_kernels_plain; }

static const da_kernel_set *avx2(void) {
#ifdef DA_HAVE_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &da_kernels_avx2;
#endif
  return NULL;
}

static const da_kernel_set *avx512(void) {
#ifdef DA_HAVE_AVX512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return &da_kernels_avx512;
#endif
  return NULL;
}

const da_kernel_set *da_kernels_find(da_kernels kernels) {
  switch (kernels) {
  case DA_KERNELS_PLAIN:
    return plain();
  case DA_KERNELS_AVX2:
    return avx2();
  case DA_KERNELS_AVX512:
    return avx512();
  default:
    return avx512() ? avx512() : avx2() ? avx2() : plain();
  }
}
