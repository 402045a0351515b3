/* Features for the journeys of support/journeys.h: a category and a number of touches (device, bid), the same of users (region, age), some
 * cells missing. Free with features_free. */
#ifndef DA_TESTS_FEATURES_H
#define DA_TESTS_FEATURES_H

#include <math.h>

#include "store/feature.h"
#include "support/journeys.h"

enum { DEVICE, BID, REGION, AGE, N_TEST_FEATURES };

typedef struct {
  da_feature items[N_TEST_FEATURES];
  uint32_t *code[N_TEST_FEATURES];
  float *number[N_TEST_FEATURES];
} test_features;

static const da_slice test_devices[] = {{"", 0}, {"desktop", 7}, {"phone", 5}, {"tv", 2}},
                      test_regions[] = {{"", 0}, {"north", 5}, {"south", 5}};

static const da_feature_column test_feature_columns[N_TEST_FEATURES] = {
    {"device", false, false}, {"bid", false, true}, {"region", true, false}, {"age", true, true}};

static inline test_features *features_draw(test_journeys *made, uint64_t seed) {
  test_features *features = journeys_zeroed(1, sizeof *features);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 0);
  features->items[DEVICE] = (da_feature){.name = {"device", 6}, .values = {test_devices, 4}};
  features->items[BID] = (da_feature){.name = {"bid", 3}};
  features->items[REGION] = (da_feature){.name = {"region", 6}, .of_user = true, .values = {test_regions, 3}};
  features->items[AGE] = (da_feature){.name = {"age", 3}, .of_user = true};
  for (int f = 0; f < N_TEST_FEATURES; f++) {
    da_feature *feature = &features->items[f];
    const uint64_t n = feature->of_user ? set->n_journeys : set->n_touches;
    if (feature->values.n)
      feature->code = features->code[f] = journeys_zeroed(n, sizeof *features->code[f]);
    else
      feature->number = features->number[f] = journeys_zeroed(n, sizeof *features->number[f]);
    for (uint64_t i = 0; i < n; i++) {
      if (feature->code) features->code[f][i] = (uint32_t)da_random_below(&random, feature->values.n);
      if (feature->number) features->number[f][i] = da_random_below(&random, 5) ? (float)da_random_normal(&random) : NAN;
    }
  }
  set->features = features->items;
  set->n_features = N_TEST_FEATURES;
  return features;
}

static inline void features_free(test_features *features) {
  for (int f = 0; f < N_TEST_FEATURES; f++) free(features->code[f]), free(features->number[f]);
  free(features);
}

#endif
