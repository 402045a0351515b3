/* The names that the transform `frequency` makes: "campaign(n)" for a campaign met n times in a journey.
 *
 * While journeys are cut, a pair (campaign, n) gets a code in the order of arrival; only when the log has ended is it known which pairs
 * there are, and so the rank of each name. */
#ifndef DA_JOURNEY_FREQUENCY_H
#define DA_JOURNEY_FREQUENCY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "journey/vocabulary.h"

typedef struct da_frequency da_frequency;

da_status da_frequency_open(da_frequency **frequency, da_error *err) DA_MUST_CHECK;
void da_frequency_close(da_frequency *frequency); /* NULL allowed */

/* The pair's code: 0, 1, 2, ... in the order in which pairs are first asked for. */
da_status da_frequency_code(da_frequency *frequency, uint32_t campaign, uint64_t count, uint32_t *code, da_error *err) DA_MUST_CHECK;

/* The names of all pairs in byte order, and rank[code] for each code so far; rank is the caller's (da_mem_free). */
da_status da_frequency_names(const da_frequency *frequency, const da_names *campaigns, da_vocabulary *vocabulary, uint32_t **rank,
                             da_error *err) DA_MUST_CHECK;

#endif
