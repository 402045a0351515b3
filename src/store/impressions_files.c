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

/* raw/lift.csv holds results of experiments (pipeline/experiments.h), no part of the log. */
static bool is_experiment(const char *key) { return strcmp(key, "lift.csv") == 0; }

static bool is_partition(const char *key) {
  for (const char *part = key, *slash; (slash = strchr(part, '/')); part = slash + 1) {
    const char *equals = memchr(part, '=', (size_t)(slash - part));
    if (equals && equals > part) return true;
  }
  return false;
}

/* Takes url over, whatever happens. */
static da_status add_file(da_raw_files *files, char *url, da_raw_format format, const da_object *object, da_error *err) {
  if (!url) return da_mem_fail(err, 1, 256, "the name of a file");
  void *items = files->items;
  da_status status = da_mem_reserve(&items, &files->capacity, files->n + 1, sizeof *files->items, "the names of files", err);
  files->items = items;
  da_raw_file file = {.key = da_mem_strdup(object->key), .url = url};
  if (status == DA_OK && !file.key) status = da_mem_fail(err, strlen(object->key), 1, "the name of a file");
  if (status == DA_OK && files->n > 0 && files->format != format) {
    status = da_fail(err, DA_ERR_DATA, "expected raw files of one format but found %s beside %s; keep one format in raw/",
                     files->items[0].url, url);
  }
  if (status != DA_OK) {
    da_mem_free(file.key);
    da_mem_free(url);
    return status;
  }
  files->format = format;
  files->items[files->n++] = file;
  files->is_partitioned = files->is_partitioned || is_partition(object->key);
  da_text_printf(&files->fingerprint, "%s %llu %lld\n", object->key, (unsigned long long)object->n_bytes, (long long)object->modified_us);
  return da_text_check(&files->fingerprint, err);
}

/* Files below prefix ("raw/" or ""). */
static da_status add_bucket(const da_bucket *bucket, const char *prefix, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_object_list list = {0};
  da_status status = da_bucket_list(bucket, prefix, &list, err);
  for (size_t i = 0; i < list.n && status == DA_OK; i++) {
    da_raw_format format;
    if (!find_format(list.items[i].key, &format) || is_experiment(list.items[i].key + strlen(prefix))) continue;
    da_raw_kind kind = find_kind(list.items[i].key + strlen(prefix));
    status = add_file(&files[kind], da_bucket_url(bucket, list.items[i].key), format, &list.items[i], err);
  }
  da_object_list_free(&list);
  return status;
}

static da_status add_folder(const da_bucket *folder, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_status status = add_bucket(folder, "raw/", files, err);
  if (status != DA_OK || files[DA_RAW_IMPRESSIONS].n > 0) return status;
  da_raw_files_free(files);
  return add_bucket(folder, "", files, err);
}

/* One object, of a bucket that ends where its name begins. */
static da_status add_object(const da_bucket *folder, const char *name, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_object_list list = {0};
  da_status status = da_bucket_list(folder, "", &list, err);
  const da_object *object = NULL;
  for (size_t i = 0; i < list.n && !object; i++)
    if (strcmp(list.items[i].key, name) == 0) object = &list.items[i];
  da_raw_format format = DA_RAW_PARQUET;
  if (status == DA_OK && (!object || !find_format(name, &format)))
    status = da_fail(err, DA_ERR_IO, "expected %s in %s but found none", name, da_bucket_location(folder));
  if (status == DA_OK) status = add_file(&files[DA_RAW_IMPRESSIONS], da_bucket_url(folder, name), format, object, err);
  da_object_list_free(&list);
  return status;
}

/* s3://name/prefix, or s3://name/prefix/log.parquet. */
static da_status add_s3(da_db *db, const da_config_s3 *s3, const char *location, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  da_raw_format format;
  const char *name = find_format(location, &format) ? strrchr(location, '/') + 1 : NULL;
  char *place = name ? da_mem_strndup(location, (size_t)(name - location)) : da_mem_strdup(location);
  if (!place) return da_mem_fail(err, strlen(location), 1, "the name of a bucket");
  da_bucket *folder = NULL;
  da_status status = da_bucket_open_with(place, &(da_bucket_options){.s3 = s3}, &folder, err);
  if (status == DA_OK) status = da_bucket_connect(folder, db, false, err);
  if (status == DA_OK) status = name ? add_object(folder, name, files, err) : add_folder(folder, files, err);
  da_bucket_close(folder);
  da_mem_free(place);
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

static da_status add_location(const char *location, da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  struct stat info;
  if (stat(location, &info) != 0) {
    return da_fail(err, DA_ERR_IO, "expected a file or folder of impressions at %s but found: %s", location, strerror(errno));
  }
  if (!S_ISDIR(info.st_mode)) return add_one(location, &info, files, err);
  da_bucket *folder = NULL;
  DA_TRY(da_bucket_open(location, &folder, err));
  da_status status = add_folder(folder, files, err);
  da_bucket_close(folder);
  return status;
}

da_status da_raw_files_find(da_db *db, const da_config_s3 *s3, const da_bucket *bucket, const char *location,
                            da_raw_files files[DA_N_RAW_KINDS], da_error *err) {
  if (!location) return add_bucket(bucket, "raw/", files, err);
  return da_bucket_is_remote(location) ? add_s3(db, s3, location, files, err) : add_location(location, files, err);
}

void da_raw_files_free(da_raw_files files[DA_N_RAW_KINDS]) {
  for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) {
    for (size_t i = 0; i < files[kind].n; i++) {
      da_mem_free(files[kind].items[i].key);
      da_mem_free(files[kind].items[i].url);
      da_text_free(&files[kind].items[i].layout);
    }
    da_mem_free(files[kind].items);
    da_text_free(&files[kind].unpacking);
    da_text_free(&files[kind].fingerprint);
    files[kind] = (da_raw_files){0};
  }
}

bool da_raw_file_is_packed(const da_raw_file *file) {
  size_t length = strlen(file->url);
  return length > 3 && strcasecmp(file->url + length - 3, ".gz") == 0;
}
