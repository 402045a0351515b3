#include "model/engine_share.h"

#include <string.h>

#include "base/mem.h"

/* What a message begins with, padded to DA_MEM_ALIGNMENT. */
typedef struct {
  uint32_t has_mark;
} opening;

/* Before each partial in a message: its numbers; then, each padded to DA_MEM_ALIGNMENT, the embedding rows it has met, its block
 * and its gradient rows. */
typedef struct {
  uint32_t chunk, n_slots;
  double db_a, db_o, d_log_decay, loss;
} header;

static size_t padded(size_t n_bytes) { return (n_bytes + DA_MEM_ALIGNMENT - 1) / DA_MEM_ALIGNMENT * DA_MEM_ALIGNMENT; }

/* Where the parts of a partial lie in a message, from its header on. */
typedef struct {
  size_t active, block, rows, end;
} layout;

static layout lay_out(const da_weights *weights, uint32_t n_slots, size_t row_stride) {
  layout at = {.active = padded(sizeof(header))};
  at.block = at.active + padded(n_slots * sizeof(uint32_t));
  at.rows = at.block + padded(da_partial_block_length(weights) * sizeof(float));
  at.end = at.rows + padded(n_slots * row_stride * sizeof(float));
  return at;
}

void da_share_take(da_share *share, const da_team *team, uint32_t n_chunks) {
  share->team = team;
  share->begin = (uint32_t)da_team_begin(team, n_chunks, da_team_rank(team));
  share->end = (uint32_t)da_team_begin(team, n_chunks, da_team_rank(team) + 1);
}

void da_share_free(da_share *share) {
  da_mem_free(share->message);
  *share = (da_share){0};
}

/* Adds up the branches of the tree that are wholly this rank's. */
static da_status merge_branches(const da_share *share, const da_weights *weights, const da_plan *plan, da_partial *partials,
                                da_error *err) {
  const uint32_t n = plan->n_chunks;
  for (uint32_t stride = 1; stride < n; stride *= 2) {
    for (uint32_t c = 0; c + stride < n; c += 2 * stride) {
      const uint32_t end = c + 2 * stride < n ? c + 2 * stride : n;
      if (c < share->begin || end > share->end) continue;
      DA_TRY(da_partial_merge(weights, &partials[c], &partials[c + stride], plan->n_active, err));
    }
  }
  return DA_OK;
}

static void write_partial(const da_weights *weights, const da_partial *partial, uint32_t chunk, uint32_t n_active, unsigned char *out) {
  const layout at = lay_out(weights, partial->n_slots, partial->row_stride);
  const header head = {chunk, partial->n_slots, partial->db_a, partial->db_o, partial->d_log_decay, partial->loss};
  memcpy(out, &head, sizeof head);
  uint32_t *active = (uint32_t *)(void *)(out + at.active);
  for (uint32_t a = 0; a < n_active; a++)
    if (partial->slot_of[a] != UINT32_MAX) active[partial->slot_of[a]] = a;
  memcpy(out + at.block, partial->dW_h, da_partial_block_length(weights) * sizeof(float));
  memcpy(out + at.rows, partial->rows, partial->n_slots * partial->row_stride * sizeof(float));
}

/* The opening, then this rank's partials. */
static da_status write_message(da_share *share, const da_weights *weights, const da_plan *plan, const da_partial *partials, size_t *n_bytes,
                               da_error *err) {
  *n_bytes = padded(sizeof(opening));
  for (uint32_t c = share->begin; c < share->end; c++)
    if (partials[c].present) *n_bytes += lay_out(weights, partials[c].n_slots, partials[c].row_stride).end;
  void *message = share->message;
  da_status status = da_mem_reserve(&message, &share->message_capacity, *n_bytes, 1, "the gradients to exchange", err);
  share->message = message;
  if (status != DA_OK) return status;
  unsigned char *out = share->message;
  memcpy(out, &(opening){.has_mark = share->mark}, sizeof(opening));
  out += padded(sizeof(opening));
  for (uint32_t c = share->begin; c < share->end; c++) {
    if (!partials[c].present) continue;
    write_partial(weights, &partials[c], c, plan->n_active, out);
    out += lay_out(weights, partials[c].n_slots, partials[c].row_stride).end;
  }
  return DA_OK;
}

/* Makes partials of what another rank sent, without copying it. */
static da_status read_message(da_share *share, const da_weights *weights, const da_plan *plan, const da_piece *piece, size_t row_stride,
                              bool has_dW_x, da_partial *partials, da_error *err) {
  opening begin;
  if (piece->n_bytes < padded(sizeof begin)) return da_fail(err, DA_ERR_MPI, "expected gradients of another rank but found nothing");
  memcpy(&begin, piece->data, sizeof begin);
  share->any_mark = share->any_mark || begin.has_mark;
  for (size_t at = padded(sizeof begin); at < piece->n_bytes;) {
    header head;
    if (piece->n_bytes - at < sizeof head) return da_fail(err, DA_ERR_MPI, "expected gradients of another rank but found a piece of them");
    memcpy(&head, piece->data + at, sizeof head);
    const layout parts = lay_out(weights, head.n_slots, row_stride);
    if (head.chunk >= plan->n_chunks || head.n_slots > plan->n_active || piece->n_bytes - at < parts.end)
      return da_fail(err, DA_ERR_MPI, "expected gradients of chunks 0 to %u from another rank but found chunk %u with %u rows",
                     plan->n_chunks - 1, head.chunk, head.n_slots);
    da_partial *partial = &partials[head.chunk];
    DA_TRY(da_partial_reserve(partial, weights, row_stride, 0, plan->n_active, err));
    da_partial_begin(partial, weights, plan->n_active, has_dW_x);
    const uint32_t *active = (const uint32_t *)(const void *)(piece->data + at + parts.active);
    for (uint32_t slot = 0; slot < head.n_slots; slot++) partial->slot_of[active[slot]] = slot;
    da_partial_view(partial, weights, (float *)(void *)(piece->data + at + parts.block), (float *)(void *)(piece->data + at + parts.rows));
    partial->has_dW_h = true;
    partial->n_slots = head.n_slots;
    partial->db_a = head.db_a;
    partial->db_o = head.db_o;
    partial->d_log_decay = head.d_log_decay;
    partial->loss = head.loss;
    at += parts.end;
  }
  return DA_OK;
}

da_status da_share_exchange(da_share *share, const da_weights *weights, const da_plan *plan, da_partial *partials, size_t row_stride,
                            bool has_dW_x, da_error *err) {
  const da_team *team = share->team;
  share->any_mark = share->mark;
  if (da_team_size(team) == 1) return DA_OK;
  DA_TRY(merge_branches(share, weights, plan, partials, err));
  size_t n_bytes;
  DA_TRY(write_message(share, weights, plan, partials, &n_bytes, err));
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(team->gather(team->context, share->message, n_bytes, pieces, err));
  for (uint32_t c = 0; c < plan->n_chunks; c++)
    if (c < share->begin || c >= share->end) partials[c].present = false;
  for (int rank = 0; rank < team->n; rank++)
    if (rank != team->rank) DA_TRY(read_message(share, weights, plan, &pieces[rank], row_stride, has_dW_x, partials, err));
  return DA_OK;
}
