/* How the cells of a raw column become values of our types: decided by the column's type, and where that leaves it open, by what
 * all cells hold.
 *
 *   column --open--> class --ask--> questions --DuckDB--> answers --decide--> SQL of the value, SQL of what makes no sense, counts
 *
 * Questions come in two rounds. The first of Parquet DuckDB answers from the file's statistics without reading it; its second, which has
 * to read, asks next to nothing where types are the usual ones. CSV and JSON are read for the first round anyway, so it asks all but what
 * only odd times need. */
#ifndef DA_STORE_IMPRESSIONS_CELLS_H
#define DA_STORE_IMPRESSIONS_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/feature.h"
#include "store/impressions_columns.h"

typedef enum {
  DA_CLASS_FLAG, /* BOOLEAN */
  DA_CLASS_INT,  /* whole numbers that fit 64 bits with sign */
  DA_CLASS_WIDE, /* whole numbers that may not */
  DA_CLASS_DECIMAL,
  DA_CLASS_REAL, /* FLOAT, DOUBLE */
  DA_CLASS_TEXT,
  DA_CLASS_MOMENT, /* DATE, TIMESTAMP of any unit, with a zone or without */
  DA_CLASS_OTHER,  /* lists, structs, ...: no cell of ours */
} da_raw_class;

/* Aggregates that are asked together: "count(*), min(x)". Answers are BIGINT, 0 where there are no rows; those of all rounds stand in one
 * array. Valid as {0}. */
typedef struct {
  da_text sql;
  size_t first; /* where the answers of this round begin */
  size_t n;     /* questions of this round */
} da_questions;

/* Valid as {0}, which has no column. */
typedef struct {
  da_role role;
  const da_raw_column *column;
  da_raw_class class;
  da_feature_kind wanted;          /* of a feature: set it before asking */
  bool is_guessed;                 /* text of CSV or JSON: 7 may be a number; text in Parquet is meant as text */
  da_text cell;                    /* SQL of the cell; an empty text is an empty cell */
  size_t first_plain, first_other; /* where its answers begin */
  /* Set by da_raw_cell_decide. */
  bool is_text;   /* of a uid: VARCHAR, otherwise BIGINT */
  bool is_number; /* of a feature: FLOAT, otherwise VARCHAR */
  da_text value;  /* SQL of the value; NULL where the cell is empty */
  da_text bad;    /* SQL that is true for cells that make no sense; empty when the type has none */
  uint64_t n_missing, n_bad;
  uint64_t n_early;        /* times so small, for their unit, that they lie around 1970 */
  bool has_range;          /* of a uid or time: the look at the data told the smallest and the largest value */
  int64_t lowest, highest; /* of the rows that will be left out, too; 0 where there is no value */
  const char *note;        /* what was decided, if the user might wonder; NULL */
} da_raw_cell;

/* column NULL: no such cell. DA_ERR_DATA when the column's type cannot be the role's. The column must outlive the cell. */
da_status da_raw_cell_open(da_role role, const da_raw_column *column, bool is_guessed, da_raw_cell *cell, da_error *err) DA_MUST_CHECK;
void da_raw_cell_ask_first(da_raw_cell *cell, da_questions *questions);
void da_raw_cell_ask_more(da_raw_cell *cell, const int64_t *answers, da_questions *questions);
da_status da_raw_cell_decide(da_raw_cell *cell, uint64_t n_rows, const int64_t *answers, da_error *err) DA_MUST_CHECK;
/* A uid that is a number after all becomes text, because those of another table are. */
da_status da_raw_cell_make_text(da_raw_cell *cell, da_error *err) DA_MUST_CHECK;
void da_raw_cell_free(da_raw_cell *cell);

/* "a finite number": what the role's cells should have been. */
const char *da_raw_expected(da_role role);

#endif
