/* Sums of money in exact cents: where every value of the input is a whole number of cents, so is every campaign's, and together they come
 * to the input's to the cent.
 *
 *   3.333.. 3.333.. 3.333.., together 10.00   ->   3.34 3.33 3.33
 *
 * Each sum is cut down to whole cents, and the cents that are missing go to those that were cut most (largest remainder; of equals the
 * first). No sum moves by a cent or more. Values of single touches and conversions are not rounded: a conversion of one cent has many
 * touches. */
#ifndef DA_CREDIT_CENTS_H
#define DA_CREDIT_CENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values, and one more, in cents; false when one is no whole number of cents, or too large to tell (2^53 cents). */
bool da_cents_total(const double *value, uint64_t n, double one_more, int64_t *cents);

/* amounts: [n] sums of money that come to about cents; each becomes a whole number of cents. scratch: [n]. False, and nothing changed, when
 * they are farther from cents than rounding explains. */
bool da_cents_share(double *amounts, size_t n, int64_t cents, double *scratch);

#endif
