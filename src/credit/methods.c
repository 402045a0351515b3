#include <string.h>

#include "credit/method.h"

/* One line a method, in the order they are shown. */
#define METHODS(X)   \
  X(incremental)     \
  X(removal)         \
  X(attention)       \
  X(first_touch)     \
  X(last_touch)      \
  X(last_non_direct) \
  X(linear)          \
  X(time_decay)      \
  X(position_based)  \
  X(participation)   \
  X(markov)          \
  X(shapley)         \
  X(shapley_ordered) \
  X(shao_li)         \
  X(logistic)        \
  X(additive_hazard) \
  X(removal_model)   \
  X(shapley_model)   \
  X(shapley_predictions)

#define DECLARE(name) extern const da_method da_method_##name;
METHODS(DECLARE)

#define POINT_TO(name) &da_method_##name,
static const da_method *const methods[] = {METHODS(POINT_TO)};
enum { N_METHODS = sizeof methods / sizeof methods[0] };

const da_method *const *da_methods(size_t *n) {
  *n = N_METHODS;
  return methods;
}

const da_method *da_method_find(const char *name) {
  for (size_t i = 0; i < N_METHODS; i++) {
    if (strcmp(methods[i]->name, name) == 0) return methods[i];
  }
  return NULL;
}

static const char *nearest_name(const char *name) {
  const char *nearest = methods[0]->name;
  for (size_t i = 1; i < N_METHODS; i++) {
    if (da_text_distance(methods[i]->name, name) < da_text_distance(nearest, name)) nearest = methods[i]->name;
  }
  return nearest;
}

static da_status check_wish(const char *name, bool has_network, da_error *err) {
  const da_method *method = da_method_find(name);
  if (!method) {
    return da_fail(err, DA_ERR_CONFIG, "credit.methods: expected the name of a method but found \"%s\"; did you mean \"%s\"?", name,
                   nearest_name(name));
  }
  if (method->needs_network && !has_network) {
    return da_fail(
        err, DA_ERR_CONFIG,
        "credit.methods: expected a trained network for \"%s\" but found none; run the train stage first, or leave the method out", name);
  }
  return DA_OK;
}

static bool is_wanted(const da_method *method, const da_text_list *wishes, bool has_network) {
  if (method == &da_method_attention && has_network) return true;
  if (wishes->n == 0) return method->default_on && (has_network || !method->needs_network);
  for (size_t i = 0; i < wishes->n; i++) {
    if (strcmp(wishes->items[i], method->name) == 0) return true;
  }
  return false;
}

da_status da_methods_choose(const da_config *config, bool has_network, const da_method **chosen, size_t *n, da_error *err) {
  const da_text_list *wishes = &config->credit.methods;
  for (size_t i = 0; i < wishes->n; i++) DA_TRY(check_wish(wishes->items[i], has_network, err));
  *n = 0;
  for (size_t i = 0; i < N_METHODS; i++) {
    if (is_wanted(methods[i], wishes, has_network)) chosen[(*n)++] = methods[i];
  }
  return DA_OK;
}
