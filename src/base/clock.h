/* Time for reports. Never part of a result. */
#ifndef DA_BASE_CLOCK_H
#define DA_BASE_CLOCK_H

/* Seconds of a clock that only goes forward. */
double da_clock_seconds(void);

#endif
