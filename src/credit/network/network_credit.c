/* The methods `removal_model` and `shapley_model`: counterfactuals of the network's own probability (network_game.h). */
#include <string.h>

#include "base/mem.h"
#include "credit/method.h"
#include "credit/network/network_game.h"
#include "credit/paths/paths.h"

/* Journeys whose questions are asked before the first is answered. */
enum { JOURNEYS_AT_ONCE = 512 };

typedef struct {
  da_network_rule rule;
  const da_credit_input *input;
  da_what_ifs asked;
  da_network_room room;
  da_path_form form;
  uint32_t *player_of; /* [campaigns]: its number in the journey at hand */
  uint32_t *player;    /* [touches of the journey at hand] */
  double *part;        /* [campaigns of the journey at hand] */
  size_t player_capacity, part_capacity;
} work;

static void work_close(work *w) {
  da_what_ifs_close(&w->asked);
  da_network_room_free(&w->room);
  da_path_form_free(&w->form);
  da_mem_free(w->player_of);
  da_mem_free(w->player);
  da_mem_free(w->part);
}

static da_status work_open(da_network_rule rule, const da_credit_input *input, work *w, da_error *err) {
  uint32_t n_campaigns = (uint32_t)input->set->campaigns.n;
  *w = (work){0};
  if (!input->model) return da_fail(err, DA_ERR_DATA, "expected a trained network for the what-ifs of journeys but found none");
  *w = (work){.rule = rule, .input = input, .player_of = da_mem_alloc(n_campaigns, sizeof *w->player_of)};
  if (!w->player_of) return da_mem_fail(err, n_campaigns, sizeof *w->player_of, "the campaigns of a journey");
  DA_TRY(da_path_form_init(n_campaigns, &w->form, err));
  return da_what_ifs_open(input->model, input->set, &w->asked, err);
}

static da_status make_game(work *w, uint64_t journey, da_network_game *game, da_error *err) {
  const da_journeys *set = w->input->set;
  uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  DA_TRY(da_path_form_set(&w->form, DA_PATH_ORDER, set->campaign + first, n, err));
  void *player = w->player, *part = w->part;
  DA_TRY(da_mem_reserve(&player, &w->player_capacity, n, sizeof *w->player, "the touches of a journey", err));
  w->player = player;
  DA_TRY(da_mem_reserve(&part, &w->part_capacity, w->form.length, sizeof *w->part, "the campaigns of a journey", err));
  w->part = part;
  for (uint32_t k = 0; k < w->form.length; k++) w->player_of[w->form.item[k]] = k;
  for (uint64_t i = 0; i < n; i++) w->player[i] = w->player_of[set->campaign[first + i]];
  *game = (da_network_game){.journey = journey, .first_touch = first, .n_touches = n, .player = w->player, .n = w->form.length};
  return DA_OK;
}

static da_status ask_journeys(work *w, uint64_t begin, uint64_t end, da_error *err) {
  da_network_game game;
  da_what_ifs_clear(&w->asked);
  for (uint64_t j = begin; j < end; j++) {
    if (!da_journey_converted(w->input->set, j)) continue;
    DA_TRY(make_game(w, j, &game, err));
    DA_TRY(da_network_ask(w->rule, w->input->config->seed, &game, &w->room, &w->asked, err));
  }
  return da_what_ifs_finish(&w->asked, err);
}

static da_status share_journeys(work *w, const da_credit_range *range, uint64_t begin, uint64_t end, double *credit, double *baseline,
                                da_error *err) {
  const da_journeys *set = w->input->set;
  da_network_game game;
  size_t at = 0, n_used;
  for (uint64_t j = begin; j < end; j++) {
    if (!da_journey_converted(set, j)) continue;
    DA_TRY(make_game(w, j, &game, err));
    DA_TRY(da_network_share(w->rule, w->input->config->seed, &game, &w->room, da_what_ifs_none(&w->asked, game.journey),
                            w->asked.answer + at, &n_used, w->part, err));
    at += n_used;
    double rest = 1, *to = credit + (game.first_touch - set->first_touch[range->begin]);
    for (uint32_t k = 0; k < game.n; k++) rest -= w->part[k];
    for (uint64_t i = 0; i < game.n_touches; i++) to[i] = w->part[game.player[i]] / w->form.n_touches[game.player[i]];
    baseline[j - range->begin] = rest;
  }
  return DA_OK;
}

static da_status credit_range(da_network_rule rule, const da_credit_input *input, const da_credit_range *range, double *credit,
                              double *baseline, da_error *err) {
  work w;
  da_status status = work_open(rule, input, &w, err);
  for (uint64_t begin = range->begin; begin < range->end && status == DA_OK; begin += JOURNEYS_AT_ONCE) {
    uint64_t end = begin + JOURNEYS_AT_ONCE < range->end ? begin + JOURNEYS_AT_ONCE : range->end;
    status = ask_journeys(&w, begin, end, err);
    if (status == DA_OK) status = share_journeys(&w, range, begin, end, credit, baseline, err);
  }
  work_close(&w);
  return status;
}

static da_status credit_removal(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                double *baseline, da_error *err) {
  (void)state;
  return credit_range(DA_NETWORK_REMOVAL, input, range, credit, baseline, err);
}

static da_status credit_shapley(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                double *baseline, da_error *err) {
  (void)state;
  return credit_range(DA_NETWORK_SHAPLEY, input, range, credit, baseline, err);
}

static const char caution[] =
    "the network predicts journeys well, which does not make its what-ifs true: a long journey is one that has not"
    " converted yet, so that touches may look harmful; compare it with incremental";

const da_method da_method_removal_model = {
    .name = "removal_model",
    .title = "Removal, by the network",
    .explanation = "What the network's probability of converting would lose without the campaign; the rest is baseline, which may be"
                   " negative. The network has learnt to predict, not what would happen without a campaign.",
    .caution = caution,
    .needs_network = true,
    .default_on = false,
    .credit = credit_removal,
};

const da_method da_method_shapley_model = {
    .name = "shapley_model",
    .title = "Shapley value, by the network",
    .explanation = "Shapley values of the network's probability of converting over the campaigns of the journey; the probability without"
                   " any touch is baseline. The network has learnt to predict, not what would happen without a campaign.",
    .caution = caution,
    .needs_network = true,
    .default_on = false,
    .credit = credit_shapley,
};
