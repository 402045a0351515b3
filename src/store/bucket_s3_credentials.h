/* Private to the S3 bucket: the keys, found as AWS's own tools find them. The first that is there is taken:
 *
 *   environment     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   web identity    AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (or the profile's), exchanged at STS: a pod of EKS
 *   profile         ~/.aws/credentials and config
 *   container       AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI: a task of ECS, a pod with EKS Pod Identity
 *   instance        the role of an EC2 instance, by its metadata service (IMDSv2), unless AWS_EC2_METADATA_DISABLED is true
 *
 * A profile chosen by s3.profile comes before the environment. What is lent for a time is asked for again before it ends. None of it is
 * ever printed. */
#ifndef DA_STORE_BUCKET_S3_CREDENTIALS_H
#define DA_STORE_BUCKET_S3_CREDENTIALS_H

#include "store/bucket_s3_http.h"
#include "store/bucket_s3_settings.h"

typedef struct {
  da_text key_id, secret, token; /* token: empty for keys that last */
  int64_t expires_us;            /* 0: never */
  const char *source;            /* "the environment", ... for messages */
} da_s3_credentials;

/* Valid as {0}. DA_ERR_IO names the sources that were asked, or says what one of them answered. */
da_status da_s3_credentials_find(const da_s3_settings *settings, da_s3_credentials *credentials, da_error *err) DA_MUST_CHECK;
/* Less than five minutes are left. */
bool da_s3_credentials_are_old(const da_s3_credentials *credentials);
void da_s3_credentials_free(da_s3_credentials *credentials);

#endif
