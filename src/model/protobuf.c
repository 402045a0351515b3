#include "model/protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static void append_varint(da_text *message, uint64_t value) {
  char bytes[10];
  size_t n = 0;
  do {
    bytes[n++] = (char)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
    value >>= 7;
  } while (value);
  da_text_append_n(message, bytes, n);
}

static void append_tag(da_text *message, uint32_t field, uint32_t wire_type) { append_varint(message, (uint64_t)field << 3 | wire_type); }

void da_proto_int(da_text *message, uint32_t field, int64_t value) {
  append_tag(message, field, WIRE_VARINT);
  append_varint(message, (uint64_t)value);
}

void da_proto_bytes(da_text *message, uint32_t field, const void *data, size_t n_bytes) {
  append_tag(message, field, WIRE_LENGTH);
  append_varint(message, n_bytes);
  da_text_append_n(message, data, n_bytes);
}

void da_proto_string(da_text *message, uint32_t field, const char *text) { da_proto_bytes(message, field, text, strlen(text)); }

void da_proto_message(da_text *message, uint32_t field, da_text *inner) {
  da_proto_bytes(message, field, da_text_cstr(inner), inner->length);
  message->failed |= inner->failed;
  da_text_free(inner);
}
