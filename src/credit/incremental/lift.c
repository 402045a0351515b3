#include "credit/incremental/lift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool find_campaign(const da_names *campaigns, const char *name, size_t length, uint32_t *index) {
  for (size_t k = 0; k < campaigns->n; k++) {
    if (campaigns->items[k].length == length && memcmp(campaigns->items[k].data, name, length) == 0) {
      *index = (uint32_t)k;
      return true;
    }
  }
  return false;
}

/* "N", "N±se" or "N+-se". */
static bool read_amount(const char *text, da_pin *pin) {
  char *end;
  pin->conversions = strtod(text, &end);
  pin->standard_error = 0;
  if (end == text || !isfinite(pin->conversions) || pin->conversions < 0) return false;
  if (*end == 0) return true;
  const char *sign = strncmp(end, "+-", 2) == 0 ? end + 2 : strncmp(end, "±", strlen("±")) == 0 ? end + strlen("±") : NULL;
  if (!sign) return false;
  pin->standard_error = strtod(sign, &end);
  return end != sign && *end == 0 && isfinite(pin->standard_error) && pin->standard_error >= 0;
}

da_status da_lift_read(const da_text_list *list, const da_names *campaigns, da_pin *pins, da_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    const char *item = list->items[i], *equals = strrchr(item, '=');
    if (!equals || !read_amount(equals + 1, &pins[i])) {
      return da_fail(err, DA_ERR_CONFIG,
                     "credit.lift: expected \"campaign=conversions\" or \"campaign=conversions+-standard error\" but found \"%s\"", item);
    }
    if (!find_campaign(campaigns, item, (size_t)(equals - item), &pins[i].campaign)) {
      return da_fail(err, DA_ERR_CONFIG, "credit.lift: expected a campaign of the log before \"=\" but found \"%s\"", item);
    }
  }
  return DA_OK;
}
