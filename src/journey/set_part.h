/* What one rank of a team needs of a packed journey set to train with the others: its own part. Journeys are shared out in the set's order
 * (da_team_begin); of three ranks, say,
 *
 *   section of the pack                    rank 0   rank 1   rank 2   reads
 *   flags, first_touch                    |--------|........|........|   its part, and is sent the rest: all draw the same batches
 *   campaign, time_us, cells of features  |--------|        |        |   its part alone
 *   names, single numbers                 |--------------------------|   all
 *   numbers of features                   |--------------------------|   all: their bins are quantiles of all
 *   users, values, moments of conversions                                nothing: training has no use for them
 *
 * For s3:// these are the ranges of bytes that are fetched; in a folder the pages of the mapped file that are touched. */
#ifndef DA_JOURNEY_SET_PART_H
#define DA_JOURNEY_SET_PART_H

#include "base/team.h"
#include "journey/set.h"
#include "store/bucket.h"

/* Called by every rank of the team at the same time. set: all journeys' bounds and flags, the touches and cells of this rank's own
 * journeys; what lies elsewhere must not be read; no users (NULL, 0), value NULL. Verified like da_journeys_open, checksums too: their
 * computation goes from rank to rank. DA_ERR_DATA or DA_ERR_IO on the rank that sees what is wrong, or on all. */
da_status da_journeys_open_part(const da_bucket *bucket, const char *key, const da_team *team, da_journeys *set,
                                da_error *err) DA_MUST_CHECK;

#endif
