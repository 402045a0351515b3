/* Settings, versions, inputs and the run's notes. Nothing here changes from run to run of the same thing: times, threads and limits on
 * memory are in manifest.json. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "report/page_parts.h"

enum { MAX_INPUTS = 20, MAX_TEXT = 200 };

static void print_row(da_page *page, const char *key, const char *value) {
  if (!value || !*value) return;
  da_text_append(page->out, "<tr><th scope=\"row\">");
  da_html_escape_cstr(page->out, key);
  da_text_append(page->out, "</th><td>");
  da_html_escape(page->out, (da_slice){value, strlen(value)}, MAX_TEXT);
  da_text_append(page->out, "</td></tr>\n");
}

static void print_leaf(da_page *page, const char *key, const cJSON *item) {
  char *text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
  print_row(page, key, cJSON_IsString(item) ? item->valuestring : text);
  cJSON_free(text);
}

/* Settings that change neither journeys nor credit. */
static bool is_of_the_machine(const char *key) { return strcmp(key, "threads") == 0 || strncmp(key, "memory", 6) == 0; }

static void print_settings(da_page *page, const char *prefix, const cJSON *object) {
  for (const cJSON *item = object->child; item; item = item->next) {
    char key[256];
    snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? "." : "", item->string ? item->string : "");
    if (is_of_the_machine(key)) continue;
    if (cJSON_IsObject(item)) {
      print_settings(page, key, item);
    } else if (!cJSON_IsNull(item)) {
      print_leaf(page, key, item);
    }
  }
}

static void print_versions(da_page *page) {
  const da_run_facts *facts = page->report->facts;
  char text[64];
  print_row(page, "deepattribution", facts->versions.program);
  print_row(page, "DuckDB", facts->versions.duckdb);
  print_row(page, "kernels", facts->versions.kernels);
  snprintf(text, sizeof text, "%llu", (unsigned long long)facts->seed);
  print_row(page, "seed", text);
  snprintf(text, sizeof text, "%016llx", (unsigned long long)page->report->set->checksum);
  print_row(page, "journeys (checksum)", text);
  print_row(page, "input (fingerprint)", facts->input_fingerprint);
  for (size_t i = 0; i < facts->n_inputs && i < MAX_INPUTS; i++) {
    snprintf(text, sizeof text, "%llu bytes", (unsigned long long)facts->inputs[i].n_bytes);
    print_row(page, facts->inputs[i].key, text);
  }
  if (facts->n_inputs > MAX_INPUTS) {
    snprintf(text, sizeof text, "%zu more files", facts->n_inputs - MAX_INPUTS);
    print_row(page, "…", text);
  }
}

static void print_notes(da_page *page) {
  const da_run_facts *facts = page->report->facts;
  if (facts->n_notes == 0) return;
  da_text_append(page->out, "<h3>What the run noted</h3>\n<ul>\n");
  for (size_t i = 0; i < facts->n_notes; i++) {
    da_text_append(page->out, "<li>");
    da_html_escape_cstr(page->out, facts->notes[i].sentence);
    da_text_append(page->out, "</li>\n");
  }
  da_text_append(page->out, "</ul>\n");
}

void da_page_settings(da_page *page) {
  cJSON *settings = cJSON_Parse(page->report->facts->settings_json ? page->report->facts->settings_json : "{}");
  print_notes(page);
  da_text_append(page->out, "<details><summary>Versions and inputs</summary>\n<div class=\"scroll\"><table class=\"facts wrap\"><tbody>\n");
  print_versions(page);
  da_text_append(page->out, "</tbody></table></div></details>\n");
  if (settings && settings->child) {
    da_text_append(page->out, "<details><summary>Settings</summary>\n<div class=\"scroll\"><table class=\"facts wrap\"><tbody>\n");
    print_settings(page, "", settings);
    da_text_append(page->out, "</tbody></table></div></details>\n");
  }
  cJSON_Delete(settings);
}
