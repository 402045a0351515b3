#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "report/rows.h"
#include "store/table.h"

/* A cell of a DOUBLE column; NaN is NULL. */
static void put_number(da_table_chunk *chunk, size_t column, size_t row, double number) {
  ((double *)chunk->columns[column].values)[row] = number;
  if (isnan(number)) chunk->columns[column].valid[row] = 0;
}

/* ---- campaign_attention.parquet ---- */

static const da_method_totals *find_attention(const da_credit_totals *totals) {
  for (size_t m = 0; m < totals->n_methods; m++) {
    if (strcmp(totals->methods[m].method->name, "attention") == 0) return &totals->methods[m];
  }
  return NULL;
}

typedef struct {
  const da_report *report;
  const da_method_totals *attention;
  uint32_t next; /* campaign */
} attention_source;

static da_status fill_attention(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  attention_source *source = context;
  const da_credit_totals *totals = source->report->totals;
  size_t row = 0;
  for (; source->attention && row < chunk->capacity && source->next < totals->n_campaigns; row++, source->next++) {
    double total = source->attention->conversions[source->next], n_touches = (double)totals->converting_touches[source->next];
    ((uint32_t *)chunk->columns[0].values)[row] = source->next;
    put_number(chunk, 1, row, total);
    put_number(chunk, 2, row, n_touches > 0 ? total / n_touches : NAN);
  }
  chunk->n_rows = row;
  return DA_OK;
}

da_status da_tables_write_attention(da_db *db, const char *path, const da_report *report, const da_monitor *monitor, da_error *err) {
  const da_table_column columns[] = {
      {"campaign_nm", DA_CELL_NAME, &report->set->campaigns},
      {"total_attention", DA_CELL_DOUBLE, NULL},
      {"average_attention", DA_CELL_DOUBLE, NULL},
  };
  attention_source source = {.report = report, .attention = find_attention(report->totals)};
  return da_table_write(db, path, columns, sizeof columns / sizeof columns[0], fill_attention, &source, monitor, err);
}

/* ---- campaign_credit.parquet ---- */

/* The rows of a method after its campaigns. */
enum { BASELINE, UNATTRIBUTED, N_OTHER_ROWS };
static const char *const other_names[N_OTHER_ROWS] = {"(baseline)", "(unattributed)"};

enum {
  METHOD,
  CAMPAIGN_NM,
  TOUCHES,
  CONVERSIONS,
  VALUE,
  SHARE,
  LOW,
  HIGH,
  SPEND,
  CPA,
  ROAS,
  CPA_LOW,
  CPA_HIGH,
  ROAS_LOW,
  ROAS_HIGH,
  N_CREDIT_COLUMNS
};
static const da_table_column credit_columns[N_CREDIT_COLUMNS] = {
    [METHOD] = {"method", DA_CELL_TEXT, NULL},
    [CAMPAIGN_NM] = {"campaign_nm", DA_CELL_TEXT, NULL}, /* not a NAME: a campaign may be called "(baseline)" too */
    [TOUCHES] = {"touches", DA_CELL_INT64, NULL},
    [CONVERSIONS] = {"conversions", DA_CELL_DOUBLE, NULL},
    [VALUE] = {"value", DA_CELL_DOUBLE, NULL},
    [SHARE] = {"share", DA_CELL_DOUBLE, NULL},
    [LOW] = {"low", DA_CELL_DOUBLE, NULL},
    [HIGH] = {"high", DA_CELL_DOUBLE, NULL},
    [SPEND] = {"spend", DA_CELL_DOUBLE, NULL},
    [CPA] = {"cpa", DA_CELL_DOUBLE, NULL},
    [ROAS] = {"roas", DA_CELL_DOUBLE, NULL},
    [CPA_LOW] = {"cpa_low", DA_CELL_DOUBLE, NULL},
    [CPA_HIGH] = {"cpa_high", DA_CELL_DOUBLE, NULL},
    [ROAS_LOW] = {"roas_low", DA_CELL_DOUBLE, NULL},
    [ROAS_HIGH] = {"roas_high", DA_CELL_DOUBLE, NULL},
};

typedef struct {
  const da_report *report;
  size_t method, line; /* the next row: line counts the method's campaigns, then the other rows */
} credit_source;

static void put_row(const credit_source *source, da_table_chunk *chunk, size_t row) {
  const da_report *report = source->report;
  size_t n_campaigns = report->totals->n_campaigns, other = source->line - n_campaigns;
  const char *method = report->totals->methods[source->method].method->name;
  da_credit_row credit;
  da_slice name;
  if (source->line < n_campaigns) {
    credit = da_row_of_campaign(report, source->method, (uint32_t)source->line);
    name = report->set->campaigns.items[source->line];
  } else {
    credit = other == BASELINE ? da_row_of_baseline(report, source->method) : da_row_of_unattributed(report);
    name = (da_slice){other_names[other], strlen(other_names[other])};
  }
  ((da_slice *)chunk->columns[METHOD].values)[row] = (da_slice){method, strlen(method)};
  ((da_slice *)chunk->columns[CAMPAIGN_NM].values)[row] = name;
  ((int64_t *)chunk->columns[TOUCHES].values)[row] = (int64_t)credit.touches;
  put_number(chunk, CONVERSIONS, row, credit.conversions);
  put_number(chunk, VALUE, row, credit.value);
  put_number(chunk, SHARE, row, credit.share);
  put_number(chunk, LOW, row, credit.low);
  put_number(chunk, HIGH, row, credit.high);
  put_number(chunk, SPEND, row, credit.spend);
  put_number(chunk, CPA, row, credit.cpa);
  put_number(chunk, ROAS, row, credit.roas);
  put_number(chunk, CPA_LOW, row, credit.cpa_low);
  put_number(chunk, CPA_HIGH, row, credit.cpa_high);
  put_number(chunk, ROAS_LOW, row, credit.roas_low);
  put_number(chunk, ROAS_HIGH, row, credit.roas_high);
}

static da_status fill_credit(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  credit_source *source = context;
  size_t n_lines = source->report->totals->n_campaigns + N_OTHER_ROWS, row = 0;
  for (; row < chunk->capacity && source->method < source->report->totals->n_methods; row++) {
    put_row(source, chunk, row);
    if (++source->line < n_lines) continue;
    source->line = 0;
    source->method++;
  }
  chunk->n_rows = row;
  return DA_OK;
}

da_status da_tables_write_credit(da_db *db, const char *path, const da_report *report, const da_monitor *monitor, da_error *err) {
  credit_source source = {.report = report};
  return da_table_write(db, path, credit_columns, N_CREDIT_COLUMNS, fill_credit, &source, monitor, err);
}
