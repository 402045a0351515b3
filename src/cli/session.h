/* What every verb opens before it works and gives back after: the terminal, the sentence of a fault, the settings; on wish a bucket, a
 * database and threads.
 *
 *   da_session_open(options, &session);
 *   status = da_session_settings(&session, bucket);  ... work, with &session.monitor and &session.err ...
 *   return da_session_close(&session, status);        the exit code */
#ifndef DA_CLI_SESSION_H
#define DA_CLI_SESSION_H

#include <cjson/cJSON.h>

#include "base/threads.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "store/db.h"
#include "train/dist.h"

typedef struct {
  const da_options *options;
  da_terminal terminal;
  da_monitor monitor, listener; /* the listener is behind a monitor that tells nothing */
  da_error err;
  da_config config; /* the defaults until da_session_settings */
  /* NULL until they are opened; closed with the session. */
  da_bucket *bucket;
  da_db *db;
  da_pool *pool;
  da_dist *dist;
  char spill_folder[4096]; /* "": none */
} da_session;

void da_session_open(const da_options *options, da_session *session);
/* Where mpirun started several processes: joins them; only rank 0 tells of progress. For verbs that ranks can share; call it first. */
da_status da_session_join_ranks(da_session *session) DA_MUST_CHECK;
/* Ends the progress line, says what went wrong if anything did, and gives everything back. Returns the exit code. A rank that
 * cannot go on ends all the others. */
int da_session_close(da_session *session, da_status status);

/* The settings that the call amounts to, over those of the bucket's config.yaml (bucket NULL: over the defaults). */
da_status da_session_settings(da_session *session, const da_bucket *bucket) DA_MUST_CHECK;
/* A folder or s3://; NULL: bucket_nm of the settings. make: the folder, when it is missing. */
da_status da_session_open_bucket(da_session *session, const char *location, bool make) DA_MUST_CHECK;
/* BUCKET (the first argument), or bucket_nm of the file after --config; then the settings. */
da_status da_session_bucket(da_session *session) DA_MUST_CHECK;
/* The local path of the network: --model, or that of the bucket, which is open then. The caller's (da_mem_free). */
da_status da_session_find_model(da_session *session, char **path) DA_MUST_CHECK;
/* spills: a query too large for memory goes on in a folder of this call's own under $TMPDIR, where one can be made; or fails. */
da_status da_session_db(da_session *session, bool spills) DA_MUST_CHECK;
da_status da_session_pool(da_session *session) DA_MUST_CHECK;

/* Results go to stdout, after the progress on stderr has ended. DA_ERR_IO when they cannot be written, DA_ERR_MEM for a text that
 * failed. */
da_status da_session_print(da_session *session, const da_text *text) DA_MUST_CHECK;
da_status da_session_print_json(da_session *session, const cJSON *result) DA_MUST_CHECK;

#endif
