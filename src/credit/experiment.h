/* What an experiment found: how many conversions a campaign caused, by comparing people who could see it with people who could not. */
#ifndef DA_CREDIT_EXPERIMENT_H
#define DA_CREDIT_EXPERIMENT_H

#include <stdint.h>

#include "base/text.h"

typedef struct {
  da_slice campaign;
  int64_t begin_us, end_us; /* of the touches it held back or showed: begin <= time < end, microseconds UTC; INT64_MIN and INT64_MAX:
                               those of the whole log */
  double conversions;       /* incremental; negative ones are allowed and mean a campaign that harms */
  double standard_error;    /* 0: known exactly */
} da_experiment;

/* Valid as {0}. */
typedef struct {
  const da_experiment *items;
  size_t n;
} da_experiments;

#endif
