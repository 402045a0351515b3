#include "store/feature.h"

#include <strings.h>

static const struct {
  const char *ending;
  da_feature_kind kind;
} endings[] = {{"(category)", DA_FEATURE_CATEGORY}, {"(number)", DA_FEATURE_NUMBER}};

static da_feature_wish read_wish(const char *text, bool of_user) {
  da_feature_wish wish = {.name = {text, strlen(text)}, .of_user = of_user};
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const size_t n = strlen(endings[i].ending);
    if (wish.name.length <= n || strcmp(text + wish.name.length - n, endings[i].ending) != 0) continue;
    wish.name.length -= n;
    wish.kind = endings[i].kind;
    break;
  }
  while (wish.name.length > 1 && text[wish.name.length - 1] == ' ') wish.name.length--;
  return wish;
}

static bool is_same_column(da_slice a, da_slice b) { return a.length == b.length && strncasecmp(a.data, b.data, a.length) == 0; }

da_status da_feature_wishes(const da_config_columns *config, da_feature_wish wishes[DA_MAX_FEATURES], uint32_t *n, da_error *err) {
  const da_text_list *const lists[] = {&config->touch_features, &config->user_features};
  *n = 0;
  for (int l = 0; l < 2; l++) {
    for (size_t i = 0; i < lists[l]->n; i++) {
      if (*n == DA_MAX_FEATURES) {
        return da_fail(err, DA_ERR_CONFIG, "expected at most %d columns in columns.touch_features and columns.user_features but found %zu",
                       DA_MAX_FEATURES, lists[0]->n + lists[1]->n);
      }
      const da_feature_wish wish = read_wish(lists[l]->items[i], l == 1);
      if (wish.name.length == 0)
        return da_fail(err, DA_ERR_CONFIG, "expected names of columns in columns.%s_features but found an empty one", l ? "user" : "touch");
      for (uint32_t k = 0; k < *n; k++) {
        if (!is_same_column(wishes[k].name, wish.name)) continue;
        return da_fail(err, DA_ERR_CONFIG,
                       "expected each column once in columns.touch_features and columns.user_features but found '%.80s' twice",
                       lists[l]->items[i]);
      }
      wishes[(*n)++] = wish;
    }
  }
  return DA_OK;
}
