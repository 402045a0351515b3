/* Oracle: the same calls as a stranger's program makes them, through the public header alone; journeys scored together and one by one. */
#include "deepattribution.h"

#include <math.h>
#include <string.h>

#include "support/pipeline.h"

static void runs_and_scores(void **state) {
  (void)state;
  char *folder = bucket_of_users(500, 5), *json = NULL, message[256] = "";
  const char *settings[] = {"training.epochs=1", "threads=2"};
  int code = da_run(folder, settings, 2, NULL, "train", 0, NULL, &json, message, sizeof message);
  if (code != 0) fail_msg("%s", message);
  assert_non_null(strstr(json, "\"train\""));
  da_free(json);

  da_network *network = NULL;
  code = da_network_open(folder_path(folder, "model/model.safetensors"), 1, &network, message, sizeof message);
  if (code != 0) fail_msg("%s", message);
  uint32_t video = da_network_campaign(network, "video", 5), email = da_network_campaign(network, "email", 5);
  assert_true(video < 8 && email < 8 && video != email);
  assert_true(da_network_campaign(network, "nobody", 6) == DA_UNKNOWN_CAMPAIGN);

  const uint64_t first[] = {0, 2, 3, 6};
  const uint32_t campaign[] = {video, email, video, email, DA_UNKNOWN_CAMPAIGN, video};
  const int64_t time_us[] = {0, 5000000, 7000000, 1000000, 2000000, 900000000};
  float attention[6], probability[3];
  assert_int_equal(da_network_score(network, 3, first, campaign, time_us, attention, probability, message, sizeof message), 0);
  assert_true(fabsf(attention[0] + attention[1] - 1) < 1e-6f && attention[2] == 1);
  for (int j = 0; j < 3; j++) {
    assert_true(probability[j] > 0 && probability[j] < 1);
    uint64_t n = first[j + 1] - first[j], alone[] = {0, n};
    float attention_alone[3], probability_alone;
    assert_int_equal(da_network_score(network, 1, alone, campaign + first[j], time_us + first[j], attention_alone, &probability_alone,
                                      message, sizeof message),
                     0);
    assert_memory_equal(&probability_alone, &probability[j], sizeof(float));
    assert_memory_equal(attention_alone, attention + first[j], n * sizeof(float));
  }
  const uint8_t converted[] = {1, 0, 1};
  double credit[6];
  assert_int_equal(da_network_credit(network, "last_touch", NULL, 0, 3, first, campaign, time_us, converted, attention, credit, NULL, 0),
                   0);
  assert_memory_equal(credit, ((double[]){0, 1, 0, 0, 0, 1}), sizeof credit);
  double by_network[6] = {0}, of_converted = 0;
  assert_int_equal(
      da_network_credit(network, "shapley_model", NULL, 0, 3, first, campaign, time_us, converted, attention, by_network, NULL, 0), 0);
  for (int i = 0; i < 6; i++) of_converted += fabs(by_network[i]);
  assert_true(of_converted > 0 && by_network[2] == 0); /* the second journey has not converted */
  assert_int_equal(da_network_credit(network, "incremental", NULL, 0, 3, first, campaign, time_us, converted, attention, credit, message,
                                     sizeof message),
                   2);
  assert_non_null(strstr(message, "judges every journey by itself"));
  const uint32_t wrong[] = {9};
  assert_int_equal(da_network_score(network, 1, (uint64_t[]){0, 1}, wrong, time_us, NULL, probability, message, sizeof message), 2);
  assert_non_null(strstr(message, "expected a campaign below 8"));
  assert_int_equal(da_network_score(network, 1, (uint64_t[]){0, 0}, wrong, time_us, NULL, probability, NULL, 0), 2);
  da_network_close(network);
  folder_remove(folder);
}

static void faults_come_as_code_and_sentence(void **state) {
  (void)state;
  char message[256] = "";
  assert_int_equal(da_run("/nowhere", NULL, 0, NULL, NULL, 0, NULL, NULL, message, sizeof message), 4);
  assert_non_null(strstr(message, "/nowhere"));
  da_network *network = NULL;
  assert_int_equal(da_network_open("/nowhere", 1, &network, message, sizeof message), 4);
  assert_null(network);
  assert_string_equal(da_version(), DA_VERSION);
}

static void settings_come_as_json(void **state) {
  (void)state;
  const char yaml[] = "journey_max_len: 10\nprediction:\n  instance_count: 2\n", *settings[] = {"journey.gap_days=7", "seed=5"};
  char *json = NULL, message[256] = "";
  assert_int_equal(da_settings_json("c.yaml", yaml, strlen(yaml), settings, 2, &json, message, sizeof message), 0);
  const char *const wanted[] = {"\"journey_max_len\": 10", "\"prediction.instance_count\": 2", "\"journey.gap_days\": 7", "\"seed\": 5",
                                "\"split.by\": \"user\""};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) assert_non_null(strstr(json, wanted[i]));
  da_free(json);
  const char wrong[] = "journey_max_len: 10\njourney_maxlen: 1\n";
  assert_int_equal(da_settings_json("c.yaml", wrong, strlen(wrong), NULL, 0, &json, message, sizeof message), 2);
  assert_non_null(strstr(message, "c.yaml"));
  assert_non_null(strstr(message, "journey_max_len"));
  assert_null(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(runs_and_scores), cmocka_unit_test(settings_come_as_json),
                                     cmocka_unit_test(faults_come_as_code_and_sentence)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
