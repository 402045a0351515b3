/* Hostile truth files. Oracle: the sanitizers; and what is accepted is read again from its own print, the same to the byte. */
#include "simulate/truth.h"

#include <stdlib.h>
#include <string.h>

#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
  da_error err = {0};
  da_truth truth, again;
  if (da_truth_read("fuzz", (const char *)bytes, n_bytes, &truth, &err) != DA_OK) return 0;
  da_text first = {0}, second = {0};
  da_truth_print(&truth, &first);
  if (da_truth_read("fuzz", first.data, first.length, &again, &err) != DA_OK) abort();
  da_truth_print(&again, &second);
  if (strcmp(da_text_cstr(&first), da_text_cstr(&second)) != 0) abort();
  da_text_free(&first);
  da_text_free(&second);
  da_truth_free(&truth);
  da_truth_free(&again);
  return 0;
}

bool da_fuzz_seed(size_t i, da_text *bytes) {
  static da_truth_campaign campaigns[] = {{.name = "a \"b\"", .touches = 3, .removal = 1.5, .shapley = -.25, .shapley_se = .1},
                                          {.name = "caf\xc3\xa9", .touches = 1, .removal = 1e-300, .shapley = 1e300}};
  static double coalitions[] = {0, 1, 2, 3.5};
  if (i >= 2) return false;
  const da_truth truth = {.world = "W1",
                          .n_users = 80000,
                          .seed = 7,
                          .cut = i == 1,
                          .n_touches = 4,
                          .n_conversions = 2,
                          .expected = 2.25,
                          .baseline = .5,
                          .campaigns = campaigns,
                          .n_campaigns = 2,
                          .coalitions = i == 0 ? coalitions : NULL};
  da_truth_print(&truth, bytes);
  return true;
}
