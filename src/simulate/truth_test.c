/* Oracles: what was printed is what is read; errors, ranks and ratios worked out by hand; for ranks also Spearman's formula for values
 * without ties. Every planted fault of a file must be named. */
#include "simulate/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static da_truth_campaign three[] = {
    {.name = "a \"quoted\" \\ name\n", .touches = 10, .removal = 3, .shapley = 2.5, .shapley_se = .25},
    {.name = "caf\xc3\xa9", .touches = 20, .removal = 1, .shapley = 1.5},
    {.name = "idle", .touches = 0, .removal = -.1, .shapley = 1e-300},
};
static double eight[] = {0.1, 0.2, 1.0 / 3, 4, 5, 6, 7, 8};

static da_truth sample(void) {
  return (da_truth){.world = "W1",
                    .n_users = 80000,
                    .seed = UINT64_C(1) << 53,
                    .cut = true,
                    .n_touches = 30,
                    .n_conversions = 8,
                    .expected = 8,
                    .baseline = 0.1,
                    .unlogged = 1.0 / 7,
                    .campaigns = three,
                    .n_campaigns = 3,
                    .coalitions = eight};
}

static void assert_same(const da_truth *a, const da_truth *b) {
  assert_string_equal(a->world, b->world);
  assert_true(a->n_users == b->n_users && a->seed == b->seed && a->cut == b->cut);
  assert_true(a->n_touches == b->n_touches && a->n_conversions == b->n_conversions);
  assert_true(a->expected == b->expected && a->baseline == b->baseline && a->unlogged == b->unlogged);
  assert_int_equal(a->n_campaigns, b->n_campaigns);
  for (size_t k = 0; k < a->n_campaigns; k++) {
    const da_truth_campaign *x = &a->campaigns[k], *y = &b->campaigns[k];
    assert_string_equal(x->name, y->name);
    assert_true(x->touches == y->touches && x->removal == y->removal && x->shapley == y->shapley && x->shapley_se == y->shapley_se);
  }
  assert_int_equal(a->coalitions == NULL, b->coalitions == NULL);
  for (size_t c = 0; a->coalitions && c < (size_t)1 << a->n_campaigns; c++) assert_true(a->coalitions[c] == b->coalitions[c]);
}

static void what_is_printed_is_read(void **state) {
  (void)state;
  da_error err = {0};
  for (int with = 0; with < 2; with++) {
    da_truth written = sample(), found;
    if (!with) written.coalitions = NULL;
    da_text json = {0};
    da_truth_print(&written, &json);
    assert_ok(da_text_check(&json, &err), err);
    assert_ok(da_truth_read("truth.json", json.data, json.length, &found, &err), err);
    assert_same(&written, &found);
    da_truth_free(&found);
    da_truth_free(&found);
    da_text_free(&json);
  }
}

/* The printed sample with one piece of text replaced; caller frees. */
static char *spoiled(const char *piece, const char *other) {
  da_truth written = sample();
  da_text json = {0};
  da_truth_print(&written, &json);
  const char *at = strstr(json.data, piece);
  assert_non_null(at);
  char *text = malloc(json.length + strlen(other) + 1);
  assert_non_null(text);
  sprintf(text, "%.*s%s%s", (int)(at - json.data), json.data, other, at + strlen(piece));
  da_text_free(&json);
  return text;
}

static void every_fault_is_named(void **state) {
  (void)state;
  const struct {
    const char *piece, *other, *words;
  } faults[] = {
      {"\"W1\"", "7", "\"world\""},
      {"\"W1\"", "\"\"", "\"world\""},
      {"80000", "-1", "\"users\""},
      {"80000", "1.5", "\"users\""},
      {"80000", "1e30", "\"users\""},
      {"80000", "\"many\"", "\"users\""},
      {"true", "1", "\"cut\""},
      {"\"baseline\"", "\"base\"", "\"baseline\""},
      {"\"expected\": 8", "\"expected\": 1e999", "\"expected\""},
      {"\"expected\": 8", "\"expected\": null", "\"expected\""},
      {"\"campaigns\": [", "\"campaigns\": [3, ", "\"name\""},
      {"\"campaigns\": [", "\"campaigns\": [], \"other\": [", "campaigns"},
      {"\"campaigns\": [", "\"campaigns\": {}, \"other\": [", "campaigns"},
      {"\"idle\"", "\"caf\xc3\xa9\"", "each campaign once"},
      {"\"removal\": 3", "\"removal\": []", "\"removal\""},
      {"\"coalitions\": [", "\"coalitions\": [1, ", "\"coalitions\""},
      {"\"coalitions\": [", "\"coalitions\": 1, \"other\": [", "\"coalitions\""},
      {"0.1, 0.2", "0.1, \"0.2\"", "\"coalitions\""},
      {"{", "", "JSON object"},
      {"{", "[", "JSON object"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    da_error err = {0};
    da_truth found;
    char *text = spoiled(faults[i].piece, faults[i].other);
    assert_fails_with(da_truth_read("here/truth.json", text, strlen(text), &found, &err), DA_ERR_DATA, err, faults[i].words);
    assert_non_null(strstr(err.msg, "here/truth.json"));
    assert_null(found.campaigns);
    free(text);
  }
}

static void files_that_were_cut_short_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_truth written = sample(), found;
  da_text json = {0};
  da_truth_print(&written, &json);
  size_t end = json.length - 2; /* at the closing brace */
  for (size_t length = 0; length < end; length++) {
    assert_int_equal(da_truth_read("t", json.data, length, &found, &err), DA_ERR_DATA);
  }
  da_text_free(&json);
}

static da_slice slice(const char *text) { return (da_slice){text, strlen(text)}; }

static void scores_are_those_worked_out_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  da_truth_campaign campaigns[] = {{.name = "a", .removal = 6, .shapley = 5},
                                   {.name = "b", .removal = 3, .shapley = 5},
                                   {.name = "c", .removal = 1, .shapley = 0},
                                   {.name = "d", .removal = -2, .shapley = 0}};
  da_truth truth = {.world = "W1", .campaigns = campaigns, .n_campaigns = 4};
  /* Removal shares .6 .3 .1 0; the credit's, d absent and c negative: .5 .5 0 0. Ranks 3 2 1 0 against 2.5 2.5 0 1 of 4 4 -1 0. */
  const da_slice names[] = {slice("c"), slice("a"), slice("b")};
  const double credit[] = {-1, 4, 4};
  da_truth_score score;
  assert_ok(da_truth_compare(&truth, DA_TRUTH_REMOVAL, names, credit, 3, &score, &err), err);
  assert_true(fabs(score.share_mae - .1) < 1e-12);
  assert_true(fabs(score.max_error - .2) < 1e-12);
  assert_true(fabs(score.total_ratio - 7.0 / 8) < 1e-12);
  assert_true(fabs(score.spearman - 3.5 / sqrt(5 * 4.5)) < 1e-12);
  /* Shapley shares .5 .5 0 0: the same shares. Ranks 2.5 2.5 .5 .5. */
  assert_ok(da_truth_compare(&truth, DA_TRUTH_SHAPLEY, names, credit, 3, &score, &err), err);
  assert_true(score.share_mae == 0 && score.max_error == 0 && fabs(score.total_ratio - .7) < 1e-12);
  assert_true(fabs(score.spearman - 4 / sqrt(4 * 4.5)) < 1e-12);
  const double equal[] = {2, 2, 2, 2};
  const da_slice all[] = {slice("a"), slice("b"), slice("c"), slice("d")};
  assert_ok(da_truth_compare(&truth, DA_TRUTH_REMOVAL, all, equal, 4, &score, &err), err);
  assert_true(isnan(score.spearman) && fabs(score.share_mae - .2) < 1e-12);
  assert_ok(da_truth_compare(&truth, DA_TRUTH_REMOVAL, NULL, NULL, 0, &score, &err), err);
  assert_true(fabs(score.share_mae - .25) < 1e-12 && score.total_ratio == 0);
  const da_slice stranger[] = {slice("a"), slice("e")};
  assert_fails_with(da_truth_compare(&truth, DA_TRUTH_REMOVAL, stranger, equal, 2, &score, &err), DA_ERR_DATA, err, "\"e\"");
}

static void ranks_agree_with_the_formula_without_ties(void **state) {
  (void)state;
  enum { N = 9 };
  da_error err = {0};
  da_random random;
  da_random_init(&random, 2, 0);
  for (int round = 0; round < 50; round++) {
    uint32_t x[N], y[N];
    da_truth_campaign campaigns[N];
    char name[N][2];
    da_slice names[N];
    double credit[N], distance = 0;
    for (uint32_t k = 0; k < N; k++) x[k] = y[k] = k;
    da_random_shuffle_u32(&random, x, N);
    da_random_shuffle_u32(&random, y, N);
    for (int k = 0; k < N; k++) {
      name[k][0] = (char)('a' + k);
      name[k][1] = 0;
      campaigns[k] = (da_truth_campaign){.name = name[k], .removal = exp(x[k])};
      names[k] = slice(name[k]);
      credit[k] = y[k] * 3.0 - 5;
      distance += ((double)x[k] - y[k]) * ((double)x[k] - y[k]);
    }
    da_truth truth = {.world = "W1", .campaigns = campaigns, .n_campaigns = N};
    da_truth_score score;
    assert_ok(da_truth_compare(&truth, DA_TRUTH_REMOVAL, names, credit, N, &score, &err), err);
    assert_true(fabs(score.spearman - (1 - 6 * distance / (N * (N * N - 1.0)))) < 1e-12);
  }
}

static void missing_memory_is_said(void **state) {
  (void)state;
  da_error err = {0};
  da_truth written = sample(), found;
  da_text json = {0};
  da_truth_print(&written, &json);
  da_mem_fail_at(0);
  assert_ok(da_truth_read("t", json.data, json.length, &found, &err), err);
  da_truth_free(&found);
  uint64_t n = da_mem_count();
  assert_true(n >= 6);
  for (uint64_t nth = 1; nth <= n; nth++) {
    da_mem_fail_at(nth);
    assert_int_equal(da_truth_read("t", json.data, json.length, &found, &err), DA_ERR_MEM);
  }
  da_truth_score score;
  da_mem_fail_at(1);
  assert_int_equal(da_truth_compare(&written, DA_TRUTH_REMOVAL, NULL, NULL, 0, &score, &err), DA_ERR_MEM);
  da_mem_fail_at(0);
  da_text_free(&json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_printed_is_read),
      cmocka_unit_test(every_fault_is_named),
      cmocka_unit_test(files_that_were_cut_short_are_refused),
      cmocka_unit_test(scores_are_those_worked_out_by_hand),
      cmocka_unit_test(ranks_agree_with_the_formula_without_ties),
      cmocka_unit_test(missing_memory_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
