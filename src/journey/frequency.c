#include "journey/frequency.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

typedef struct {
  uint64_t count;
  uint32_t campaign;
} pair;

/* Open addressing: slots hold code + 1, 0 is free; at most half of them are taken. */
struct da_frequency {
  pair *pairs; /* by code */
  size_t n_pairs, pairs_capacity;
  uint32_t *slots;
  size_t n_slots; /* a power of two */
};

enum { FIRST_SLOTS = 1024 };

static uint32_t *find_slot(const da_frequency *frequency, uint32_t campaign, uint64_t count) {
  size_t mask = frequency->n_slots - 1;
  for (size_t at = da_random_hash(campaign, count) & mask;; at = (at + 1) & mask) {
    uint32_t *slot = &frequency->slots[at];
    if (*slot == 0) return slot;
    const pair *there = &frequency->pairs[*slot - 1];
    if (there->campaign == campaign && there->count == count) return slot;
  }
}

/* n_slots slots, with the pairs there are put into them. */
static da_status make_slots(da_frequency *frequency, size_t n_slots, da_error *err) {
  uint32_t *slots = da_mem_calloc(n_slots, sizeof *slots);
  if (!slots) return da_mem_fail(err, n_slots, sizeof *slots, "the names of the transform frequency");
  da_mem_free(frequency->slots);
  frequency->slots = slots;
  frequency->n_slots = n_slots;
  for (size_t i = 0; i < frequency->n_pairs; i++)
    *find_slot(frequency, frequency->pairs[i].campaign, frequency->pairs[i].count) = (uint32_t)i + 1;
  return DA_OK;
}

da_status da_frequency_open(da_frequency **out, da_error *err) {
  *out = NULL;
  da_frequency *frequency = da_mem_calloc(1, sizeof *frequency);
  if (!frequency) return da_mem_fail(err, 1, sizeof *frequency, "the names of the transform frequency");
  da_status status = make_slots(frequency, FIRST_SLOTS, err);
  if (status != DA_OK) {
    da_frequency_close(frequency);
    return status;
  }
  *out = frequency;
  return DA_OK;
}

void da_frequency_close(da_frequency *frequency) {
  if (!frequency) return;
  da_mem_free(frequency->pairs);
  da_mem_free(frequency->slots);
  da_mem_free(frequency);
}

da_status da_frequency_code(da_frequency *frequency, uint32_t campaign, uint64_t count, uint32_t *code, da_error *err) {
  uint32_t *slot = find_slot(frequency, campaign, count);
  if (*slot) {
    *code = *slot - 1;
    return DA_OK;
  }
  if (frequency->n_pairs >= UINT32_MAX - 1)
    return da_fail(err, DA_ERR_DATA,
                   "expected fewer than 2^32 names of campaigns and numbers but found more; leave out the transform frequency");
  void *pairs = frequency->pairs;
  da_status status = da_mem_reserve(&pairs, &frequency->pairs_capacity, frequency->n_pairs + 1, sizeof *frequency->pairs,
                                    "the names of the transform frequency", err);
  frequency->pairs = pairs;
  if (status != DA_OK) return status;
  *code = (uint32_t)frequency->n_pairs;
  frequency->pairs[frequency->n_pairs++] = (pair){.count = count, .campaign = campaign};
  *slot = *code + 1;
  return frequency->n_pairs * 2 > frequency->n_slots ? make_slots(frequency, frequency->n_slots * 2, err) : DA_OK;
}

/* A name on its way to its rank. */
typedef struct {
  da_slice name;
  uint32_t code;
} named_code;

static int compare_names(const void *a, const void *b) {
  return da_slice_compare(((const named_code *)a)->name, ((const named_code *)b)->name);
}

static da_status write_names(const da_frequency *frequency, const da_names *campaigns, da_arena *texts, named_code *named, da_error *err) {
  da_text name = {0};
  for (size_t i = 0; i < frequency->n_pairs; i++) {
    da_slice campaign = campaigns->items[frequency->pairs[i].campaign];
    da_text_clear(&name);
    da_text_append_n(&name, campaign.data, campaign.length);
    da_text_printf(&name, "(%" PRIu64 ")", frequency->pairs[i].count);
    char *copy = name.failed ? NULL : da_arena_strndup(texts, name.data, name.length);
    if (!copy) {
      da_text_free(&name);
      return da_mem_fail(err, campaign.length, 1, "a campaign's name");
    }
    named[i] = (named_code){.name = {copy, name.length}, .code = (uint32_t)i};
  }
  da_text_free(&name);
  return DA_OK;
}

da_status da_frequency_names(const da_frequency *frequency, const da_names *campaigns, da_vocabulary *vocabulary, uint32_t **rank,
                             da_error *err) {
  size_t n = frequency->n_pairs;
  named_code *named = da_mem_alloc(n, sizeof *named);
  *rank = da_mem_alloc(n, sizeof **rank);
  vocabulary->items = da_mem_alloc(n, sizeof *vocabulary->items);
  vocabulary->capacity = n;
  da_status status = DA_OK;
  if (!named || !*rank || !vocabulary->items) status = da_mem_fail(err, n, sizeof *named, "the names of the transform frequency");
  if (status == DA_OK) status = write_names(frequency, campaigns, &vocabulary->texts, named, err);
  if (status == DA_OK) {
    qsort(named, n, sizeof *named, compare_names);
    for (size_t i = 0; i < n; i++) {
      vocabulary->items[i] = named[i].name;
      (*rank)[named[i].code] = (uint32_t)i;
    }
    vocabulary->n = n;
  }
  da_mem_free(named);
  return status;
}
