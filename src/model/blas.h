/* CBLAS, whichever OpenBLAS was found: DA_BLAS(cblas_sgemm)(CblasRowMajor, ...), DA_BLAS(openblas_get_corename)().
 * The one that scripts/bootstrap gets prefixes its symbols, so that it never meets another BLAS in one process. */
#ifndef DA_MODEL_BLAS_H
#define DA_MODEL_BLAS_H

#include <cblas.h>

#ifdef DA_BLAS_PREFIX
#define DA_BLAS_JOIN(prefix, name) prefix##name
#define DA_BLAS_EXPAND(prefix, name) DA_BLAS_JOIN(prefix, name)
#define DA_BLAS(name) DA_BLAS_EXPAND(DA_BLAS_PREFIX, name)
#else
#define DA_BLAS(name) name
#endif

#endif
