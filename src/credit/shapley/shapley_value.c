#include "credit/shapley/shapley_value.h"

#include <stddef.h>

/* weight[s]: s! (n - 1 - s)! / n!, of coalitions of s other players. */
static void set_weights(uint32_t n, double *weight) {
  weight[0] = 1 / (double)n;
  for (uint32_t s = 1; s < n; s++) weight[s] = weight[s - 1] * s / (double)(n - s);
}

/* Every coalition adds its worth to those inside and takes it from those outside: each pair (S and k, S) of the sum is met once. */
void da_shapley_value(const double *worth, uint32_t n, double *value) {
  double weight[DA_SHAPLEY_MOST_PLAYERS];
  set_weights(n, weight);
  for (uint32_t k = 0; k < n; k++) value[k] = 0;
  for (size_t coalition = 0; coalition < (size_t)1 << n; coalition++) {
    uint32_t size = (uint32_t)__builtin_popcountll(coalition);
    double gain = size > 0 ? weight[size - 1] * worth[coalition] : 0, loss = size < n ? weight[size] * worth[coalition] : 0;
    for (uint32_t k = 0; k < n; k++) value[k] += coalition >> k & 1 ? gain : -loss;
  }
}
