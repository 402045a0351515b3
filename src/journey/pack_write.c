#include "journey/pack_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY /* a state that lives on the stack */
#include <xxhash.h>

#include "base/file.h"
#include "base/mem.h"

da_status da_pack_create(const char *path, da_pack_writer *writer, da_error *err) {
  *writer = (da_pack_writer){.path = path, .file = -1};
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 1;
  writer->folder = da_mem_strndup(slash ? path : ".", length);
  if (!writer->folder) return da_mem_fail(err, length + 1, 1, "the name of a folder");
  writer->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (writer->file < 0) return da_file_fail(err, errno, "write", writer->path);
  return DA_OK;
}

da_status da_pack_add(da_pack_writer *writer, const char *name, da_pack_type type, da_pack_stream **out, da_error *err) {
  if (writer->n_streams == DA_PACK_MAX_SECTIONS || strlen(name) >= DA_PACK_NAME_BYTES) {
    return da_fail(err, DA_ERR_INTERNAL, "expected at most %d sections with short names but found one more: %s", DA_PACK_MAX_SECTIONS,
                   name);
  }
  da_pack_stream *stream = &writer->streams[writer->n_streams++];
  *stream = (da_pack_stream){.entry = {.type = type}};
  memcpy(stream->entry.name, name, strlen(name));
  *out = stream;
  return da_spool_open(&stream->spool, writer->folder, err);
}

/* Copies a stream to its place and fills in its entry. */
static da_status join(da_pack_writer *writer, da_pack_stream *stream, uint64_t offset, da_error *err) {
  size_t item_bytes = da_pack_item_bytes(stream->entry.type);
  stream->entry.n_items = stream->spool.n_bytes / item_bytes;
  stream->entry.offset = offset;
  XXH64_state_t checksum;
  XXH64_reset(&checksum, 0);
  DA_TRY(da_spool_rewind(&stream->spool, err));
  for (uint64_t done = 0;;) {
    void *block;
    size_t n_bytes;
    DA_TRY(da_spool_next(&stream->spool, &block, &n_bytes, err));
    if (!n_bytes) break;
    if (stream->edit) DA_TRY(stream->edit(stream->edit_context, block, n_bytes / item_bytes, done / item_bytes, err));
    XXH64_update(&checksum, block, n_bytes);
    DA_TRY(da_file_write_at(writer->file, writer->path, block, n_bytes, offset + done, err));
    /* Lets the disk begin: the sync at the end of the publication then finds less to do. */
    sync_file_range(writer->file, (off_t)(offset + done), (off_t)n_bytes, SYNC_FILE_RANGE_WRITE);
    done += n_bytes;
  }
  stream->entry.checksum = XXH64_digest(&checksum);
  da_spool_close(&stream->spool);
  return DA_OK;
}

da_status da_pack_finish(da_pack_writer *writer, da_error *err) {
  struct {
    da_pack_header header;
    da_pack_entry table[DA_PACK_MAX_SECTIONS];
  } front = {.header = {.version = DA_PACK_VERSION, .n_sections = writer->n_streams}};
  memcpy(front.header.magic, DA_PACK_MAGIC, sizeof front.header.magic);
  uint64_t end = DA_PACK_DATA_OFFSET;
  for (uint32_t i = 0; i < writer->n_streams; i++) {
    uint64_t offset = (end + DA_PACK_ALIGNMENT - 1) / DA_PACK_ALIGNMENT * DA_PACK_ALIGNMENT;
    da_pack_stream *stream = &writer->streams[i];
    DA_TRY(join(writer, stream, offset, err));
    front.table[i] = stream->entry;
    end = offset + stream->entry.n_items * da_pack_item_bytes(stream->entry.type);
  }
  /* A last section without items may begin past the last byte written. */
  if (ftruncate(writer->file, (off_t)end) != 0) return da_file_fail(err, errno, "write", writer->path);
  front.header.file_bytes = end;
  front.header.table_checksum = da_pack_table_checksum(&front.header, front.table);
  DA_TRY(da_file_write_at(writer->file, writer->path, &front, sizeof front, 0, err));
  int file = writer->file;
  writer->file = -1;
  if (close(file) != 0) return da_file_fail(err, errno, "write", writer->path);
  return DA_OK;
}

void da_pack_writer_close(da_pack_writer *writer) {
  for (uint32_t i = 0; i < writer->n_streams; i++) da_spool_close(&writer->streams[i].spool);
  if (writer->folder && writer->file >= 0) close(writer->file);
  da_mem_free(writer->folder);
  *writer = (da_pack_writer){0};
}
