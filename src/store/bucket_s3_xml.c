#include "store/bucket_s3_xml.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

/* An element's name without its namespace prefix. */
static const char *local_name(const char *name) {
  const char *colon = strrchr(name, ':');
  return colon ? colon + 1 : name;
}

static da_status parse(XML_Parser parser, const char *xml, size_t length, da_error *err) {
  if (length <= INT32_MAX && XML_Parse(parser, xml, (int)length, 1) == XML_STATUS_OK) return DA_OK;
  return da_fail(err, DA_ERR_IO, "expected XML from the S3 server but found something else (%s); is the endpoint an S3 server?",
                 XML_ErrorString(XML_GetErrorCode(parser)));
}

/* ---- One element ---- */

typedef struct {
  const char *name;
  da_text *value;
  bool inside, done;
} finder;

static void find_start(void *context, const char *name, const char **attributes) {
  (void)attributes;
  finder *f = context;
  if (!f->done && strcmp(local_name(name), f->name) == 0) f->inside = true;
}

static void find_end(void *context, const char *name) {
  finder *f = context;
  if (!f->inside || strcmp(local_name(name), f->name) != 0) return;
  f->inside = false;
  f->done = true;
}

static void find_text(void *context, const char *text, int length) {
  finder *f = context;
  if (f->inside) da_text_append_n(f->value, text, (size_t)length);
}

void da_xml_find(const char *xml, size_t length, const char *name, da_text *value) {
  da_text_clear(value);
  XML_Parser parser = XML_ParserCreate(NULL);
  if (!parser) return;
  finder f = {.name = name, .value = value};
  XML_SetUserData(parser, &f);
  XML_SetElementHandler(parser, find_start, find_end);
  XML_SetCharacterDataHandler(parser, find_text);
  if (parse(parser, xml, length, NULL) != DA_OK && !f.done) da_text_clear(value);
  XML_ParserFree(parser);
}

/* ---- Lists ---- */

typedef struct {
  da_xml_on_object on_object;
  void *context;
  da_text *next_token;
  da_text text; /* of the element that is open */
  da_text key;
  uint64_t n_bytes;
  int64_t modified_us;
  bool in_list, in_contents;
  da_status status;
  da_error *err;
} list_reader;

static void list_start(void *context, const char *name, const char **attributes) {
  (void)attributes;
  list_reader *r = context;
  name = local_name(name);
  if (strcmp(name, "ListBucketResult") == 0) r->in_list = true;
  if (strcmp(name, "Contents") == 0) {
    r->in_contents = true;
    r->n_bytes = 0;
    r->modified_us = 0;
    da_text_clear(&r->key);
  }
  da_text_clear(&r->text);
}

static void end_of_contents(list_reader *r) {
  r->in_contents = false;
  if (r->status == DA_OK) r->status = da_text_check(&r->key, r->err);
  if (r->status == DA_OK && r->key.length > 0)
    r->status = r->on_object(r->context, da_text_cstr(&r->key), r->n_bytes, r->modified_us, r->err);
}

static void list_end(void *context, const char *name) {
  list_reader *r = context;
  name = local_name(name);
  const char *text = da_text_cstr(&r->text);
  if (r->in_contents && strcmp(name, "Key") == 0) da_text_append(&r->key, text);
  if (r->in_contents && strcmp(name, "Size") == 0) r->n_bytes = strtoull(text, NULL, 10);
  if (r->in_contents && strcmp(name, "LastModified") == 0) r->modified_us = da_xml_time_us(text);
  if (r->in_list && strcmp(name, "NextContinuationToken") == 0) da_text_append(r->next_token, text);
  if (strcmp(name, "Contents") == 0) end_of_contents(r);
  da_text_clear(&r->text);
}

static void list_text(void *context, const char *text, int length) {
  list_reader *r = context;
  da_text_append_n(&r->text, text, (size_t)length);
}

da_status da_xml_read_list(const char *xml, size_t length, da_xml_on_object on_object, void *context, da_text *next_token, da_error *err) {
  da_text_clear(next_token);
  XML_Parser parser = XML_ParserCreate(NULL);
  if (!parser) return da_mem_fail(err, 1, 1024, "a list of objects");
  list_reader r = {.on_object = on_object, .context = context, .next_token = next_token, .err = err};
  XML_SetUserData(parser, &r);
  XML_SetElementHandler(parser, list_start, list_end);
  XML_SetCharacterDataHandler(parser, list_text);
  da_status status = parse(parser, xml, length, err);
  if (status == DA_OK) status = r.status;
  if (status == DA_OK && !r.in_list)
    status = da_fail(err, DA_ERR_IO, "expected a list of objects from the S3 server but found other XML; is the endpoint an S3 server?");
  if (status == DA_OK) status = da_text_check(next_token, err);
  XML_ParserFree(parser);
  da_text_free(&r.text);
  da_text_free(&r.key);
  return status;
}

/* ---- Texts ---- */

int64_t da_xml_time_us(const char *text) {
  struct tm t = {0};
  double seconds = 0;
  if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lf", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &seconds) != 6) return 0;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return (int64_t)timegm(&t) * 1000000 + (int64_t)(seconds * 1e6 + 0.5);
}

void da_xml_escape(da_text *out, const char *text) {
  for (const char *c = text; *c; c++) {
    switch (*c) {
    case '&':
      da_text_append(out, "&amp;");
      break;
    case '<':
      da_text_append(out, "&lt;");
      break;
    case '>':
      da_text_append(out, "&gt;");
      break;
    case '"':
      da_text_append(out, "&quot;");
      break;
    default:
      da_text_append_n(out, c, 1);
    }
  }
}
