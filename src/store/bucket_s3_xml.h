/* Private to the S3 bucket: what S3 and STS answer in XML, read by expat. */
#ifndef DA_STORE_BUCKET_S3_XML_H
#define DA_STORE_BUCKET_S3_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* The text of the first element of that name (its prefix apart) anywhere; empty when there is none, or the text is no XML. */
void da_xml_find(const char *xml, size_t length, const char *name, da_text *value);

/* One <Contents> of ListObjectsV2: key not decoded, modified_us from <LastModified>. */
typedef da_status (*da_xml_on_object)(void *context, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err);
/* Calls on_object for each, in order; next_token: of the following page, empty at the end. DA_ERR_IO when it is no such XML. */
da_status da_xml_read_list(const char *xml, size_t length, da_xml_on_object on_object, void *context, da_text *next_token,
                           da_error *err) DA_MUST_CHECK;

/* "2026-11-24T07:41:05.123Z" in microseconds; 0 when it is none. */
int64_t da_xml_time_us(const char *text);

/* Appends text with &, <, > and quotes escaped. */
void da_xml_escape(da_text *out, const char *text);

#endif
