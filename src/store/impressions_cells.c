#include "store/impressions_cells.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

/* ---- Classes ---- */

static const struct {
  const char *type; /* the start of DuckDB's name; the first that fits counts */
  da_raw_class class;
} classes[] = {
    {"BOOLEAN", DA_CLASS_FLAG},     {"TINYINT", DA_CLASS_INT},  {"SMALLINT", DA_CLASS_INT},  {"INTEGER", DA_CLASS_INT},
    {"BIGINT", DA_CLASS_INT},       {"UTINYINT", DA_CLASS_INT}, {"USMALLINT", DA_CLASS_INT}, {"UINTEGER", DA_CLASS_INT},
    {"UBIGINT", DA_CLASS_WIDE},     {"HUGEINT", DA_CLASS_WIDE}, {"UHUGEINT", DA_CLASS_WIDE}, {"DECIMAL", DA_CLASS_DECIMAL},
    {"FLOAT", DA_CLASS_REAL},       {"DOUBLE", DA_CLASS_REAL},  {"VARCHAR", DA_CLASS_TEXT},  {"JSON", DA_CLASS_TEXT},
    {"BLOB", DA_CLASS_TEXT},        {"UUID", DA_CLASS_TEXT},    {"ENUM", DA_CLASS_TEXT},     {"DATE", DA_CLASS_MOMENT},
    {"TIMESTAMP", DA_CLASS_MOMENT},
};

static da_raw_class find_class(const char *type) {
  size_t length = strlen(type);
  if (length > 0 && type[length - 1] == ']') return DA_CLASS_OTHER; /* a list of something */
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (strncmp(type, classes[i].type, strlen(classes[i].type)) == 0) return classes[i].class;
  return DA_CLASS_OTHER;
}

const char *da_raw_expected(da_role role) {
  static const char *const expected[DA_N_ROLES] = {
      [DA_ROLE_UID] = "a whole number or text",
      [DA_ROLE_TIMESTAMP] = "a time (unix seconds, milliseconds or microseconds, a date, or ISO 8601 text)",
      [DA_ROLE_CAMPAIGN] = "text",
      [DA_ROLE_CONVERSION] = "true or false, 0 or 1",
      [DA_ROLE_VALUE] = "a finite number",
      [DA_ROLE_COST] = "a finite number",
      [DA_ROLE_SPLIT] = "train, val or test",
      [DA_ROLE_FEATURE] = "a number",
  };
  return expected[role];
}

static bool can_be(da_role role, da_raw_class class) {
  switch (role) {
  case DA_ROLE_TIMESTAMP:
    return class != DA_CLASS_FLAG && class != DA_CLASS_OTHER;
  case DA_ROLE_CONVERSION:
    return class != DA_CLASS_MOMENT && class != DA_CLASS_OTHER;
  case DA_ROLE_VALUE:
  case DA_ROLE_COST:
    return class != DA_CLASS_MOMENT && class != DA_CLASS_OTHER && class != DA_CLASS_FLAG;
  default:
    return class != DA_CLASS_OTHER;
  }
}

da_status da_raw_cell_open(da_role role, const da_raw_column *column, bool is_guessed, da_raw_cell *cell, da_error *err) {
  *cell = (da_raw_cell){.role = role, .column = column, .is_guessed = is_guessed};
  if (!column) return DA_OK;
  cell->class = find_class(column->type);
  if (!can_be(role, cell->class)) {
    return da_fail(err, DA_ERR_DATA, "expected %s in column %.80s but found the type %.80s; choose another column, or a query by source:",
                   da_raw_expected(role), column->name, column->type);
  }
  bool needs_cast = cell->class == DA_CLASS_TEXT && strncmp(column->type, "VARCHAR", 7) != 0;
  bool is_blob = strncmp(column->type, "BLOB", 4) == 0; /* text of a writer that did not say so */
  if (needs_cast) da_text_append(&cell->cell, is_blob ? "decode(" : "CAST(");
  da_sql_identifier(&cell->cell, column->name);
  if (needs_cast) da_text_append(&cell->cell, is_blob ? ")" : " AS VARCHAR)");
  return da_text_check(&cell->cell, err);
}

void da_raw_cell_free(da_raw_cell *cell) {
  da_text_free(&cell->cell);
  da_text_free(&cell->value);
  da_text_free(&cell->bad);
  *cell = (da_raw_cell){0};
}

/* ---- Asking ---- */

/* Appends template with every $ as the cell. */
static void print_with_cell(const da_raw_cell *cell, const char *template, da_text *sql) {
  for (const char *c = template; *c; c++) {
    if (*c == '$')
      da_text_append(sql, da_text_cstr(&cell->cell));
    else
      da_text_append_n(sql, c, 1);
  }
}

static void ask(const da_raw_cell *cell, da_questions *questions, const char *template) {
  da_text_printf(&questions->sql, "%scoalesce(CAST(", questions->n ? ", " : "");
  print_with_cell(cell, template, &questions->sql);
  da_text_append(&questions->sql, " AS BIGINT), 0)");
  questions->n++;
}

static void ask_how_many(const da_raw_cell *cell, da_questions *questions, const char *condition) {
  da_text template = {0};
  da_text_printf(&template, "count(*) FILTER (%s)", condition);
  if (template.failed) questions->sql.failed = true;
  ask(cell, questions, da_text_cstr(&template));
  da_text_free(&template);
}

/* Letters in lower case and blanks cut off only where the plain spellings fail: that takes as long as reading the file. */
#define YES "'1', 'true', 't', 'yes', 'y', '1.0'"
#define NO "'0', 'false', 'f', 'no', 'n', '0.0'"
#define IS_NO_FLAG "CASE WHEN $ IN (" YES ", " NO ") THEN false ELSE lower(trim($)) NOT IN (" YES ", " NO ") END"
#define IS_YES "CASE WHEN $ IN (" YES ") THEN true WHEN $ IN (" NO ") THEN false ELSE lower(trim($)) IN (" YES ") END"
#define IS_NO_NUMBER "NOT coalesce(isfinite(TRY_CAST($ AS DOUBLE)), false)"
#define IS_NO_WHOLE \
  "NOT (isfinite($) AND $ = trunc($) AND abs($) <= 9007199254740992)" /* beyond 2^53 a DOUBLE no longer tells users apart */

/* Positions behind first_plain and first_other. */
enum { N_PRESENT, SMALLEST, LARGEST };
enum { N_EMPTY, N_ODD, N_EXACT };                                                    /* of uid, campaign, conversion, value, cost */
enum { N_WHOLE = N_EMPTY + 1, N_BELOW, N_DAYS = N_BELOW + 4, N_NUMBERS, N_MOMENTS }; /* of timestamp: N_BELOW of each unit's limit */
enum { N_NO_DATE = 0 };                                                              /* of timestamp, when it is a moment */

/* Limits of what a calendar can name: the years 1 to 9999. */
#define EARLIEST_US "-62135596800000000"
#define LATEST_US "253402300799999999"
#define IS_NO_DATE(cell) "NOT coalesce(epoch_us(" cell ") BETWEEN " EARLIEST_US " AND " LATEST_US ", false)"
#define IS_NO_MOMENT IS_NO_DATE("TRY_CAST($ AS TIMESTAMPTZ)") /* ISO 8601; without a zone it is UTC */

/* ---- Time ---- */

/* Numbers are told apart by their size: 1e11 seconds are 3,000 years from 1970, 1e11 milliseconds three. */
enum { SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS, N_UNITS };
static const char *const unit_limits[N_UNITS] = {"1e11", "1e14", "1e17", "9.2e18"};
static const char *const unit_notes[N_UNITS] = {"unix seconds", "unix milliseconds", "unix microseconds", "unix nanoseconds"};
static const char *const unit_factors[N_UNITS] = {" * 1000000", " * 1000", "", " // 1000"}; /* to microseconds */
enum { FIRST_DAY = 19000101, LAST_DAY = 21001231 };                                         /* written YYYYMMDD */

static int unit_of(int64_t number) {
  double size = number < 0 ? -(double)number : (double)number;
  return size < 1e11 ? SECONDS : size < 1e14 ? MILLISECONDS : size < 1e17 ? MICROSECONDS : NANOSECONDS;
}

/* The number in a cell as a DOUBLE, NULL when it is none. */
static const char *number_in(const da_raw_cell *cell) {
  return cell->class == DA_CLASS_TEXT ? "TRY_CAST($ AS DOUBLE)" : "CAST($ AS DOUBLE)";
}

static void ask_how_many_numbers(const da_raw_cell *cell, da_questions *questions, const char *before, const char *after) {
  da_text condition = {0};
  da_text_printf(&condition, "%s%s%s", before, number_in(cell), after);
  if (condition.failed) questions->sql.failed = true;
  ask_how_many(cell, questions, da_text_cstr(&condition));
  da_text_free(&condition);
}

#define IS_WHOLE "TRY_CAST($ AS BIGINT) IS NOT NULL AND NOT contains($, '.')"

static void ask_time(const da_raw_cell *cell, da_questions *questions) {
  bool is_text = cell->class == DA_CLASS_TEXT;
  ask_how_many(cell, questions, is_text ? "$ = ''" : "false");
  ask_how_many(cell, questions, is_text ? IS_WHOLE : "true");
  for (int unit = 0; unit < N_UNITS; unit++) {
    da_text after = {0};
    da_text_printf(&after, ") < %s", unit_limits[unit]); /* counts the smaller ones, too */
    if (after.failed) questions->sql.failed = true;
    ask_how_many_numbers(cell, questions, "abs(", da_text_cstr(&after));
    da_text_free(&after);
  }
  ask_how_many(cell, questions,
               "CASE WHEN TRY_CAST($ AS DOUBLE) BETWEEN 19000101 AND 21001231 "
               "THEN try_strptime(CAST(TRY_CAST($ AS BIGINT) AS VARCHAR), '%Y%m%d') IS NOT NULL ELSE false END");
  ask_how_many_numbers(cell, questions, "isfinite(", ")");
  ask_how_many(cell, questions, is_text ? "CASE WHEN TRY_CAST($ AS DOUBLE) IS NULL THEN NOT " IS_NO_MOMENT " ELSE false END" : "false");
}

/* Nothing more to ask when all numbers are whole, the smallest and the largest are of one unit, and they cannot be days. */
static bool is_settled(const da_raw_cell *cell, const int64_t *answers) {
  const int64_t *plain = answers + cell->first_plain;
  int64_t low = plain[SMALLEST], high = plain[LARGEST];
  bool is_whole = cell->class == DA_CLASS_INT;
  if (cell->class == DA_CLASS_TEXT && cell->is_guessed) {
    const int64_t *other = answers + cell->first_other;
    is_whole = other[N_WHOLE] > 0 && other[N_WHOLE] == plain[N_PRESENT] - other[N_EMPTY];
  }
  return is_whole && unit_of(low) == unit_of(high) && (low < FIRST_DAY || high > LAST_DAY);
}

/* ---- The other roles ---- */

static void ask_uid(const da_raw_cell *cell, da_questions *questions) {
  bool is_text = cell->class == DA_CLASS_TEXT, is_wide = cell->class == DA_CLASS_WIDE || cell->class == DA_CLASS_DECIMAL;
  ask_how_many(cell, questions, is_text ? "$ = ''" : "false");
  ask_how_many(cell, questions, cell->class == DA_CLASS_REAL ? IS_NO_WHOLE : "false");
  ask_how_many(cell, questions,
               is_wide                       ? "CAST(TRY_CAST($ AS BIGINT) AS HUGEINT) = $"
               : is_text && cell->is_guessed ? "CAST(TRY_CAST($ AS BIGINT) AS VARCHAR) = $" /* 007 is not 7 */
                                             : "false");
}

static void ask_name(const da_raw_cell *cell, da_questions *questions) {
  bool is_real = cell->class == DA_CLASS_REAL;
  ask_how_many(cell, questions, cell->class == DA_CLASS_TEXT ? "$ = ''" : "false");
  ask_how_many(cell, questions, is_real ? "NOT isfinite($)" : "false");
  ask_how_many(cell, questions, is_real ? "TRY_CAST($ AS BIGINT) = $" : "false");
}

static bool is_zero_or_one(const da_raw_cell *cell, const int64_t *answers) {
  const int64_t *plain = answers + cell->first_plain;
  return cell->class == DA_CLASS_FLAG || (cell->class == DA_CLASS_INT && plain[SMALLEST] >= 0 && plain[LARGEST] <= 1);
}

static void ask_flag(const da_raw_cell *cell, bool is_good, da_questions *questions) {
  bool is_text = cell->class == DA_CLASS_TEXT;
  ask_how_many(cell, questions, is_text ? "$ = ''" : "false");
  ask_how_many(cell, questions, is_good ? "false" : is_text ? "$ <> '' AND " IS_NO_FLAG : "$ NOT IN (0, 1)");
}

static void ask_number(const da_raw_cell *cell, da_questions *questions) {
  bool is_text = cell->class == DA_CLASS_TEXT, is_real = cell->class == DA_CLASS_REAL;
  ask_how_many(cell, questions, is_text ? "$ = ''" : "false");
  ask_how_many(cell, questions, is_text ? "$ <> '' AND " IS_NO_NUMBER : is_real ? "NOT isfinite($)" : "false");
}

/* A number, unless it must be a category: then as names are. */
static void ask_feature(const da_raw_cell *cell, da_questions *questions) {
  bool is_text = cell->class == DA_CLASS_TEXT, is_real = cell->class == DA_CLASS_REAL;
  ask_how_many(cell, questions, is_text ? "$ = ''" : "false");
  ask_how_many(cell, questions, is_text && cell->wanted != DA_FEATURE_CATEGORY ? "$ <> '' AND " IS_NO_NUMBER : "false");
  ask_how_many(cell, questions, is_real ? "TRY_CAST($ AS BIGINT) = $" : "false");
}

/* What of a role needs a look at every cell. answers: of the plain questions, when they have been asked; NULL. */
static void ask_other(da_raw_cell *cell, const int64_t *answers, da_questions *questions) {
  cell->first_other = questions->first + questions->n;
  switch (cell->role) {
  case DA_ROLE_UID:
    ask_uid(cell, questions);
    break;
  case DA_ROLE_TIMESTAMP:
    if (cell->class == DA_CLASS_MOMENT)
      ask_how_many(cell, questions, "$ IS NOT NULL AND " IS_NO_DATE("$"));
    else
      ask_time(cell, questions);
    break;
  case DA_ROLE_CAMPAIGN:
  case DA_ROLE_SPLIT:
    ask_name(cell, questions);
    break;
  case DA_ROLE_CONVERSION:
    ask_flag(cell, answers && is_zero_or_one(cell, answers), questions);
    break;
  case DA_ROLE_VALUE:
  case DA_ROLE_COST:
    ask_number(cell, questions);
    break;
  case DA_ROLE_FEATURE:
    ask_feature(cell, questions);
    break;
  case DA_N_ROLES:
    break;
  }
}

void da_raw_cell_ask_first(da_raw_cell *cell, da_questions *questions) {
  if (!cell->column) return;
  bool is_time = cell->role == DA_ROLE_TIMESTAMP, is_guess = cell->class == DA_CLASS_TEXT && cell->is_guessed;
  bool has_range = cell->class == DA_CLASS_INT && (is_time || cell->role == DA_ROLE_CONVERSION || cell->role == DA_ROLE_UID);
  const char *number = is_guess && is_time ? "(TRY_CAST($ AS BIGINT))" : has_range ? "($)" : NULL;
  da_text smallest = {0}, largest = {0};
  da_text_printf(&smallest, number ? "min%s" : "0", number);
  da_text_printf(&largest, number ? "max%s" : "0", number);
  cell->first_plain = questions->first + questions->n;
  ask(cell, questions, "count($)");
  ask(cell, questions, da_text_cstr(&smallest));
  ask(cell, questions, da_text_cstr(&largest));
  if (smallest.failed || largest.failed) questions->sql.failed = true;
  da_text_free(&smallest);
  da_text_free(&largest);
  if (is_guess && !is_time) ask_other(cell, NULL, questions); /* the file is read anyway */
  if (!is_guess || !is_time) return;
  cell->first_other = questions->first + questions->n;
  ask_how_many(cell, questions, "$ = ''");
  ask_how_many(cell, questions, IS_WHOLE);
}

void da_raw_cell_ask_more(da_raw_cell *cell, const int64_t *answers, da_questions *questions) {
  if (!cell->column) return;
  bool is_guess = cell->class == DA_CLASS_TEXT && cell->is_guessed;
  if (cell->role == DA_ROLE_TIMESTAMP ? !is_settled(cell, answers) : !is_guess) ask_other(cell, answers, questions);
}

/* ---- Deciding ---- */

static void set_value(da_raw_cell *cell, const char *template) {
  da_text_clear(&cell->value);
  print_with_cell(cell, template, &cell->value);
}

static void set_bad(da_raw_cell *cell, const char *template, uint64_t n_bad) {
  cell->n_bad = n_bad;
  print_with_cell(cell, template, &cell->bad);
}

/* From here on an empty text is NULL. */
static void leave_empty_out(da_raw_cell *cell, uint64_t n_empty) {
  cell->n_missing += n_empty;
  if (n_empty == 0) return;
  da_text with = {0};
  da_text_printf(&with, "nullif(%s, '')", da_text_cstr(&cell->cell));
  da_text_free(&cell->cell);
  cell->cell = with;
}

static void set_range(da_raw_cell *cell, int64_t lowest, int64_t highest) {
  cell->has_range = true;
  cell->lowest = lowest;
  cell->highest = highest;
}

static void decide_uid(da_raw_cell *cell, uint64_t n_present, const int64_t *answers) {
  const int64_t *plain = answers + cell->first_plain, *other = answers + cell->first_other;
  uint64_t n_exact = (uint64_t)other[N_EXACT];
  switch (cell->class) {
  case DA_CLASS_INT:
    set_range(cell, plain[SMALLEST], plain[LARGEST]);
    break;
  case DA_CLASS_REAL:
    set_bad(cell, IS_NO_WHOLE, (uint64_t)other[N_ODD]);
    break;
  case DA_CLASS_WIDE:
  case DA_CLASS_DECIMAL:
  case DA_CLASS_TEXT:
    cell->is_text = n_present == 0 || n_exact < n_present;
    break;
  default:
    cell->is_text = true;
    break;
  }
  set_value(cell, cell->is_text ? "CAST($ AS VARCHAR)" : "CAST($ AS BIGINT)");
}

/* Names that were numbers with gaps arrive as 3.0: they are called 3. */
static void decide_name(da_raw_cell *cell, uint64_t n_present, const int64_t *other) {
  bool is_real = cell->class == DA_CLASS_REAL;
  if (is_real) set_bad(cell, "NOT isfinite($)", (uint64_t)other[N_ODD]);
  set_value(cell, is_real && (uint64_t)other[N_EXACT] == n_present ? "CAST(CAST($ AS BIGINT) AS VARCHAR)" : "CAST($ AS VARCHAR)");
}

static void decide_flag(da_raw_cell *cell, const int64_t *other) {
  bool is_text = cell->class == DA_CLASS_TEXT;
  set_value(cell, cell->class == DA_CLASS_FLAG ? "$" : is_text ? IS_YES : "$ = 1");
  set_bad(cell, is_text ? IS_NO_FLAG : cell->class == DA_CLASS_FLAG ? "false" : "$ NOT IN (0, 1)", (uint64_t)other[N_ODD]);
}

static void decide_number(da_raw_cell *cell, const int64_t *other) {
  bool is_text = cell->class == DA_CLASS_TEXT, is_real = cell->class == DA_CLASS_REAL;
  set_value(cell, "CAST($ AS DOUBLE)");
  set_bad(cell, is_text ? IS_NO_NUMBER : is_real ? "NOT isfinite($)" : "false", (uint64_t)other[N_ODD]);
}

static bool is_numeric(da_raw_class class) {
  return class == DA_CLASS_INT || class == DA_CLASS_WIDE || class == DA_CLASS_DECIMAL || class == DA_CLASS_REAL;
}

/* A number that is none (NaN, infinity) is missing: so some writers say that there is no value. */
static void decide_feature(da_raw_cell *cell, uint64_t n_present, const int64_t *other) {
  bool is_text = cell->class == DA_CLASS_TEXT, reads_as_number = is_text && cell->is_guessed && n_present > 0 && other[N_ODD] == 0;
  cell->is_number = cell->wanted == DA_FEATURE_OPEN ? is_numeric(cell->class) || reads_as_number : cell->wanted == DA_FEATURE_NUMBER;
  if (!cell->is_number) {
    bool is_whole = cell->class == DA_CLASS_REAL && (uint64_t)other[N_EXACT] == n_present;
    set_value(cell, is_whole ? "CAST(CAST($ AS BIGINT) AS VARCHAR)" : "nullif(CAST($ AS VARCHAR), '')");
    return;
  }
  set_value(cell, "CASE WHEN isfinite(TRY_CAST($ AS FLOAT)) THEN TRY_CAST($ AS FLOAT) END");
  if (is_text) set_bad(cell, IS_NO_NUMBER, (uint64_t)other[N_ODD]);
}

/* The unit of most numbers; the larger one where two have as many. */
static int find_unit(const int64_t *n_below) {
  int unit = SECONDS;
  int64_t most = n_below[SECONDS];
  for (int i = MILLISECONDS; i < N_UNITS; i++) {
    if (n_below[i] - n_below[i - 1] < most) continue;
    most = n_below[i] - n_below[i - 1];
    unit = i;
  }
  return unit;
}

static int64_t in_microseconds(int64_t number, int unit) {
  return unit == SECONDS ? number * 1000000 : unit == MILLISECONDS ? number * 1000 : unit == MICROSECONDS ? number : number / 1000;
}

static void set_numeric_value(da_raw_cell *cell, int unit, bool is_whole) {
  da_text template = {0};
  if (is_whole)
    da_text_printf(&template, "CAST($ AS BIGINT)%s", unit_factors[unit]);
  else
    da_text_printf(&template, "CAST(round(CAST($ AS DOUBLE)%s) AS BIGINT)", unit == NANOSECONDS ? " / 1000" : unit_factors[unit]);
  if (template.failed) cell->value.failed = true;
  set_value(cell, da_text_cstr(&template));
  da_text_free(&template);
  cell->note = unit_notes[unit];
}

static void decide_numeric_time(da_raw_cell *cell, uint64_t n_present, const int64_t *other) {
  const int64_t *n_below = other + N_BELOW;
  if (n_present > 0 && (uint64_t)other[N_DAYS] == n_present) {
    set_value(cell, "epoch_us(strptime(CAST(CAST($ AS BIGINT) AS VARCHAR), '%Y%m%d'))");
    cell->note = "days written YYYYMMDD";
    return;
  }
  int unit = find_unit(n_below);
  bool is_text = cell->class == DA_CLASS_TEXT;
  bool is_whole = cell->class == DA_CLASS_INT || cell->class == DA_CLASS_WIDE || (is_text && (uint64_t)other[N_WHOLE] == n_present);
  set_numeric_value(cell, unit, is_whole);
  da_text template = {0}; /* a stray number of another size must not pass for a time in another age */
  da_text_printf(&template, "NOT coalesce(abs(%s) < %s, false)", number_in(cell), unit_limits[unit]);
  if (template.failed) cell->bad.failed = true;
  set_bad(cell, da_text_cstr(&template), n_present - (uint64_t)n_below[unit]);
  da_text_free(&template);
  cell->n_early = unit == SECONDS ? 0 : (uint64_t)n_below[unit - 1];
}

static void decide_time(da_raw_cell *cell, uint64_t n_present, const int64_t *answers) {
  const int64_t *other = answers + cell->first_other;
  if (cell->class == DA_CLASS_MOMENT) {
    bool has_zone = strstr(cell->column->type, "WITH TIME ZONE") != NULL;
    set_value(cell, has_zone ? "epoch_us($)" : "epoch_us(CAST($ AS TIMESTAMP))");
    set_bad(cell, IS_NO_DATE("$"), (uint64_t)other[N_NO_DATE]);
  } else if (is_settled(cell, answers)) {
    const int64_t *plain = answers + cell->first_plain;
    int unit = unit_of(plain[LARGEST]);
    set_numeric_value(cell, unit, true);
    set_range(cell, in_microseconds(plain[SMALLEST], unit), in_microseconds(plain[LARGEST], unit));
  } else if (cell->class != DA_CLASS_TEXT || other[N_NUMBERS] >= other[N_MOMENTS]) {
    decide_numeric_time(cell, n_present, other);
  } else {
    set_value(cell, "epoch_us(CAST($ AS TIMESTAMPTZ))");
    set_bad(cell, IS_NO_MOMENT, n_present - (uint64_t)other[N_MOMENTS]);
  }
}

da_status da_raw_cell_decide(da_raw_cell *cell, uint64_t n_rows, const int64_t *answers, da_error *err) {
  if (!cell->column) return DA_OK;
  const int64_t *mine = answers + cell->first_other;
  cell->n_missing = n_rows - (uint64_t)answers[cell->first_plain + N_PRESENT];
  if (cell->class == DA_CLASS_TEXT) leave_empty_out(cell, (uint64_t)mine[N_EMPTY]);
  uint64_t n_present = n_rows - cell->n_missing;
  switch (cell->role) {
  case DA_ROLE_UID:
    decide_uid(cell, n_present, answers);
    break;
  case DA_ROLE_TIMESTAMP:
    decide_time(cell, n_present, answers);
    break;
  case DA_ROLE_CAMPAIGN:
  case DA_ROLE_SPLIT:
    decide_name(cell, n_present, mine);
    break;
  case DA_ROLE_CONVERSION:
    decide_flag(cell, mine);
    break;
  case DA_ROLE_VALUE:
  case DA_ROLE_COST:
    decide_number(cell, mine);
    break;
  case DA_ROLE_FEATURE:
    decide_feature(cell, n_present, mine);
    break;
  case DA_N_ROLES:
    break;
  }
  DA_TRY(da_text_check(&cell->cell, err));
  DA_TRY(da_text_check(&cell->bad, err));
  return da_text_check(&cell->value, err);
}

da_status da_raw_cell_make_text(da_raw_cell *cell, da_error *err) {
  cell->is_text = true;
  /* 3.0 and 3 are one user */
  set_value(cell, cell->class == DA_CLASS_REAL ? "CAST(CAST($ AS BIGINT) AS VARCHAR)" : "CAST($ AS VARCHAR)");
  return da_text_check(&cell->value, err);
}
