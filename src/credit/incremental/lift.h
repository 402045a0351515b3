/* Results of experiments, as the user writes them: "brand_search=120±30", "retarget=0+-10", "video=95". */
#ifndef DA_CREDIT_INCREMENTAL_LIFT_H
#define DA_CREDIT_INCREMENTAL_LIFT_H

#include "credit/incremental/prior.h"
#include "store/config.h"
#include "store/table.h"

/* pins: [list->n]; DA_ERR_CONFIG names the item that is no lift, or whose campaign the log does not know. */
da_status da_lift_read(const da_text_list *list, const da_names *campaigns, da_pin *pins, da_error *err) DA_MUST_CHECK;

#endif
