/* One raw table (impressions, conversions or spend): its reader, the columns that play a role, and what a look at the data decided. */
#ifndef DA_STORE_IMPRESSIONS_TABLE_H
#define DA_STORE_IMPRESSIONS_TABLE_H

#include "base/monitor.h"
#include "store/impressions_cells.h"
#include "store/impressions_files.h"

/* A cell for each role, and behind them one for each feature. */
enum { DA_MAX_CELLS = DA_N_ROLES + DA_MAX_FEATURES };

/* Valid as {0}. */
typedef struct {
  const char *what;          /* for messages: "raw/", a path, "the query of source" */
  const da_raw_files *files; /* NULL: a query */
  da_text reader;            /* what stands in a FROM clause */
  da_raw_columns columns;
  da_raw_cell cells[DA_MAX_CELLS];
  uint32_t n_features;
  uint64_t n_rows;
} da_raw_table;

/* files, or with NULL the SQL text of a table or subquery. what and files must outlive the table. */
da_status da_raw_table_open(da_db *db, const char *what, const da_raw_files *files, const char *query, da_raw_table *table,
                            da_error *err) DA_MUST_CHECK;
/* Finds the column of a role; refuses one that some file lacks. */
da_status da_raw_table_map(da_db *db, da_raw_table *table, const da_config_columns *config, da_role role, bool required,
                           da_error *err) DA_MUST_CHECK;
/* The role's column is the one of this name. */
da_status da_raw_table_name(da_db *db, da_raw_table *table, da_role role, const char *key, const char *name, da_error *err) DA_MUST_CHECK;
/* The next feature's column. */
da_status da_raw_table_add_feature(da_db *db, da_raw_table *table, const da_feature_wish *wish, da_error *err) DA_MUST_CHECK;
/* Looks at the data, decides what the cells mean, and refuses the first that makes no sense, naming its file and row. */
da_status da_raw_table_look(da_db *db, da_raw_table *table, const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
/* Appends "SELECT ... FROM reader": the roles that have columns under the given names, features as feature_0,
 * feature_1 ..., without the rows that lack a required role. */
void da_raw_table_relation(const da_raw_table *table, const char *const names[DA_N_ROLES], const bool required[DA_N_ROLES], da_text *sql);
bool da_raw_table_has(const da_raw_table *table, da_role role);
void da_raw_table_free(da_raw_table *table);

#endif
