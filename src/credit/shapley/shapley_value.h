/* Shapley values of a game whose worth is known for every coalition:
 *
 *   value_k = sum over S without k of  |S|! (n - 1 - |S|)! / n!  (v(S and k) - v(S))                    (Shapley 1953)
 *
 * Coalitions are the bits of a number: player k is in S when bit k is set. The values sum to v(all) - v(none). */
#ifndef DA_CREDIT_SHAPLEY_VALUE_H
#define DA_CREDIT_SHAPLEY_VALUE_H

#include <stdint.h>

enum { DA_SHAPLEY_MOST_PLAYERS = 20 };

/* worth: [2^n]; value: [n]; n at most DA_SHAPLEY_MOST_PLAYERS. One pass over worth, n 2^n additions. */
void da_shapley_value(const double *worth, uint32_t n, double *value);

#endif
