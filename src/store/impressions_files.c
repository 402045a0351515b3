#include "store/impressions_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

static const struct {
  const char *ending;
  da_raw_format format;
} endings[] = {
    {".parquet", DA_RAW_PARQUET}, {".csv", DA_RAW_CSV},     {".csv.gz", DA_RAW_CSV},     {".tsv", DA_RAW_CSV},
    {".tsv.gz", DA_RAW_CSV},      {".json", DA_RAW_JSON},   {".json.gz", DA_RAW_JSON},   {".jsonl", DA_RAW_JSON},
    {".jsonl.gz", DA_RAW_JSON},   {".ndjson", DA_RAW_JSON}, {".ndjson.gz", DA_RAW_JSON},
};

static bool find_format(const char *name, da_raw_format *format) {
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t n = strlen(endings[i].ending);
    if (length <= n || strcasecmp(name + length - n, endings[i].ending) != 0) continue;
    *format = endings[i].format;
    return true;
  }
  return false;
}

/* key is relative to raw/: its first part up to '.' or '/' names the kind. */
static da_raw_kind find_kind(const char *key) {
  size_t n = strcspn(key, "./");
  if (n == strlen("conversions") && strncmp(key, "conversions", n) == 0) return DA_RAW_CONVERSIONS;
  if (n == strlen("spend") && strncmp(key, "spend", n) == 0) return DA_RAW_SPEND;
  return DA_RAW_IMPRESSIONS;
}

/* Takes url over, whatever happens. */
static da_status add_file(da_raw_files *files, char *url, da_raw_format format, const da_object *object, da_error *err) {
  if (!url) return da_mem_fail(err, 1, 256, "the name of a file");
  void *urls = files->urls;
  da_status status = da_mem_reserve(&urls, &files->capacity, files->n + 1, sizeof *files->urls, "the names of files", err);
  files->urls = urls;
  if (status == DA_OK && files->n > 0 && files->format != format) {
    status =
        da_fail(err, DA_ERR_DATA, "expected raw files of one format but found %s beside %s; keep one format in raw/", files->urls[0], url);
  }
  if (status != DA_OK) {
    da_mem_free(url);
    return status;
  }
  files->format = format;
  files->urls[files->n++] = url;
  da_text_printf(&files->fingerprint, "%s %llu %lld\n", object->key, (unsigned long long)object->n_bytes, (long long)object->modified_us);
  return da_text_check(&files->fingerprint, err);
}

/* Files below prefix ("raw/" or ""). */
static da_status add_bucket(const da_bucket *bucket, const char *prefix, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_object_list list = {0};
  da_status status = da_bucket_list(bucket, prefix, &list, err);
  for (size_t i = 0; i < list.n && status == DA_OK; i++) {
    da_raw_format format;
    if (!find_format(list.items[i].key, &format)) continue;
    da_raw_kind kind = find_kind(list.items[i].key + strlen(prefix));
    status = add_file(&files[kind], da_bucket_url(bucket, list.items[i].key), format, &list.items[i], err);
  }
  da_object_list_free(&list);
  return status;
}

static da_status add_folder(const char *location, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_bucket *folder = NULL;
  DA_TRY(da_bucket_open(location, &folder, err));
  da_status status = add_bucket(folder, "raw/", files, err);
  if (status == DA_OK && files[DA_RAW_IMPRESSIONS].n == 0) {
    da_raw_files_free(files);
    status = add_bucket(folder, "", files, err);
  }
  da_bucket_close(folder);
  return status;
}

static da_status add_one(const char *path, const struct stat *info, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_raw_format format;
  if (!find_format(path, &format)) {
    return da_fail(err, DA_ERR_DATA, "expected a name that ends in .parquet, .csv, .tsv, .json, .jsonl or .ndjson (and .gz) but found %s",
                   path);
  }
  da_object object = {.key = path, .n_bytes = (uint64_t)info->st_size, .modified_us = (int64_t)info->st_mtim.tv_sec * 1000000};
  return add_file(&files[DA_RAW_IMPRESSIONS], da_mem_strdup(path), format, &object, err);
}

/* DuckDB's own guess would rather split lines elsewhere than tell of a broken quote. */
static da_status find_delimiter(da_db *db, da_raw_files *files, da_error *err) {
  da_text sql = {0};
  da_text_append(&sql, "SELECT line FROM read_csv(");
  da_sql_path(&sql, files->urls[0]);
  da_text_append(&sql, ", header = false, auto_detect = false, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', "
                       "max_line_size = 10000000) LIMIT 1");
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, NULL, "reading", &chunk, err);
  size_t most = 0;
  files->delimiter = ',';
  for (const char *mark = ",;\t|"; *mark && status == DA_OK && chunk.n_rows > 0; mark++) {
    da_slice line = ((const da_slice *)chunk.columns[0].values)[0];
    size_t n = 0;
    for (size_t i = 0; i < line.length; i++) n += line.data[i] == *mark;
    if (n <= most) continue;
    most = n;
    files->delimiter = *mark;
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

static da_status find_files(const da_bucket *bucket, const char *location, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  if (!location) return add_bucket(bucket, "raw/", files, err);
  struct stat info;
  if (stat(location, &info) != 0) {
    return da_fail(err, DA_ERR_IO, "expected a file or folder of impressions at %s but found: %s", location, strerror(errno));
  }
  return S_ISDIR(info.st_mode) ? add_folder(location, files, err) : add_one(location, &info, files, err);
}

da_status da_raw_files_find(da_db *db, const da_bucket *bucket, const char *location, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  DA_TRY(find_files(bucket, location, files, err));
  for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) {
    if (files[kind].n > 0 && files[kind].format == DA_RAW_CSV) DA_TRY(find_delimiter(db, &files[kind], err));
  }
  return DA_OK;
}

void da_raw_files_free(da_raw_files files[DA_N_RAW_KINDS]) {
  for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) {
    for (size_t i = 0; i < files[kind].n; i++) da_mem_free(files[kind].urls[i]);
    da_mem_free(files[kind].urls);
    da_text_free(&files[kind].fingerprint);
    files[kind] = (da_raw_files){0};
  }
}

void da_raw_files_reader(const da_raw_files *files, bool with_file_names, da_text *sql) {
  static const char *const functions[] = {[DA_RAW_PARQUET] = "read_parquet", [DA_RAW_CSV] = "read_csv", [DA_RAW_JSON] = "read_json"};
  static const char *const options[] = {
      [DA_RAW_PARQUET] = "",
      [DA_RAW_CSV] = ", header = true, all_varchar = true, quote = '\"', escape = '\"', delim = ",
      [DA_RAW_JSON] = ", sample_size = -1, maximum_object_size = 67108864",
  };
  da_text_printf(sql, "%s([", functions[files->format]);
  for (size_t i = 0; i < files->n; i++) {
    if (i) da_text_append(sql, ", ");
    da_sql_path(sql, files->urls[i]);
  }
  da_text_append(sql, "]");
  if (files->format == DA_RAW_CSV) {
    da_text_printf(sql, "%s'%c'", options[files->format], files->delimiter);
  } else {
    da_text_append(sql, options[files->format]);
  }
  /* Columns go by name, so that files of several months may order them differently; folders "day=2024-01-01" become columns. */
  da_text_printf(sql, "%s%s)", files->n > 1 ? ", union_by_name = true" : "", with_file_names ? ", filename = true" : "");
}
