/* What a person sees while work goes on: a bar with rate and time left, and of each step a line that stays.
 *
 * All of it goes to stderr, and only to a terminal: into a file or pipe go notes and warnings alone. stdout is for results. Ctrl-C (or
 * SIGTERM) asks the work to stop at its next safe point; a second Ctrl-C ends the program at once. */
#ifndef DA_CLI_TERMINAL_H
#define DA_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"

typedef struct {
  bool quiet;       /* warnings only */
  bool is_terminal; /* stderr is one: bars and colour */
  bool bar_shown;   /* the cursor stands behind a bar */
  char stage[64], unit[32];
  double stage_start; /* seconds of da_clock_seconds */
  double last_drawn, last_progress;
  uint64_t done, total;
} da_terminal;

/* Looks at stderr and NO_COLOR, and catches SIGINT and SIGTERM. */
void da_terminal_init(da_terminal *terminal, bool quiet);
/* The monitor to hand to the work; terminal must outlive it. */
da_monitor da_terminal_monitor(da_terminal *terminal);
/* Closes the line of the last stage. */
void da_terminal_finish(da_terminal *terminal);

/* "1,234,567"; text holds at least 32 bytes. Returns text. */
char *da_terminal_count(uint64_t n, char *text);
/* "830 ms", "4.2 s", "3 min 20 s"; text holds at least 32 bytes. */
char *da_terminal_duration(double seconds, char *text);

#endif
