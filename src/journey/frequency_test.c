/* Oracles: a plain list of pairs searched from its beginning, and names printed and sorted with strcmp. */
#include "journey/frequency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static const da_slice names[] = {{"A", 1}, {"A(1", 3}, {"A(1)", 4}, {"b,\"\n", 4}, {"caf\xc3\xa9", 5}};
static const da_names campaigns = {names, 5};

static void codes_come_in_the_order_of_arrival(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 20000 };
  static struct {
    uint32_t campaign;
    uint64_t count;
  } seen[N];
  size_t n_seen = 0;
  da_frequency *frequency;
  assert_ok(da_frequency_open(&frequency, &err), err);
  da_random random;
  da_random_init(&random, 2, 0);
  for (int i = 0; i < N; i++) {
    uint32_t campaign = (uint32_t)da_random_below(&random, 5), code;
    uint64_t count = 1 + da_random_below(&random, 500);
    assert_ok(da_frequency_code(frequency, campaign, count, &code, &err), err);
    size_t wanted = 0;
    while (wanted < n_seen && !(seen[wanted].campaign == campaign && seen[wanted].count == count)) wanted++;
    if (wanted == n_seen) {
      seen[n_seen].campaign = campaign;
      seen[n_seen++].count = count;
    }
    assert_int_equal(code, wanted);
  }
  assert_true(n_seen > 2000); /* more than the table began with */
  da_frequency_close(frequency);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void ranks_are_those_of_the_names(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 60 };
  da_frequency *frequency;
  assert_ok(da_frequency_open(&frequency, &err), err);
  char *wanted[N], *by_code[N];
  for (uint32_t i = 0; i < N; i++) {
    uint32_t code, campaign = i * 7 % 5;
    uint64_t count = i / 5 + 1;
    assert_ok(da_frequency_code(frequency, campaign, count, &code, &err), err);
    assert_int_equal(code, i);
    by_code[i] = wanted[i] = malloc(64);
    snprintf(wanted[i], 64, "%.*s(%d)", (int)names[campaign].length, names[campaign].data, (int)count);
  }
  qsort(wanted, N, sizeof *wanted, compare);
  da_vocabulary vocabulary = {0};
  uint32_t *rank;
  assert_ok(da_frequency_names(frequency, &campaigns, &vocabulary, &rank, &err), err);
  assert_int_equal(vocabulary.n, N);
  for (uint32_t i = 0; i < N; i++) {
    assert_int_equal(vocabulary.items[i].length, strlen(wanted[i]));
    assert_memory_equal(vocabulary.items[i].data, wanted[i], strlen(wanted[i]));
    assert_string_equal(wanted[rank[i]], by_code[i]);
  }
  for (int i = 0; i < N; i++) free(wanted[i]);
  da_mem_free(rank);
  da_vocabulary_free(&vocabulary);
  da_frequency_close(frequency);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  for (uint64_t nth = 1;; nth++) {
    da_frequency *frequency;
    da_vocabulary vocabulary = {0};
    uint32_t *rank = NULL, code;
    da_mem_fail_at(nth);
    da_status status = da_frequency_open(&frequency, &err);
    for (uint64_t i = 0; i < 600 && status == DA_OK; i++) status = da_frequency_code(frequency, 0, i, &code, &err);
    if (status == DA_OK) status = da_frequency_names(frequency, &campaigns, &vocabulary, &rank, &err);
    da_mem_fail_at(0);
    da_mem_free(rank);
    da_vocabulary_free(&vocabulary);
    da_frequency_close(frequency);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes_come_in_the_order_of_arrival),
      cmocka_unit_test(ranks_are_those_of_the_names),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
