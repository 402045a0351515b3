/* The ranks of an MPI job (mpirun -n N ...) as a team. The only file that knows MPI; built without it, a job of more than one rank is
 * refused. A program that mpirun did not start never touches MPI. */
#ifndef DA_TRAIN_DIST_H
#define DA_TRAIN_DIST_H

#include <stdbool.h>

#include "base/team.h"

typedef struct da_dist da_dist;

/* *dist NULL: this process is alone. Once a process. DA_ERR_ARG for more ranks than DA_TEAM_MAX_RANKS, or without MPI in the build. */
da_status da_dist_open(da_dist **dist, da_error *err) DA_MUST_CHECK;
/* Waits for the other ranks to come to the same point; NULL allowed. */
void da_dist_close(da_dist *dist);
/* Ends all ranks at once, because this one cannot go on; returns only for NULL. */
void da_dist_abort(da_dist *dist, int exit_code);

/* NULL for NULL. */
const da_team *da_dist_team(const da_dist *dist);
/* Ranks on this machine; 1 for NULL. */
int da_dist_n_local(const da_dist *dist);
/* "Open MPI v4.1.4 ...", or NULL when MPI was not built in. */
const char *da_dist_library(void);

#endif
