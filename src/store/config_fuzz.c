/* Hostile configurations. Oracle: the sanitizers; and what is accepted can be checked and printed. */
#include "store/config.h"

#include <string.h>

#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
  da_error err = {0};
  da_config config;
  da_config_init(&config);
  if (da_config_read(&config, "fuzz", (const char *)bytes, n_bytes, &err) == DA_OK && da_config_check(&config, &err) == DA_OK) {
    da_text json = {0};
    da_config_print_json(&config, NULL, &json);
    da_text_free(&json);
  }
  da_config_free(&config);
  return 0;
}

bool da_fuzz_seed(size_t i, da_text *bytes) {
  static const char *const seeds[] = {
      "bucket_nm: shop\njourney_max_len: 10\nhp_tuning_nb_iterations: 3\ntraining:\n  instance_type: ml.m5.large\n  instance_count: 1\n",
      "columns: {uid: \"customer id\", timestamp: t, campaign: 'c', conversion: null}\nseed: 7\nthreads: 2\n",
      "journey:\n  lookback_days: 30.5\n  transforms: [unique, \"remove_if_not_all(Direct)\"]\nsplit: {by: user, fractions: [0.8, 0.1, "
      "0.1]}\n",
      "source: |\n  SELECT * FROM 'x.parquet'\n  WHERE a = 1\ncredit: &c {methods: [linear], half_life_days: 7}\n# end\n",
  };
  if (i >= sizeof seeds / sizeof seeds[0]) return false;
  da_text_append(bytes, seeds[i]);
  return true;
}
