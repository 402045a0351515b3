/* The one table from status to exit code, for the program and for the library. */
#ifndef DA_PIPELINE_EXIT_CODE_H
#define DA_PIPELINE_EXIT_CODE_H

#include "base/status.h"

/* 0 done; 1 a fault of ours; 2 the call or the config; 3 the data; 4 storage or network; 130 interrupted. */
int da_exit_code(da_status status);

#endif
