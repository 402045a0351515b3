/* Oracles: examples of the format's documents (Encodings.md, the compact Thrift protocol), bytes written out by hand, and decoders that
 * take one bit after the other, on random arrays. */
#include "store/encode.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static void assert_bytes(da_bytes *found, const char *wanted, size_t n) {
  assert_false(found->failed);
  assert_int_equal(found->length, n);
  assert_memory_equal(found->data, wanted, n);
  found->length = 0;
}
#define ASSERT_BYTES(found, wanted) assert_bytes(found, wanted, sizeof(wanted) - 1)

static void the_documents_examples(void **state) {
  (void)state;
  da_bytes out = {0};
  const uint32_t zero_to_seven[] = {0, 1, 2, 3, 4, 5, 6, 7};
  da_encode_hybrid(&out, zero_to_seven, 8, 3);
  ASSERT_BYTES(&out, "\x03\x88\xc6\xfa"); /* one group, then 10001000 11000110 11111010 */
  const int64_t seven_to_five[] = {7, 5, 3, 1, 2, 3, 4, 5};
  da_encode_delta(&out, seven_to_five, 8);
  /* Block 128, 4 miniblocks, 8 values, first 7; least difference -2; widths 2 0 0 0; differences 0 0 0 3 3 3 3 in two bits each. */
  ASSERT_BYTES(&out, "\x80\x01\x04\x08\x0e\x03\x02\x00\x00\x00\xc0\x3f\x00\x00\x00\x00\x00\x00");
  const da_slice axis[] = {{"axis", 4}, {"axle", 4}, {"babble", 6}, {"babyhood", 8}};
  da_encode_delta_texts(&out, axis, 4);
  size_t n = out.length;
  assert_memory_equal(out.data + n - 17, "axislebabbleyhood", 17); /* the beginnings are those of the example: 0 2 0 3 */
  out.length = 0;
  da_encode_texts(&out, axis, 2);
  ASSERT_BYTES(&out, "\x04\x00\x00\x00"
                     "axis\x04\x00\x00\x00"
                     "axle");
  da_encode_bits(&out, (const uint8_t[]){1, 0, 0, 1, 1, 0, 0, 0, 1}, 9);
  ASSERT_BYTES(&out, "\x19\x01");
  da_bytes_varint(&out, 300);
  ASSERT_BYTES(&out, "\xac\x02");
  da_mem_free(out.data);
}

static void thrift_is_the_compact_protocol(void **state) {
  (void)state;
  da_bytes out = {0};
  da_thrift thrift = {.out = &out};
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, -1);
  da_thrift_text(&thrift, 4, (da_slice){"ab", 2});
  da_thrift_begin(&thrift, 5);
  da_thrift_int(&thrift, 2, DA_THRIFT_I64, 150);
  da_thrift_end(&thrift);
  da_thrift_list(&thrift, 6, DA_THRIFT_I32, 2);
  da_thrift_item_int(&thrift, 1);
  da_thrift_item_int(&thrift, -2);
  da_thrift_list(&thrift, 7, DA_THRIFT_STRUCT, 16);
  ASSERT_BYTES(&out, "\x15\x01\x38\x02"
                     "ab\x1c\x26\xac\x02\x00\x19\x25\x02\x03\x19\xfc\x10");
  da_mem_free(out.data);
}

/* ---- Decoders ---- */

typedef struct {
  const uint8_t *at, *end;
} reader;

static uint64_t read_varint(reader *in) {
  uint64_t number = 0;
  for (int shift = 0;; shift += 7) {
    assert_true(in->at < in->end);
    number |= (uint64_t)(*in->at & 0x7f) << shift;
    if (!(*in->at++ & 0x80)) return number;
  }
}

static int64_t read_zigzag(reader *in) {
  uint64_t number = read_varint(in);
  return (int64_t)(number >> 1 ^ -(number & 1));
}

/* Bit number first .. first + width - 1 of the bytes. */
static uint64_t read_bits(const uint8_t *bytes, size_t first, int width) {
  uint64_t value = 0;
  for (int bit = 0; bit < width; bit++) value |= (uint64_t)(bytes[(first + (size_t)bit) / 8] >> (first + (size_t)bit) % 8 & 1) << bit;
  return value;
}

static void check_hybrid(const uint32_t *values, size_t n, int width) {
  da_bytes out = {0};
  da_encode_hybrid(&out, values, n, width);
  assert_false(out.failed);
  reader in = {out.data, out.data + out.length};
  size_t i = 0;
  while (i < n) {
    uint64_t header = read_varint(&in);
    if (header & 1) {
      size_t n_values = (size_t)(header >> 1) * 8;
      for (size_t k = 0; k < n_values && i < n; k++) assert_int_equal(read_bits(in.at, k * (size_t)width, width), values[i++]);
      in.at += n_values / 8 * (size_t)width;
    } else {
      assert_true(header >> 1 > 0);
      for (uint64_t k = 0; k < header >> 1; k++) assert_int_equal(read_bits(in.at, 0, (width + 7) / 8 * 8), values[i++]);
      in.at += (width + 7) / 8;
    }
    assert_true(in.at <= in.end);
  }
  assert_int_equal(i, n);
  assert_ptr_equal(in.at, in.end);
  da_mem_free(out.data);
}

/* Gives where the encoding ends. */
static const uint8_t *check_delta_at(reader in, const int64_t *values, size_t n) {
  assert_int_equal(read_varint(&in), 128);
  assert_int_equal(read_varint(&in), 4);
  assert_int_equal(read_varint(&in), n);
  int64_t value = read_zigzag(&in);
  if (n) assert_int_equal(value, values[0]);
  for (size_t i = 1; i < n;) {
    int64_t least = read_zigzag(&in);
    const uint8_t *widths = in.at;
    in.at += 4;
    for (int m = 0; m < 4 && i < n; m++) {
      for (size_t k = 0; k < 32 && i < n; k++, i++) {
        value = (int64_t)((uint64_t)value + (uint64_t)least + read_bits(in.at, k * widths[m], widths[m]));
        assert_int_equal(value, values[i]);
      }
      in.at += 4 * (size_t)widths[m];
    }
    assert_true(in.at <= in.end);
  }
  return in.at;
}

static void random_arrays_come_back(void **state) {
  (void)state;
  static uint32_t indices[3000];
  static int64_t numbers[3000];
  da_random random;
  da_random_init(&random, 3, 0);
  for (int round = 0; round < 2000; round++) {
    size_t n = da_random_below(&random, round % 10 ? 300 : 3000);
    int width = (int)da_random_below(&random, 33), wide = (int)da_random_below(&random, 65);
    uint64_t mask = width == 32 ? UINT32_MAX : (UINT64_C(1) << width) - 1, sticky = da_random_below(&random, 20);
    for (size_t i = 0; i < n; i++) {
      bool repeat = i && da_random_below(&random, 20) < sticky;
      indices[i] = repeat ? indices[i - 1] : (uint32_t)(da_random_next(&random) & mask);
      numbers[i] = (int64_t)(wide ? da_random_next(&random) >> (64 - wide) : 0) * (da_random_below(&random, 2) ? 1 : -1);
    }
    check_hybrid(indices, n, width);
    da_bytes out = {0};
    da_encode_delta(&out, numbers, n);
    assert_ptr_equal(check_delta_at((reader){out.data, out.data + out.length}, numbers, n), out.data + out.length);
    da_mem_free(out.data);
  }
}

static void ones_but_a_few_are_a_hybrid(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 4, 0);
  for (size_t n = 0; n < 100; n++) {
    uint32_t bits[100];
    uint64_t zero_at[100];
    size_t n_zeros = 0;
    for (size_t i = 0; i < n; i++) {
      bits[i] = da_random_below(&random, 3) > 0;
      if (!bits[i]) zero_at[n_zeros++] = i;
    }
    da_bytes out = {0};
    da_encode_ones_but(&out, n, zero_at, n_zeros);
    assert_false(out.failed);
    reader in = {out.data, out.data + out.length};
    assert_int_equal(read_varint(&in), (n + 7) / 8 << 1 | 1);
    for (size_t i = 0; i < (n + 7) / 8 * 8; i++) assert_int_equal(read_bits(in.at, i, 1), i < n ? bits[i] : 0);
    assert_ptr_equal(in.at + (n + 7) / 8, in.end);
    da_mem_free(out.data);
  }
}

static void the_ends_of_the_range_come_back(void **state) {
  (void)state;
  int64_t numbers[400];
  for (int i = 0; i < 400; i++) numbers[i] = i % 3 == 0 ? INT64_MIN : i % 3 == 1 ? INT64_MAX : 0;
  for (size_t n = 0; n <= 400; n++) {
    da_bytes out = {0};
    da_encode_delta(&out, numbers, n);
    assert_ptr_equal(check_delta_at((reader){out.data, out.data + out.length}, numbers, n), out.data + out.length);
    da_mem_free(out.data);
  }
}

static void without_memory_it_is_said_once(void **state) {
  (void)state;
  static int64_t numbers[5000];
  static uint32_t indices[5000];
  static const da_slice text[] = {{"some text", 9}};
  for (int i = 0; i < 5000; i++) indices[i] = (uint32_t)i % 7;
  for (uint64_t nth = 1;; nth++) {
    da_bytes out = {0};
    da_mem_fail_at(nth);
    da_encode_delta(&out, numbers, 5000);
    da_encode_hybrid(&out, indices, 5000, 3);
    da_encode_delta_texts(&out, text, 1);
    da_encode_bits(&out, (const uint8_t *)indices, 5000);
    da_mem_fail_at(0);
    bool failed = out.failed;
    da_mem_free(out.data);
    if (!failed) break;
    assert_true(nth < 30);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_documents_examples),          cmocka_unit_test(thrift_is_the_compact_protocol),
      cmocka_unit_test(random_arrays_come_back),         cmocka_unit_test(ones_but_a_few_are_a_hybrid),
      cmocka_unit_test(the_ends_of_the_range_come_back), cmocka_unit_test(without_memory_it_is_said_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
