/* What every unit test begins with: cmocka and the headers it wants before it. */
#ifndef DA_TESTS_TESTING_H
#define DA_TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DA_TEST_SKIPPED 77 /* exit code of a test that cannot run here */

/* Passes when expr is DA_OK, and shows err's sentence when not. */
#define assert_ok(expr, err)                                                                 \
  do {                                                                                       \
    if ((expr) != DA_OK) fail_msg("expected %s to succeed but found: %s", #expr, (err).msg); \
  } while (0)

/* Passes when expr gives code and err's sentence contains words. */
#define assert_fails_with(expr, wanted, err, words)                                          \
  do {                                                                                       \
    assert_int_equal((expr), (wanted));                                                      \
    if (!strstr((err).msg, (words))) fail_msg("expected \"%s\" in: %s", (words), (err).msg); \
  } while (0)

#endif
