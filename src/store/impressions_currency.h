/* One currency in all that is money. Where a table that has a value or a cost also has a column `currency`, its names are gathered; amounts in
 * several cannot be added up, and what one is worth in another is not for us to know. */
#ifndef DA_STORE_IMPRESSIONS_CURRENCY_H
#define DA_STORE_IMPRESSIONS_CURRENCY_H

#include "store/impressions_table.h"

/* DA_ERR_DATA where the tables (columns mapped) name two or more; letters without case, empty cells do not count. */
da_status da_raw_tables_check_currency(da_db *db, const da_raw_table *tables, size_t n, da_error *err) DA_MUST_CHECK;

#endif
