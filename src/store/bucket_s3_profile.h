/* Private to the S3 bucket: the files ~/.aws/credentials and ~/.aws/config, as every AWS tool reads them.
 *
 *   [name]               in credentials        [default] or [profile name]   in config
 *   key = value          a key of the section; lines that begin with space belong to the key above and are passed over */
#ifndef DA_STORE_BUCKET_S3_PROFILE_H
#define DA_STORE_BUCKET_S3_PROFILE_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

/* The value of key in a section of text; value is emptied, and stays empty when there is none. False when there is no such section. */
bool da_profile_find(const char *text, const char *section, const char *key, da_text *value);

/* The value of key for a profile: from credentials, else from config (the files of AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, by
 * default below HOME). exists (NULL allowed): whether a file knows the profile. A missing file is an empty one. */
da_status da_profile_read(const char *profile, const char *key, da_text *value, bool *exists, da_error *err) DA_MUST_CHECK;

#endif
