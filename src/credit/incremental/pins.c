#include "credit/incremental/pins.h"

#include <math.h>

#include "base/mem.h"

/* A round holds a pin that stands alone; several that touch each other's conversions take a few. */
enum { MAX_ROUNDS = 30 };
static const double TOLERANCE = 1e-9; /* of a pin, in conversions or relative to them */

double da_pins_combine(const da_pin *pin, double alone, double alone_error) {
  double own = pin->standard_error * pin->standard_error, log_says = alone_error * alone_error;
  if (own == 0 || !isfinite(log_says)) return pin->conversions;
  double away = alone - pin->conversions, bias = fmax(0, away * away - own - log_says);
  return pin->conversions + away * own / (own + log_says + bias);
}

typedef struct {
  const da_answer *answer;
  const da_pins *pins;
  const float *user_weight;
  da_pool *pool;
  da_held *held;
  da_answer_totals totals; /* of the credit as held so far */
  double *target;          /* [pins->n] */
} holding;

static da_status total(holding *all, da_error *err) {
  da_answer answer = *all->answer;
  answer.held = all->held;
  return da_answer_total(&answer, all->user_weight, all->pool, &all->totals, err);
}

static void set_targets(const holding *all, da_pin_outcome *outcome) {
  for (uint32_t p = 0; p < all->pins->n; p++) {
    const da_pin *pin = &all->pins->items[p];
    double removal = all->totals.removal[pin->campaign], squares = all->totals.removal_squares[pin->campaign];
    double error = squares > 0 ? fabs(removal) / sqrt(squares) : INFINITY;
    all->target[p] = da_pins_combine(pin, removal, error);
    if (outcome) outcome[p] = (da_pin_outcome){.alone = removal, .alone_error = error, .held = all->target[p]};
  }
}

/* Credit is proportional to kept, and has room beyond it; false where it is what it should be, or there is no room. */
static bool adjust(da_caused *caused, double target, double credited, double room) {
  double off = target - credited;
  if (fabs(off) <= TOLERANCE * fmax(1, fabs(target))) return false;
  da_caused before = *caused;
  if (credited > 0 && caused->gained == 0) caused->kept = fmin(fmax(caused->kept * target / credited, 0), 1);
  if (caused->kept == before.kept && room > 0) caused->gained = fmin(1, caused->gained + off / room);
  return caused->kept != before.kept || caused->gained != before.gained;
}

static bool adjust_all(const holding *all) {
  const da_answer_totals *totals = &all->totals;
  bool moved = false;
  for (uint32_t p = 0; p < all->pins->n; p++) {
    uint32_t campaign = all->pins->items[p].campaign;
    da_held *held = &all->held[campaign];
    bool shapley = adjust(&held->shapley, all->target[p], totals->shapley[campaign], totals->room[campaign]);
    bool removal = adjust(&held->removal, all->target[p], totals->removal[campaign], totals->room[campaign]);
    moved = moved || shapley || removal;
  }
  return moved;
}

static da_status hold(holding *all, da_pin_outcome *outcome, da_error *err) {
  DA_TRY(total(all, err));
  set_targets(all, outcome);
  for (int round = 0; round < MAX_ROUNDS && adjust_all(all); round++) DA_TRY(total(all, err));
  for (uint32_t p = 0; outcome && p < all->pins->n; p++) outcome[p].credited = all->totals.shapley[all->pins->items[p].campaign];
  return DA_OK;
}

da_status da_pins_hold(const da_answer *answer, const da_pins *pins, const float *user_weight, da_pool *pool, da_held *held,
                       da_pin_outcome *outcome, da_error *err) {
  size_t n = answer->data.exposure->n_campaigns, n_numbers = 4 * n + pins->n;
  for (size_t k = 0; k < n; k++) held[k] = (da_held){.shapley = {.kept = 1}, .removal = {.kept = 1}};
  if (pins->n == 0) return DA_OK;
  double *numbers = da_mem_alloc(n_numbers, sizeof *numbers);
  if (!numbers) return da_mem_fail(err, n_numbers, sizeof *numbers, "the experiments");
  holding all = {.answer = answer, .pins = pins, .user_weight = user_weight, .pool = pool, .held = held, .target = numbers + 4 * n};
  all.totals = (da_answer_totals){.shapley = numbers, .removal = numbers + n, .removal_squares = numbers + 2 * n, .room = numbers + 3 * n};
  da_status status = hold(&all, outcome, err);
  da_mem_free(numbers);
  return status;
}
