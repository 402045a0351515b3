#include "credit/evaluate/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double MOST_TIMES = 2;
static const double MOST_NEGATIVE = .1;
static const double MOST_MOVED = .1;
static const double SURE = 1.645; /* standard errors: one side of 95 % */

const char *da_trust_name(da_trust trust) {
  static const char *const names[] = {[DA_TRUST_YES] = "yes", [DA_TRUST_WITH_CARE] = "with care", [DA_TRUST_NO] = "no"};
  return names[trust];
}

double da_auc_error(double auc, uint64_t n_converted, uint64_t n_other) {
  if (n_converted == 0 || n_other == 0) return NAN;
  double p = (double)n_converted, n = (double)n_other, q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  return sqrt((auc * (1 - auc) + (p - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (p * n));
}

/* Reasons follow each other with a semicolon. */
DA_PRINTF(2, 3) static void say(da_verdict *verdict, const char *format, ...) {
  size_t length = strlen(verdict->why);
  va_list args;
  va_start(args, format);
  if (length > 0 && length + 3 < sizeof verdict->why) {
    memcpy(verdict->why + length, "; ", 3);
    length += 2;
  }
  vsnprintf(verdict->why + length, sizeof verdict->why - length, format, args);
  va_end(args);
}

static void judge_by_truth(const da_measured *m, da_verdict *verdict) {
  double times = m->share_error / fmax(m->least_error, 1e-9);
  verdict->trust = times <= 1 ? DA_TRUST_YES : times > MOST_TIMES ? DA_TRUST_NO : DA_TRUST_WITH_CARE;
  if (times <= 1)
    say(verdict, "its shares are the nearest to the true ones of this simulated world (mean error %.4f)", m->share_error);
  else
    say(verdict, "mean error of its shares %.4f, %.1f times the smallest", m->share_error, times);
}

/* What speaks against a method; true where anything does. */
static bool find_faults(const da_measured *m, da_verdict *verdict) {
  if (m->negative > MOST_NEGATIVE) {
    say(verdict, "it credits campaigns with less than nothing: %.0f %% of all conversions with a minus sign", 100 * m->negative);
  }
  if (m->touch_auc + SURE * m->touch_auc_error < .5) {
    say(verdict, "held-out conversions follow touches that it says they do not follow (AUC %.3f)", m->touch_auc);
  }
  if (m->halves > MOST_MOVED) {
    say(verdict, "from one half of the users to the other it moves %.0f %% of all conversions a campaign", 100 * m->halves);
  }
  return verdict->why[0] != 0;
}

static void say_what_it_knows(const da_measured *m, da_verdict *verdict) {
  const da_method *method = m->method;
  if (method->counterfactual) {
    say(verdict, "it asks what would have happened without each campaign%s",
        m->form_undetermined ? ", but held-out users do not tell which of its forms is right" : ", in a form chosen on held-out users");
  } else if (method->needs_network) {
    say(verdict, "the network has learnt to predict, not what would have happened without a campaign");
  } else if (method->fit) {
    say(verdict, "it describes who was reached, not what reaching them changed");
  } else {
    say(verdict, "a rule: nothing in it could be refuted by journeys");
  }
}

static void say_how_it_predicts(const da_measured *m, da_verdict *verdict) {
  if (m->touch_auc - SURE * m->touch_auc_error > .5)
    say(verdict, "it knows something of the touches that conversions follow (AUC %.3f)", m->touch_auc);
  else if (m->touch_auc + SURE * m->touch_auc_error >= .5)
    say(verdict, "held-out touches do not tell its model from a coin (AUC %.3f)", m->touch_auc);
  if (m->log_loss >= m->rate_loss) say(verdict, "of journeys it knows no more than their rate");
}

da_verdict da_verdict_of(const da_measured *m) {
  da_verdict verdict = {.trust = DA_TRUST_WITH_CARE};
  bool truth_is_known = !isnan(m->share_error);
  if (truth_is_known) judge_by_truth(m, &verdict);
  bool has_faults = truth_is_known ? false : find_faults(m, &verdict);
  if (has_faults) verdict.trust = DA_TRUST_NO;
  if (!has_faults && !truth_is_known) say_what_it_knows(m, &verdict);
  if (!has_faults && !truth_is_known && m->method->counterfactual && !m->form_undetermined) verdict.trust = DA_TRUST_YES;
  say_how_it_predicts(m, &verdict);
  return verdict;
}
