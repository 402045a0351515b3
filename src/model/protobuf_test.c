/* Oracle: the examples of the encoding's own description, and encodings worked out by hand. */
#include "model/protobuf.h"

#include <string.h>

#include "support/testing.h"

static void assert_bytes(da_text *message, const char *bytes, size_t n) {
  assert_int_equal(message->length, n);
  assert_memory_equal(message->data, bytes, n);
  da_text_free(message);
}

static void fields_are_those_of_the_description(void **state) {
  (void)state;
  da_text message = {0}, inner = {0};
  da_proto_int(&message, 1, 150);
  assert_bytes(&message, "\x08\x96\x01", 3);
  da_proto_string(&message, 2, "testing");
  assert_bytes(&message, "\x12\x07testing", 9);
  da_proto_int(&inner, 1, 150);
  da_proto_message(&message, 3, &inner);
  assert_bytes(&message, "\x1a\x03\x08\x96\x01", 5);
  da_proto_int(&message, 1, -2);
  assert_bytes(&message, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
  da_proto_int(&message, 20, 0);
  assert_bytes(&message, "\xa0\x01\x00", 3);
}

static void a_failed_inner_message_fails_the_outer(void **state) {
  (void)state;
  da_text message = {0}, inner = {.failed = true};
  da_proto_message(&message, 1, &inner);
  assert_true(message.failed);
  da_text_free(&message);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_those_of_the_description),
      cmocka_unit_test(a_failed_inner_message_fails_the_outer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
