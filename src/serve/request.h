/* The journeys that a client of `serve` asks about: one JSON object a line, or one row of a Parquet file.
 *
 *   {"journey_id": 7, "uid": "anna", "campaigns": ["email", "video"], "timestamps": [1700000000000000, 1700000360000000],
 *    "conversion_status": true}
 *
 * campaigns (texts) and timestamps (microseconds UTC, never decreasing), as many of the one as of the other, are needed. Without
 * conversion_status (true, false, 0 or 1) a journey has not converted. journey_id and uid, numbers or texts, are handed back as they came.
 * Other keys are left alone, so that a row of feature_store/ will do. Journeys of one uid that follow one another are taken as one user's,
 * the earlier first; a journey without uid is a user of its own. Nothing of a request is trusted: a fault is DA_ERR_DATA with its line. */
#ifndef DA_SERVE_REQUEST_H
#define DA_SERVE_REQUEST_H

#include "base/text.h"
#include "journey/set.h"
#include "store/db.h"

/* cJSON takes some 32 bytes for each byte of a list of numbers: a longer line would be a way to fill the memory. */
enum { DA_REQUEST_LINE_BYTES = 4 << 20, DA_REQUEST_TOUCHES = 4 << 20 };

/* Valid as {0}. */
typedef struct {
  da_journeys set; /* after da_request_finish; users are numbered as they came */
  da_text echo;    /* of all journeys: "journey_id":7,"uid":"anna", */
  size_t *echo_end;
  const da_names *campaigns; /* those of the model, and behind them one for all others; the caller's */
  uint32_t *campaign;
  int64_t *time_us, *uid_int;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  size_t touch_room, time_room, journey_room, flag_room, echo_room, user_room, uid_room;
  da_text last_uid; /* of the journey before, as JSON; empty: it had none */
} da_request;

/* campaigns as above, sorted but for the last, which no name equals. */
da_status da_request_read_json(da_slice body, const da_names *campaigns, da_request *request, da_error *err) DA_MUST_CHECK;
/* The same from the bytes of a Parquet file with those columns. */
da_status da_request_read_parquet(da_db *db, da_slice body, const da_names *campaigns, da_request *request, da_error *err) DA_MUST_CHECK;
void da_request_free(da_request *request); /* {0} and a second call allowed */

/* Of journey j, for the answer. */
static inline da_slice da_request_echo(const da_request *request, uint64_t j) {
  size_t begin = j ? request->echo_end[j - 1] : 0;
  return (da_slice){da_text_cstr(&request->echo) + begin, request->echo_end[j] - begin};
}

/* Steps of both readers: one journey after the other, then finish. line counts from 1. */
da_status da_request_add(da_request *request, da_slice json, uint64_t line, da_error *err) DA_MUST_CHECK;
da_status da_request_finish(da_request *request, da_error *err) DA_MUST_CHECK;

#endif
