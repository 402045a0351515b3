#define _POSIX_C_SOURCE 200809L
#include "cli/terminal.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/format.h"

/* A signal handler can reach nothing but a global. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number) {
  stop_asked = 1;
  signal(number, SIG_DFL); /* the second one ends the program */
}

void da_terminal_init(da_terminal *terminal, bool quiet) {
  *terminal = (da_terminal){.quiet = quiet, .is_terminal = isatty(STDERR_FILENO) != 0};
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

char *da_terminal_count(uint64_t n, char *text) {
  da_text grouped = {0};
  da_format_count(&grouped, n);
  snprintf(text, 32, "%s", da_text_cstr(&grouped));
  da_text_free(&grouped);
  return text;
}

char *da_terminal_duration(double seconds, char *text) {
  if (seconds < 1) {
    snprintf(text, 32, "%.0f ms", seconds * 1e3);
  } else if (seconds < 99.95) {
    snprintf(text, 32, "%.1f s", seconds);
  } else {
    long whole = lround(seconds);
    if (whole < 3600) {
      snprintf(text, 32, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
      snprintf(text, 32, "%ld h %02ld min", whole / 3600, whole % 3600 / 60);
    }
  }
  return text;
}

/* "3.2 M", "41 k", "512". */
static char *short_rate(double rate, char *text) {
  if (rate >= 1e6) {
    snprintf(text, 32, "%.2f M", rate / 1e6);
  } else if (rate >= 1e4) {
    snprintf(text, 32, "%.0f k", rate / 1e3);
  } else {
    snprintf(text, 32, "%.0f", rate);
  }
  return text;
}

static void clear_bar(da_terminal *terminal) {
  if (!terminal->bar_shown) return;
  fputs("\r\033[K", stderr);
  terminal->bar_shown = false;
}

static bool counts_parts(const da_terminal *terminal) { return strcmp(terminal->unit, "%") == 0; }

/* "  1.2 M touches/s  4.6 s left"; nothing before there is anything to go by. */
static void draw_time_left(const da_terminal *terminal, double rate) {
  char speed[32], left[32];
  if (terminal->done == 0 || rate <= 0) return;
  if (rate >= 10 && !counts_parts(terminal)) fprintf(stderr, "  %s %s/s", short_rate(rate, speed), terminal->unit);
  fprintf(stderr, "  %s left", da_terminal_duration((double)(terminal->total - terminal->done) / rate, left));
}

static void draw_bar(da_terminal *terminal, double now) {
  enum { WIDTH = 24 };
  static const char full[] = "########################", empty[] = "........................";
  double elapsed = now - terminal->stage_start;
  double rate = elapsed > 0 ? (double)terminal->done / elapsed : 0;
  char count[32], speed[32], took[32];
  if (terminal->total > 0 && terminal->done <= terminal->total) {
    double fraction = (double)terminal->done / (double)terminal->total;
    int filled = (int)(fraction * WIDTH);
    fprintf(stderr, "\r\033[K%-22s [%.*s%.*s] %3.0f %%", terminal->stage, filled, full, WIDTH - filled, empty, 100 * fraction);
    draw_time_left(terminal, rate);
  } else {
    fprintf(stderr, "\r\033[K%-22s %s %s  %s/s  %s", terminal->stage, da_terminal_count(terminal->done, count), terminal->unit,
            short_rate(rate, speed), da_terminal_duration(elapsed, took));
  }
  fflush(stderr);
  terminal->bar_shown = true;
  terminal->last_drawn = now;
}

/* Until the last sign of life: what came after it may have been something else. */
static void print_line(const da_terminal *terminal) {
  double elapsed = fmax(terminal->last_progress - terminal->stage_start, 1e-3), rate = (double)terminal->done / elapsed;
  char count[32], speed[32], took[32];
  da_terminal_duration(elapsed, took);
  if (counts_parts(terminal)) {
    fprintf(stderr, "%-22s %s\n", terminal->stage, took);
    return;
  }
  fprintf(stderr, "%-22s %s %s in %s", terminal->stage, da_terminal_count(terminal->done, count), terminal->unit, took);
  if (rate >= 10) fprintf(stderr, " (%s/s)", short_rate(rate, speed));
  fputc('\n', stderr);
}

/* The line that stays of a stage. */
static void close_stage(da_terminal *terminal) {
  clear_bar(terminal);
  if (terminal->stage[0] && terminal->done > 0 && terminal->is_terminal && !terminal->quiet) print_line(terminal);
  terminal->stage[0] = 0;
}

static void on_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  da_terminal *terminal = context;
  double now = da_clock_seconds();
  if (strncmp(stage, terminal->stage, sizeof terminal->stage - 1) != 0) {
    close_stage(terminal);
    snprintf(terminal->stage, sizeof terminal->stage, "%s", stage);
    terminal->stage_start = terminal->last_drawn = now;
  }
  snprintf(terminal->unit, sizeof terminal->unit, "%s", unit);
  terminal->done = done;
  terminal->total = total;
  terminal->last_progress = now;
  bool is_coarse = total > 0 && total < 100; /* long steps, few signs of life: each is shown */
  bool due = is_coarse || (now - terminal->stage_start > 0.5 && now - terminal->last_drawn > 0.1);
  if (due && terminal->is_terminal && !terminal->quiet) draw_bar(terminal, now);
}

static void on_note(void *context, da_note_level level, const char *sentence) {
  da_terminal *terminal = context;
  if (terminal->quiet && level != DA_NOTE_WARNING) return;
  clear_bar(terminal);
  bool colour = terminal->is_terminal && !getenv("NO_COLOR");
  if (level == DA_NOTE_WARNING) {
    fprintf(stderr, "%swarning:%s %s\n", colour ? "\033[33m" : "", colour ? "\033[0m" : "", sentence);
  } else {
    fprintf(stderr, "note: %s\n", sentence);
  }
}

static bool on_interrupted(void *context) {
  (void)context;
  return stop_asked != 0;
}

da_monitor da_terminal_monitor(da_terminal *terminal) {
  return (da_monitor){.progress = on_progress, .note = on_note, .interrupted = on_interrupted, .context = terminal};
}

void da_terminal_finish(da_terminal *terminal) { close_stage(terminal); }
