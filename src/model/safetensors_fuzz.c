/* Hostile model files. Oracle: the sanitizers; and of what is accepted, every value that is promised can be read. */
#include "model/safetensors.h"

#include <string.h>

#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
  da_error err = {0};
  da_safetensors file = {0};
  if (da_safetensors_parse("fuzz", bytes, n_bytes, &file, &err) == DA_OK) {
    volatile unsigned char last = 0;
    for (size_t i = 0; i < file.n_tensors; i++) {
      const da_safetensor *tensor = &file.tensors[i];
      if (tensor->n_values > 0) last = ((const unsigned char *)tensor->values)[4 * tensor->n_values - 1];
      if (da_safetensors_find(&file, tensor->name) != tensor) __builtin_trap();
    }
    (void)last; /* read so that the sanitizer sees it */
    (void)da_safetensors_metadata(&file, "campaigns");
  }
  da_safetensors_close(&file);
  return 0;
}

bool da_fuzz_seed(size_t i, da_text *bytes) {
  static const float values[6] = {1, 2, 3, 4, 5, 6};
  const da_safetensor tensors[] = {
      {.name = "embedding", .n_dims = 2, .dims = {2, 3}, .values = values, .n_values = 6},
      {.name = "b", .n_dims = 1, .dims = {1}, .values = values, .n_values = 1},
  };
  const da_safetensors_entry metadata[] = {{"campaigns", "[\"a\", \"b\"]"}, {"format", "1"}};
  da_error err = {0};
  return i < 3 && da_safetensors_print(tensors, i, metadata, i, bytes, &err) == DA_OK;
}
