/* Disks that refuse: full ones, and folders that may not be written. */
#ifndef DA_TESTS_DISK_H
#define DA_TESTS_DISK_H

#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/testing.h"

/* A tmpfs of so many bytes over folder where mounting is allowed; elsewhere no file may grow beyond that. */
typedef struct {
  const char *mounted; /* NULL: the limit of files is in force */
  struct rlimit before;
  void (*signal_before)(int);
} disk_small;

static inline disk_small disk_make_small(const char *folder, size_t n_bytes) {
  disk_small disk = {0};
  char options[32];
  snprintf(options, sizeof options, "size=%zu", n_bytes);
  if (mount("tmpfs", folder, "tmpfs", 0, options) == 0) {
    disk.mounted = folder;
    return disk;
  }
  disk.signal_before = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &disk.before), 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){n_bytes, disk.before.rlim_max}), 0);
  return disk;
}

static inline void disk_restore(disk_small *disk) {
  if (disk->mounted) {
    assert_int_equal(umount(disk->mounted), 0);
    return;
  }
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &disk->before), 0);
  signal(SIGXFSZ, disk->signal_before);
}

/* Takes the right to write in folder away; root, who may always, becomes nobody meanwhile. */
static inline void disk_forbid(const char *folder) {
  assert_int_equal(chmod(folder, 0555), 0);
  if (geteuid() == 0) assert_int_equal(seteuid(65534), 0);
}

static inline void disk_allow(const char *folder) {
  if (getuid() == 0) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod(folder, 0755), 0);
}

#endif
