/* Oracles: a plain double loop in long double over the methods' own definitions; the same pass in other block sizes and threads. */
#include "credit/pass.h"

#include "base/mem.h"
#include "support/credit.h"

/* A network that knows attention by touch and answers p = 1 / (1 + journey). */
typedef struct {
  const da_journeys *set;
  const float *attention;
  uint64_t n_calls, fail_at;
} fake_network;

static da_status score(void *context, uint64_t begin, uint64_t end, float *attention, float *probability, da_error *err) {
  fake_network *network = context;
  if (++network->n_calls == network->fail_at) return da_fail(err, DA_ERR_NUM, "the network is tired");
  const uint64_t *first = network->set->first_touch;
  memcpy(attention, network->attention + first[begin], (first[end] - first[begin]) * sizeof *attention);
  for (uint64_t j = begin; j < end; j++) probability[j - begin] = 1 / (1 + (float)j);
  return DA_OK;
}

typedef struct {
  test_journeys *made;
  float *attention;
  da_config config;
  const da_method *methods[64];
  size_t n_methods;
} world;

static world world_open(uint64_t seed) {
  world w = {.made = journeys_random(seed, 2000, 9, 12), .config = credit_config()};
  w.attention = credit_attention(&w.made->set, seed);
  w.n_methods = credit_plain_methods(true, w.methods);
  return w;
}

static void world_close(world *w) {
  free(w->attention);
  journeys_free(w->made);
}

/* A pass at its beginning, with what it stands on. */
typedef struct {
  da_pool *pool;
  da_credit_input input;
  da_fitted fitted;
  fake_network network;
  da_pass *pass;
} run;

static void run_open(run *r, world *w, int n_threads, uint64_t block_touches) {
  da_error err = {0};
  const da_journeys *set = &w->made->set;
  assert_ok(da_pool_open(n_threads, &r->pool, &err), err);
  r->input = (da_credit_input){.set = set, .config = &w->config, .pool = r->pool};
  assert_ok(da_fitted_open(&r->input, w->methods, w->n_methods, &r->fitted, &err), err);
  r->network = (fake_network){.set = set, .attention = w->attention};
  const da_pass_options options = {.score = score, .score_context = &r->network, .block_touches = block_touches};
  assert_ok(da_pass_open(&r->input, &r->fitted, &options, &r->pass, &err), err);
}

static void run_close(run *r) {
  da_pass_close(r->pass);
  da_fitted_close(&r->fitted);
  da_pool_close(r->pool);
}

static void totals_agree_with_a_plain_double_loop(void **state) {
  (void)state;
  da_error err = {0};
  world w = world_open(3);
  const da_journeys *set = &w.made->set;
  for (uint64_t i = 0; i < set->n_conversions; i++) w.made->value[i] /= 7; /* whole cents would be rounded (cents.h) */
  run r;
  run_open(&r, &w, 2, 1000);
  assert_null(da_pass_totals(r.pass));
  assert_ok(da_pass_finish(r.pass, &err), err);
  const da_credit_totals *totals = da_pass_totals(r.pass);
  for (size_t m = 0; m < w.n_methods; m++) {
    double *credit = credit_of(w.methods[m], set, &w.config, w.attention);
    for (uint32_t c = 0; c < set->campaigns.n; c++) {
      long double conversions = 0, value = 0;
      uint64_t conversion = 0, touches = 0;
      for (uint64_t j = 0; j < set->n_journeys; j++) {
        for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) {
          if (set->campaign[t] != c) continue;
          touches++;
          conversions += credit[t];
          if (da_journey_converted(set, j)) value += (long double)credit[t] * set->value[conversion];
        }
        conversion += da_journey_converted(set, j);
      }
      assert_near(totals->methods[m].conversions[c], (double)conversions, 1e-10);
      assert_near(totals->methods[m].value[c], (double)value, 1e-7);
      assert_int_equal(totals->touches[c], touches);
    }
    free(credit);
  }
  assert_int_equal(totals->n_conversions, set->n_conversions);
  run_close(&r);
  world_close(&w);
}

static void blocks_come_in_order_and_hold_every_journey_once(void **state) {
  (void)state;
  da_error err = {0};
  world w = world_open(4);
  const da_journeys *set = &w.made->set;
  run r;
  run_open(&r, &w, 2, 500);
  uint64_t next = 0, conversions = 0;
  double *linear = credit_of(da_method_find("linear"), set, &w.config, NULL);
  size_t m_linear = 0;
  while (w.methods[m_linear] != da_method_find("linear")) m_linear++;
  for (;;) {
    da_credit_block block;
    assert_ok(da_pass_next(r.pass, &block, &err), err);
    if (block.begin == block.end) break;
    uint64_t first = set->first_touch[block.begin], n = set->first_touch[block.end] - first;
    assert_int_equal(block.begin, next);
    assert_int_equal(block.first_conversion, conversions);
    assert_true(n <= 500);
    assert_memory_equal(block.attention, w.attention + first, n * sizeof(float));
    assert_memory_equal(block.credit[m_linear], linear + first, n * sizeof(double));
    assert_true(block.probability[0] == 1 / (1 + (float)block.begin));
    for (uint64_t j = block.begin; j < block.end; j++) conversions += da_journey_converted(set, j);
    next = block.end;
  }
  assert_int_equal(next, set->n_journeys);
  assert_int_equal(r.network.n_calls > 10, 1);
  free(linear);
  run_close(&r);
  world_close(&w);
}

static void neither_threads_nor_block_sizes_show_in_the_totals(void **state) {
  (void)state;
  da_error err = {0};
  world w = world_open(5);
  run r[3];
  run_open(&r[0], &w, 1, 0);
  run_open(&r[1], &w, 4, 0);
  run_open(&r[2], &w, 3, 1); /* as small as journeys allow */
  for (int i = 0; i < 3; i++) {
    assert_ok(da_pass_finish(r[i].pass, &err), err);
    const da_credit_totals *totals = da_pass_totals(r[i].pass), *first = da_pass_totals(r[0].pass);
    for (size_t m = 0; m < w.n_methods; m++) {
      assert_memory_equal(totals->methods[m].conversions, first->methods[m].conversions, totals->n_campaigns * sizeof(double));
      assert_memory_equal(totals->methods[m].value, first->methods[m].value, totals->n_campaigns * sizeof(double));
    }
  }
  for (int i = 0; i < 3; i++) run_close(&r[i]);
  world_close(&w);
}

static void one_long_journey_makes_its_block_longer(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1! ; a@2 a@3 a@4 a@5 b@6 a@7! ; b@8! | a@0");
  da_config config = credit_config();
  world w = {.made = made, .config = config, .methods = {da_method_find("linear")}, .n_methods = 1};
  w.attention = credit_attention(&made->set, 1);
  run r;
  run_open(&r, &w, 1, 2);
  assert_ok(da_pass_finish(r.pass, &err), err);
  assert_near(da_pass_totals(r.pass)->methods[0].conversions[0], .5 + 5. / 6, 1e-15);
  run_close(&r);
  world_close(&w);
}

static da_status credit_nothing(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                double *baseline, da_error *err) {
  (void)state, (void)input, (void)range, (void)credit, (void)baseline, (void)err;
  return DA_OK;
}

static da_status credit_fails(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                              double *baseline, da_error *err) {
  (void)state, (void)input, (void)credit, (void)baseline;
  return da_fail(err, DA_ERR_NUM, "journey %d is too much", (int)range->begin);
}

static void faults_stop_the_pass(void **state) {
  (void)state;
  static const da_method idle = {.name = "idle", .credit = credit_nothing}, broken = {.name = "broken", .credit = credit_fails};
  da_error err = {0};
  world w = world_open(6);
  run r;
  w.methods[1] = &idle;
  run_open(&r, &w, 2, 0);
  assert_fails_with(da_pass_finish(r.pass, &err), DA_ERR_NUM, err, "idle: expected the credit and baseline of the conversion of journey");
  run_close(&r);
  w.methods[1] = &broken;
  run_open(&r, &w, 2, 0);
  assert_fails_with(da_pass_finish(r.pass, &err), DA_ERR_NUM, err, "journey 0 is too much"); /* the first range, whoever was faster */
  run_close(&r);
  w.methods[1] = da_method_find("linear");
  run_open(&r, &w, 2, 1000);
  r.network.fail_at = 3;
  assert_fails_with(da_pass_finish(r.pass, &err), DA_ERR_NUM, err, "the network is tired");
  run_close(&r);
  world_close(&w);
}

static bool always_interrupted(void *context) {
  (void)context;
  return true;
}

static void a_wish_to_stop_is_heard_between_blocks(void **state) {
  (void)state;
  da_error err = {0};
  const da_monitor monitor = {.interrupted = always_interrupted};
  world w = world_open(8);
  run r;
  run_open(&r, &w, 1, 0);
  da_pass_close(r.pass);
  assert_ok(da_pass_open(&r.input, &r.fitted, &(da_pass_options){.monitor = &monitor}, &r.pass, &err), err);
  assert_fails_with(da_pass_finish(r.pass, &err), DA_ERR_INTERRUPTED, err, "credit");
  run_close(&r);
  world_close(&w);
}

static void memory_that_runs_out_is_an_error_at_every_allocation(void **state) {
  (void)state;
  world w = world_open(9);
  da_pool *pool;
  da_error err = {0};
  assert_ok(da_pool_open(1, &pool, &err), err);
  const da_credit_input input = {.set = &w.made->set, .config = &w.config, .pool = pool};
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_fitted fitted = {0};
    da_pass *pass = NULL;
    fake_network network = {.set = &w.made->set, .attention = w.attention};
    const da_pass_options options = {.score = score, .score_context = &network};
    da_mem_fail_at(nth);
    status = da_fitted_open(&input, w.methods, w.n_methods, &fitted, &err);
    if (status == DA_OK) status = da_pass_open(&input, &fitted, &options, &pass, &err);
    if (status == DA_OK) status = da_pass_finish(pass, &err);
    if (status != DA_OK) assert_int_equal(status, DA_ERR_MEM);
    da_pass_close(pass);
    da_fitted_close(&fitted);
  }
  da_mem_fail_at(0);
  da_pool_close(pool);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(totals_agree_with_a_plain_double_loop),
      cmocka_unit_test(blocks_come_in_order_and_hold_every_journey_once),
      cmocka_unit_test(neither_threads_nor_block_sizes_show_in_the_totals),
      cmocka_unit_test(one_long_journey_makes_its_block_longer),
      cmocka_unit_test(faults_stop_the_pass),
      cmocka_unit_test(a_wish_to_stop_is_heard_between_blocks),
      cmocka_unit_test(memory_that_runs_out_is_an_error_at_every_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
