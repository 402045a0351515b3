/* Oracles: plain arrays that were written beside the pack, a reader that finds a section by hand from the layout in pack.h, and, for
 * damaged files, the rule that every byte is vouched for: no change whatever may pass. */
#include "journey/pack.h"

#include <errno.h>
#include <fcntl.h>

#include "base/mem.h"
#include "base/random.h"
#include "journey/pack_write.h"
#include "support/folder.h"

enum { N_LONG = 300000 };

/* A pack of sections of all types, of lengths 0 to several blocks, grown in turns. */
static void write_pack(const char *path, uint32_t *numbers, int64_t *times) {
  da_error err = {0};
  da_random random;
  da_random_init(&random, 1, 0);
  da_pack_writer writer;
  assert_ok(da_pack_create(path, &writer, &err), err);
  da_pack_stream *number, *time, *flag, *none, *real;
  assert_ok(da_pack_add(&writer, "number", DA_PACK_U32, &number, &err), err);
  assert_ok(da_pack_add(&writer, "time", DA_PACK_I64, &time, &err), err);
  assert_ok(da_pack_add(&writer, "flag", DA_PACK_U8, &flag, &err), err);
  assert_ok(da_pack_add(&writer, "real", DA_PACK_F64, &real, &err), err);
  assert_ok(da_pack_add(&writer, "none", DA_PACK_U64, &none, &err), err);
  for (int i = 0; i < N_LONG; i++) {
    numbers[i] = (uint32_t)da_random_next(&random);
    times[i] = (int64_t)da_random_next(&random);
    assert_ok(da_pack_append_bytes(number, &numbers[i], sizeof numbers[i], &err), err);
    assert_ok(da_pack_append_i64(time, times[i], &err), err);
  }
  for (uint8_t i = 0; i < 5; i++) assert_ok(da_pack_append_u8(flag, i, &err), err);
  assert_ok(da_pack_append_f64(real, -0.5, &err), err);
  assert_ok(da_pack_finish(&writer, &err), err);
  da_pack_writer_close(&writer);
  da_pack_writer_close(&writer);
}

static void sections_come_back(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  uint32_t *numbers = malloc(N_LONG * sizeof *numbers);
  int64_t *times = malloc(N_LONG * sizeof *times);
  write_pack(path, numbers, times);
  da_pack pack;
  assert_ok(da_pack_open(path, &pack, &err), err);
  uint64_t n;
  assert_memory_equal(da_pack_find(&pack, "number", DA_PACK_U32, &n), numbers, N_LONG * sizeof *numbers);
  assert_int_equal(n, N_LONG);
  assert_memory_equal(da_pack_find(&pack, "time", DA_PACK_I64, &n), times, N_LONG * sizeof *times);
  assert_memory_equal(da_pack_find(&pack, "flag", DA_PACK_U8, &n), "\0\1\2\3\4", 5);
  assert_int_equal(n, 5);
  const double *real = da_pack_find(&pack, "real", DA_PACK_F64, &n);
  assert_true(n == 1 && *real == -0.5 && (uintptr_t)real % DA_PACK_ALIGNMENT == 0);
  assert_non_null(da_pack_find(&pack, "none", DA_PACK_U64, &n));
  assert_int_equal(n, 0);
  assert_null(da_pack_find(&pack, "number", DA_PACK_U64, &n)); /* another type */
  assert_null(da_pack_find(&pack, "numbers", DA_PACK_U32, &n));
  da_pack_close(&pack);
  da_pack_close(&pack);

  /* By hand: the second entry's name at 64 + 64, its offset 48 bytes on. */
  size_t n_bytes;
  unsigned char *bytes = folder_read(path, &n_bytes);
  assert_string_equal(bytes + 128, "time");
  uint64_t offset;
  memcpy(&offset, bytes + 128 + 48, sizeof offset);
  assert_int_equal(offset, (4096 + N_LONG * 4 + 63) / 64 * 64);
  assert_memory_equal(bytes + offset, times, N_LONG * sizeof *times);
  free(bytes), free(numbers), free(times);
  folder_remove(folder);
}

static da_status triple(void *context, void *items, size_t n, uint64_t first, da_error *err) {
  uint64_t *next = context;
  (void)err;
  assert_int_equal(first, *next); /* in order, without holes */
  *next += n;
  for (size_t i = 0; i < n; i++) ((uint64_t *)items)[i] *= 3;
  return DA_OK;
}

static void an_edit_sees_every_item_once(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  da_pack_writer writer;
  da_pack_stream *stream;
  uint64_t next = 0;
  assert_ok(da_pack_create(path, &writer, &err), err);
  assert_ok(da_pack_add(&writer, "x", DA_PACK_U64, &stream, &err), err);
  stream->edit = triple;
  stream->edit_context = &next;
  for (uint64_t i = 0; i < N_LONG; i++) assert_ok(da_pack_append_u64(stream, i, &err), err);
  assert_ok(da_pack_finish(&writer, &err), err);
  da_pack_writer_close(&writer);
  assert_int_equal(next, N_LONG);
  da_pack pack;
  uint64_t n;
  assert_ok(da_pack_open(path, &pack, &err), err);
  const uint64_t *items = da_pack_find(&pack, "x", DA_PACK_U64, &n);
  for (uint64_t i = 0; i < n; i++) assert_int_equal(items[i], 3 * i);
  da_pack_close(&pack);
  folder_remove(folder);
}

/* A small pack, so that its bytes can be damaged one by one. */
static unsigned char *small_pack(const char *path, size_t *n_bytes) {
  da_error err = {0};
  da_pack_writer writer;
  da_pack_stream *a, *b;
  assert_ok(da_pack_create(path, &writer, &err), err);
  assert_ok(da_pack_add(&writer, "a", DA_PACK_U8, &a, &err), err);
  assert_ok(da_pack_add(&writer, "b", DA_PACK_U64, &b, &err), err);
  for (uint8_t i = 0; i < 7; i++) assert_ok(da_pack_append_u8(a, i, &err), err);
  for (uint64_t i = 0; i < 3; i++) assert_ok(da_pack_append_u64(b, i, &err), err);
  assert_ok(da_pack_finish(&writer, &err), err);
  da_pack_writer_close(&writer);
  return folder_read(path, n_bytes);
}

static void refused(const char *path, const unsigned char *bytes, size_t n_bytes, const char *what, size_t place) {
  folder_write(path, bytes, n_bytes);
  da_error err = {0};
  da_pack pack;
  if (da_pack_open(path, &pack, &err) != DA_ERR_DATA) fail_msg("expected %s at %zu to be refused", what, place);
  assert_non_null(strstr(err.msg, "run `deepattribution journeys` again"));
}

static void any_changed_bit_is_refused(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  size_t n_bytes;
  unsigned char *bytes = small_pack(path, &n_bytes);
  assert_int_equal(n_bytes, 4096 + 64 + 24);
  for (size_t i = 0; i < n_bytes; i += i < 192 || i >= 4090 ? 1 : 5) { /* every bit where there is something, some where there are zeros */
    for (int bit = 0; bit < 8; bit += i < 192 || i >= 4090 ? 1 : 7) {
      bytes[i] ^= (unsigned char)(1 << bit);
      refused(path, bytes, n_bytes, "a changed bit", i);
      bytes[i] ^= (unsigned char)(1 << bit);
    }
  }
  free(bytes);
  folder_remove(folder);
}

static void any_other_length_is_refused(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  size_t n_bytes;
  unsigned char *bytes = small_pack(path, &n_bytes);
  for (size_t n = 0; n < n_bytes; n += n < 4000 ? 97 : 1) refused(path, bytes, n, "a file cut", n);
  unsigned char *longer = calloc(n_bytes + 64, 1);
  memcpy(longer, bytes, n_bytes);
  for (size_t n = n_bytes + 1; n <= n_bytes + 64; n++) refused(path, longer, n, "a file that has grown", n);
  free(bytes), free(longer);
  folder_remove(folder);
}

/* What somebody makes who knows the format: wild numbers in header and table, with the right checksum over them. */
static void a_sealed_but_wild_table_is_refused(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  size_t n_bytes;
  unsigned char *bytes = small_pack(path, &n_bytes), *wild = malloc(n_bytes);
  static const uint64_t numbers[] = {0,         1, 63, 64, 4095, 4096, 4097, 4160, 8192, 1u << 31, UINT32_MAX, INT64_MAX, UINT64_MAX - 63,
                                     UINT64_MAX};
  da_random random;
  da_random_init(&random, 9, 0);
  size_t n_tried = 0;
  for (int i = 0; i < 4000; i++) {
    memcpy(wild, bytes, n_bytes);
    size_t width = da_random_below(&random, 2) ? 8 : 4, place = da_random_below(&random, 192 / width) * width;
    uint64_t number = numbers[da_random_below(&random, sizeof numbers / sizeof numbers[0])];
    memcpy(wild + place, &number, width);
    da_pack_header *header = (da_pack_header *)wild;
    if (header->n_sections > DA_PACK_MAX_SECTIONS) continue; /* the checksum itself would run past the end; tried above */
    uint64_t seal = da_pack_table_checksum(header, (const da_pack_entry *)(header + 1));
    header->table_checksum = seal;
    if (memcmp(wild, bytes, n_bytes) == 0) continue;
    folder_write(path, wild, n_bytes);
    da_error err = {0};
    da_pack pack;
    da_status status = da_pack_open(path, &pack, &err);
    /* A section may bear another name, or hold another kind of number of the same width; nothing else may pass. */
    if (status == DA_OK) {
      const da_pack_entry *was = (const da_pack_entry *)(bytes + sizeof *header);
      for (int s = 0; s < 2; s++) {
        assert_int_equal(pack.table[s].n_items, was[s].n_items);
        assert_int_equal(pack.table[s].offset, was[s].offset);
        assert_int_equal(da_pack_item_bytes(pack.table[s].type), da_pack_item_bytes(was[s].type));
      }
      da_pack_close(&pack);
    } else {
      assert_int_equal(status, DA_ERR_DATA);
    }
    n_tried++;
  }
  assert_true(n_tried > 2000);
  free(bytes), free(wild);
  folder_remove(folder);
}

static void other_things_than_packs_are_sentences(void **state) {
  (void)state;
  da_error err = {0};
  da_pack pack;
  char *folder = folder_make();
  assert_fails_with(da_pack_open(folder_path(folder, "missing"), &pack, &err), DA_ERR_IO, err, "missing");
  assert_fails_with(da_pack_open(folder, &pack, &err), DA_ERR_DATA, err, "not a file");
  da_pack_writer writer;
  assert_fails_with(da_pack_create("/nowhere/a.pack", &writer, &err), DA_ERR_IO, err, "/nowhere/a.pack");
  da_pack_writer_close(&writer);
  folder_remove(folder);
}

static void a_full_disk_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  da_pack_writer writer;
  da_pack_stream *stream;
  assert_ok(da_pack_create("/dev/full", &writer, &err), err);
  assert_ok(da_pack_add(&writer, "a", DA_PACK_U8, &stream, &err), err);
  assert_ok(da_pack_append_u8(stream, 1, &err), err);
  assert_int_equal(da_pack_finish(&writer, &err), DA_ERR_IO);
  da_pack_writer_close(&writer);
}

static void too_many_sections_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_pack_writer writer;
  da_pack_stream *stream;
  char *folder = folder_make();
  assert_ok(da_pack_create(folder_path(folder, "a.pack"), &writer, &err), err);
  for (int i = 0; i < DA_PACK_MAX_SECTIONS; i++) assert_ok(da_pack_add(&writer, "a", DA_PACK_U8, &stream, &err), err);
  assert_int_equal(da_pack_add(&writer, "a", DA_PACK_U8, &stream, &err), DA_ERR_INTERNAL);
  da_pack_writer_close(&writer);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sections_come_back),
      cmocka_unit_test(an_edit_sees_every_item_once),
      cmocka_unit_test(any_changed_bit_is_refused),
      cmocka_unit_test(any_other_length_is_refused),
      cmocka_unit_test(a_sealed_but_wild_table_is_refused),
      cmocka_unit_test(other_things_than_packs_are_sentences),
      cmocka_unit_test(a_full_disk_is_a_sentence),
      cmocka_unit_test(too_many_sections_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
