/* Whether a gzip file is whole: DuckDB reads one that was cut off as far as it goes, and says nothing. */
#ifndef DA_STORE_GZIP_H
#define DA_STORE_GZIP_H

#include "base/monitor.h"
#include "base/status.h"

/* name: of the file, in messages. Unpacks the file to nowhere (about 1 GB of contents in 3 s) and compares lengths and checksums (RFC 1952). DA_ERR_DATA says where it
 * ends early or is damaged. */
da_status da_gzip_check(const char *path, const char *name, const da_monitor *monitor, da_error *err) DA_MUST_CHECK;

#endif
