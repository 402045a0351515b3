/* Journeys in memory (support/journeys.h) written to a packed file. The log reaches 5 microseconds further on both sides. */
#ifndef DA_TESTS_PACKED_H
#define DA_TESTS_PACKED_H

#include <stdio.h>
#include <string.h>

#include "journey/set_write.h"
#include "support/journeys.h"

static inline void packed_uid_text(int64_t uid, char text[24]) { snprintf(text, 24, "u%08d", (int)uid + 1000); }

static inline void packed_write_users(da_set_writer *writer, const da_journeys *set, da_error *err) {
  uint64_t conversion = 0;
  for (uint64_t u = 0; u < set->n_users; u++) {
    char text[24];
    packed_uid_text(set->uid_int[u], text);
    assert_ok(da_set_writer_user(writer, &(da_uid){.number = set->uid_int[u], .text = {text, strlen(text)}}, err), *err);
    for (uint64_t j = set->first_journey[u]; j < set->first_journey[u + 1]; j++) {
      uint64_t last = set->first_touch[j + 1] - 1;
      da_cut_journey journey = {
          .n = da_journey_length(set, j),
          .campaign = set->campaign + set->first_touch[j],
          .time_us = set->time_us + set->first_touch[j],
          .converted = da_journey_converted(set, j),
          .set = (uint8_t)da_journey_set(set, j),
          .conversion_us = set->time_us[last] + (int64_t)(last % 3),
      };
      if (journey.converted) journey.value = set->value[conversion++];
      const uint32_t *features[DA_MAX_FEATURES];
      for (uint32_t f = 0; f < set->n_features; f++) {
        const da_feature *feature = &set->features[f];
        const void *cells = feature->code ? (const void *)feature->code : feature->number;
        features[f] = (const uint32_t *)cells + (feature->of_user ? j : set->first_touch[j]);
      }
      journey.features = features;
      assert_ok(da_set_writer_journey(writer, &journey, err), *err);
    }
  }
}

static inline void write_set(const char *path, const da_journeys *set, const da_set_shape *shape) {
  da_error err = {0};
  da_set_writer writer;
  assert_ok(da_set_writer_open(path, shape, &writer, &err), err);
  packed_write_users(&writer, set, &err);
  da_names values[DA_MAX_FEATURES];
  for (uint32_t f = 0; f < set->n_features; f++) values[f] = set->features[f].values;
  const da_set_ending ending = {.campaigns = set->campaigns,
                                .feature_values = values,
                                .log_start_us = set->log_start_us - 5,
                                .log_end_us = set->log_end_us + 5,
                                .n_unattributed = 3,
                                .unattributed_value = 1.5};
  assert_ok(da_set_writer_finish(&writer, &ending, &err), err);
  da_set_writer_close(&writer);
  da_set_writer_close(&writer);
}

static const da_set_shape plain_shape = {.has_value = true, .split = DA_SPLIT_COLUMN, .fractions = {0.8, 0.1, 0.1}};

#endif
