/* How the files are laid out, and the SQL that reads them so. */
#include <string.h>

#include "base/mem.h"
#include "store/impressions_files.h"

enum { MAX_LINE_BYTES = 10000000, MAX_OBJECT_BYTES = 1 << 26 };

/* ---- CSV: the first line ---- */

/* The mark that the line has most of, outside quotes. */
static char find_delimiter(da_slice line) {
  static const char marks[] = ",;\t|";
  size_t counts[sizeof marks - 1] = {0}, most = 0;
  bool quoted = false;
  for (size_t i = 0; i < line.length; i++) {
    if (line.data[i] == '"') quoted = !quoted;
    const char *mark = quoted || !line.data[i] ? NULL : strchr(marks, line.data[i]);
    if (mark) counts[mark - marks]++;
  }
  for (size_t i = 1; i < sizeof counts / sizeof counts[0]; i++)
    if (counts[i] > counts[most]) most = i;
  return marks[most];
}

/* The next name of the line from *at on, without its quotes; false behind the last. */
static bool next_name(da_slice line, char delimiter, size_t *at, da_text *name) {
  da_text_clear(name);
  if (*at > line.length) return false;
  bool quoted = false;
  size_t i = *at;
  for (; i < line.length && (quoted || line.data[i] != delimiter); i++) {
    if (line.data[i] != '"')
      da_text_append_n(name, &line.data[i], 1);
    else if (quoted && i + 1 < line.length && line.data[i + 1] == '"')
      da_text_append_n(name, &line.data[i++], 1);
    else
      quoted = !quoted;
  }
  *at = i + 1;
  size_t skip = strspn(da_text_cstr(name), " ");
  while (name->length > skip && name->data[name->length - 1] == ' ') name->data[--name->length] = 0;
  if (skip) {
    memmove(name->data, name->data + skip, name->length - skip + 1);
    name->length -= skip;
  }
  return true;
}

static da_status add_to_layout(da_raw_file *file, const char *literal, const char *name, da_error *err) {
  if (!*name) return da_fail(err, DA_ERR_DATA, "expected names of columns in the first line of %s but found an empty one", file->key);
  da_text quoted = {0};
  da_text_printf(&quoted, "%s:", literal);
  bool twice = !quoted.failed && strstr(da_text_cstr(&file->layout), da_text_cstr(&quoted)) != NULL;
  if (quoted.failed) file->layout.failed = true;
  da_text_free(&quoted);
  if (twice)
    return da_fail(err, DA_ERR_DATA, "expected different names of columns in the first line of %s but found '%.80s' twice", file->key,
                   name);
  da_text_printf(&file->layout, "%s%s: 'VARCHAR'", file->layout.length > 1 ? ", " : "", literal);
  return da_text_check(&file->layout, err);
}

static da_status lay_out_line(da_raw_file *file, da_slice line, da_error *err) {
  da_text name = {0}, literal = {0};
  size_t at = 0;
  da_status status = DA_OK;
  file->delimiter = find_delimiter(line);
  da_text_append(&file->layout, "{");
  while (status == DA_OK && next_name(line, file->delimiter, &at, &name)) {
    da_text_clear(&literal);
    da_sql_literal(&literal, da_text_cstr(&name));
    status = da_text_check(name.failed ? &name : &literal, err);
    if (status == DA_OK) status = add_to_layout(file, da_text_cstr(&literal), da_text_cstr(&name), err);
  }
  da_text_append(&file->layout, "}");
  if (status == DA_OK) status = da_text_check(&file->layout, err);
  da_text_free(&name);
  da_text_free(&literal);
  return status;
}

static da_status lay_out_csv(da_db *db, da_raw_file *file, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_append(&sql, "SELECT line FROM read_csv(");
  da_sql_path(&sql, file->url);
  /* No text has this control character in it, so a line is one column. */
  da_text_printf(&sql,
                 ", auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', "
                 "max_line_size = %d) LIMIT 1",
                 MAX_LINE_BYTES);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, NULL, "reading the first line", &chunk, err);
  if (status == DA_OK && (chunk.n_rows == 0 || chunk.columns[0].valid)) {
    status = da_fail(err, DA_ERR_DATA, "expected names of columns in the first line of %s but found nothing", file->key);
  }
  if (status == DA_OK) status = lay_out_line(file, ((const da_slice *)chunk.columns[0].values)[0], err);
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

/* ---- JSON: the keys of all objects ---- */

static void print_urls(const da_raw_file *files, size_t n, da_text *sql) {
  da_text_append(sql, "[");
  for (size_t i = 0; i < n; i++) {
    if (i) da_text_append(sql, ", ");
    da_sql_path(sql, files[i].url);
  }
  da_text_append(sql, "]");
}

/* One more key: its place in the layout, and the text of its value in place of JSON's spelling. */
static void add_key(da_raw_files *files, da_text *layout, da_slice key) {
  da_text name = {0}, identifier = {0};
  da_text_append_n(&name, key.data, key.length);
  da_text_append(layout, layout->length ? ", " : "{");
  da_sql_literal(layout, da_text_cstr(&name));
  da_text_append(layout, ": 'JSON'");
  da_sql_identifier(&identifier, da_text_cstr(&name));
  da_text_printf(&files->unpacking, "%s%s ->> '$' AS %s", files->unpacking.length ? ", " : "", da_text_cstr(&identifier),
                 da_text_cstr(&identifier));
  if (name.failed || identifier.failed) layout->failed = true;
  da_text_free(&name);
  da_text_free(&identifier);
}

/* A key may come late, such as a value that only conversions have: all objects are looked at. */
static da_status find_keys(da_db *db, da_raw_files *files, da_text *layout, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_append(&sql, "SELECT column_name FROM (DESCRIBE SELECT * FROM read_json(");
  print_urls(files->items, files->n, &sql);
  da_text_printf(&sql, ", maximum_depth = 1, sample_size = -1, union_by_name = true, hive_partitioning = false, maximum_object_size = %d))",
                 MAX_OBJECT_BYTES);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK) {
    status = da_rows_next(rows, NULL, "reading the keys", &chunk, err);
    if (status != DA_OK || chunk.n_rows == 0) break;
    for (size_t i = 0; i < chunk.n_rows; i++) add_key(files, layout, ((const da_slice *)chunk.columns[0].values)[i]);
  }
  da_text_append(layout, "}");
  da_rows_close(rows);
  da_text_free(&sql);
  return status == DA_OK ? da_text_check(layout, err) : status;
}

static da_status lay_out_json(da_db *db, da_raw_files *files, da_error *err) {
  da_text layout = {0};
  da_status status = find_keys(db, files, &layout, err);
  if (status == DA_OK) status = da_text_check(&files->unpacking, err);
  for (size_t i = 0; i < files->n && status == DA_OK; i++) {
    da_text_append(&files->items[i].layout, da_text_cstr(&layout));
    status = da_text_check(&files->items[i].layout, err);
  }
  da_text_free(&layout);
  return status;
}

da_status da_raw_files_lay_out(da_db *db, da_raw_files *files, da_error *err) {
  da_text_clear(&files->unpacking);
  for (size_t i = 0; i < files->n; i++) da_text_clear(&files->items[i].layout);
  if (files->n == 0 || files->format == DA_RAW_PARQUET) return DA_OK;
  if (files->format == DA_RAW_JSON) return lay_out_json(db, files, err);
  for (size_t i = 0; i < files->n; i++) DA_TRY(lay_out_csv(db, &files->items[i], err));
  return DA_OK;
}

/* ---- Reading ---- */

/* Files [0, n) of one layout. */
static void print_reader(const da_raw_files *files, const da_raw_file *first, size_t n, da_text *sql) {
  static const char *const functions[] = {[DA_RAW_PARQUET] = "read_parquet", [DA_RAW_CSV] = "read_csv", [DA_RAW_JSON] = "read_json"};
  if (files->format == DA_RAW_JSON) da_text_printf(sql, "(SELECT * REPLACE (%s) FROM ", da_text_cstr(&files->unpacking));
  da_text_printf(sql, "%s(", functions[files->format]);
  print_urls(first, n, sql);
  if (files->format == DA_RAW_CSV) {
    da_text_printf(sql, ", auto_detect = false, header = true, quote = '\"', escape = '\"', delim = '%c', max_line_size = %d, columns = %s",
                   first->delimiter, MAX_LINE_BYTES, da_text_cstr(&first->layout));
  }
  if (files->format == DA_RAW_JSON)
    da_text_printf(sql, ", maximum_object_size = %d, columns = %s", MAX_OBJECT_BYTES, da_text_cstr(&first->layout));
  /* Files of several months may order their columns differently. */
  if (files->format == DA_RAW_PARQUET && n > 1) da_text_append(sql, ", union_by_name = true");
  da_text_append(sql, files->is_partitioned ? ", hive_partitioning = true, hive_types_autocast = false)" : ", hive_partitioning = false)");
  if (files->format == DA_RAW_JSON) da_text_append(sql, ")");
}

static bool same_layout(const da_raw_file *a, const da_raw_file *b) {
  return a->delimiter == b->delimiter && strcmp(da_text_cstr(&a->layout), da_text_cstr(&b->layout)) == 0;
}

void da_raw_files_reader(const da_raw_files *files, da_text *sql) {
  size_t n_layouts = 0;
  size_t start = sql->length;
  for (size_t first = 0, end; first < files->n; first = end, n_layouts++) {
    for (end = first + 1; end < files->n && same_layout(&files->items[first], &files->items[end]);) end++;
    if (first > 0) da_text_append(sql, " UNION ALL BY NAME ");
    if (first > 0 || end < files->n) da_text_append(sql, first > 0 ? "SELECT * FROM " : "(SELECT * FROM ");
    print_reader(files, &files->items[first], end - first, sql);
  }
  if (n_layouts > 1 && sql->length > start) da_text_append(sql, ")");
}

void da_raw_file_reader(const da_raw_files *files, size_t file, da_text *sql) { print_reader(files, &files->items[file], 1, sql); }

/* ---- A column in every file ---- */

/* Is the column part of the file's path, as in day=2024-01-01/a.csv? */
static bool is_in_path(const da_raw_file *file, const char *column) {
  size_t length = strlen(column);
  for (const char *part = file->key; part; part = strchr(part, '/')) {
    part += *part == '/';
    if (strncasecmp(part, column, length) == 0 && part[length] == '=') return true;
  }
  return false;
}

static da_status csv_lacking(const da_raw_files *files, const char *column, da_text *name, da_error *err) {
  da_text entry = {0};
  da_sql_literal(&entry, column);
  da_text_append(&entry, ": ");
  da_status status = da_text_check(&entry, err);
  for (size_t i = 0; status == DA_OK && i < files->n && !name->length; i++) {
    const da_raw_file *file = &files->items[i];
    if (!strcasestr(da_text_cstr(&file->layout), da_text_cstr(&entry)) && !is_in_path(file, column)) da_text_append(name, file->url);
  }
  da_text_free(&entry);
  return status == DA_OK ? da_text_check(name, err) : status;
}

static da_status parquet_lacking(da_db *db, const da_raw_files *files, const char *column, da_text *name, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_append(&sql, "SELECT file_name FROM parquet_schema(");
  print_urls(files->items, files->n, &sql);
  da_text_append(&sql, ") GROUP BY file_name HAVING count(*) FILTER (lower(name) = lower(");
  da_sql_literal(&sql, column);
  da_text_append(&sql, ")) = 0 ORDER BY file_name LIMIT 1");
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, NULL, "reading the columns", &chunk, err);
  if (status == DA_OK && chunk.n_rows > 0) {
    da_slice found = ((const da_slice *)chunk.columns[0].values)[0];
    da_text_append_n(name, found.data, found.length);
    status = da_text_check(name, err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

da_status da_raw_files_lacking(da_db *db, const da_raw_files *files, const char *column, da_text *name, da_error *err) {
  if (files->n < 2 || files->format == DA_RAW_JSON) return DA_OK;
  if (files->format == DA_RAW_CSV) return csv_lacking(files, column, name, err);
  return is_in_path(&files->items[0], column) ? DA_OK : parquet_lacking(db, files, column, name, err);
}
