/* The encodings of the Parquet format that our tables use, and the compact Thrift in which its headers are written
 * (github.com/apache/parquet-format: Encodings.md, parquet.thrift; thrift-compact-protocol.md). Arrays in, bytes out.
 *
 * Everything appends to a da_bytes; a failed allocation sets `failed` and later calls do nothing, so that a builder checks once. */
#ifndef DA_STORE_ENCODE_H
#define DA_STORE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Bytes that grow. Valid as {0}; give data back with da_mem_free. */
typedef struct {
  uint8_t *data;
  size_t length, capacity;
  bool failed;
} da_bytes;

void da_bytes_append(da_bytes *out, const void *bytes, size_t n);
void da_bytes_u32(da_bytes *out, uint32_t number); /* 4 bytes, little endian */
void da_bytes_varint(da_bytes *out, uint64_t number);

/* RLE / bit-packing hybrid: runs of one value as a count, the rest bit by bit. bit_width <= 32 holds every value. */
void da_encode_hybrid(da_bytes *out, const uint32_t *values, size_t n, int bit_width);
/* The same of one value n times. */
void da_encode_run(da_bytes *out, uint32_t value, size_t n, int bit_width);
/* The same of n bits that are 1, but for those at zero_at[0] < zero_at[1] < ...: where lists begin. */
void da_encode_ones_but(da_bytes *out, size_t n, const uint64_t *zero_at, size_t n_zeros);
/* PLAIN booleans: one bit each. */
void da_encode_bits(da_bytes *out, const uint8_t *values, size_t n);
/* DELTA_BINARY_PACKED: differences in blocks of 128, in as many bits as each 32 of them need. */
void da_encode_delta(da_bytes *out, const int64_t *values, size_t n);
/* DELTA_BYTE_ARRAY: each text as the length of its common beginning with the one before, and the rest. */
void da_encode_delta_texts(da_bytes *out, const da_slice *texts, size_t n);
/* PLAIN texts: length, bytes. */
void da_encode_texts(da_bytes *out, const da_slice *texts, size_t n);

/* Compact Thrift. Fields of a struct are written in ascending order of their ids; every struct that begins must end. */
enum { DA_THRIFT_MAX_DEPTH = 8 };
typedef enum {
  DA_THRIFT_I16 = 4,
  DA_THRIFT_I32 = 5,
  DA_THRIFT_I64 = 6,
  DA_THRIFT_BINARY = 8,
  DA_THRIFT_LIST = 9,
  DA_THRIFT_STRUCT = 12
} da_thrift_type;

typedef struct {
  da_bytes *out;
  int depth;
  int last_id[DA_THRIFT_MAX_DEPTH];
} da_thrift;

void da_thrift_int(da_thrift *thrift, int id, da_thrift_type type, int64_t number);
void da_thrift_text(da_thrift *thrift, int id, da_slice text);
void da_thrift_list(da_thrift *thrift, int id, da_thrift_type items, size_t n);
void da_thrift_begin(da_thrift *thrift, int id); /* a struct in a field */
/* Items of a list that was just begun. */
void da_thrift_item_int(da_thrift *thrift, int64_t number);
void da_thrift_item_text(da_thrift *thrift, da_slice text);
void da_thrift_item_begin(da_thrift *thrift);
void da_thrift_end(da_thrift *thrift);

#endif
