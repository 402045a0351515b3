#include "store/impressions_columns.h"

#include <string.h>

#include "base/mem.h"

enum { MAX_SYNONYMS = 12 };

/* What columns are called in the field, the default name of design 2 first. */
static const struct {
  const char *role;
  const char *synonyms[MAX_SYNONYMS];
} roles[DA_N_ROLES] = {
    [DA_ROLE_UID] = {"uid",
                     {"uid", "user_id", "userid", "customer_id", "client_id", "visitor_id", "cookie_id", "cookie", "user_pseudo_id",
                      "domain_userid", "user", "customer"}},
    [DA_ROLE_TIMESTAMP] = {"timestamp",
                           {"timestamp", "time", "ts", "event_time", "event_timestamp", "datetime", "event_datetime", "derived_tstamp",
                            "date"}},
    [DA_ROLE_CAMPAIGN] = {"campaign", {"campaign", "campaign_nm", "campaign_name", "campaign_id", "channel", "channel_name", "channel_nm"}},
    [DA_ROLE_CONVERSION] = {"conversion", {"conversion", "converted", "conversion_status", "is_conversion", "conversions"}},
    [DA_ROLE_VALUE] = {"value", {"value", "conversion_value", "revenue", "order_value", "conversion_revenue"}},
    [DA_ROLE_COST] = {"cost", {"cost", "spend"}},
    [DA_ROLE_SPLIT] = {"split", {"split"}},
    [DA_ROLE_FEATURE] = {"feature", {"feature"}},
};

static da_status add_column(da_raw_columns *columns, da_slice name, da_slice type, da_error *err) {
  void *items = columns->items;
  da_status status = da_mem_reserve(&items, &columns->capacity, columns->n + 1, sizeof *columns->items, "the columns of the log", err);
  columns->items = items;
  DA_TRY(status);
  da_raw_column column = {da_mem_strndup(name.data, name.length), da_mem_strndup(type.data, type.length)};
  columns->items[columns->n++] = column;
  return column.name && column.type ? DA_OK : da_mem_fail(err, name.length, 1, "the name of a column");
}

const char *da_role_name(da_role role) { return roles[role].role; }

da_status da_raw_columns_read(da_db *db, const char *reader, da_raw_columns *columns, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_printf(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM %s)", reader);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK) {
    status = da_rows_next(rows, NULL, "columns", &chunk, err);
    if (status != DA_OK || chunk.n_rows == 0) break;
    const da_slice *names = chunk.columns[0].values, *types = chunk.columns[1].values;
    for (size_t i = 0; i < chunk.n_rows && status == DA_OK; i++) status = add_column(columns, names[i], types[i], err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

void da_raw_columns_free(da_raw_columns *columns) {
  for (size_t i = 0; i < columns->n; i++) {
    da_mem_free(columns->items[i].name);
    da_mem_free(columns->items[i].type);
  }
  da_mem_free(columns->items);
  *columns = (da_raw_columns){0};
}

const da_raw_column *da_raw_columns_find(const da_raw_columns *columns, const char *name) {
  for (size_t i = 0; i < columns->n; i++) {
    if (strcasecmp(columns->items[i].name, name) == 0) return &columns->items[i];
  }
  return NULL;
}

static const char *configured_name(const da_config_columns *config, da_role role) {
  const char *const names[DA_N_ROLES] = {[DA_ROLE_UID] = config->uid,           [DA_ROLE_TIMESTAMP] = config->timestamp,
                                         [DA_ROLE_CAMPAIGN] = config->campaign, [DA_ROLE_CONVERSION] = config->conversion,
                                         [DA_ROLE_VALUE] = config->value,       [DA_ROLE_COST] = config->cost};
  return names[role];
}

void da_raw_columns_print(const da_raw_columns *columns, da_text *out) {
  for (size_t i = 0; i < columns->n && out->length < 400; i++) da_text_printf(out, "%s%.60s", i ? ", " : "", columns->items[i].name);
  if (out->length >= 400) da_text_append(out, ", ...");
}

/* The column whose name is most like one of the role's. */
static const char *likeliest(const da_raw_columns *columns, da_role role) {
  const char *best = columns->n ? columns->items[0].name : "...";
  size_t best_distance = SIZE_MAX;
  for (size_t i = 0; i < columns->n; i++) {
    for (int s = 0; s < MAX_SYNONYMS && roles[role].synonyms[s]; s++) {
      size_t distance = da_text_distance(columns->items[i].name, roles[role].synonyms[s]);
      if (strcasestr(columns->items[i].name, roles[role].synonyms[s])) distance = 0;
      if (distance >= best_distance) continue;
      best_distance = distance;
      best = columns->items[i].name;
    }
  }
  return best;
}

static da_status refuse_missing(const da_raw_columns *columns, da_role role, const char *wanted, const char *what, da_error *err) {
  da_text found = {0};
  da_raw_columns_print(columns, &found);
  const char *likely = likeliest(columns, role);
  da_status status =
      da_fail(err, DA_ERR_DATA, "expected a column '%.60s' (%s) in %s but found only: %s; name yours, perhaps --set columns.%s=%.60s",
              wanted, roles[role].role, what, da_text_cstr(&found), roles[role].role, likely);
  da_text_free(&found);
  return status;
}

da_status da_raw_columns_map(const da_raw_columns *columns, const da_config_columns *config, da_role role, bool required, const char *what,
                             const da_raw_column **column, da_error *err) {
  const char *configured = configured_name(config, role);
  *column = da_raw_columns_find(columns, configured ? configured : roles[role].synonyms[0]);
  if (*column) return DA_OK;
  if (configured) return refuse_missing(columns, role, configured, what, err);
  const da_raw_column *second = NULL;
  for (int s = 1; s < MAX_SYNONYMS && roles[role].synonyms[s]; s++) {
    const da_raw_column *match = da_raw_columns_find(columns, roles[role].synonyms[s]);
    if (!match) continue;
    if (*column) second = match;
    if (!*column) *column = match;
  }
  if (second) {
    return da_fail(err, DA_ERR_DATA, "expected one column for %s in %s but found '%s' and '%s'; choose by --set columns.%s=%s",
                   roles[role].role, what, (*column)->name, second->name, roles[role].role, (*column)->name);
  }
  if (!*column && required) return refuse_missing(columns, role, roles[role].synonyms[0], what, err);
  return DA_OK;
}
