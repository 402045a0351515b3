#include "journey/set_part.h"

#include <stdio.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* a state that lives on the stack, and travels */
#include <xxhash.h>

#include "store/feature.h"

enum { MAX_SHARED = 4 + DA_MAX_FEATURES };

/* A section of which each rank reads a part: items begin .. end - 1 are this one's. */
typedef struct {
  uint32_t section; /* place in the pack's table */
  uint64_t begin, end;
} share;

typedef struct {
  const da_bucket *bucket;
  const da_team *team;
  da_object_part object;
  da_pack pack;                    /* mapped anew after something was fetched */
  uint64_t begin, end;             /* own journeys */
  uint64_t first_touch, end_touch; /* and their touches */
  share shares[MAX_SHARED];        /* flags and first_touch are the first two */
  size_t n_shares;
} reader;

static da_status refuse(const reader *r, const char *found, da_error *err) {
  return da_fail(err, DA_ERR_DATA, "expected packed journeys in %s but found %s; run `deepattribution journeys` again", r->object.key,
                 found);
}

/* ---- Sections ---- */

typedef enum { ALL, OWN, NOTHING } extent;

/* What is fetched of a section. */
static extent extent_of(const da_pack_entry *entry) {
  static const char *const own[] = {"flags", "first_touch", "campaign", "time_us"};
  static const char *const none[] = {"value", "conversion_us", "first_journey", "uid_int", "uid_end", "uid_text"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (strcmp(entry->name, own[i]) == 0) return OWN;
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    if (strcmp(entry->name, none[i]) == 0) return NOTHING;
  const size_t n = strlen("feature_");
  const bool holds_cells = strncmp(entry->name, "feature_", n) == 0 && entry->name[n] >= '0' && entry->name[n] <= '9';
  return holds_cells && entry->type != DA_PACK_F32 ? OWN : ALL;
}

/* The section of that name and type. */
static da_status find(const reader *r, const char *name, da_pack_type type, uint32_t *section, da_error *err) {
  for (*section = 0; *section < r->pack.header->n_sections; ++*section) {
    const da_pack_entry *entry = &r->pack.table[*section];
    if (entry->type == type && strcmp(entry->name, name) == 0) return DA_OK;
  }
  char found[64];
  snprintf(found, sizeof found, "no section %s", name);
  return refuse(r, found, err);
}

static da_status fetch_items(const reader *r, uint32_t section, uint64_t begin, uint64_t end, da_error *err) {
  const da_pack_entry *entry = &r->pack.table[section];
  const uint64_t item_bytes = da_pack_item_bytes(entry->type);
  if (begin > end || end > entry->n_items) return refuse(r, "journeys past the end of a section", err);
  return da_bucket_part_fetch(r->bucket, &r->object, entry->offset + begin * item_bytes, (end - begin) * item_bytes, err);
}

static void add_share(reader *r, uint32_t section, uint64_t begin, uint64_t end) {
  r->shares[r->n_shares++] = (share){section, begin, end};
}

static da_status map_again(reader *r, da_error *err) {
  da_pack_close(&r->pack);
  return da_pack_open_table(r->object.path, &r->pack, err);
}

/* ---- Reading ---- */

/* What is read whole, and the bounds and flags of this rank's journeys, which say where their touches lie. */
static da_status fetch_journeys(reader *r, da_error *err) {
  uint32_t flags, bounds;
  const da_team *team = r->team;
  DA_TRY(da_bucket_part_fetch(r->bucket, &r->object, 0, DA_PACK_DATA_OFFSET, err));
  DA_TRY(map_again(r, err));
  DA_TRY(find(r, "flags", DA_PACK_U8, &flags, err));
  DA_TRY(find(r, "first_touch", DA_PACK_U64, &bounds, err));
  const uint64_t n = r->pack.table[flags].n_items;
  if (r->pack.table[bounds].n_items != n + 1) return refuse(r, "another number of bounds than journeys", err);
  r->begin = da_team_begin(team, n, team->rank);
  r->end = da_team_begin(team, n, team->rank + 1);
  DA_TRY(fetch_items(r, flags, r->begin, r->end, err));
  DA_TRY(fetch_items(r, bounds, r->begin, r->end + 1, err));
  add_share(r, flags, r->begin, r->end);
  add_share(r, bounds, r->begin, team->rank == team->n - 1 ? r->end + 1 : r->end);
  for (uint32_t i = 0; i < r->pack.header->n_sections; i++)
    if (extent_of(&r->pack.table[i]) == ALL) DA_TRY(fetch_items(r, i, 0, r->pack.table[i].n_items, err));
  return map_again(r, err);
}

static da_status fetch_own(reader *r, const char *name, da_pack_type type, bool by_touch, da_error *err) {
  uint32_t section;
  DA_TRY(find(r, name, type, &section, err));
  const uint64_t begin = by_touch ? r->first_touch : r->begin, end = by_touch ? r->end_touch : r->end;
  add_share(r, section, begin, end);
  return fetch_items(r, section, begin, end, err);
}

static da_status fetch_touches(reader *r, da_error *err) {
  uint64_t n_bounds, n_features;
  const uint64_t *first = da_pack_find(&r->pack, "first_touch", DA_PACK_U64, &n_bounds);
  r->first_touch = first[r->begin];
  r->end_touch = first[r->end];
  DA_TRY(fetch_own(r, "campaign", DA_PACK_U32, true, err));
  DA_TRY(fetch_own(r, "time_us", DA_PACK_I64, true, err));
  const uint8_t *feature_flags = da_pack_find(&r->pack, "feature_flags", DA_PACK_U8, &n_features);
  if (n_features > DA_MAX_FEATURES) return refuse(r, "too many features", err);
  for (uint64_t f = 0; f < n_features; f++) {
    char name[DA_PACK_NAME_BYTES];
    uint64_t n;
    snprintf(name, sizeof name, "feature_%u", (unsigned)f);
    const bool is_number = da_pack_find(&r->pack, name, DA_PACK_F32, &n) != NULL;
    if (!is_number) DA_TRY(fetch_own(r, name, DA_PACK_U32, !(feature_flags[f] & 1), err));
  }
  return DA_OK;
}

/* Every rank gets the others' bounds and flags. */
static da_status exchange_journeys(const reader *r, da_error *err) {
  da_piece pieces[DA_TEAM_MAX_RANKS];
  for (int i = 0; i < 2; i++) {
    const share *own = &r->shares[i];
    const da_pack_entry *entry = &r->pack.table[own->section];
    const uint64_t item_bytes = da_pack_item_bytes(entry->type);
    uint64_t at = entry->offset;
    DA_TRY(
        r->team->gather(r->team->context, r->pack.bytes + at + own->begin * item_bytes, (own->end - own->begin) * item_bytes, pieces, err));
    for (int rank = 0; rank < r->team->n; at += pieces[rank++].n_bytes)
      if (rank != r->team->rank) DA_TRY(da_object_part_fill(&r->object, pieces[rank].data, at, pieces[rank].n_bytes, err));
    if (at != entry->offset + entry->n_items * item_bytes)
      return da_fail(err, DA_ERR_MPI, "expected all ranks to read one set of journeys but found several; run again");
  }
  return DA_OK;
}

/* ---- Checksums ---- */

/* A section's checksum is of all its bytes in order: each rank goes on where the one before it stopped. */
static da_status verify_shares(const reader *r, da_error *err) {
  XXH64_state_t states[MAX_SHARED];
  const size_t n_bytes = r->n_shares * sizeof *states;
  da_piece pieces[DA_TEAM_MAX_RANKS];
  for (size_t i = 0; i < r->n_shares; i++) XXH64_reset(&states[i], 0);
  for (int turn = 0; turn < r->team->n; turn++) {
    const bool is_own = turn == r->team->rank;
    for (size_t i = 0; is_own && i < r->n_shares; i++) {
      const share *own = &r->shares[i];
      const da_pack_entry *entry = &r->pack.table[own->section];
      const uint64_t item_bytes = da_pack_item_bytes(entry->type);
      XXH64_update(&states[i], r->pack.bytes + entry->offset + own->begin * item_bytes, (own->end - own->begin) * item_bytes);
    }
    DA_TRY(r->team->gather(r->team->context, states, is_own ? n_bytes : 0, pieces, err));
    if (pieces[turn].n_bytes != n_bytes)
      return da_fail(err, DA_ERR_MPI, "expected all ranks to read one set of journeys but found several; run again");
    memcpy(states, pieces[turn].data, n_bytes);
  }
  for (size_t i = 0; i < r->n_shares; i++)
    if (XXH64_digest(&states[i]) != r->pack.table[r->shares[i].section].checksum) return refuse(r, "a changed section (checksum)", err);
  return DA_OK;
}

static da_status verify_whole(const reader *r, da_error *err) {
  for (uint32_t i = 0; i < r->pack.header->n_sections; i++) {
    const da_pack_entry *entry = &r->pack.table[i];
    const uint64_t n_bytes = entry->n_items * da_pack_item_bytes(entry->type);
    if (extent_of(entry) == ALL && XXH64(r->pack.bytes + entry->offset, n_bytes, 0) != entry->checksum)
      return refuse(r, "a changed section (checksum)", err);
  }
  return DA_OK;
}

/* ---- */

static da_status read_part(reader *r, da_error *err) {
  DA_TRY(fetch_journeys(r, err));
  DA_TRY(fetch_touches(r, err));
  DA_TRY(exchange_journeys(r, err));
  DA_TRY(map_again(r, err));
  DA_TRY(verify_shares(r, err));
  return verify_whole(r, err);
}

da_status da_journeys_open_part(const da_bucket *bucket, const char *key, const da_team *team, da_journeys *set, da_error *err) {
  *set = (da_journeys){0};
  reader r = {.bucket = bucket, .team = team};
  DA_TRY(da_bucket_part_open(bucket, key, &r.object, err));
  da_status status = read_part(&r, err);
  if (status == DA_OK) {
    status = da_journeys_take_part(&r.pack, set, err);
    r.pack = (da_pack){0}; /* the set's now */
  }
  if (status == DA_OK) status = da_journeys_check_part(set, r.begin, r.end, err);
  if (status != DA_OK) da_journeys_close(set);
  da_pack_close(&r.pack);
  da_object_part_close(&r.object);
  return status;
}
