#include "journey/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY /* a state that lives on the stack */
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packs are mapped as they are: little endian only");
_Static_assert(sizeof(da_pack_header) == 64 && sizeof(da_pack_entry) == 64, "the structs are the file's layout");
_Static_assert(sizeof(da_pack_header) + DA_PACK_MAX_SECTIONS * sizeof(da_pack_entry) == DA_PACK_DATA_OFFSET,
               "the table ends where data begins");

size_t da_pack_item_bytes(uint32_t type) {
  static const uint8_t item_bytes[DA_PACK_N_TYPES] = {
      [DA_PACK_U8] = 1, [DA_PACK_U32] = 4, [DA_PACK_U64] = 8, [DA_PACK_I64] = 8, [DA_PACK_F64] = 8, [DA_PACK_F32] = 4};
  return type < DA_PACK_N_TYPES ? item_bytes[type] : 0;
}

uint64_t da_pack_table_checksum(const da_pack_header *header, const da_pack_entry *table) {
  da_pack_header sealed = *header;
  sealed.table_checksum = 0;
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  XXH64_update(&state, &sealed, sizeof sealed);
  XXH64_update(&state, table, header->n_sections * sizeof *table);
  return XXH64_digest(&state);
}

static da_status refuse(da_error *err, const char *path, const char *found) {
  return da_fail(err, DA_ERR_DATA, "expected packed journeys in %s but found %s; run `deepattribution journeys` again", path, found);
}

static bool all_zero(const unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (bytes[i]) return false;
  }
  return true;
}

/* NULL when the header and the table are sound, else what was found. */
static const char *fault_in_table(const da_pack *pack) {
  const da_pack_header *header = pack->header;
  if (memcmp(header->magic, DA_PACK_MAGIC, sizeof header->magic) != 0) return "a file of another kind";
  if (header->version != DA_PACK_VERSION) return "a version that this program does not know";
  if (header->n_sections > DA_PACK_MAX_SECTIONS) return "too many sections";
  if (header->file_bytes != pack->n_bytes) return "a file that was cut short or has grown";
  if (header->table_checksum != da_pack_table_checksum(header, pack->table)) return "a changed table of sections (checksum)";
  size_t table_end = sizeof *header + header->n_sections * sizeof *pack->table;
  if (!all_zero(pack->bytes + table_end, DA_PACK_DATA_OFFSET - table_end)) return "bytes after the table of sections";
  return NULL;
}

/* The same for the place of one section, which must begin within 64 bytes after *end, where the one before it ended. Moves *end. */
static const char *fault_in_section(const da_pack *pack, const da_pack_entry *entry, uint64_t *end) {
  size_t item_bytes = da_pack_item_bytes(entry->type);
  if (!item_bytes || entry->zero) return "a section of unknown type";
  if (!memchr(entry->name, 0, sizeof entry->name)) return "a section without a proper name";
  if (entry->offset % DA_PACK_ALIGNMENT || entry->offset < *end || entry->offset - *end >= DA_PACK_ALIGNMENT) return "a misplaced section";
  if (entry->offset > pack->n_bytes || entry->n_items > (pack->n_bytes - entry->offset) / item_bytes)
    return "a section past the file's end";
  *end = entry->offset + entry->n_items * item_bytes;
  return NULL;
}

/* And for the section's bytes, and those before it since the section that ended there. */
static const char *fault_in_bytes(const da_pack *pack, const da_pack_entry *entry, uint64_t end_before) {
  if (!all_zero(pack->bytes + end_before, entry->offset - end_before)) return "bytes between sections";
  if (XXH64(pack->bytes + entry->offset, entry->n_items * da_pack_item_bytes(entry->type), 0) != entry->checksum)
    return "a changed section (checksum)";
  return NULL;
}

static const char *fault_in_pack(const da_pack *pack, bool with_bytes) {
  const char *fault = fault_in_table(pack);
  uint64_t end = DA_PACK_DATA_OFFSET;
  for (uint32_t i = 0; !fault && i < pack->header->n_sections; i++) {
    const uint64_t end_before = end;
    fault = fault_in_section(pack, &pack->table[i], &end);
    if (!fault && with_bytes) fault = fault_in_bytes(pack, &pack->table[i], end_before);
  }
  if (!fault && end != pack->n_bytes) fault = "bytes after the last section";
  return fault;
}

static da_status map_file(const char *path, int file, da_pack *pack, da_error *err) {
  struct stat info;
  if (fstat(file, &info) != 0) return da_fail(err, DA_ERR_IO, "expected to read %s but found: %s", path, strerror(errno));
  if (!S_ISREG(info.st_mode)) return refuse(err, path, "something that is not a file");
  if (info.st_size < DA_PACK_DATA_OFFSET) return refuse(err, path, "a file that was cut short or is of another kind");
  size_t n_bytes = (size_t)info.st_size;
  void *bytes = mmap(NULL, n_bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return da_fail(err, DA_ERR_IO, "expected to map %s into memory but found: %s", path, strerror(errno));
  *pack = (da_pack){.bytes = bytes, .n_bytes = n_bytes};
  pack->header = bytes;
  pack->table = (const void *)(pack->bytes + sizeof *pack->header);
  return DA_OK;
}

da_status da_pack_open_own(const char *path, da_pack *pack, da_error *err) {
  *pack = (da_pack){0};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return da_fail(err, DA_ERR_IO, "expected to open %s but found: %s", path, strerror(errno));
  da_status status = map_file(path, file, pack, err);
  close(file);
  return status;
}

static da_status open_verified(const char *path, bool with_bytes, da_pack *pack, da_error *err) {
  DA_TRY(da_pack_open_own(path, pack, err));
  const char *fault = fault_in_pack(pack, with_bytes);
  if (!fault) return DA_OK;
  da_pack_close(pack);
  return refuse(err, path, fault);
}

da_status da_pack_open(const char *path, da_pack *pack, da_error *err) { return open_verified(path, true, pack, err); }

da_status da_pack_open_table(const char *path, da_pack *pack, da_error *err) { return open_verified(path, false, pack, err); }

void da_pack_close(da_pack *pack) {
  if (pack->bytes) munmap((void *)(uintptr_t)pack->bytes, pack->n_bytes);
  *pack = (da_pack){0};
}

const void *da_pack_find(const da_pack *pack, const char *name, da_pack_type type, uint64_t *n_items) {
  for (uint32_t i = 0; i < pack->header->n_sections; i++) {
    const da_pack_entry *entry = &pack->table[i];
    if (entry->type != type || strcmp(entry->name, name) != 0) continue;
    *n_items = entry->n_items;
    return pack->bytes + entry->offset;
  }
  *n_items = 0;
  return NULL;
}
