#include "journey/vocabulary.h"

da_status da_vocabulary_add(da_vocabulary *vocabulary, da_slice name, da_error *err) {
  void *items = vocabulary->items;
  da_status status =
      da_mem_reserve(&items, &vocabulary->capacity, vocabulary->n + 1, sizeof *vocabulary->items, "the campaigns' names", err);
  vocabulary->items = items;
  if (status != DA_OK) return status;
  char *copy = da_arena_strndup(&vocabulary->texts, name.data, name.length);
  if (!copy) return da_mem_fail(err, name.length, 1, "a campaign's name");
  vocabulary->items[vocabulary->n++] = (da_slice){copy, name.length};
  return DA_OK;
}

void da_vocabulary_free(da_vocabulary *vocabulary) {
  da_mem_free(vocabulary->items);
  da_arena_free(&vocabulary->texts);
  *vocabulary = (da_vocabulary){0};
}

uint32_t da_names_find(const da_names *names, da_slice name) {
  size_t low = 0, high = names->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = da_slice_compare(names->items[middle], name);
    if (order == 0) return (uint32_t)middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return UINT32_MAX;
}

da_status da_names_json(const da_names *names, da_text *json, da_error *err) {
  da_text_append(json, "{");
  for (size_t i = 0; i < names->n; i++) {
    da_text_append(json, i ? ", " : "");
    da_text_append_json(json, names->items[i]);
    da_text_printf(json, ": %zu", i);
  }
  da_text_append(json, "}\n");
  return da_text_check(json, err);
}
