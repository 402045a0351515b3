#include "base/monitor.h"

#include <stdarg.h>
#include <stdio.h>

void da_monitor_progress(const da_monitor *monitor, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  if (monitor && monitor->progress) monitor->progress(monitor->context, stage, unit, done, total);
}

void da_monitor_note(const da_monitor *monitor, da_note_level level, const char *format, ...) {
  if (!monitor || !monitor->note) return;
  char sentence[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  monitor->note(monitor->context, level, sentence);
}

bool da_monitor_interrupted(const da_monitor *monitor) { return monitor && monitor->interrupted && monitor->interrupted(monitor->context); }

da_status da_monitor_check(const da_monitor *monitor, const char *stage, da_error *err) {
  return da_monitor_interrupted(monitor) ? da_monitor_stop(stage, err) : DA_OK;
}

da_status da_monitor_stop(const char *stage, da_error *err) {
  return da_fail(err, DA_ERR_INTERRUPTED, "interrupted during %s; run the same command again to go on", stage);
}
