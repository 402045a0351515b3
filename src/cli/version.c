#include "cli/version.h"

#include <stdio.h>

#include "credit/method.h"
#include "model/hardware.h"
#include "serve/server.h"
#include "store/config.h"
#include "store/db.h"
#include "train/dist.h"

int da_print_version(void) {
  printf("deepattribution %s\nDuckDB %s\nnetwork kernels %s\n", DA_VERSION, da_db_library_version(), da_hardware_kernels());
  const char *mpi = da_dist_library();
  printf("MPI: %s\n", mpi ? mpi : "none, training stays in one process");
  const char *http = da_server_library();
  printf("HTTP: %s%s\n", http ? "GNU libmicrohttpd " : "none, there is no serve", http ? http : "");
  return 0;
}

int da_help_config(void) {
  da_text table = {0};
  da_config_print_help(&table);
  printf(
      "config.yaml in the bucket, or --config FILE, or --set KEY=VALUE. Sections are nested in YAML:\n\n  journey:\n    gap_days: 30\n\n%s",
      da_text_cstr(&table));
  da_text_free(&table);
  return 0;
}

int da_help_methods(void) {
  size_t n;
  const da_method *const *methods = da_methods(&n);
  for (size_t i = 0; i < n; i++) printf("%-18s %s\n", methods[i]->name, methods[i]->explanation);
  return 0;
}
