/* Oracle: the definitions, over probabilities of journeys that are written out without a campaign, and all orders of joining. */
#include "credit/network/network_game.h"
#include "support/credit.h"
#include "support/small_network.h"

typedef struct {
  da_model model;
  test_journeys *made;
  da_config config;
  da_credit_input input;
} fixture;

static void open_fixture(fixture *f, const char *text) {
  *f = (fixture){.made = journeys_from_text(text), .config = credit_config()};
  small_network_init(&f->model);
  f->input = (da_credit_input){.set = &f->made->set, .config = &f->config, .model = &f->model};
}

static void close_fixture(fixture *f) {
  journeys_free(f->made);
  da_model_close(&f->model);
}

static void credit_journeys(const fixture *f, const char *name, double *credit, double *baseline) {
  da_error err = {0};
  const da_method *method = da_method_find(name);
  const da_credit_range range = {.end = f->made->set.n_journeys};
  assert_ok(method->credit(NULL, &f->input, &range, credit, baseline, &err), err);
}

/* The journey a b a c: its worth by the campaigns that are kept, bits a, b, c. */
static void worth_of_coalitions(const fixture *f, double worth[8]) {
  static const char *const kept[8] = {NULL, "a@2 a@4", "b@2.5", "a@2 b@2.5 a@4", "c@9", "a@2 a@4 c@9", "b@2.5 c@9", "a@2 b@2.5 a@4 c@9"};
  worth[0] = da_model_probability(&f->model, (double)da_model_empty_logit(&f->model, NULL));
  for (int s = 1; s < 8; s++) worth[s] = small_network_probability(&f->model, kept[s]);
}

static const char *const text = "d@0 | a@2 b@2.5 a@4 c@9! | b@1!";

static void removal_is_what_is_lost(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, text);
  double credit[6] = {0}, baseline[3] = {0}, worth[8], sum = 0;
  credit_journeys(&f, "removal_model", credit, baseline);
  worth_of_coalitions(&f, worth);
  assert_near(credit[1], (worth[7] - worth[6]) / worth[7] / 2, 1e-6);
  assert_near(credit[2], (worth[7] - worth[5]) / worth[7], 1e-6);
  assert_near(credit[3], credit[1], 0);
  assert_near(credit[4], (worth[7] - worth[3]) / worth[7], 1e-6);
  for (int i = 1; i < 5; i++) sum += credit[i];
  assert_near(sum + baseline[1], 1, 1e-12);
  assert_near(credit[5], (worth[2] - worth[0]) / worth[2], 1e-3); /* b at another time: the network reads times of day and week too */
  assert_true(credit[0] == 0 && baseline[0] == 0);
  close_fixture(&f);
}

static void shapley_is_the_mean_over_all_orders(void **state) {
  (void)state;
  static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  fixture f;
  open_fixture(&f, text);
  double credit[6] = {0}, baseline[3] = {0}, worth[8], value[3] = {0};
  credit_journeys(&f, "shapley_model", credit, baseline);
  worth_of_coalitions(&f, worth);
  for (int o = 0; o < 6; o++) {
    int joined = 0;
    for (int i = 0; i < 3; i++) {
      int with = joined | 1 << orders[o][i];
      value[orders[o][i]] += (worth[with] - worth[joined]) / 6;
      joined = with;
    }
  }
  assert_near(credit[1] + credit[3], value[0] / worth[7], 1e-6);
  assert_near(credit[2], value[1] / worth[7], 1e-6);
  assert_near(credit[4], value[2] / worth[7], 1e-6);
  assert_near(baseline[1], worth[0] / worth[7], 1e-6);
  close_fixture(&f);
}

/* Orders of a game whose worth is the number of players that are there: each is worth one, in every order. */
static void sampled_orders_answer_for_the_players_they_asked_about(void **state) {
  (void)state;
  enum { N = 12 };
  da_error err = {0};
  fixture f;
  open_fixture(&f, "a@0 b@1 c@2 d@3 e@4 f@5 g@6 h@7 i@8 j@9 k@10 l@11!");
  const uint32_t player[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const da_network_game game = {.n_touches = N, .player = player, .n = N};
  da_network_room room = {0};
  da_what_ifs asked;
  assert_ok(da_what_ifs_open(&f.model, &f.made->set, &asked, &err), err);
  assert_ok(da_network_ask(DA_NETWORK_SHAPLEY, 5, &game, &room, &asked, &err), err);
  double *answer = journeys_zeroed(asked.n, sizeof *answer), part[N];
  for (uint32_t i = 0; i < asked.n; i++) answer[i] = asked.first[i + 1] - asked.first[i];
  size_t n_used;
  assert_ok(da_network_share(DA_NETWORK_SHAPLEY, 5, &game, &room, 0, answer, &n_used, part, &err), err);
  assert_int_equal(n_used, asked.n);
  for (int k = 0; k < N; k++) assert_near(part[k], 1. / N, 1e-12);
  free(answer);
  da_what_ifs_close(&asked);
  da_network_room_free(&room);
  close_fixture(&f);
}

static void many_campaigns_still_sum_to_one(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "a@0 b@1 c@2 d@3 e@4 f@5 g@6 h@7 i@8 j@9 k@10 l@11!");
  double credit[12] = {0}, baseline[1] = {0};
  credit_journeys(&f, "shapley_model", credit, baseline);
  double sum = baseline[0], worth = small_network_probability(&f.model, "a@0 b@1 c@2 d@3 e@4 f@5 g@6 h@7 i@8 j@9 k@10 l@11");
  for (int i = 0; i < 12; i++) sum += credit[i];
  assert_near(sum, 1, 1e-12);
  assert_near(baseline[0], da_model_probability(&f.model, (double)da_model_empty_logit(&f.model, NULL)) / worth, 1e-6);
  close_fixture(&f);
}

static void without_a_network_it_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  fixture f;
  open_fixture(&f, text);
  f.input.model = NULL;
  double credit[6], baseline[3];
  const da_credit_range range = {.end = 3};
  assert_fails_with(da_method_find("shapley_model")->credit(NULL, &f.input, &range, credit, baseline, &err), DA_ERR_DATA, err,
                    "expected a trained network");
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(removal_is_what_is_lost),
      cmocka_unit_test(shapley_is_the_mean_over_all_orders),
      cmocka_unit_test(sampled_orders_answer_for_the_players_they_asked_about),
      cmocka_unit_test(many_campaigns_still_sum_to_one),
      cmocka_unit_test(without_a_network_it_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
