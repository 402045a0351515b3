/* Processes (ranks) that work on one thing together, as those who work see them: one collective, whatever carries it (MPI in
 * train/dist.h, threads in tests). NULL wherever a team is taken: alone. */
#ifndef DA_BASE_TEAM_H
#define DA_BASE_TEAM_H

#include <stddef.h>

#include "base/status.h"

/* More ranks than this are refused: a batch has no more parts. */
enum { DA_TEAM_MAX_RANKS = 16 };

/* What one rank gave. 64-byte aligned; the receiver's to overwrite. */
typedef struct {
  unsigned char *data;
  size_t n_bytes;
} da_piece;

typedef struct {
  int rank, n; /* 0 .. n-1; at most DA_TEAM_MAX_RANKS */
  /* Called by every rank, in the same order of calls, with bytes of its own (any number, also none): returns when all have, with
   * pieces[r] of rank r, valid until the next call. DA_ERR_MPI when another rank is gone. */
  da_status (*gather)(void *context, const void *bytes, size_t n_bytes, da_piece pieces[DA_TEAM_MAX_RANKS], da_error *err);
  void *context;
} da_team;

static inline int da_team_rank(const da_team *team) { return team ? team->rank : 0; }
static inline int da_team_size(const da_team *team) { return team ? team->n : 1; }

/* The share of a rank: items of n in order, as even as can be. end is the next rank's begin. */
static inline size_t da_team_begin(const da_team *team, size_t n, int rank) {
  const size_t n_ranks = (size_t)da_team_size(team);
  return n / n_ranks * (size_t)rank + n % n_ranks * (size_t)rank / n_ranks;
}

#endif
