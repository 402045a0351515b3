/* What is known of the kernel weights before the log is seen: campaigns resemble each other, and experiments pin some totals. */
#ifndef DA_CREDIT_INCREMENTAL_PRIOR_H
#define DA_CREDIT_INCREMENTAL_PRIOR_H

#include <stdbool.h>
#include <stdint.h>

/* The result of an experiment: campaign caused `conversions` in the log's window, give or take one standard error. */
typedef struct {
  uint32_t campaign;
  double conversions;
  double standard_error; /* 0: exactly */
} da_pin;

typedef struct {
  const da_pin *pins;
  uint32_t n_pins;
} da_prior;

#endif
