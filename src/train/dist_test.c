/* Oracle: what mpirun would have said, in the environment. Real ranks: tests/cli/train_ranks_slow.sh. */
#include "train/dist.h"

#include <stdlib.h>
#include <string.h>

#include "support/testing.h"

static void without_mpirun_a_process_is_alone(void **state) {
  (void)state;
  da_error err = {0};
  const char *const sizes[] = {NULL, "1"};
  for (int i = 0; i < 2; i++) {
    unsetenv("PMI_SIZE");
    unsetenv("OMPI_COMM_WORLD_SIZE");
    if (sizes[i]) setenv("OMPI_COMM_WORLD_SIZE", sizes[i], 1);
    da_dist *dist = (da_dist *)&err; /* anything but NULL */
    assert_ok(da_dist_open(&dist, &err), err);
    assert_null(dist);
    assert_null(da_dist_team(dist));
    assert_int_equal(da_dist_n_local(dist), 1);
    da_dist_abort(dist, 1);
    da_dist_close(dist);
  }
}

static void several_processes_need_mpi_in_the_build(void **state) {
  (void)state;
  if (da_dist_library()) skip();
  da_error err = {0};
  da_dist *dist;
  setenv("OMPI_COMM_WORLD_SIZE", "3", 1);
  assert_fails_with(da_dist_open(&dist, &err), DA_ERR_ARG, err, "built without MPI");
  setenv("OMPI_COMM_WORLD_SIZE", "17", 1);
  assert_fails_with(da_dist_open(&dist, &err), DA_ERR_ARG, err, "at most 16 ranks");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_mpirun_a_process_is_alone),
      cmocka_unit_test(several_processes_need_mpi_in_the_build),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
