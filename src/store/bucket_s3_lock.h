/* Private to the S3 bucket: one run at a time, by an object that only one can make.
 *
 * The holder writes .deepattribution/lock with "If-None-Match: *" (the server refuses when it is there), and again every 30 s with
 * "If-Match: what I wrote". A lock that was not written for 150 s by the server's clock is nobody's, nor is one of a process of this
 * machine that has ended: it is taken over by "If-Match". Who finds its lock taken over may write no more.
 *
 * A server that does not know these conditions is still guarded by reading before and after writing: two runs that begin in the same
 * moment may then both go on. */
#ifndef DA_STORE_BUCKET_S3_LOCK_H
#define DA_STORE_BUCKET_S3_LOCK_H

#include <pthread.h>
#include <stdbool.h>

#include "store/bucket_s3_client.h"

typedef struct {
  da_s3_connection connection; /* of the thread that renews */
  const char *location;        /* of the bucket, for messages */
  pthread_t thread;
  bool has_thread;
  char id[40];           /* of this holder */
  char etag[160];        /* of what it wrote last; the thread's own while it runs */
  pthread_mutex_t mutex; /* guards what is below */
  pthread_cond_t wake;
  bool stop, lost;
  double renewed_seconds; /* of da_clock_seconds */
} da_s3_lock;

/* DA_ERR_IO naming the other's machine and process. location must live as long as the lock. */
da_status da_s3_lock_take(da_s3_client *client, const char *location, da_s3_lock **lock, da_error *err) DA_MUST_CHECK;
/* DA_ERR_IO when another run holds it now: to be asked before outputs take their place. */
da_status da_s3_lock_check(da_s3_lock *lock, da_error *err) DA_MUST_CHECK;
/* Removes the object if it is still this holder's. NULL allowed. */
void da_s3_lock_give(da_s3_lock *lock);

#endif
