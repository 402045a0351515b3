/* Transforms of a journey's path, by the names and definitions of google/fractribution (py/templates/path_transforms.sql):
 *
 *   unique                          nothing changes                                    D A B B C D C C -> D A B B C D C C
 *   exposure                        of touches in a row with one campaign, the first                   -> D A B C D C
 *   first                           of each campaign's touches, the first                              -> D A B C
 *   frequency                       the same, named with their number                                  -> D(2) A(1) B(2) C(3)
 *   remove_if_not_all(c)            without c, unless nothing else is there            A B A A, c = A  -> B
 *   remove_if_last_and_not_all(c)   without the c's at the end, unless all are c       A B A A, c = A  -> A B
 *
 * They are applied in the order given; frequency only as the last, since it renames. A touch that stays keeps its time. No transform
 * leaves a journey empty. */
#ifndef DA_JOURNEY_TRANSFORM_H
#define DA_JOURNEY_TRANSFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/status.h"
#include "journey/frequency.h"
#include "store/config.h"
#include "store/table.h"

/* The touches of one journey, side by side in arrays that are changed in place. */
typedef struct {
  uint64_t n;
  uint32_t *campaign;        /* [n] */
  int64_t *time_us;          /* [n] */
  uint32_t *const *features; /* [n_features] arrays of cells [n] (store/feature.h) */
  uint32_t n_features;
} da_path;

typedef enum {
  DA_TRANSFORM_UNIQUE,
  DA_TRANSFORM_EXPOSURE,
  DA_TRANSFORM_FIRST,
  DA_TRANSFORM_FREQUENCY,
  DA_TRANSFORM_REMOVE_IF_NOT_ALL,
  DA_TRANSFORM_REMOVE_IF_LAST_AND_NOT_ALL,
  DA_N_TRANSFORMS,
} da_transform_kind;

typedef struct {
  da_transform_kind kind;
  uint32_t campaign; /* of remove_...; UINT32_MAX: a name that the log does not have, so there is nothing to remove */
} da_transform;

typedef struct {
  da_transform *items;
  size_t n;
  size_t n_campaigns;
  uint64_t *last_seen;     /* [n_campaigns]: the number of the pass that met the campaign last; of `first` and `frequency` */
  uint64_t *count;         /* [n_campaigns]: how often that pass met it */
  uint64_t pass;           /* counts passes of `first` and `frequency` over a journey */
  da_frequency *frequency; /* NULL without `frequency` */
} da_transforms;

/* Reads "name" or "name(campaign)" texts. DA_ERR_CONFIG for an unknown one, with the nearest known; a campaign that the log does not have
 * is worth a warning. */
da_status da_transforms_open(const da_text_list *texts, const da_names *campaigns, const da_monitor *monitor, da_transforms *transforms,
                             da_error *err) DA_MUST_CHECK;
void da_transforms_close(da_transforms *transforms); /* {0} allowed, and a second call */

/* True when a touch other than the last of a journey may become its last: then a conversion's moment must be kept apart. */
bool da_transforms_move_end(const da_transforms *transforms);

/* Applies them to a path of at least one touch. */
da_status da_transforms_apply(da_transforms *transforms, da_path *path, da_error *err) DA_MUST_CHECK;

#endif
