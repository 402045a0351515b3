/* Gauss-Legendre nodes and weights on [0, 1]: exact for polynomials up to degree 2n - 1. */
#ifndef DA_CREDIT_INCREMENTAL_QUADRATURE_H
#define DA_CREDIT_INCREMENTAL_QUADRATURE_H

enum { DA_QUADRATURE_MAX = 16 };

typedef struct {
  int n;
  double node[DA_QUADRATURE_MAX], weight[DA_QUADRATURE_MAX];
} da_quadrature;

/* 1 <= n <= DA_QUADRATURE_MAX; nodes ascending. */
da_quadrature da_quadrature_legendre(int n);

#endif
