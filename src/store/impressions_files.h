/* The files of a raw log: found, told apart by name and ending, and read by one SQL table function each. */
#ifndef DA_STORE_IMPRESSIONS_FILES_H
#define DA_STORE_IMPRESSIONS_FILES_H

#include <stdbool.h>

#include "store/bucket.h"
#include "store/db.h"

typedef enum { DA_RAW_PARQUET, DA_RAW_CSV, DA_RAW_JSON } da_raw_format;

/* What a file below raw/ holds, by the first part of its name: conversions.parquet, spend/2024.csv, anything else. */
typedef enum { DA_RAW_IMPRESSIONS, DA_RAW_CONVERSIONS, DA_RAW_SPEND, DA_N_RAW_KINDS } da_raw_kind;

/* The files of one kind. Valid as {0}. */
typedef struct {
  char **urls; /* what DuckDB reads; owned */
  size_t n, capacity;
  da_raw_format format; /* of all of them */
  char delimiter;       /* of CSV: the one that the first file's first line has most of */
  da_text fingerprint;  /* a line a file: key, bytes, time of change */
} da_raw_files;

/* Finds the files of every kind: those of the bucket's raw/, or, with location, one file or those of a folder (of its raw/ if it has
 * one). DA_ERR_IO when there is nothing of that name; DA_ERR_DATA when formats are mixed within a kind. No impressions is no fault here.
 * Names in other endings than .parquet, .csv, .tsv, .json, .jsonl, .ndjson (and .gz behind the last five) are left alone. */
da_status da_raw_files_find(da_db *db, const da_bucket *bucket, const char *location, da_raw_files files[DA_N_RAW_KINDS],
                            da_error *err) DA_MUST_CHECK;
void da_raw_files_free(da_raw_files files[DA_N_RAW_KINDS]);

/* Appends a table function call that reads the files: read_parquet([...], ...). CSV comes as text only, so that 007 stays 007. */
void da_raw_files_reader(const da_raw_files *files, bool with_file_names, da_text *sql);

#endif
