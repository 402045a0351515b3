/* The safetensors format (huggingface/safetensors, README "Format"), float32 only:
 *
 *   8 bytes      N, little endian
 *   N bytes      JSON: {"__metadata__": {key: text}, name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
 *   the rest     the tensors' values, row after row; offsets count from here, leave no hole and do not overlap */
#ifndef DA_MODEL_SAFETENSORS_H
#define DA_MODEL_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

enum { DA_SAFETENSORS_MAX_DIMS = 4, DA_SAFETENSORS_MAX_TENSORS = 4096 };

typedef struct {
  const char *name;
  uint32_t n_dims;
  uint64_t dims[DA_SAFETENSORS_MAX_DIMS];
  const void *values; /* float32; in a file that was parsed: any alignment */
  uint64_t n_values;  /* product of dims */
} da_safetensor;

typedef struct {
  const char *key, *value; /* value: any UTF-8 text */
} da_safetensors_entry;

/* Appends the file to bytes: tensors in the order given, header padded so that values are 8-byte aligned. */
da_status da_safetensors_print(const da_safetensor *tensors, size_t n_tensors, const da_safetensors_entry *metadata, size_t n_metadata,
                               da_text *bytes, da_error *err) DA_MUST_CHECK;

/* A parsed file. Valid as {0}. */
typedef struct {
  struct cJSON *header;   /* owns names, keys and metadata */
  da_safetensor *tensors; /* in the order of their values; owned */
  size_t n_tensors;
} da_safetensors;

/* Hostile until checked: every length, offset and type. bytes must outlive the result. DA_ERR_DATA, with name (a path) in the sentence. */
da_status da_safetensors_parse(const char *name, const void *bytes, size_t n_bytes, da_safetensors *file, da_error *err) DA_MUST_CHECK;
void da_safetensors_close(da_safetensors *file); /* a second call allowed */

/* NULL when there is none. */
const da_safetensor *da_safetensors_find(const da_safetensors *file, const char *name);
const char *da_safetensors_metadata(const da_safetensors *file, const char *key);
/* The values of a tensor that must have n_values of them. DA_ERR_DATA when it is missing or of another size. */
da_status da_safetensors_read(const da_safetensors *file, const char *tensor, float *values, uint64_t n_values,
                              da_error *err) DA_MUST_CHECK;

#endif
