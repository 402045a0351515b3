/* The files of a raw log: found, told apart by name and ending, and read by SQL table functions.
 *
 * DuckDB is told how each file is laid out, never asked to guess: its guess would rather split lines elsewhere than tell of a broken
 * quote. Columns of CSV and JSON come as text (007 stays 007); what they mean is decided by looking at all of them. */
#ifndef DA_STORE_IMPRESSIONS_FILES_H
#define DA_STORE_IMPRESSIONS_FILES_H

#include <stdbool.h>

#include "store/bucket.h"
#include "store/db.h"

typedef enum { DA_RAW_PARQUET, DA_RAW_CSV, DA_RAW_JSON } da_raw_format;

/* What a file below raw/ holds, by the first part of its name: conversions.parquet, spend/2024.csv, anything else. */
typedef enum { DA_RAW_IMPRESSIONS, DA_RAW_CONVERSIONS, DA_RAW_SPEND, DA_N_RAW_KINDS } da_raw_kind;

typedef struct {
  char *key;      /* as the user knows it: raw/2024/a.csv */
  char *url;      /* as DuckDB reads it */
  char delimiter; /* CSV */
  da_text layout; /* CSV and JSON: "{'uid': 'VARCHAR', ...}" */
} da_raw_file;

/* The files of one kind. Valid as {0}. */
typedef struct {
  da_raw_file *items;
  size_t n, capacity;
  da_raw_format format; /* of all of them */
  bool is_partitioned;  /* folders such as day=2024-01-01 are columns, too */
  da_text unpacking;    /* JSON: SQL that turns each column's JSON into its text */
  da_text fingerprint;  /* a line a file: key, bytes, time of change */
} da_raw_files;

/* Finds the files of every kind: those of the bucket's raw/, or, with location, one file or those of a folder (of its raw/ if it has
 * one), which may be s3:// too, reached by the settings s3. DA_ERR_IO when there is nothing of that name; DA_ERR_DATA when formats are mixed within a kind. No impressions is no fault here.
 * Names in other endings than .parquet, .csv, .tsv, .json, .jsonl, .ndjson (and .gz behind the last five) are left alone, and so is lift.csv,
 * which holds results of experiments. */
da_status da_raw_files_find(da_db *db, const da_config_s3 *s3, const da_bucket *bucket, const char *location,
                            da_raw_files files[DA_N_RAW_KINDS], da_error *err) DA_MUST_CHECK;
/* Reads the first line of each CSV file and the keys of JSON objects, which da_raw_files_reader needs. */
da_status da_raw_files_lay_out(da_db *db, da_raw_files *files, da_error *err) DA_MUST_CHECK;
void da_raw_files_free(da_raw_files files[DA_N_RAW_KINDS]);

/* Appends what reads all files, or one, in a FROM clause: read_parquet([...]), or a union of several layouts by name. */
void da_raw_files_reader(const da_raw_files *files, da_text *sql);
void da_raw_file_reader(const da_raw_files *files, size_t file, da_text *sql);
bool da_raw_file_is_packed(const da_raw_file *file); /* .gz */

/* Appends the name of the first file that has no such column; nothing when all have it. JSON objects may leave keys out. */
da_status da_raw_files_lacking(da_db *db, const da_raw_files *files, const char *column, da_text *name, da_error *err) DA_MUST_CHECK;

#endif
