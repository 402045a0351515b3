/* Oracle: a list that is searched from its beginning. */
#include "credit/paths/sequences.h"

#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

enum { N_DRAWS = 12000, MAX_LENGTH = 5, N_VALUES = 4 };

typedef struct {
  uint32_t item[MAX_LENGTH];
  size_t length;
} sequence;

static sequence draw(da_random *random) {
  sequence s = {.length = da_random_below(random, MAX_LENGTH + 1)};
  for (size_t i = 0; i < s.length; i++) s.item[i] = (uint32_t)da_random_below(random, N_VALUES);
  return s;
}

static uint32_t number_in_list(const sequence *list, uint32_t n, const sequence *s) {
  for (uint32_t i = 0; i < n; i++) {
    if (list[i].length == s->length && memcmp(list[i].item, s->item, s->length * sizeof *s->item) == 0) return i;
  }
  return n;
}

static void numbers_are_those_of_a_list(void **state) {
  (void)state;
  static sequence list[N_DRAWS];
  da_error err = {0};
  da_sequences sequences = {0};
  da_random random;
  da_random_init(&random, 3, 0);
  uint32_t n = 0, number;
  for (int i = 0; i < N_DRAWS; i++) {
    sequence s = draw(&random);
    uint32_t wanted = number_in_list(list, n, &s);
    assert_int_equal(da_sequences_find(&sequences, s.item, s.length, &number), wanted < n);
    assert_ok(da_sequences_add(&sequences, s.item, s.length, &number, &err), err);
    assert_int_equal(number, wanted);
    if (wanted == n) list[n++] = s;
  }
  assert_int_equal(sequences.n, n);
  assert_true(n > 1000); /* so that the table grew */
  for (uint32_t i = 0; i < n; i++) {
    size_t length;
    const uint32_t *item = da_sequence(&sequences, i, &length);
    assert_int_equal(length, list[i].length);
    assert_true(length == 0 || memcmp(item, list[i].item, length * sizeof *item) == 0);
  }
  da_sequences_free(&sequences);
  da_sequences_free(&sequences);
}

static void memory_that_runs_out_leaves_what_was_there(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth < 12; nth++) {
    da_error err = {0};
    da_sequences sequences = {0};
    uint32_t number, n_added = 0;
    da_mem_fail_at(nth);
    for (uint32_t i = 0; i < 3000; i++) {
      if (da_sequences_add(&sequences, &i, 1, &number, &err) == DA_OK) n_added++;
    }
    da_mem_fail_at(0);
    assert_int_equal(sequences.n, n_added);
    da_sequences_free(&sequences);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_those_of_a_list),
      cmocka_unit_test(memory_that_runs_out_leaves_what_was_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
