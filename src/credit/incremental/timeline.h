/* The touches of a journey set on one clock of days, ready for interval arithmetic: ties spread out, users in fixed chunks.
 *
 *   day 0 = start of the log                                              end
 *   user    |----x--x-----------C----x-------x---------------------------|      x touch, C converting touch
 *                ^ days[i]           (days[i+1] - days[i] > 0 always)
 *
 * 1. days never decreases inside a user, and strictly increases: touches that share a moment are spread evenly over the
 *    log's own time unit (one second, or a day when every stamp falls on midnight), never past the user's next moment.
 * 2. end is the last moment of the log plus one unit, so that the last touch has time at risk too.
 * 3. Chunks are ranges of users with about equally many touches. They depend on the data alone: sums taken by chunk and
 *    added in chunk order are the same bits at any number of threads. */
#ifndef DA_CREDIT_INCREMENTAL_TIMELINE_H
#define DA_CREDIT_INCREMENTAL_TIMELINE_H

#include "base/monitor.h"
#include "base/status.h"
#include "journey/set.h"

enum { DA_TIMELINE_MAX_CHUNKS = 32, DA_MAX_SCALES = 8 };

typedef struct {
  const da_journeys *set;
  double *days;    /* [n_touches] */
  double end;      /* days */
  double unit;     /* the log's time unit, in days */
  uint64_t n_tied; /* touches that shared their moment with the touch before */
  size_t n_chunks;
  uint64_t chunk_user[DA_TIMELINE_MAX_CHUNKS + 1];
  const da_monitor *monitor; /* the fits ask it whether to stop, from whatever thread they run in; NULL at first */
} da_timeline;

/* The log's time unit: the largest of which every stamp is a multiple, but at least a second. */
int64_t da_timeline_unit_us(const da_journeys *set);

da_status da_timeline_init(const da_journeys *set, da_timeline *timeline, da_error *err) DA_MUST_CHECK;
void da_timeline_free(da_timeline *timeline); /* {0} allowed */

/* The first touch of a user; user = n_users gives n_touches. */
static inline uint64_t da_timeline_user_touch(const da_journeys *set, uint64_t user) { return set->first_touch[set->first_journey[user]]; }
/* When the watch over a journey ends: at the user's next touch after it, or at the end of the log. */
double da_timeline_watch_end(const da_timeline *timeline, uint64_t journey, uint64_t user);

/* Decay times in days, ascending, each three times the one before: the longest is .3 of the log, the shortest about the
 * 5 % quantile of the gaps between a user's touches (what decays faster than touches follow each other looks alike).
 * Returns how many: 3 .. DA_MAX_SCALES. On a month of ad exposures: .1, .3, 1, 3, 9. */
int da_timeline_scales(const da_timeline *timeline, double scale[DA_MAX_SCALES]);

#endif
