/* A trained model that answers requests: journeys in (serve/request.h), one JSON object a journey out.
 *
 *   {"journey_id": 7, "uid": "anna", "conversion_probability": 0.031, "attention": [0.4, 0.6], "last_touch_attribution": [0, 1], ...}
 *
 * attention and NAME_attribution have one number a touch, the same as attention_score.parquet of `attribute` by the same model; credit is 0
 * in journeys that have not converted. Served are the methods that judge every journey by itself, and, by the fit that training's
 * `attribute` left beside the model, `incremental` and `removal`, which also look at the user's journeys before it in the request. */
#ifndef DA_SERVE_SERVICE_H
#define DA_SERVE_SERVICE_H

#include "credit/method.h"
#include "model/model.h"
#include "serve/request.h"

enum { DA_SERVICE_MOST_METHODS = 64 };

/* Valid as {0}. Once open, nothing changes: any number of threads may ask at a time. */
typedef struct {
  da_model model;
  da_slice *names; /* the model's campaigns, and one behind them for all others */
  da_names campaigns;
  da_text fit; /* of incremental; empty: there is none */
  const da_config *config;
  const da_method *methods[DA_SERVICE_MOST_METHODS];
  size_t n_methods;
} da_service;

typedef enum { DA_BODY_JSON, DA_BODY_PARQUET } da_body_type;

/* config: of credit; must outlive the service. fit: a text of da_incremental_write, taken over, or {0}. A method that is asked for but
 * cannot be served is DA_ERR_CONFIG; those that are only on by default are left out, and the monitor is told. */
da_status da_service_open(const char *model_path, da_text *fit, const da_config *config, const da_monitor *monitor, da_service *service,
                          da_error *err) DA_MUST_CHECK;
void da_service_close(da_service *service); /* {0} and a second call allowed */

/* Appends the answer to a request of that type, in the wanted type. db: for Parquet. */
da_status da_service_answer(const da_service *service, da_db *db, da_body_type type, da_slice body, da_body_type wanted, da_text *answer,
                            da_error *err) DA_MUST_CHECK;
/* Appends the lines of an answer as a Parquet file: a row a journey, journey_id and uid (BIGINT where all are whole numbers, else VARCHAR;
 * NULL where the request had none), conversion_probability FLOAT, attention LIST<FLOAT>, NAME_attribution LIST<DOUBLE>. */
da_status da_service_to_parquet(const da_service *service, da_db *db, da_slice lines, da_text *parquet, da_error *err) DA_MUST_CHECK;

#endif
