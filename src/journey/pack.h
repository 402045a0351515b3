/* The container of packed journeys: named arrays in one file, little endian, to be mapped into memory.
 *
 *   offset  bytes
 *   0       64       header: magic "da-pack\n", version u32, n_sections u32, file_bytes u64, table_checksum u64, zeros
 *   64      64 each  table: name[32] zero padded, type u32, zero u32, n_items u64, offset u64, checksum u64
 *   4096    ...      sections in table order, each at a multiple of 64; what lies between is zero
 *
 * Checksums are XXH64 with seed 0: a section's is of its bytes, table_checksum is of header and table with that field zero.
 * So every byte of the file is vouched for, and table_checksum names the whole content. A reader takes the sections it knows
 * by name and passes over the others: later versions add sections without a new version number. */
#ifndef DA_JOURNEY_PACK_H
#define DA_JOURNEY_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define DA_PACK_MAGIC "da-pack\n"
enum { DA_PACK_VERSION = 1, DA_PACK_DATA_OFFSET = 4096, DA_PACK_ALIGNMENT = 64, DA_PACK_MAX_SECTIONS = 63, DA_PACK_NAME_BYTES = 32 };

typedef enum {
  DA_PACK_U8 = 1,
  DA_PACK_U32,
  DA_PACK_U64,
  DA_PACK_I64,
  DA_PACK_F64,
  DA_PACK_F32,
  DA_PACK_N_TYPES,
} da_pack_type;

typedef struct {
  char magic[8];
  uint32_t version;
  uint32_t n_sections;
  uint64_t file_bytes;
  uint64_t table_checksum;
  uint8_t zeros[32];
} da_pack_header;

typedef struct {
  char name[DA_PACK_NAME_BYTES];
  uint32_t type; /* da_pack_type */
  uint32_t zero;
  uint64_t n_items;
  uint64_t offset;
  uint64_t checksum;
} da_pack_entry;

/* 1, 4 or 8; 0 for a type that is none. */
size_t da_pack_item_bytes(uint32_t type);
/* Of header and table, whatever table_checksum holds. */
uint64_t da_pack_table_checksum(const da_pack_header *header, const da_pack_entry *table);

/* A mapped file. Valid as {0}. */
typedef struct {
  const unsigned char *bytes;
  size_t n_bytes;
  const da_pack_header *header;
  const da_pack_entry *table;
} da_pack;

/* Maps a file and verifies all of the above: DA_ERR_DATA with a sentence when it is not such a file, was cut short or changed;
 * DA_ERR_IO when it cannot be read. The file must stay as it is while mapped (published files are replaced, never changed). */
da_status da_pack_open(const char *path, da_pack *pack, da_error *err) DA_MUST_CHECK;
/* The same without the verification: for a file that this process has just written. */
da_status da_pack_open_own(const char *path, da_pack *pack, da_error *err) DA_MUST_CHECK;
/* The same for a file whose sections may not be there yet (journey/set_part.h): header and table are verified, and that the sections have
 * room; not what is in them. */
da_status da_pack_open_table(const char *path, da_pack *pack, da_error *err) DA_MUST_CHECK;
void da_pack_close(da_pack *pack);

/* A section's items, or NULL with n_items 0 when there is none of that name and type. */
const void *da_pack_find(const da_pack *pack, const char *name, da_pack_type type, uint64_t *n_items);

#endif
