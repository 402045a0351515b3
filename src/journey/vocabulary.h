/* The campaigns' names in byte order; a campaign's index is its rank. */
#ifndef DA_JOURNEY_VOCABULARY_H
#define DA_JOURNEY_VOCABULARY_H

#include "base/mem.h"
#include "base/status.h"
#include "base/text.h"
#include "store/table.h"

/* Valid as {0}. */
typedef struct {
  da_slice *items;
  size_t n, capacity;
  da_arena texts;
} da_vocabulary;

/* Copies a name to the end. */
da_status da_vocabulary_add(da_vocabulary *vocabulary, da_slice name, da_error *err) DA_MUST_CHECK;
void da_vocabulary_free(da_vocabulary *vocabulary); /* a second call is allowed */

static inline da_names da_vocabulary_names(const da_vocabulary *vocabulary) { return (da_names){vocabulary->items, vocabulary->n}; }

/* The rank of a name in sorted names; UINT32_MAX when it is not there. */
uint32_t da_names_find(const da_names *names, da_slice name);

/* {"name": rank, ...}, the content of campaign_nm_to_one_hot_index.json. */
da_status da_names_json(const da_names *names, da_text *json, da_error *err) DA_MUST_CHECK;

#endif
