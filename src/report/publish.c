#include "report/publish.h"

#include "report/manifest.h"
#include "report/page.h"
#include "report/tables.h"
#include "report/tables_markov.h"

da_status da_publish_touches(da_publication *publication, da_db *db, const da_journeys *set, const da_fitted *fitted, da_pass *pass,
                             const da_monitor *monitor, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_KEY_TOUCHES, &path, err));
  return da_tables_write_touches(db, path, set, fitted, pass, monitor, err);
}

da_status da_publish_campaigns(da_publication *publication, da_db *db, const da_report *report, const da_monitor *monitor, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_KEY_CAMPAIGN_ATTENTION, &path, err));
  DA_TRY(da_tables_write_attention(db, path, report, monitor, err));
  DA_TRY(da_publication_path(publication, DA_KEY_CAMPAIGN_CREDIT, &path, err));
  return da_tables_write_credit(db, path, report, monitor, err);
}

da_status da_publish_markov(da_publication *publication, da_db *db, const da_names *campaigns, const da_markov *markov,
                            const da_monitor *monitor, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_KEY_MARKOV_TRANSITIONS, &path, err));
  DA_TRY(da_tables_write_transitions(db, path, campaigns, markov, monitor, err));
  DA_TRY(da_publication_path(publication, DA_KEY_MARKOV_REMOVAL, &path, err));
  return da_tables_write_removal(db, path, campaigns, markov, monitor, err);
}

static da_status publish_text(da_publication *publication, const char *key, const da_report *report,
                              da_status (*print)(const da_report *, da_text *, da_error *), da_error *err) {
  da_text text = {0};
  da_status status = print(report, &text, err);
  if (status == DA_OK) status = da_publication_put(publication, key, text.data, text.length, err);
  da_text_free(&text);
  return status;
}

da_status da_publish_page(da_publication *publication, const da_report *report, da_error *err) {
  DA_TRY(publish_text(publication, DA_KEY_PAGE, report, da_page_print, err));
  return publish_text(publication, DA_KEY_MANIFEST, report, da_manifest_print, err);
}
