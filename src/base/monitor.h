/* How long-running work talks to whoever started it, without printing: progress, notes, and the wish to stop.
 * A NULL monitor is silent and never interrupts. Progress and notes come from one thread at a time; the wish to stop is asked for by any. */
#ifndef DA_BASE_MONITOR_H
#define DA_BASE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum {
  DA_NOTE_INFO,    /* what was done with the data, what was chosen */
  DA_NOTE_WARNING, /* the user should look at this */
} da_note_level;

typedef struct {
  /* done of total units ("rows", "touches", ...) of a stage ("journeys", "training epoch 3"); total 0: unknown. The unit
   * "%" is of a stage of which only the part that is done can be told. */
  void (*progress)(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total);
  void (*note)(void *context, da_note_level level, const char *sentence);
  /* True when the user asked to stop, and from then on. Called often, from several threads: must be cheap. */
  bool (*interrupted)(void *context);
  void *context;
} da_monitor;

void da_monitor_progress(const da_monitor *monitor, const char *stage, const char *unit, uint64_t done, uint64_t total);
void da_monitor_note(const da_monitor *monitor, da_note_level level, const char *format, ...) DA_PRINTF(3, 4);
bool da_monitor_interrupted(const da_monitor *monitor);
/* DA_ERR_INTERRUPTED with a sentence naming the stage when the user asked to stop, DA_OK otherwise. */
da_status da_monitor_check(const da_monitor *monitor, const char *stage, da_error *err) DA_MUST_CHECK;
/* That DA_ERR_INTERRUPTED. */
da_status da_monitor_stop(const char *stage, da_error *err);

#endif
