/* Two journey sets with one numbering of campaigns: what was fitted to one can credit the other.
 *
 *   then  a b c        now  b d      ->      a b c d for both
 *
 * Everything else stays that of the two sets. */
#ifndef DA_PIPELINE_JOINT_H
#define DA_PIPELINE_JOINT_H

#include "journey/set.h"
#include "journey/vocabulary.h"

/* Valid as {0}. */
typedef struct {
  da_journeys then, now;    /* views: close the sets themselves, after these */
  da_vocabulary names;      /* private, like the next */
  uint32_t *campaign_of[2]; /* [n_touches] where the numbers differ from the set's own */
} da_joint;

/* then may be a set without journeys ({0}). Both must outlive the result. */
da_status da_joint_init(const da_journeys *then, const da_journeys *now, da_joint *joint, da_error *err) DA_MUST_CHECK;
void da_joint_free(da_joint *joint); /* {0} and a second call allowed */

#endif
