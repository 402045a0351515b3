/* Which column of the raw log means what: columns found + config -> the column of each role. */
#ifndef DA_STORE_IMPRESSIONS_COLUMNS_H
#define DA_STORE_IMPRESSIONS_COLUMNS_H

#include <stdbool.h>

#include "store/config.h"
#include "store/db.h"

typedef struct {
  char *name, *type; /* as DuckDB's DESCRIBE says */
} da_raw_column;

/* Valid as {0}. */
typedef struct {
  da_raw_column *items;
  size_t n, capacity;
} da_raw_columns;

typedef enum {
  DA_ROLE_UID,
  DA_ROLE_TIMESTAMP,
  DA_ROLE_CAMPAIGN,
  DA_ROLE_CONVERSION,
  DA_ROLE_VALUE,
  DA_ROLE_COST,
  DA_ROLE_SPLIT,   /* only by its name in the config */
  DA_ROLE_FEATURE, /* likewise, and there may be many */
  DA_N_ROLES
} da_role;

/* "uid", "timestamp", ...: its name in the config and in the original. */
const char *da_role_name(da_role role);

/* The columns of `FROM reader`. */
da_status da_raw_columns_read(da_db *db, const char *reader, da_raw_columns *columns, da_error *err) DA_MUST_CHECK;
void da_raw_columns_free(da_raw_columns *columns); /* {0} allowed */
/* "uid, time, channel", the first some hundred bytes: for messages. */
void da_raw_columns_print(const da_raw_columns *columns, da_text *out);
/* By its name, letters without case; NULL when there is none. */
const da_raw_column *da_raw_columns_find(const da_raw_columns *columns, const char *name);

/* The column for a role: the one the config names, the default name, or the only one with a name known to mean it. NULL and DA_OK when
 * there is none and it is not required. what: the log, for messages. DA_ERR_DATA names the columns found and how to choose. */
da_status da_raw_columns_map(const da_raw_columns *columns, const da_config_columns *config, da_role role, bool required, const char *what,
                             const da_raw_column **column, da_error *err) DA_MUST_CHECK;

#endif
