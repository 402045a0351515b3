/* Oracle: sums by hand. */
#include "pipeline/spend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/testing.h"

typedef struct {
  int n;
  char last[2048];
} notes;

static void keep_note(void *context, da_note_level level, const char *sentence) {
  notes *n = context;
  n->n += level == DA_NOTE_WARNING;
  snprintf(n->last, sizeof n->last, "%s", sentence);
}

static da_status join(const char *text, const double **spend, notes *told, da_arena *arena, da_error *err) {
  static const da_slice items[] = {{"a", 1}, {"b", 1}, {"c \"d\"", 5}};
  const da_monitor monitor = {.note = keep_note, .context = told};
  da_text json = {0};
  da_text_append(&json, text);
  da_status status = da_spend_join(&json, &(da_names){items, 3}, arena, &monitor, spend, err);
  da_text_free(&json);
  return status;
}

static void costs_go_to_their_campaigns(void **state) {
  (void)state;
  da_arena arena = {0};
  da_error err = {0};
  notes told = {0};
  const double *spend;
  assert_ok(join("{\"a\": 12.5, \"c \\\"d\\\"\": 0, \"x\": 3, \"y\": 4.25}", &spend, &told, &arena, &err), err);
  assert_true(spend[0] == 12.5 && isnan(spend[1]) && spend[2] == 0);
  assert_int_equal(told.n, 1);
  assert_non_null(strstr(told.last, "2 campaigns without a touch in the log, which cost 7.25"));
  da_arena_free(&arena);
}

static void nothing_is_no_fault_and_nonsense_is_one(void **state) {
  (void)state;
  da_arena arena = {0};
  da_error err = {0};
  notes told = {0};
  const double *spend;
  assert_ok(join("", &spend, &told, &arena, &err), err);
  assert_null(spend);
  assert_int_equal(join("{\"a\": \"much\"}", &spend, &told, &arena, &err), DA_ERR_DATA);
  assert_int_equal(join("[1]", &spend, &told, &arena, &err), DA_ERR_DATA);
  assert_null(spend);
  assert_int_equal(told.n, 0);
  da_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(costs_go_to_their_campaigns),
      cmocka_unit_test(nothing_is_no_fault_and_nonsense_is_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
