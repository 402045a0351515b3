/* The worlds. Rates are a window of 30 days, effects conversions a touch, taus days. clang-format leaves the tables as they are. */
#include "simulate/world.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* clang-format off */

/* W1: effects add up. */
static const da_world_campaign additive[] = {
    {"display_a", .rate = 1.2, .effect = .002, .tau_days = 5},
    {"display_b", .rate = 1.0, .effect = .001, .tau_days = 2},
    {"social", .rate = .9, .effect = .004, .tau_days = 4},
    {"video", .rate = .6, .effect = .008, .tau_days = 7},
    {"email", .rate = .6, .effect = .005, .tau_days = 1},
    {"search_generic", .rate = .4, .effect = .012, .tau_days = .5},
    {"brand_search", .rate = .4, .effect = .010, .tau_days = .25},
    {"retarget", .rate = .8, .effect = 0, .tau_days = 1},
};

/* W2: a hidden demand brings conversions and, apart from that, touches. */
static const da_world_campaign confounded[] = {
    {"display_a", .rate = 1.2, .effect = .002, .tau_days = 5},
    {"display_b", .rate = 1.0, .effect = .001, .tau_days = 2},
    {"social", .rate = .9, .effect = .004, .tau_days = 4},
    {"video", .rate = .6, .effect = .008, .tau_days = 7},
    {"email", .rate = .6, .effect = .005, .tau_days = 1, .demand = .3},
    {"search_generic", .rate = .4, .effect = .012, .tau_days = .5},
    {"brand_search", .rate = .4, .effect = .001, .tau_days = .25, .demand = .9},
    {"retarget", .rate = .8, .effect = 0, .tau_days = 1, .demand = .9},
};

/* W4: what a touch is worth depends on its place in the journey. */
static const da_world_campaign ordered[] = {
    {"display_a", .rate = 1.2, .effect = 1.3 * .002, .tau_days = 5, .if_first = 2.5, .if_later = .5},
    {"display_b", .rate = 1.0, .effect = 1.3 * .001, .tau_days = 2, .if_first = 1, .if_later = 1},
    {"social", .rate = .9, .effect = 1.3 * .004, .tau_days = 4, .if_first = 1, .if_later = 1},
    {"video", .rate = .6, .effect = 1.3 * .008, .tau_days = 7, .if_first = 2.5, .if_later = .5},
    {"email", .rate = .6, .effect = 1.3 * .005, .tau_days = 1, .if_first = .3, .if_later = 1.5},
    {"search_generic", .rate = .4, .effect = 1.3 * .012, .tau_days = .5, .if_first = .3, .if_later = 1.5},
    {"brand_search", .rate = .4, .effect = 1.3 * .010, .tau_days = .25, .if_first = 1, .if_later = 1},
    {"retarget", .rate = .8, .effect = 0, .tau_days = 1, .if_first = 1, .if_later = 1},
};

/* W5: a burst of intent brings conversions and, apart from that, touches of the campaigns that capture demand. */
static const da_world_campaign bursts[] = {
    {"display_a", .rate = 1.2, .effect = .002, .tau_days = 5},
    {"display_b", .rate = 1.0, .effect = .001, .tau_days = 2},
    {"social", .rate = .9, .effect = .004, .tau_days = 4},
    {"video", .rate = .6, .effect = .008, .tau_days = 7},
    {"email", .rate = .6, .effect = .005, .tau_days = 1},
    {"search_generic", .rate = .4, .effect = .012, .tau_days = .5},
    {"brand_search", .rate = .4, .effect = .001, .tau_days = .25, .burst_touches = 1.2},
    {"retarget", .rate = .8, .effect = 0, .tau_days = 1, .burst_touches = .8},
};

/* S1: the order of these campaigns is that of the columns below. */
static const da_world_campaign decided[] = {
    {"display", .effect = .15, .tau_days = 6},
    {"social", .effect = .30, .tau_days = 4},
    {"video", .effect = .50, .tau_days = 8},
    {"search", .effect = .60, .tau_days = 2},
    {"email", .effect = .30, .tau_days = 3},
    {"retarget", .effect = 0, .tau_days = 2},
};
enum { N_DECIDED = COUNT(decided) };

/* The segments of S1: they differ in what they meet and in how ready they are to convert, and the first touch nearly tells them apart.
 * A row of `next` holds the probabilities of the next touch, by the campaign of this one. */
static const double browsing_entry[N_DECIDED] = {.55, .42, .03, .00, .00, .00};
static const double browsing_next[N_DECIDED * N_DECIDED] = {
    .35, .20, .10, .10, .05, .20, /* after display */
    .20, .35, .15, .10, .05, .15, /* social */
    .20, .20, .20, .20, .05, .15, /* video */
    .20, .15, .10, .20, .05, .30, /* search */
    .25, .20, .10, .15, .15, .15, /* email */
    .25, .20, .10, .15, .05, .25, /* retarget */
};
static const double searching_entry[N_DECIDED] = {.00, .02, .28, .70, .00, .00};
static const double searching_next[N_DECIDED * N_DECIDED] = {
    .15, .10, .15, .30, .10, .20, /* after display */
    .10, .15, .20, .30, .10, .15, /* social */
    .10, .10, .15, .40, .10, .15, /* video */
    .10, .05, .15, .30, .15, .25, /* search */
    .10, .10, .10, .35, .20, .15, /* email */
    .15, .05, .10, .30, .15, .25, /* retarget */
};
static const double loyal_entry[N_DECIDED] = {.02, .00, .00, .03, .95, .00};
static const double loyal_next[N_DECIDED * N_DECIDED] = {
    .10, .15, .10, .10, .45, .10, /* after display */
    .10, .15, .10, .10, .45, .10, /* social */
    .10, .10, .10, .15, .45, .10, /* video */
    .10, .10, .05, .15, .45, .15, /* search */
    .10, .15, .10, .10, .50, .05, /* email */
    .10, .10, .10, .15, .40, .15, /* retarget */
};
static const da_world_segment decided_segments[] = {
    {"browsing", .share = .5, .intercept = -3.8, .stop = .28, .mean_gap_days = 1.5, .entry = browsing_entry, .next = browsing_next},
    {"searching", .share = .3, .intercept = -3.2, .stop = .22, .mean_gap_days = 1.0, .entry = searching_entry, .next = searching_next},
    {"loyal", .share = .2, .intercept = -3.0, .stop = .30, .mean_gap_days = 2.5, .entry = loyal_entry, .next = loyal_next},
};

enum { VIDEO = 3 }; /* its place in the tables of the hazard worlds */

static const da_world tables[] = {
    {"W1", "effects add up", additive, COUNT(additive), .hazard = {.base = .010, .saturation = 1}},
    {"W2", "hidden demand brings both touches and conversions", confounded, COUNT(confounded),
     .hazard = {.base = .018, .base_demand = 1, .saturation = 1}},
    {"W3", "campaigns saturate, and video makes the others work", additive, COUNT(additive),
     .hazard = {.base = .010, .saturation = .6, .primer = VIDEO, .priming = 1.5, .priming_tau_days = 10}},
    {"W4", "what a touch is worth depends on its place in the journey", ordered, COUNT(ordered),
     .hazard = {.base = .010, .saturation = 1, .ordered = true, .rest_floor = .2, .rest_tau_days = 1.5}},
    {"W5", "bursts of intent bring both touches and conversions", bursts, COUNT(bursts),
     .hazard = {.base = .010, .saturation = 1, .burst_share = .15, .burst_days = 2, .burst_hazard_per_day = .05}},
    {"S1", "a state machine of touches, one decision after the last", decided, COUNT(decided), .segments = decided_segments,
     .n_segments = COUNT(decided_segments)},
};

/* clang-format on */

const da_world *da_world_tables(size_t *n) {
  *n = COUNT(tables);
  return tables;
}
