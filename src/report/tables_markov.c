#include "report/tables_markov.h"

#include <string.h>

#include "store/table.h"

/* ---- markov_transitions.parquet ---- */

enum { AFTER, NEXT, JOURNEYS, PROBABILITY, N_TRANSITION_COLUMNS };

/* The ways out of a state: its edges, then these. */
enum { CONVERSION, END, N_ENDS };
static const char *const end_names[N_ENDS] = {"(conversion)", "(end)"};

typedef struct {
  const da_names *campaigns;
  const da_chain *chain;
  uint32_t state; /* the next row is way number `way` out of it */
  uint64_t way;
} transition_source;

/* The way that is next: where it leads to and how many journeys took it. */
static double take_way(transition_source *source, da_slice *next) {
  const da_chain *chain = source->chain;
  uint64_t n_edges = chain->first_out[source->state + 1] - chain->first_out[source->state], end = source->way - n_edges;
  if (source->way < n_edges) {
    uint32_t edge = chain->out[chain->first_out[source->state] + source->way];
    *next = source->campaigns->items[da_chain_campaign(chain, da_chain_target(chain, edge))];
    return chain->edge_count[edge];
  }
  *next = (da_slice){end_names[end], strlen(end_names[end])};
  return end == CONVERSION ? chain->converted[source->state] : chain->other[source->state];
}

static void step(transition_source *source) {
  const da_chain *chain = source->chain;
  uint64_t n_ways = chain->first_out[source->state + 1] - chain->first_out[source->state] + N_ENDS;
  if (++source->way < n_ways) return;
  source->way = 0;
  source->state++;
}

static da_status put_transition(const transition_source *source, uint32_t state, da_slice next, double journeys, size_t row,
                                uint64_t *n_items, da_table_chunk *chunk, da_error *err) {
  size_t n;
  const uint32_t *campaign = da_sequence(&source->chain->state, state, &n);
  DA_TRY(da_table_reserve(chunk, AFTER, (size_t)*n_items + n, err));
  if (n > 0) memcpy((uint32_t *)chunk->columns[AFTER].values + *n_items, campaign, n * sizeof *campaign);
  *n_items += n;
  chunk->columns[AFTER].list_end[row] = *n_items;
  ((da_slice *)chunk->columns[NEXT].values)[row] = next;
  ((double *)chunk->columns[JOURNEYS].values)[row] = journeys;
  ((double *)chunk->columns[PROBABILITY].values)[row] = journeys / source->chain->total[state];
  return DA_OK;
}

static da_status fill_transitions(void *context, da_table_chunk *chunk, da_error *err) {
  transition_source *source = context;
  uint64_t n_items = 0;
  size_t row = 0;
  while (row < chunk->capacity && source->state < source->chain->state.n) {
    uint32_t state = source->state;
    da_slice next;
    double journeys = take_way(source, &next);
    step(source);
    if (journeys > 0) DA_TRY(put_transition(source, state, next, journeys, row++, &n_items, chunk, err));
  }
  chunk->n_rows = row;
  return DA_OK;
}

da_status da_tables_write_transitions(da_db *db, const char *path, const da_names *campaigns, const da_markov *markov,
                                      const da_monitor *monitor, da_error *err) {
  const da_table_column columns[N_TRANSITION_COLUMNS] = {
      [AFTER] = {"after", DA_CELL_NAME_LIST, campaigns},
      [NEXT] = {"next", DA_CELL_TEXT, NULL}, /* not a NAME: a campaign may be called "(end)" too */
      [JOURNEYS] = {"journeys", DA_CELL_DOUBLE, NULL},
      [PROBABILITY] = {"probability", DA_CELL_DOUBLE, NULL},
  };
  transition_source source = {.campaigns = campaigns, .chain = &markov->chain};
  return da_table_write(db, path, columns, N_TRANSITION_COLUMNS, fill_transitions, &source, monitor, err);
}

/* ---- markov_removal.parquet ---- */

enum { CAMPAIGN_NM, REMOVAL_EFFECT, CONVERSIONS, N_REMOVAL_COLUMNS };

typedef struct {
  const da_markov *markov;
  uint32_t next; /* campaign */
} removal_source;

static da_status fill_removal(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  removal_source *source = context;
  size_t row = 0;
  for (; row < chunk->capacity && source->next < source->markov->chain.n_campaigns; row++, source->next++) {
    ((uint32_t *)chunk->columns[CAMPAIGN_NM].values)[row] = source->next;
    ((double *)chunk->columns[REMOVAL_EFFECT].values)[row] = source->markov->removal_effect[source->next];
    ((double *)chunk->columns[CONVERSIONS].values)[row] = source->markov->total[source->next];
  }
  chunk->n_rows = row;
  return DA_OK;
}

da_status da_tables_write_removal(da_db *db, const char *path, const da_names *campaigns, const da_markov *markov,
                                  const da_monitor *monitor, da_error *err) {
  const da_table_column columns[N_REMOVAL_COLUMNS] = {
      [CAMPAIGN_NM] = {"campaign_nm", DA_CELL_NAME, campaigns},
      [REMOVAL_EFFECT] = {"removal_effect", DA_CELL_DOUBLE, NULL},
      [CONVERSIONS] = {"conversions", DA_CELL_DOUBLE, NULL},
  };
  removal_source source = {.markov = markov};
  return da_table_write(db, path, columns, N_REMOVAL_COLUMNS, fill_removal, &source, monitor, err);
}
