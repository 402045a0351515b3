/* Messages of protocol buffers out (protobuf.dev, "Encoding"): fields appended to a da_text, inner messages built first. */
#ifndef DA_MODEL_PROTOBUF_H
#define DA_MODEL_PROTOBUF_H

#include <stdint.h>

#include "base/text.h"

void da_proto_int(da_text *message, uint32_t field, int64_t value);
void da_proto_bytes(da_text *message, uint32_t field, const void *data, size_t n_bytes);
void da_proto_string(da_text *message, uint32_t field, const char *text);
/* Adds inner as a field and frees it; a failed inner fails the message. */
void da_proto_message(da_text *message, uint32_t field, da_text *inner);

#endif
