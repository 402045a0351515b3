/* Aggregated paths: the different paths of a journey set, with how often each converted and did not, and what it brought.
 *
 *   journeys  a b b (9.90)   b a    a b b    b        ->   path     converted   not   value
 *                                                          a b b            1     1    9.90
 *                                                          b a              0     1       0
 *                                                          b                0     1       0
 *
 * Three kinds of path (for a b b a c, campaigns 0 1 1 0 2):
 *   DA_PATH_WHOLE  every touch                              0 1 1 0 2
 *   DA_PATH_ORDER  campaigns in order of their first touch  0 1 2
 *   DA_PATH_SET    campaigns by number                      0 1 2, for c a b too
 *
 * Built on the whole pool; paths stand in the order in which they first come in the journeys, and sums run in chunks of journeys that the
 * set alone decides, so that nothing depends on the number of threads. */
#ifndef DA_CREDIT_PATHS_H
#define DA_CREDIT_PATHS_H

#include "base/threads.h"
#include "credit/paths/sequences.h"
#include "journey/set.h"

typedef enum { DA_PATH_WHOLE, DA_PATH_ORDER, DA_PATH_SET } da_path_kind;

/* Valid as {0}. */
typedef struct {
  da_sequences path;           /* path.n of them; campaigns of the journey set */
  double *converted, *other;   /* [path.n] journeys */
  double *value;               /* [path.n] of the converted; NULL without a value column */
  uint32_t n_campaigns;        /* of the journey set */
  double n_converted, n_other; /* sums of the above */
  size_t capacity;             /* private: of the three arrays */
} da_paths;

enum { DA_PATHS_ALL_SETS = (1 << DA_N_SETS) - 1 };

/* sets: which journeys count, a bit (1 << DA_SET_TRAIN, ...) each. pool NULL allowed. */
da_status da_paths_init(const da_journeys *set, da_path_kind kind, unsigned sets, da_pool *pool, da_paths *paths,
                        da_error *err) DA_MUST_CHECK;
void da_paths_free(da_paths *paths); /* {0} and a second call allowed */

/* Brings a journey into the form of its kind. Valid as {0}. */
typedef struct {
  uint32_t *item; /* [length] campaigns */
  uint32_t length;
  uint32_t *n_touches; /* [length]: of each campaign, for DA_PATH_ORDER and DA_PATH_SET */
  uint32_t *place;     /* [n_campaigns]: 1 + where the campaign stands in item, 0 outside the call */
  size_t capacity, touches_capacity;
  uint32_t n_campaigns;
} da_path_form;

da_status da_path_form_init(uint32_t n_campaigns, da_path_form *form, da_error *err) DA_MUST_CHECK;
void da_path_form_free(da_path_form *form);
/* Fills item, length and n_touches: valid until the next call. */
da_status da_path_form_set(da_path_form *form, da_path_kind kind, const uint32_t *campaign, uint64_t n, da_error *err) DA_MUST_CHECK;

#endif
