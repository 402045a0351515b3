#include "store/encode.h"

#include <string.h>

#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are: little endian only");

/* ---- Bytes ---- */

/* Room for n more; NULL when memory ran out. The caller adds to length what it wrote. */
static uint8_t *make_room(da_bytes *out, size_t n) {
  if (out->failed) return NULL;
  void *data = out->data;
  if (da_mem_reserve(&data, &out->capacity, out->length + n, 1, "a table", NULL) != DA_OK) out->failed = true;
  out->data = data;
  return out->failed ? NULL : out->data + out->length;
}

void da_bytes_append(da_bytes *out, const void *bytes, size_t n) {
  uint8_t *room = make_room(out, n);
  if (!room || !n) return;
  memcpy(room, bytes, n);
  out->length += n;
}

void da_bytes_u32(da_bytes *out, uint32_t number) { da_bytes_append(out, &number, sizeof number); }

void da_bytes_varint(da_bytes *out, uint64_t number) {
  uint8_t bytes[10];
  size_t n = 0;
  for (; number >= 0x80; number >>= 7) bytes[n++] = (uint8_t)(number | 0x80);
  bytes[n++] = (uint8_t)number;
  da_bytes_append(out, bytes, n);
}

static uint64_t zigzag(int64_t number) { return (uint64_t)number << 1 ^ (uint64_t)(number >> 63); }

static int bits_of(uint64_t number) { return number ? 64 - __builtin_clzll(number) : 0; }

/* ---- Bits ---- */

/* Values packed from the lowest bit up; whole bytes come out when n * width is a multiple of 8. Holds fewer than 64 bits between calls. */
typedef struct {
  uint8_t *at;
  uint64_t bits;
  int n_bits;
} bit_writer;

static void put_bits(bit_writer *writer, uint64_t value, int width) {
  writer->bits |= value << writer->n_bits;
  int n_bits = writer->n_bits + width;
  if (n_bits >= 64) {
    memcpy(writer->at, &writer->bits, sizeof writer->bits);
    writer->at += sizeof writer->bits;
    n_bits -= 64;
    writer->bits = n_bits ? value >> (width - n_bits) : 0;
  }
  writer->n_bits = n_bits;
}

static void end_bits(bit_writer *writer) {
  memcpy(writer->at, &writer->bits, (size_t)(writer->n_bits + 7) / 8);
  writer->at += (writer->n_bits + 7) / 8;
}

void da_encode_bits(da_bytes *out, const uint8_t *values, size_t n) {
  uint8_t *room = make_room(out, n / 8 + 8);
  if (!room) return;
  bit_writer writer = {.at = room};
  for (size_t i = 0; i < n; i++) put_bits(&writer, values[i] != 0, 1);
  end_bits(&writer);
  out->length += (n + 7) / 8;
}

/* ---- Hybrid ---- */

enum { GROUP = 8 };

/* How often the value at i comes in a row; counts only as far as `enough`. */
static size_t run_length(const uint32_t *values, size_t n, size_t i, size_t enough) {
  size_t end = i + 1;
  while (end < n && end - i < enough && values[end] == values[i]) end++;
  return end - i;
}

void da_encode_run(da_bytes *out, uint32_t value, size_t n, int bit_width) {
  da_bytes_varint(out, (uint64_t)n << 1);
  da_bytes_append(out, &value, (size_t)(bit_width + 7) / 8);
}

static void put_groups(da_bytes *out, const uint32_t *values, size_t n, int bit_width) {
  size_t n_groups = (n + GROUP - 1) / GROUP, n_bytes = n_groups * (size_t)bit_width;
  da_bytes_varint(out, (uint64_t)n_groups << 1 | 1);
  uint8_t *room = make_room(out, n_bytes + 8);
  if (!room) return;
  bit_writer writer = {.at = room};
  for (size_t i = 0; i < n; i++) put_bits(&writer, values[i], bit_width);
  for (size_t i = n; i < n_groups * GROUP; i++) put_bits(&writer, 0, bit_width);
  end_bits(&writer);
  out->length += n_bytes;
}

void da_encode_hybrid(da_bytes *out, const uint32_t *values, size_t n, int bit_width) {
  for (size_t i = 0; i < n;) {
    size_t run = run_length(values, n, i, SIZE_MAX);
    if (run >= GROUP || bit_width == 0) {
      da_encode_run(out, values[i], run, bit_width);
      i += run;
      continue;
    }
    size_t end = i + GROUP; /* packed groups must be whole, but for the last of all */
    while (end < n && run_length(values, n, end, GROUP) < GROUP) end += GROUP;
    if (end > n) end = n;
    put_groups(out, values + i, end - i, bit_width);
    i = end;
  }
}

void da_encode_ones_but(da_bytes *out, size_t n, const uint64_t *zero_at, size_t n_zeros) {
  size_t n_bytes = (n + GROUP - 1) / GROUP; /* a group of 8 bits is a byte */
  da_bytes_varint(out, (uint64_t)n_bytes << 1 | 1);
  uint8_t *bits = make_room(out, n_bytes);
  if (!bits || !n) return;
  memset(bits, 0xff, n_bytes);
  for (size_t i = 0; i < n_zeros; i++) bits[zero_at[i] / 8] &= (uint8_t) ~(1 << zero_at[i] % 8);
  if (n % 8) bits[n_bytes - 1] &= (uint8_t)((1 << n % 8) - 1);
  out->length += n_bytes;
}

/* ---- Differences ---- */

enum { BLOCK = 128, MINIBLOCKS = 4, MINIBLOCK = BLOCK / MINIBLOCKS };

/* deltas[n], n <= BLOCK, less their minimum, with room for a block behind them. */
static void put_block(da_bytes *out, uint64_t *deltas, size_t n) {
  int64_t least = (int64_t)deltas[0];
  for (size_t i = 1; i < n; i++) least = (int64_t)deltas[i] < least ? (int64_t)deltas[i] : least;
  for (size_t i = 0; i < n; i++) deltas[i] -= (uint64_t)least;
  for (size_t i = n; i < BLOCK; i++) deltas[i] = 0;
  da_bytes_varint(out, zigzag(least));
  uint8_t *room = make_room(out, MINIBLOCKS + BLOCK * sizeof *deltas + sizeof *deltas);
  if (!room) return;
  bit_writer writer = {.at = room + MINIBLOCKS};
  for (size_t m = 0; m < MINIBLOCKS; m++) {
    uint64_t all = 0;
    for (size_t i = 0; i < MINIBLOCK; i++) all |= deltas[m * MINIBLOCK + i];
    int width = bits_of(all);
    room[m] = (uint8_t)width;
    if (m * MINIBLOCK >= n || width == 0) continue;
    for (size_t i = 0; i < MINIBLOCK; i++) put_bits(&writer, deltas[m * MINIBLOCK + i], width);
    end_bits(&writer); /* 32 values of any width end with a byte */
    writer.bits = 0;
    writer.n_bits = 0;
  }
  out->length += (size_t)(writer.at - room);
}

void da_encode_delta(da_bytes *out, const int64_t *values, size_t n) {
  da_bytes_varint(out, BLOCK);
  da_bytes_varint(out, MINIBLOCKS);
  da_bytes_varint(out, n);
  da_bytes_varint(out, zigzag(n ? values[0] : 0));
  uint64_t deltas[BLOCK];
  for (size_t i = 1; i < n;) {
    size_t block = n - i < BLOCK ? n - i : BLOCK;
    for (size_t k = 0; k < block; k++) deltas[k] = (uint64_t)values[i + k] - (uint64_t)values[i + k - 1]; /* wraps, and so do readers */
    put_block(out, deltas, block);
    i += block;
  }
}

/* ---- Texts ---- */

static size_t common_beginning(da_slice a, da_slice b) {
  size_t n = a.length < b.length ? a.length : b.length, i = 0;
  while (i < n && a.data[i] == b.data[i]) i++;
  return i;
}

void da_encode_delta_texts(da_bytes *out, const da_slice *texts, size_t n) {
  int64_t *lengths = da_mem_alloc(2 * n, sizeof *lengths);
  if (!lengths) {
    out->failed = true;
    return;
  }
  int64_t *shared = lengths, *rest = lengths + n;
  for (size_t i = 0; i < n; i++) {
    size_t same = i ? common_beginning(texts[i - 1], texts[i]) : 0;
    shared[i] = (int64_t)same;
    rest[i] = (int64_t)(texts[i].length - same);
  }
  da_encode_delta(out, shared, n);
  da_encode_delta(out, rest, n);
  for (size_t i = 0; i < n; i++) {
    if (rest[i]) da_bytes_append(out, texts[i].data + shared[i], (size_t)rest[i]);
  }
  da_mem_free(lengths);
}

void da_encode_texts(da_bytes *out, const da_slice *texts, size_t n) {
  for (size_t i = 0; i < n; i++) {
    da_bytes_u32(out, (uint32_t)texts[i].length);
    da_bytes_append(out, texts[i].data, texts[i].length);
  }
}

/* ---- Thrift ---- */

static void put_field(da_thrift *thrift, int id, int type) {
  int step = id - thrift->last_id[thrift->depth];
  thrift->last_id[thrift->depth] = id;
  da_bytes_append(thrift->out, &(uint8_t){(uint8_t)(step << 4 | type)}, 1);
}

void da_thrift_int(da_thrift *thrift, int id, da_thrift_type type, int64_t number) {
  put_field(thrift, id, type);
  da_bytes_varint(thrift->out, zigzag(number));
}

void da_thrift_text(da_thrift *thrift, int id, da_slice text) {
  put_field(thrift, id, DA_THRIFT_BINARY);
  da_thrift_item_text(thrift, text);
}

void da_thrift_list(da_thrift *thrift, int id, da_thrift_type items, size_t n) {
  put_field(thrift, id, DA_THRIFT_LIST);
  uint8_t head = (uint8_t)((n < 15 ? n : 15) << 4 | items);
  da_bytes_append(thrift->out, &head, 1);
  if (n >= 15) da_bytes_varint(thrift->out, n);
}

void da_thrift_begin(da_thrift *thrift, int id) {
  put_field(thrift, id, DA_THRIFT_STRUCT);
  da_thrift_item_begin(thrift);
}

void da_thrift_item_int(da_thrift *thrift, int64_t number) { da_bytes_varint(thrift->out, zigzag(number)); }

void da_thrift_item_text(da_thrift *thrift, da_slice text) {
  da_bytes_varint(thrift->out, text.length);
  da_bytes_append(thrift->out, text.data, text.length);
}

void da_thrift_item_begin(da_thrift *thrift) { thrift->last_id[++thrift->depth] = 0; }

void da_thrift_end(da_thrift *thrift) {
  thrift->depth--;
  da_bytes_append(thrift->out, &(uint8_t){0}, 1);
}
