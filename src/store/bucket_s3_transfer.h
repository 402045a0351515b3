/* Private to the S3 bucket: files to objects and back, in parts, several at once; a part that fails is sent again alone.
 *
 * A file of more than one part becomes a multipart upload: its parts lie on the server, and nobody can read them until the upload is
 * completed by one request. So all the files of a publication can be sent before the first of them takes its place. */
#ifndef DA_STORE_BUCKET_S3_TRANSFER_H
#define DA_STORE_BUCKET_S3_TRANSFER_H

#include "store/bucket_s3_client.h"

typedef struct {
  char *key;
  char *path;      /* of a small file, sent when it is completed; NULL otherwise */
  char *upload_id; /* of a large one; NULL otherwise */
  char (*etags)[160];
  uint64_t n_bytes, part_bytes;
  uint32_t n_parts;
} da_s3_upload;

/* Bytes of a part: least, or more where 10,000 of them would not do. */
uint64_t da_s3_part_bytes(uint64_t n_bytes, uint64_t least);

/* Sends the parts of the file at path. The upload is valid as {0} and the caller's on every path. */
da_status da_s3_upload_send(da_s3_connection *connection, const char *key, const char *path, da_s3_upload *upload,
                            da_error *err) DA_MUST_CHECK;
/* Puts the object in its place. */
da_status da_s3_upload_complete(da_s3_connection *connection, da_s3_upload *upload, da_error *err) DA_MUST_CHECK;
/* Gives memory back; first tells the server to throw the parts away when the upload was not completed. */
void da_s3_upload_free(da_s3_connection *connection, da_s3_upload *upload);

/* Writes the bytes from .. from + n_bytes - 1 of the object as of etag to the same place of an open file. */
da_status da_s3_download_range(da_s3_connection *connection, const char *key, const char *etag, uint64_t from, uint64_t n_bytes, int file,
                               da_error *err) DA_MUST_CHECK;
/* Writes the object, n_bytes long as of etag, to path. */
da_status da_s3_download(da_s3_connection *connection, const char *key, const char *etag, uint64_t n_bytes, const char *path,
                         da_error *err) DA_MUST_CHECK;

#endif
