/* The fit of the incremental method that `attribute` left beside a model, for journeys that it has not seen. */
#ifndef DA_PIPELINE_KNOWN_FIT_H
#define DA_PIPELINE_KNOWN_FIT_H

#include "base/text.h"

/* Appends the fit in model_path's folder to json; nothing when there is none. */
da_status da_known_fit_read(const char *model_path, da_text *json, da_error *err) DA_MUST_CHECK;

#endif
