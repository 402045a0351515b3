/* Writes a pack: every section is a stream that grows item by item, in any interleaving, with bounded memory; at the end the
 * streams are joined, in the order in which they were added, and sealed with their checksums.
 *
 *   create -> add "time_us", add "campaign", ... -> append to each, as items come -> finish */
#ifndef DA_JOURNEY_PACK_WRITE_H
#define DA_JOURNEY_PACK_WRITE_H

#include "journey/pack.h"
#include "journey/spool.h"

/* Called on the items first .. first + n - 1 of a section while it is joined: the last chance to change them. */
typedef da_status (*da_pack_edit)(void *context, void *items, size_t n, uint64_t first, da_error *err);

typedef struct {
  da_pack_entry entry;
  da_spool spool;
  da_pack_edit edit; /* or NULL */
  void *edit_context;
} da_pack_stream;

typedef struct {
  const char *path; /* the caller's, until close */
  char *folder;     /* of path: streams are put aside there */
  int file;         /* -1: closed */
  uint32_t n_streams;
  da_pack_stream streams[DA_PACK_MAX_SECTIONS];
} da_pack_writer;

da_status da_pack_create(const char *path, da_pack_writer *writer, da_error *err) DA_MUST_CHECK;
/* The stream stays where it is until close. */
da_status da_pack_add(da_pack_writer *writer, const char *name, da_pack_type type, da_pack_stream **stream, da_error *err) DA_MUST_CHECK;

static inline da_status da_pack_append_bytes(da_pack_stream *stream, const void *items, size_t n_bytes, da_error *err) {
  return da_spool_append(&stream->spool, items, n_bytes, err);
}
static inline da_status da_pack_append_u8(da_pack_stream *stream, uint8_t item, da_error *err) {
  return da_spool_append(&stream->spool, &item, sizeof item, err);
}
static inline da_status da_pack_append_u64(da_pack_stream *stream, uint64_t item, da_error *err) {
  return da_spool_append(&stream->spool, &item, sizeof item, err);
}
static inline da_status da_pack_append_i64(da_pack_stream *stream, int64_t item, da_error *err) {
  return da_spool_append(&stream->spool, &item, sizeof item, err);
}
static inline da_status da_pack_append_f64(da_pack_stream *stream, double item, da_error *err) {
  return da_spool_append(&stream->spool, &item, sizeof item, err);
}

/* Joins the streams. The file is complete, but not synced: that is its publication's part. */
da_status da_pack_finish(da_pack_writer *writer, da_error *err) DA_MUST_CHECK;
/* {0} allowed, and a second call. What was written stays; without finish it is no pack. */
void da_pack_writer_close(da_pack_writer *writer);

#endif
