#include "pipeline/exit_code.h"

int da_exit_code(da_status status) {
  switch (status) {
  case DA_OK:
    return 0;
  case DA_ERR_ARG:
  case DA_ERR_CONFIG:
    return 2;
  case DA_ERR_DATA:
    return 3;
  case DA_ERR_IO:
    return 4;
  case DA_ERR_INTERRUPTED:
    return 130;
  case DA_ERR_MEM:
  case DA_ERR_NUM:
  case DA_ERR_MPI:
  case DA_ERR_INTERNAL:
    return 1;
  }
  return 1;
}
