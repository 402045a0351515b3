/* deepattribution as a library: run the stages of a bucket, and score journeys with a trained model.
 *
 * A bucket is a folder; what lies where in it, and the keys of its config.yaml, is said in docs/pipeline.md. Every call that can fail
 * returns a code, the same as the program's exit codes:
 *
 *   0 done   1 a fault of ours, or memory   2 the call or the config   3 the data   4 storage or network   130 interrupted
 *
 * and, unless it is 0, writes one sentence of at most message_bytes - 1 bytes into message (NULL allowed): what was expected, what was
 * found, where, what to do. Handles are used by one thread at a time; several handles may be used at once. */
#ifndef DEEPATTRIBUTION_H
#define DEEPATTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DA_API __attribute__((visibility("default")))
#else
#define DA_API
#endif

/* "0.1.0". */
DA_API const char *da_version(void);

/* ---- running the stages ---- */

/* What a run tells while it goes on; members may be NULL. */
typedef struct {
  /* done of total (0: unknown) units ("rows", "touches") of a stage. */
  void (*progress)(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total);
  /* What was found or decided; is_warning: the user should look at it. */
  void (*note)(void *context, int is_warning, const char *sentence);
  /* Asked often: other than 0 ends the run at its next safe point (code 130); the same call later goes on from there. */
  int (*interrupted)(void *context);
  void *context;
} da_run_callbacks;

/* Runs the stages first .. last ("journeys", "train", "attribute", "report"; NULL: from the first, to the last) of a bucket.
 * settings: n_settings texts "key=value" over those of the bucket's config.yaml ("journey_max_len=30").
 * json (NULL allowed): the result, as the program's --json prints it; give it back with da_free. callbacks: NULL allowed. */
DA_API int da_run(const char *bucket, const char *const *settings, size_t n_settings, const char *first, const char *last, int force,
                  const da_run_callbacks *callbacks, char **json, char *message, size_t message_bytes);

/* The settings that a config.yaml of n_bytes and then n_settings texts "key=value" make, checked: one flat JSON object with every key of
 * `deepattribution help config`, defaults included. name: what messages call the YAML. json: give it back with da_free. */
DA_API int da_settings_json(const char *name, const char *yaml, size_t n_bytes, const char *const *settings, size_t n_settings, char **json,
                            char *message, size_t message_bytes);

/* Gives back a text of this library; NULL allowed. */
DA_API void da_free(char *text);

/* ---- scoring journeys with a trained model ---- */

typedef struct da_network da_network;

/* A campaign that the model does not know. */
#define DA_UNKNOWN_CAMPAIGN UINT32_MAX

/* Opens a model.safetensors. n_threads 0: one a processor. */
DA_API int da_network_open(const char *path, int n_threads, da_network **network, char *message, size_t message_bytes);
DA_API void da_network_close(da_network *network); /* NULL allowed */

/* The model's number for a campaign, by its name of n_bytes; or DA_UNKNOWN_CAMPAIGN. */
DA_API uint32_t da_network_campaign(const da_network *network, const char *name, size_t n_bytes);

/* Scores n_journeys journeys laid end to end: journey j has the touches first_touch[j] .. first_touch[j + 1] - 1 (at least one), in
 * time order; first_touch has n_journeys + 1 items and begins with 0. Per touch: campaign (da_network_campaign's number) and time in
 * microseconds. Out: attention per touch (sums to 1 in each journey), probability of conversion per journey; NULL allowed for either.
 * The same journeys get the same bits, alone or among others, at any number of threads. */
DA_API int da_network_score(da_network *network, uint64_t n_journeys, const uint64_t *first_touch, const uint32_t *campaign,
                            const int64_t *time_us, float *attention, float *probability, char *message, size_t message_bytes);

/* Credit of each touch of the same journeys by a method that judges every journey by itself: attention, first_touch, last_touch, linear,
 * time_decay, position_based ... (`deepattribution help methods`; one that learns from all journeys first is refused, code 2). converted:
 * 1 or 0 a journey. attention: as da_network_score gave it. settings: as for da_run ("credit.half_life_days=3"). Out: credit per touch;
 * it sums to 1 in a journey that converted and is 0 in another. */
DA_API int da_network_credit(da_network *network, const char *method, const char *const *settings, size_t n_settings, uint64_t n_journeys,
                             const uint64_t *first_touch, const uint32_t *campaign, const int64_t *time_us, const uint8_t *converted,
                             const float *attention, double *credit, char *message, size_t message_bytes);

#ifdef __cplusplus
}
#endif

#endif
