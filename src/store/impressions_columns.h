/* Which column of the raw log means what, and how its type becomes ours.
 *
 *   columns found + config -> role -> column;   column + type (+ a look at the values) -> SQL expression of our type */
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

typedef enum { DA_ROLE_UID, DA_ROLE_TIMESTAMP, DA_ROLE_CAMPAIGN, DA_ROLE_CONVERSION, DA_ROLE_VALUE, DA_ROLE_COST, DA_N_ROLES } da_role;

/* The columns of `FROM reader`. */
da_status da_raw_columns_read(da_db *db, const char *reader, da_raw_columns *columns, da_error *err) DA_MUST_CHECK;
void da_raw_columns_free(da_raw_columns *columns); /* {0} allowed */
/* By its name, letters without case; NULL when there is none. */
const da_raw_column *da_raw_columns_find(const da_raw_columns *columns, const char *name);

/* The column for a role: the one the config names, the default name, or the only one with a name known to mean it. NULL and DA_OK when
 * there is none and it is not required. what: the log, for messages. DA_ERR_DATA names the columns found and how to choose. */
da_status da_raw_columns_map(const da_raw_columns *columns, const da_config_columns *config, da_role role, bool required, const char *what,
                             const da_raw_column **column, da_error *err) DA_MUST_CHECK;

/* SQL of our type for a column, NULL where the cell is empty or makes no sense; da_impressions_audit tells the two apart. */
typedef struct {
  da_text raw; /* the cell, NULL where it is empty */
  da_text sql; /* the value */
} da_raw_expression;

/* uid: BIGINT, or VARCHAR when is_text comes back true (or force_text). Looks at the values where the type leaves it open. */
da_status da_raw_uid(da_db *db, const char *reader, const da_raw_column *column, bool force_text, da_raw_expression *out, bool *is_text,
                     da_error *err) DA_MUST_CHECK;
/* time_us: BIGINT, microseconds UTC. Numbers are seconds, milliseconds, microseconds or nanoseconds by their size. */
da_status da_raw_time(da_db *db, const char *reader, const da_raw_column *column, da_raw_expression *out, da_error *err) DA_MUST_CHECK;
/* VARCHAR; BOOLEAN; DOUBLE. */
da_status da_raw_text(const da_raw_column *column, da_raw_expression *out, da_error *err) DA_MUST_CHECK;
da_status da_raw_flag(const da_raw_column *column, da_raw_expression *out, da_error *err) DA_MUST_CHECK;
da_status da_raw_number(const da_raw_column *column, da_raw_expression *out, da_error *err) DA_MUST_CHECK;
void da_raw_expression_free(da_raw_expression *expression);

#endif
