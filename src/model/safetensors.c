#include "model/safetensors.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define METADATA "__metadata__"
enum { LENGTH_BYTES = 8, MAX_HEADER_BYTES = 100 * 1000 * 1000 }; /* the limit of the reference implementation */

static void put_length(da_text *bytes, uint64_t n) {
  char little[LENGTH_BYTES];
  for (int i = 0; i < LENGTH_BYTES; i++) little[i] = (char)(n >> (8 * i) & 0xFF);
  da_text_append_n(bytes, little, sizeof little);
}

static uint64_t get_length(const unsigned char *bytes) {
  uint64_t n = 0;
  for (int i = 0; i < LENGTH_BYTES; i++) n |= (uint64_t)bytes[i] << (8 * i);
  return n;
}

static void append_string(da_text *json, const char *text) { da_text_append_json(json, (da_slice){text, strlen(text)}); }

static void print_metadata(const da_safetensors_entry *metadata, size_t n, da_text *json) {
  da_text_append(json, "\"" METADATA "\":{");
  for (size_t i = 0; i < n; i++) {
    if (i) da_text_append(json, ",");
    append_string(json, metadata[i].key);
    da_text_append(json, ":");
    append_string(json, metadata[i].value);
  }
  da_text_append(json, "}");
}

static void print_tensor(const da_safetensor *tensor, uint64_t begin, da_text *json) {
  da_text_append(json, ",");
  append_string(json, tensor->name);
  da_text_append(json, ":{\"dtype\":\"F32\",\"shape\":[");
  for (uint32_t d = 0; d < tensor->n_dims; d++) da_text_printf(json, d ? ",%llu" : "%llu", (unsigned long long)tensor->dims[d]);
  da_text_printf(json, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
                 (unsigned long long)(begin + tensor->n_values * sizeof(float)));
}

da_status da_safetensors_print(const da_safetensor *tensors, size_t n_tensors, const da_safetensors_entry *metadata, size_t n_metadata,
                               da_text *bytes, da_error *err) {
  da_text header = {0};
  da_text_append(&header, "{");
  print_metadata(metadata, n_metadata, &header);
  uint64_t offset = 0;
  for (size_t i = 0; i < n_tensors; i++) {
    print_tensor(&tensors[i], offset, &header);
    offset += tensors[i].n_values * sizeof(float);
  }
  da_text_append(&header, "}");
  while (header.length % 8 && !header.failed) da_text_append(&header, " ");
  da_status status = da_text_check(&header, err);
  if (status == DA_OK && header.length > MAX_HEADER_BYTES)
    status = da_fail(err, DA_ERR_DATA, "expected a vocabulary and settings of at most 100 MB in a model file but found %zu bytes",
                     header.length);
  if (status == DA_OK) {
    put_length(bytes, header.length);
    da_text_append_n(bytes, da_text_cstr(&header), header.length);
    for (size_t i = 0; i < n_tensors; i++) da_text_append_n(bytes, tensors[i].values, tensors[i].n_values * sizeof(float));
    status = da_text_check(bytes, err);
  }
  da_text_free(&header);
  return status;
}

/* A whole number from 0 to 2^53, which JSON numbers hold exactly. */
static bool whole(const cJSON *item, uint64_t *value) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53 || item->valuedouble != floor(item->valuedouble))
    return false;
  *value = (uint64_t)item->valuedouble;
  return true;
}

/* tensor, begin and end from one entry of the header; values still to be set. The sentence says what is wrong with the entry. */
static da_status parse_entry(const cJSON *entry, da_safetensor *tensor, uint64_t *begin, uint64_t *end, da_error *err) {
  *tensor = (da_safetensor){.name = entry->string, .n_values = 1};
  const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype"), *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  if (!cJSON_IsString(dtype) || strcmp(dtype->valuestring, "F32")) return da_fail(err, DA_ERR_DATA, "expected dtype F32 but found another");
  if (!cJSON_IsArray(shape) || cJSON_GetArraySize(shape) > DA_SAFETENSORS_MAX_DIMS)
    return da_fail(err, DA_ERR_DATA, "expected a shape of at most %d dimensions but found none", DA_SAFETENSORS_MAX_DIMS);
  const cJSON *dim;
  cJSON_ArrayForEach(dim, shape) {
    uint64_t *size = &tensor->dims[tensor->n_dims++];
    if (!whole(dim, size) || __builtin_mul_overflow(tensor->n_values, *size, &tensor->n_values) ||
        tensor->n_values > INT64_MAX / sizeof(float))
      return da_fail(err, DA_ERR_DATA, "expected a shape of whole numbers whose product fits but found another");
  }
  if (cJSON_GetArraySize(offsets) != 2 || !whole(cJSON_GetArrayItem(offsets, 0), begin) || !whole(cJSON_GetArrayItem(offsets, 1), end))
    return da_fail(err, DA_ERR_DATA, "expected data_offsets of two whole numbers but found others");
  if (*end < *begin || *end - *begin != tensor->n_values * sizeof(float))
    return da_fail(err, DA_ERR_DATA, "expected data_offsets %llu bytes apart, as the shape says, but found %llu and %llu",
                   (unsigned long long)(tensor->n_values * sizeof(float)), (unsigned long long)*begin, (unsigned long long)*end);
  return DA_OK;
}

static int by_values(const void *a, const void *b) {
  const da_safetensor *left = a, *right = b;
  if (left->values != right->values) return (const char *)left->values < (const char *)right->values ? -1 : 1;
  return (left->n_values > right->n_values) -
         (left->n_values < right->n_values); /* an empty tensor before the one that begins where it does */
}

/* Values of all tensors one behind the other, from the first byte to the last. */
static da_status check_cover(const da_safetensors *file, const char *values, size_t n_bytes, da_error *err) {
  const char *at = values;
  for (size_t i = 0; i < file->n_tensors; i++) {
    const da_safetensor *tensor = &file->tensors[i];
    if ((const char *)tensor->values != at)
      return da_fail(err, DA_ERR_DATA, "expected the values of \"%s\" right behind those before them but found a hole or an overlap",
                     tensor->name);
    at += tensor->n_values * sizeof(float);
  }
  if (at != values + n_bytes)
    return da_fail(err, DA_ERR_DATA, "expected %zu bytes of values, as the header says, but found %zu", (size_t)(at - values), n_bytes);
  return DA_OK;
}

static da_status parse_tensors(da_safetensors *file, const char *values, size_t n_bytes, da_error *err) {
  int n_entries = cJSON_GetArraySize(file->header);
  if (n_entries > DA_SAFETENSORS_MAX_TENSORS)
    return da_fail(err, DA_ERR_DATA, "expected at most %d tensors but found %d", DA_SAFETENSORS_MAX_TENSORS, n_entries);
  file->tensors = da_mem_alloc((size_t)n_entries, sizeof *file->tensors);
  if (!file->tensors) return da_mem_fail(err, (size_t)n_entries, sizeof *file->tensors, "a table of tensors");
  const cJSON *entry;
  cJSON_ArrayForEach(entry, file->header) {
    if (!strcmp(entry->string, METADATA)) continue;
    if (da_safetensors_find(file, entry->string))
      return da_fail(err, DA_ERR_DATA, "expected one tensor \"%.100s\" but found two", entry->string);
    da_safetensor *tensor = &file->tensors[file->n_tensors];
    uint64_t begin = 0, end = 0;
    da_status status = parse_entry(entry, tensor, &begin, &end, err);
    if (status == DA_OK && end > n_bytes)
      status = da_fail(err, DA_ERR_DATA, "expected values up to byte %llu but found %zu bytes", (unsigned long long)end, n_bytes);
    if (status != DA_OK) return da_fail_context(err, status, "tensor \"%.100s\"", entry->string);
    tensor->values = values + begin;
    file->n_tensors++;
  }
  qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_values);
  return check_cover(file, values, n_bytes, err);
}

static da_status parse_header(const char *text, size_t length, da_safetensors *file, da_error *err) {
  const char *end = NULL;
  file->header = cJSON_ParseWithLengthOpts(text, length, &end, 0);
  if (!cJSON_IsObject(file->header)) return da_fail(err, DA_ERR_DATA, "expected a header of JSON but found something else");
  for (; end < text + length; end++)
    if (*end != ' ') return da_fail(err, DA_ERR_DATA, "expected spaces behind the header's JSON but found something else");
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, METADATA), *value;
  if (metadata && !cJSON_IsObject(metadata))
    return da_fail(err, DA_ERR_DATA, "expected " METADATA " to be an object but found something else");
  cJSON_ArrayForEach(value, metadata) {
    if (!cJSON_IsString(value)) return da_fail(err, DA_ERR_DATA, "expected " METADATA " to hold texts but found something else");
  }
  return DA_OK;
}

da_status da_safetensors_parse(const char *name, const void *bytes, size_t n_bytes, da_safetensors *file, da_error *err) {
  *file = (da_safetensors){0};
  uint64_t length = n_bytes >= LENGTH_BYTES ? get_length(bytes) : 0;
  if (n_bytes < LENGTH_BYTES || length > MAX_HEADER_BYTES || length > n_bytes - LENGTH_BYTES)
    return da_fail(err, DA_ERR_DATA, "%s: expected a safetensors file but found %zu bytes that do not begin with the length of its header",
                   name, n_bytes);
  const char *header = (const char *)bytes + LENGTH_BYTES;
  da_status status = parse_header(header, length, file, err);
  if (status == DA_OK) status = parse_tensors(file, header + length, n_bytes - LENGTH_BYTES - length, err);
  if (status == DA_OK) return DA_OK;
  da_safetensors_close(file);
  return da_fail_context(err, status, "%s", name);
}

void da_safetensors_close(da_safetensors *file) {
  cJSON_Delete(file->header);
  da_mem_free(file->tensors);
  *file = (da_safetensors){0};
}

const da_safetensor *da_safetensors_find(const da_safetensors *file, const char *name) {
  for (size_t i = 0; i < file->n_tensors; i++)
    if (!strcmp(file->tensors[i].name, name)) return &file->tensors[i];
  return NULL;
}

const char *da_safetensors_metadata(const da_safetensors *file, const char *key) {
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, METADATA);
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
}

da_status da_safetensors_read(const da_safetensors *file, const char *name, float *values, uint64_t n_values, da_error *err) {
  const da_safetensor *tensor = da_safetensors_find(file, name);
  if (!tensor) return da_fail(err, DA_ERR_DATA, "expected a tensor \"%s\" but found none", name);
  if (tensor->n_values != n_values)
    return da_fail(err, DA_ERR_DATA, "expected %llu values in tensor \"%s\" but found %llu", (unsigned long long)n_values, name,
                   (unsigned long long)tensor->n_values);
  memcpy(values, tensor->values, n_values * sizeof *values);
  return DA_OK;
}
