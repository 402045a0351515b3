#include "train/dist.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What the starters of MPI jobs set: Open MPI, MPICH and its kin. Asking MPI itself would start it. */
static int ranks_started(void) {
  static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
  for (int i = 0; i < 2; i++) {
    const char *value = getenv(variables[i]);
    if (value) return atoi(value);
  }
  return 1;
}

static da_status check_size(int n, da_error *err) {
  if (n <= DA_TEAM_MAX_RANKS) return DA_OK;
  return da_fail(err, DA_ERR_ARG, "expected at most %d ranks but found %d: start fewer, with more --threads each", DA_TEAM_MAX_RANKS, n);
}

#ifdef DA_HAVE_MPI

#include <mpi.h>

struct da_dist {
  da_team team;
  int n_local;
  unsigned char *received[DA_TEAM_MAX_RANKS]; /* what each rank gave last; the own one is a copy */
  size_t capacity[DA_TEAM_MAX_RANKS];
};

static da_status failed(int code, const char *what, da_error *err) {
  char reason[MPI_MAX_ERROR_STRING] = "unknown";
  int length;
  MPI_Error_string(code, reason, &length);
  return da_fail(err, DA_ERR_MPI, "expected %s the other ranks but found: %s", what, reason);
}

/* MPI's own waiting keeps the processor to itself; another rank, or anybody, may need it. */
static int wait_for(MPI_Request *request) {
  int done = 0, fault = 0;
  while (!done && !fault) {
    fault = MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (!done) sched_yield();
  }
  return fault;
}

static da_status make_room(da_dist *dist, int rank, size_t n_bytes, da_piece *piece, da_error *err) {
  DA_TRY(da_mem_reserve((void **)&dist->received[rank], &dist->capacity[rank], n_bytes, 1, "what other ranks send", err));
  *piece = (da_piece){dist->received[rank], n_bytes};
  return DA_OK;
}

static da_status receive(da_dist *dist, int rank, da_piece *piece, da_error *err) {
  MPI_Message message;
  MPI_Status status;
  int found = 0, fault = 0, n_bytes = 0;
  while (!found && !fault) {
    fault = MPI_Improbe(rank, 0, MPI_COMM_WORLD, &found, &message, &status);
    if (!found) sched_yield();
  }
  if (!fault) fault = MPI_Get_count(&status, MPI_BYTE, &n_bytes);
  if (fault) return failed(fault, "messages from", err);
  DA_TRY(make_room(dist, rank, (size_t)n_bytes, piece, err));
  MPI_Request request;
  fault = MPI_Imrecv(piece->data, n_bytes, MPI_BYTE, &message, &request);
  if (!fault) fault = wait_for(&request);
  return fault ? failed(fault, "messages from", err) : DA_OK;
}

/* Each sends to each, and learns the size of what it gets from the message itself: a collective of MPI would have to tell all sizes in a
 * round of its own before. Messages of two ranks come in the order of the calls. */
static da_status gather(void *context, const void *bytes, size_t n_bytes, da_piece *pieces, da_error *err) {
  da_dist *dist = context;
  const int n = dist->team.n, own = dist->team.rank;
  if (n_bytes > INT32_MAX) return da_fail(err, DA_ERR_MPI, "expected messages of at most 2 GB between ranks but found %zu bytes", n_bytes);
  MPI_Request sent[DA_TEAM_MAX_RANKS];
  int fault = 0;
  for (int i = 1; i < n && !fault; i++) fault = MPI_Isend(bytes, (int)n_bytes, MPI_BYTE, (own + i) % n, 0, MPI_COMM_WORLD, &sent[i]);
  if (fault) return failed(fault, "to send messages to", err);
  DA_TRY(make_room(dist, own, n_bytes, &pieces[own], err));
  if (n_bytes) memcpy(pieces[own].data, bytes, n_bytes);
  for (int i = 1; i < n; i++) DA_TRY(receive(dist, (own + n - i) % n, &pieces[(own + n - i) % n], err));
  for (int i = 1; i < n && !fault; i++) fault = wait_for(&sent[i]);
  return fault ? failed(fault, "to send messages to", err) : DA_OK;
}

static int count_local(void) {
  MPI_Comm local;
  int n = 1;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
  MPI_Comm_size(local, &n);
  MPI_Comm_free(&local);
  return n;
}

da_status da_dist_open(da_dist **out, da_error *err) {
  *out = NULL;
  if (ranks_started() == 1) return DA_OK;
  int provided, n;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return da_fail(err, DA_ERR_MPI, "expected MPI to start but it did not");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_size(MPI_COMM_WORLD, &n);
  da_dist *dist = da_mem_calloc(1, sizeof *dist);
  da_status status = check_size(n, err);
  if (status == DA_OK && !dist) status = da_mem_fail(err, 1, sizeof *dist, "the ranks of the job");
  if (status != DA_OK) {
    da_mem_free(dist);
    return status;
  }
  dist->team = (da_team){.n = n, .gather = gather, .context = dist};
  MPI_Comm_rank(MPI_COMM_WORLD, &dist->team.rank);
  dist->n_local = count_local();
  *out = dist;
  return DA_OK;
}

void da_dist_close(da_dist *dist) {
  if (!dist) return;
  for (int rank = 0; rank < dist->team.n; rank++) da_mem_free(dist->received[rank]);
  da_mem_free(dist);
  MPI_Finalize();
}

void da_dist_abort(da_dist *dist, int exit_code) {
  if (dist) MPI_Abort(MPI_COMM_WORLD, exit_code);
}

const da_team *da_dist_team(const da_dist *dist) { return dist ? &dist->team : NULL; }
int da_dist_n_local(const da_dist *dist) { return dist ? dist->n_local : 1; }

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
const char *da_dist_library(void) {
#ifdef OMPI_MAJOR_VERSION
  return "Open MPI " TEXT(OMPI_MAJOR_VERSION) "." TEXT(OMPI_MINOR_VERSION) "." TEXT(OMPI_RELEASE_VERSION);
#else
  return "MPI " TEXT(MPI_VERSION) "." TEXT(MPI_SUBVERSION);
#endif
}

#else

da_status da_dist_open(da_dist **out, da_error *err) {
  *out = NULL;
  const int n = ranks_started();
  if (n == 1) return DA_OK;
  DA_TRY(check_size(n, err));
  return da_fail(err, DA_ERR_ARG,
                 "expected one process but mpirun started %d, and this program was built without MPI: install libopenmpi-dev and build "
                 "again, or use --threads",
                 n);
}
void da_dist_close(da_dist *dist) { (void)dist; }
void da_dist_abort(da_dist *dist, int exit_code) { (void)dist, (void)exit_code; }
const da_team *da_dist_team(const da_dist *dist) {
  (void)dist;
  return NULL;
}
int da_dist_n_local(const da_dist *dist) {
  (void)dist;
  return 1;
}
const char *da_dist_library(void) { return NULL; }

#endif
