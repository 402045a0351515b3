/* Oracles: a judge of HTML that is shown to find planted faults; fragments and sums written out by hand. */
#include "report/page.h"

#include "base/mem.h"
#include "support/features.h"
#include "support/html.h"
#include "support/report.h"

static char *print_page(const report_run *run) {
  da_error err = {0};
  da_text html = {0};
  assert_ok(da_page_print(&run->report, &html, &err), err);
  return html.data;
}

static void assert_shows(const char *html, const char *fragment) {
  if (!strstr(html, fragment)) fail_msg("expected on the page: %s", fragment);
}

static void assert_hides(const char *html, const char *fragment) {
  if (strstr(html, fragment)) fail_msg("expected not on the page: %s", fragment);
}

static size_t count(const char *html, const char *fragment) {
  size_t n = 0;
  for (const char *at = strstr(html, fragment); at; at = strstr(at + 1, fragment)) n++;
  return n;
}

static void the_judge_finds_planted_faults(void **state) {
  (void)state;
  const char *fit[] = {"<!doctype html><p id=\"a\">x &amp; y<br></p><a href=\"#a\">z</a>",
                       "<style>a>b{}</style><script>if (a<b) c()</script>"};
  const char *unfit[] = {"<p>x",
                         "<p><b>x</p></b>",
                         "x & y",
                         "&nbsp;",
                         "a > b",
                         "<p class=x>y</p>",
                         "<p class=\"a>b\">y</p>",
                         "<p onclick=\"x()\">y</p>",
                         "<a href=\"#nowhere\">x</a>",
                         "<p id=\"a\">x</p><p id=\"a\">y</p><a href=\"#a\">z</a>",
                         "<img src=\"x\">",
                         "<style>@import 'x'</style>",
                         "<script>x",
                         "<a href=\"elsewhere\">x</a>"};
  for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++) assert_html(fit[i]);
  for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
    if (!*html_judged(unfit[i]).fault) fail_msg("expected a fault in %s", unfit[i]);
  }
}

/* Names that try to be more than names. */
static void give_hostile_names(test_journeys *made) {
  static char long_name[10000];
  memset(long_name, '>', sizeof long_name);
  static const char *const names[] = {"<script>alert(1)</script>", "a\"b'c", "line\none,\ttwo", "\xff\xfe", "", "&lt;&#x41;",
                                      "</table></style>"};
  for (size_t i = 0; i < 7; i++) made->names[i] = (da_slice){names[i], strlen(names[i])};
  made->names[7] = (da_slice){long_name, sizeof long_name};
}

static void every_kind_of_run_makes_fit_html(void **state) {
  (void)state;
  static double numbers[700];
  const da_note_facts notes[] = {{DA_NOTE_WARNING, "<b>watch</b> & wait"}, {DA_NOTE_INFO, "\"quoted\""}};
  const da_object inputs[] = {{"raw/<a>.csv", 12, 0}};
  const uint32_t n_campaigns[] = {1, 2, 8, 40};
  for (int i = 0; i < 64; i++) {
    bool has_network = i & 1, has_value = i & 2, has_money = i & 4, has_facts = i & 8;
    test_journeys *made = journeys_random((uint64_t)i, 60, n_campaigns[i >> 4], 15);
    if (!has_value) made->set.value = NULL;
    if (made->set.campaigns.n >= 8) give_hostile_names(made);
    report_run run;
    report_open(&run, made, has_network, 1);
    report_finish(&run);
    da_interval_facts intervals[64] = {{numbers, numbers}};
    if (has_money) run.facts = (da_run_facts){.spend = numbers, .currency = "<EUR>", .intervals = intervals, .truth = numbers};
    if (has_facts) {
      run.facts.bucket = "/a/<bucket>";
      run.facts.settings_json = "{\"source\":\"SELECT '<b>' & 1\",\"split\":{\"fractions\":[0.8,0.1]},\"columns\":{\"<u>\":null}}";
      run.facts.notes = notes, run.facts.n_notes = 2;
      run.facts.inputs = inputs, run.facts.n_inputs = 1;
      run.facts.data = (da_data_facts){.n_rows = 100, .n_missing_uid = 1, .n_duplicates = 5, .has_input_totals = true, .input_value = NAN};
      run.facts.model = (da_model_facts){.present = has_network, .n_epochs = 1, .metrics = {{.n_journeys = 3, .auc = NAN}}};
    }
    char *html = print_page(&run);
    assert_html(html);
    assert_int_equal(count(html, "<script"), 1);
    da_mem_free(html);
    report_close(&run);
  }
}

static void the_table_shows_credit_conversions_and_value(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1 a@2!12.50 ; b@3 | c@0 b@1!2.5 | c@4!"), false, 1);
  report_finish(&run);
  char *html = print_page(&run);
  /* linear: a 2/3, b 1/3 + 1/2, c 1/2 + 1 of 3 conversions; value 12.5 x 1/3 + 2.5 / 2 for b */
  assert_shows(html, "<bdi>c</bdi></th><td class=\"long\" data-sort=\"1.5\"><span class=\"amount\">1.5</span>");
  assert_shows(html, "<bdi>b</bdi></th><td class=\"long\" data-sort=\"0.833333333\"><span class=\"amount\">0.83</span>");
  assert_shows(html, "<td data-sort=\"5.42\">5.42</td><td data-sort=\"3\">3</td></tr>");
  assert_shows(html, "<b>All conversions</b></th><td class=\"long\" data-sort=\"3\"><span class=\"amount\">3</span></td>"
                     "<td data-sort=\"1\">100.0 %</td><td data-sort=\"15\">15.00</td>");
  assert_shows(html, "<div class=\"tile\"><b>3</b><span>conversions</span></div>");
  assert_shows(html, "<div class=\"tile\"><b>15.00</b><span>value</span></div>");
  assert_shows(html, "1970-01-01 to 1970-01-05");
  assert_shows(html, "Attention is not incrementality.");
  assert_shows(html, "No network was trained");
  assert_hides(html, "Unattributed: no touch");
  assert_hides(html, ">CPA<");
  assert_hides(html, "nan");
  da_mem_free(html);
  report_close(&run);
}

static void what_no_campaign_earned_has_its_line(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0! ; a@1 | b@0!"), false, 1);
  run.made->set.n_unattributed = 2;
  report_finish(&run);
  char *html = print_page(&run);
  assert_shows(html, "<i>Unattributed: no touch before it</i></th><td class=\"long\" data-sort=\"2\"><span class=\"amount\">2</span></td>"
                     "<td data-sort=\"0.5\">50.0 %</td>");
  assert_shows(html, "<b>All conversions</b></th><td class=\"long\" data-sort=\"4\">");
  assert_hides(html, ">Value<"); /* there is no value column */
  da_mem_free(html);
  report_close(&run);
}

/* Gives the last touch .75 and holds .25 for the baseline. */
static da_status credit_three_quarters(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                       double *baseline, da_error *err) {
  (void)state, (void)err;
  for (uint64_t j = range->begin; j < range->end; j++) {
    if (!da_journey_converted(input->set, j)) continue;
    credit[input->set->first_touch[j + 1] - 1 - input->set->first_touch[range->begin]] = .75;
    baseline[j - range->begin] = .25;
  }
  return DA_OK;
}

static void a_baseline_has_its_line(void **state) {
  (void)state;
  static const da_method modest = {.name = "modest", .title = "Modest", .explanation = "Modest.", .credit = credit_three_quarters};
  da_error err = {0};
  report_run run;
  report_open(&run, journeys_from_text("a@0!8 ; a@1 b@2!4"), false, 1);
  da_pass_close(run.pass);
  run.fitted.methods[0] = &modest;
  assert_ok(da_pass_open(&run.input, &run.fitted, &(da_pass_options){0}, &run.pass, &err), err);
  report_finish(&run);
  char *html = print_page(&run);
  assert_shows(html,
               "<i>Baseline: would have converted anyway</i></th><td class=\"long\" data-sort=\"0.5\"><span class=\"amount\">0.50</span>"
               "</td><td data-sort=\"0.25\">25.0 %</td><td data-sort=\"3\">3.00</td>");
  assert_shows(html, "<th scope=\"row\">Modest</th><td data-sort=\"1.5\">1.5</td><td data-sort=\"0.5\">0.50</td><td data-sort=\"0\">0</td>"
                     "<td data-sort=\"2\">2</td><td data-sort=\"12\">12.00</td><td class=\"ok\">adds up</td>");
  da_mem_free(html);
  report_close(&run);
}

static void little_is_shown_as_little(void **state) {
  (void)state;
  report_run run;
  test_journeys *made = journeys_random(2, 2000, 2, 3);
  for (uint64_t t = 0; t < made->set.n_touches; t++) made->campaign[t] = 0;
  for (uint64_t j = 0; j < made->set.n_journeys; j++) { /* the second campaign has one conversion of some thousand */
    if (!da_journey_converted(&made->set, j)) continue;
    made->campaign[made->set.first_touch[j]] = 1;
    break;
  }
  report_open(&run, made, false, 1);
  report_finish(&run);
  assert_true(made->set.n_conversions > 1 && run.report.totals->methods[0].conversions[1] == 1);
  run.made->set.n_unattributed = 3000;
  da_credit_totals totals = *run.report.totals;
  totals.n_unattributed = 3000;
  run.report.totals = &totals;
  char *html = print_page(&run);
  assert_html(html); /* the mark of "<0.1 %" is escaped */
  assert_shows(html, "&lt;0.1 %");
  da_mem_free(html);
  report_close(&run);
}

static void many_campaigns_are_folded_and_still_add_up(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_random(3, 300, 75, 10), false, 1);
  report_finish(&run);
  char *html = print_page(&run);
  assert_int_equal(count(html, "45 more campaigns"), run.fitted.n);
  assert_html(html);
  /* In the panel of the first method, the rows in view and the folded line sum to the line of all. */
  const char *panel = strstr(html, "id=\"panel0\""), *end = strstr(panel, "</table>");
  double sum = 0, last = 0;
  size_t n_rows = 0;
  for (const char *cell = strstr(panel, "<td class=\"long\" data-sort=\""); cell && cell < end;
       cell = strstr(cell + 1, "<td class=\"long\" data-sort=\"")) {
    sum += last = strtod(cell + strlen("<td class=\"long\" data-sort=\""), NULL);
    n_rows++;
  }
  assert_int_equal(n_rows, 30 + 1 + 1);
  assert_near(sum, 2 * last, 1e-5);
  assert_near(last, (double)run.made->set.n_conversions, 1e-5);
  da_mem_free(html);
  report_close(&run);
}

/* Half the conversions each by every method but one, which gives and takes three times what there was. */
static void a_wild_method_does_not_squeeze_the_others(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@0! | a@0 b@0!"), false, 1);
  report_finish(&run);
  double *wild = run.report.totals->methods[report_method(&run, "time_decay")].conversions;
  wild[0] = -6, wild[1] = 8;
  char *html = print_page(&run);
  const char *low = strstr(html, " beyond\" style=\"left:0.00%\" title=\"Time decay: ");
  const char *high = strstr(html, " beyond\" style=\"left:100.00%\" title=\"Time decay: ");
  assert_non_null(low);
  assert_non_null(high);
  assert_non_null(strstr(html, "left:50.00%\" title=\"Linear: ")); /* of 0 to 100 %: First touch and Last touch gave a whole one */
  da_mem_free(html);
  report_close(&run);
}

static void the_network_is_judged_in_plain_words(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!"), true, 1);
  report_finish(&run);
  const da_metric_facts train = {.n_journeys = 900,
                                 .n_conversions = 90,
                                 .auc = .91,
                                 .loss = .2,
                                 .accuracy = .9,
                                 .precision = NAN,
                                 .recall = 0,
                                 .calibration_error = .01};
  da_metric_facts test = train;
  test.auc = .832;
  test.calibration_error = .0123;
  run.facts.model = (da_model_facts){.present = true,
                                     .n_parameters = 22145,
                                     .n_embedding = 20,
                                     .n_hidden = 64,
                                     .n_epochs = 7,
                                     .best_epoch = 5,
                                     .metrics = {[DA_SET_TRAIN] = train, [DA_SET_TEST] = test}};
  char *html = print_page(&run);
  assert_shows(html, "22,145 parameters, trained for 7 epochs; the weights of epoch 5 were kept");
  assert_shows(html, "both from the test set, the network gives the converting one the higher probability in 83 of 100 pairs");
  assert_shows(html, "It tells the two kinds of journey apart well.");
  assert_shows(html, "off by 1.2 percentage points");
  assert_shows(html, "clearly better on the journeys it learned from");
  assert_hides(html, "so that all of this is uncertain");
  da_mem_free(html);
  run.facts.model.metrics[DA_SET_TEST] = (da_metric_facts){.n_journeys = 100, .n_conversions = 12, .auc = .55, .calibration_error = NAN};
  html = print_page(&run);
  assert_shows(html, "hardly better than chance");
  assert_shows(html, "Only 12 of these journeys converted");
  da_mem_free(html);
  report_close(&run);
}

static void features_show_what_they_hold(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!"), true, 1);
  test_features *features = features_draw(run.made, 3);
  memcpy(features->code[DEVICE], (const uint32_t[]){2, 3}, 2 * sizeof(uint32_t));
  memcpy(features->number[BID], (const float[]){0.25f, NAN}, 2 * sizeof(float));
  features->code[REGION][0] = 0;
  features->items[REGION].name = (da_slice){"<b>", 3};
  report_finish(&run);
  run.facts.model = (da_model_facts){.present = true, .n_parameters = 1};
  char *html = print_page(&run);
  assert_shows(html, "device</bdi></th><td>touches</td><td>category</td><td>2</td><td>0.0 %</td>");
  assert_shows(html, "bid</bdi></th><td>touches</td><td>number</td><td>0.25 to 0.25</td><td>50.0 %</td>");
  assert_shows(html, "&lt;b&gt;</bdi></th><td>users</td><td>category</td><td>none</td><td>100.0 %</td>");
  da_mem_free(html);
  features_free(features);
  run.made->set.n_features = 0;
  html = print_page(&run);
  assert_hides(html, "What else it reads");
  da_mem_free(html);
  report_close(&run);
}

static void the_search_shows_its_trials_the_taken_one_first(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!"), true, 1);
  report_finish(&run);
  run.facts.model = (da_model_facts){.present = true, .n_parameters = 1};
  char *html = print_page(&run);
  assert_hides(html, "The search for its settings"); /* there was none */
  da_mem_free(html);
  da_trial_facts trials[40];
  for (int i = 0; i < 40; i++)
    trials[i] =
        (da_trial_facts){.n_epochs = 2, .val_loss = 0.3 + 0.001 * (39 - i), .val_auc = 0.7, .learning_rate = 0.00123, .n_hidden = 100};
  trials[0] = (da_trial_facts){.diverged = true, .val_loss = NAN, .val_auc = NAN, .learning_rate = 0.2};
  trials[7].complete = true; /* the only one, and taken though others had lower losses when they were stopped */
  run.facts.search = (da_search_facts){.trials = trials, .n_trials = 40, .best = 7};
  html = print_page(&run);
  assert_html(html);
  assert_shows(html, "40 settings were tried, judged by the log loss on the validation set; 1 was trained to the end, 1 diverged, ");
  assert_shows(html, "The best 30 are shown.");
  assert_int_equal(count(html, "<th scope=\"row\">stopped</th>"), 29);
  assert_int_equal(count(html, "<th scope=\"row\">diverged</th>"), 0);
  const char *taken = strstr(html, "<th scope=\"row\">taken</th><td data-sort=\"7\">7</td><td data-sort=\"0.332\">0.3320</td>");
  const char *lowest = strstr(html, "<th scope=\"row\">stopped</th><td data-sort=\"39\">39</td><td data-sort=\"0.3\">0.3000</td>");
  assert_true(taken && lowest && taken < lowest);
  assert_shows(html, "<td data-sort=\"0.00123\">0.00123</td>");
  da_mem_free(html);
  run.facts.search.n_trials = 1;
  run.facts.search.best = 0;
  html = print_page(&run);
  assert_shows(html, "<td class=\"none\">–</td>"); /* a loss that is no number */
  da_mem_free(html);
  report_close(&run);
}

static void the_input_is_held_against_the_credit(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0!5 ; a@1"), false, 1);
  report_finish(&run);
  run.facts.data = (da_data_facts){.has_input_totals = true, .n_input_conversions = 1, .input_value = 5};
  char *html = print_page(&run);
  assert_shows(html, "The input itself holds 1 conversions worth 5.00: all of them are credited above.");
  da_mem_free(html);
  run.facts.data.n_input_conversions = 3;
  html = print_page(&run);
  assert_shows(html, "The input itself holds 3 conversions worth 5.00; the difference are conversions on rows that were left out.");
  da_mem_free(html);
  report_close(&run);
}

static void the_page_is_the_same_whatever_the_clock_and_the_threads(void **state) {
  (void)state;
  const da_stage_facts fast = {"train", 1.5, false}, slow = {"train", 99, true};
  char *html[2];
  for (int i = 0; i < 2; i++) {
    report_run run;
    report_open(&run, journeys_random(9, 200, 6, 9), true, 1 + 2 * i);
    report_finish(&run);
    run.facts.stages = i ? &slow : &fast;
    run.facts.n_stages = 1;
    run.facts.n_threads = (uint32_t)i + 1;
    run.facts.model = (da_model_facts){.present = true, .touches_per_second = 1000 * (i + 1)};
    run.facts.settings_json = i ? "{\"threads\":2,\"memory_bytes\":5,\"seed\":1}" : "{\"threads\":1,\"memory_bytes\":0,\"seed\":1}";
    html[i] = print_page(&run);
    report_close(&run);
  }
  assert_string_equal(html[0], html[1]);
  da_mem_free(html[0]);
  da_mem_free(html[1]);
}

static void memory_that_runs_out_is_an_error_at_every_allocation(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!5"), false, 1);
  report_finish(&run);
  da_error err = {0};
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_text html = {0};
    da_mem_fail_at(nth);
    status = da_page_print(&run.report, &html, &err);
    if (status != DA_OK) assert_int_equal(status, DA_ERR_MEM);
    da_text_free(&html);
  }
  da_mem_fail_at(0);
  report_close(&run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_judge_finds_planted_faults),
      cmocka_unit_test(every_kind_of_run_makes_fit_html),
      cmocka_unit_test(the_table_shows_credit_conversions_and_value),
      cmocka_unit_test(what_no_campaign_earned_has_its_line),
      cmocka_unit_test(a_baseline_has_its_line),
      cmocka_unit_test(little_is_shown_as_little),
      cmocka_unit_test(many_campaigns_are_folded_and_still_add_up),
      cmocka_unit_test(a_wild_method_does_not_squeeze_the_others),
      cmocka_unit_test(the_network_is_judged_in_plain_words),
      cmocka_unit_test(features_show_what_they_hold),
      cmocka_unit_test(the_search_shows_its_trials_the_taken_one_first),
      cmocka_unit_test(the_input_is_held_against_the_credit),
      cmocka_unit_test(the_page_is_the_same_whatever_the_clock_and_the_threads),
      cmocka_unit_test(memory_that_runs_out_is_an_error_at_every_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
