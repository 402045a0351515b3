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
  unsigned char *received;
  size_t capacity;
};

/* Counts in MPI are ints: messages are counted in units of the alignment of pieces. */
enum { UNIT = DA_MEM_ALIGNMENT };

static da_status failed(int code, const char *what, da_error *err) {
  char reason[MPI_MAX_ERROR_STRING] = "unknown";
  int length;
  MPI_Error_string(code, reason, &length);
  return da_fail(err, DA_ERR_MPI, "expected %s from the other ranks but found: %s", what, reason);
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

static da_status gather(void *context, const void *bytes, size_t n_bytes, da_piece *pieces, da_error *err) {
  da_dist *dist = context;
  const int n = dist->team.n, rank = dist->team.rank;
  uint64_t sizes[DA_TEAM_MAX_RANKS];
  const uint64_t size = n_bytes;
  MPI_Request request;
  int fault = MPI_Iallgather(&size, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, MPI_COMM_WORLD, &request);
  if (!fault) fault = wait_for(&request);
  if (fault) return failed(fault, "the sizes of messages", err);
  int counts[DA_TEAM_MAX_RANKS], begins[DA_TEAM_MAX_RANKS];
  uint64_t n_units = 0;
  for (int r = 0; r < n; r++) {
    const uint64_t units = sizes[r] / UNIT + (sizes[r] % UNIT != 0);
    if (n_units + units > INT32_MAX) return da_fail(err, DA_ERR_MPI, "expected messages of at most 128 GB but found more");
    begins[r] = (int)n_units;
    counts[r] = (int)units;
    n_units += units;
  }
  DA_TRY(da_mem_reserve((void **)&dist->received, &dist->capacity, n_units * UNIT, 1, "what other ranks send", err));
  for (int r = 0; r < n; r++) pieces[r] = (da_piece){dist->received + (size_t)begins[r] * UNIT, sizes[r]};
  if (n_bytes) memcpy(pieces[rank].data, bytes, n_bytes);
  memset(pieces[rank].data + n_bytes, 0, (size_t)counts[rank] * UNIT - n_bytes);
  MPI_Datatype unit;
  MPI_Type_contiguous(UNIT, MPI_BYTE, &unit);
  MPI_Type_commit(&unit);
  fault = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, dist->received, counts, begins, unit, MPI_COMM_WORLD, &request);
  if (!fault) fault = wait_for(&request);
  MPI_Type_free(&unit);
  return fault ? failed(fault, "their messages", err) : DA_OK;
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
  da_mem_free(dist->received);
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
