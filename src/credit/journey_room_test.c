/* Oracle: the counts that were asked for; the sanitizer sees whether each array is as long as they say. */
#include "credit/journey_room.h"

#include <string.h>

#include "support/credit.h"

static void it_is_as_large_as_the_counts_say(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1!5 | c@2");
  for (int with_conversions = 0; with_conversions < 2; with_conversions++) {
    da_journeys set = {.n_touches = 7, .n_journeys = 4, .n_users = 2, .n_conversions = 3};
    da_journey_room room = {0};
    assert_ok(da_journey_room_init(&made->set, with_conversions, &set, &room, &err), err);
    memset(room.campaign, 1, 7 * sizeof *room.campaign);
    memset(room.time_us, 1, 7 * sizeof *room.time_us);
    memset(room.flags, 1, 4 * sizeof *room.flags);
    memset(room.uid, 1, 2 * sizeof *room.uid);
    room.first_touch[4] = 7;
    room.first_journey[2] = 4;
    assert_true(room.first_touch[0] == 0 && room.first_journey[0] == 0);
    assert_true(set.campaign == room.campaign && set.time_us == room.time_us && set.first_touch == room.first_touch &&
                set.first_journey == room.first_journey && set.flags == room.flags && set.uid_int == room.uid);
    assert_true(set.log_start_us == made->set.log_start_us && set.log_end_us == made->set.log_end_us);
    assert_true((set.value != NULL) == (with_conversions && made->set.value != NULL));
    if (room.value) memset(room.value, 1, 3 * sizeof *room.value);
    da_journey_room_free(&room);
    da_journey_room_free(&room);
  }
  journeys_free(made);
}

static void no_memory_is_said_once_and_nothing_stays(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1!5 | c@2");
  da_journeys set = {.n_touches = UINT64_MAX / 2, .n_journeys = 4, .n_users = 2};
  da_journey_room room = {0};
  assert_fails_with(da_journey_room_init(&made->set, true, &set, &room, &err), DA_ERR_MEM, err, "a part of the journeys");
  assert_null(room.flags);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_as_large_as_the_counts_say),
      cmocka_unit_test(no_memory_is_said_once_and_nothing_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
