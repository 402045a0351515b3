#include "journey/set_write.h"

#include <stdio.h>
#include <string.h>

/* ---- The streams ---- */

static da_status add_streams(da_set_writer *writer, da_error *err) {
  const da_set_shape *shape = &writer->shape;
  const struct {
    const char *name;
    da_pack_type type;
    bool wanted;
    da_pack_stream **stream;
  } sections[] = {
      {"time_us", DA_PACK_I64, true, &writer->time_us},
      {"campaign", DA_PACK_U32, true, &writer->campaign},
      {"first_touch", DA_PACK_U64, true, &writer->first_touch},
      {"flags", DA_PACK_U8, true, &writer->flags},
      {"value", DA_PACK_F64, shape->has_value, &writer->value},
      {"conversion_us", DA_PACK_I64, shape->has_conversion_us, &writer->conversion_us},
      {"first_journey", DA_PACK_U64, true, &writer->first_journey},
      {"uid_int", DA_PACK_I64, !shape->uid_is_text, &writer->uid_int},
      {"uid_end", DA_PACK_U64, shape->uid_is_text, &writer->uid_end},
      {"uid_text", DA_PACK_U8, shape->uid_is_text, &writer->uid_text},
  };
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (sections[i].wanted) DA_TRY(da_pack_add(&writer->pack, sections[i].name, sections[i].type, sections[i].stream, err));
  }
  for (uint32_t f = 0; f < shape->n_features; f++) {
    char name[DA_PACK_NAME_BYTES];
    snprintf(name, sizeof name, "feature_%u", f);
    DA_TRY(da_pack_add(&writer->pack, name, shape->features[f].is_number ? DA_PACK_F32 : DA_PACK_U32, &writer->features[f], err));
  }
  return DA_OK;
}

da_status da_set_writer_open(const char *path, const da_set_shape *shape, da_set_writer *writer, da_error *err) {
  *writer = (da_set_writer){.shape = *shape, .split_seed = da_split_seed(shape->seed)};
  DA_TRY(da_pack_create(path, &writer->pack, err));
  DA_TRY(add_streams(writer, err));
  if (shape->split == DA_SPLIT_TIME) DA_TRY(da_spool_open(&writer->last_us, writer->pack.folder, err));
  return DA_OK;
}

void da_set_writer_close(da_set_writer *writer) {
  da_spool_close(&writer->last_us);
  da_pack_writer_close(&writer->pack);
}

/* ---- While journeys are cut ---- */

da_status da_set_writer_user(da_set_writer *writer, const da_uid *uid, da_error *err) {
  const da_set_shape *shape = &writer->shape;
  if (shape->split == DA_SPLIT_USER) {
    double u =
        shape->uid_is_text ? da_split_uniform_text(writer->split_seed, uid->text) : da_split_uniform_int(writer->split_seed, uid->number);
    writer->user_set = da_split_pick(shape->fractions, u);
  }
  writer->n_users++;
  DA_TRY(da_pack_append_u64(writer->first_journey, writer->n_journeys, err));
  if (!shape->uid_is_text) return da_pack_append_i64(writer->uid_int, uid->number, err);
  DA_TRY(da_pack_append_u64(writer->uid_end, writer->uid_text->spool.n_bytes, err));
  return da_pack_append_bytes(writer->uid_text, uid->text.data, uid->text.length, err);
}

static uint8_t set_for_now(const da_set_writer *writer, const da_cut_journey *journey) {
  switch (writer->shape.split) {
  case DA_SPLIT_USER:
    return writer->user_set;
  case DA_SPLIT_COLUMN:
    return journey->set;
  case DA_SPLIT_TIME:
    break; /* known when all journeys are: edit_flags */
  }
  return 0;
}

da_status da_set_writer_journey(da_set_writer *writer, const da_cut_journey *journey, da_error *err) {
  DA_TRY(da_pack_append_u64(writer->first_touch, writer->n_touches, err));
  DA_TRY(da_pack_append_bytes(writer->campaign, journey->campaign, journey->n * sizeof *journey->campaign, err));
  DA_TRY(da_pack_append_bytes(writer->time_us, journey->time_us, journey->n * sizeof *journey->time_us, err));
  DA_TRY(da_pack_append_u8(writer->flags, (uint8_t)(set_for_now(writer, journey) << 1 | journey->converted), err));
  for (uint32_t f = 0; f < writer->shape.n_features; f++) {
    const uint64_t n = writer->shape.features[f].of_user ? 1 : journey->n;
    DA_TRY(da_pack_append_bytes(writer->features[f], journey->features[f], n * sizeof *journey->features[f], err));
  }
  if (journey->converted && writer->value) DA_TRY(da_pack_append_f64(writer->value, journey->value, err));
  if (journey->converted && writer->conversion_us) DA_TRY(da_pack_append_i64(writer->conversion_us, journey->conversion_us, err));
  if (writer->shape.split == DA_SPLIT_TIME)
    DA_TRY(da_spool_append(&writer->last_us, &journey->time_us[journey->n - 1], sizeof journey->time_us[0], err));
  writer->n_touches += journey->n;
  writer->n_journeys++;
  return DA_OK;
}

static da_status take_user(void *context, const da_uid *uid, da_error *err) { return da_set_writer_user(context, uid, err); }

static da_status take_journey(void *context, const da_cut_journey *journey, da_error *err) {
  return da_set_writer_journey(context, journey, err);
}

da_cut_sink da_set_writer_sink(da_set_writer *writer) {
  return (da_cut_sink){.context = writer, .user = take_user, .journey = take_journey};
}

/* ---- At the end ---- */

/* Codes in the order of arrival become ranks. */
static da_status edit_campaigns(void *context, void *items, size_t n, uint64_t first, da_error *err) {
  const uint32_t *rank = context;
  uint32_t *campaign = items;
  (void)first, (void)err;
  for (size_t i = 0; i < n; i++) campaign[i] = rank[campaign[i]];
  return DA_OK;
}

/* Split by time: reads the last touches' times block by block beside the flags. */
typedef struct {
  da_spool *last_us;
  da_time_split *split;
  const int64_t *block;
  size_t n_left;
} flags_edit;

static da_status edit_flags(void *context, void *items, size_t n, uint64_t first, da_error *err) {
  flags_edit *edit = context;
  uint8_t *flags = items;
  (void)first;
  for (size_t i = 0; i < n; i++) {
    if (edit->n_left == 0) {
      void *block;
      size_t n_bytes;
      DA_TRY(da_spool_next(edit->last_us, &block, &n_bytes, err));
      edit->block = block;
      edit->n_left = n_bytes / sizeof *edit->block;
    }
    flags[i] = (uint8_t)(flags[i] | da_split_by_time(edit->split, *edit->block++) << 1);
    edit->n_left--;
  }
  return DA_OK;
}

/* Behind those that are there already. */
static da_status append_names(da_pack_stream *ends, da_pack_stream *text, const da_names *names, da_error *err) {
  for (size_t i = 0; i < names->n; i++) {
    DA_TRY(da_pack_append_bytes(text, names->items[i].data, names->items[i].length, err));
    DA_TRY(da_pack_append_u64(ends, text->spool.n_bytes, err));
  }
  return DA_OK;
}

/* What the cells of features mean. */
static da_status append_features(da_set_writer *writer, const da_set_ending *ending, da_error *err) {
  const uint32_t n = writer->shape.n_features;
  da_pack_stream *flags, *name_end, *name_text, *n_values, *value_end, *value_text;
  if (n == 0) return DA_OK;
  DA_TRY(da_pack_add(&writer->pack, "feature_flags", DA_PACK_U8, &flags, err));
  DA_TRY(da_pack_add(&writer->pack, "feature_name_end", DA_PACK_U64, &name_end, err));
  DA_TRY(da_pack_add(&writer->pack, "feature_name_text", DA_PACK_U8, &name_text, err));
  DA_TRY(da_pack_add(&writer->pack, "feature_n_values", DA_PACK_U64, &n_values, err));
  DA_TRY(da_pack_add(&writer->pack, "feature_value_end", DA_PACK_U64, &value_end, err));
  DA_TRY(da_pack_add(&writer->pack, "feature_value_text", DA_PACK_U8, &value_text, err));
  DA_TRY(da_pack_append_u64(name_end, 0, err));
  DA_TRY(da_pack_append_u64(value_end, 0, err));
  for (uint32_t f = 0; f < n; f++) {
    const da_feature_column *feature = &writer->shape.features[f];
    const da_slice name = {feature->name, strlen(feature->name)};
    DA_TRY(da_pack_append_u8(flags, feature->of_user, err));
    DA_TRY(append_names(name_end, name_text, &(da_names){&name, 1}, err));
    DA_TRY(da_pack_append_u64(n_values, ending->feature_values[f].n, err));
    DA_TRY(append_names(value_end, value_text, &ending->feature_values[f], err));
  }
  return DA_OK;
}

static da_status append_ends(da_set_writer *writer, const da_set_ending *ending, da_error *err) {
  DA_TRY(da_pack_append_u64(writer->first_touch, writer->n_touches, err));
  DA_TRY(da_pack_append_u64(writer->first_journey, writer->n_journeys, err));
  if (writer->uid_end) DA_TRY(da_pack_append_u64(writer->uid_end, writer->uid_text->spool.n_bytes, err));
  da_pack_stream *name_end, *name_text, *log_us, *n_unattributed, *unattributed_value;
  DA_TRY(da_pack_add(&writer->pack, "name_end", DA_PACK_U64, &name_end, err));
  DA_TRY(da_pack_add(&writer->pack, "name_text", DA_PACK_U8, &name_text, err));
  DA_TRY(da_pack_append_u64(name_end, 0, err));
  DA_TRY(append_names(name_end, name_text, &ending->campaigns, err));
  DA_TRY(da_pack_add(&writer->pack, "log_us", DA_PACK_I64, &log_us, err));
  DA_TRY(da_pack_append_i64(log_us, ending->log_start_us, err));
  DA_TRY(da_pack_append_i64(log_us, ending->log_end_us, err));
  DA_TRY(da_pack_add(&writer->pack, "n_unattributed", DA_PACK_U64, &n_unattributed, err));
  DA_TRY(da_pack_append_u64(n_unattributed, ending->n_unattributed, err));
  DA_TRY(da_pack_add(&writer->pack, "unattributed_value", DA_PACK_F64, &unattributed_value, err));
  DA_TRY(da_pack_append_f64(unattributed_value, ending->unattributed_value, err));
  return append_features(writer, ending, err);
}

da_status da_set_writer_finish(da_set_writer *writer, const da_set_ending *ending, da_error *err) {
  DA_TRY(append_ends(writer, ending, err));
  if (ending->campaign_rank) {
    writer->campaign->edit = edit_campaigns;
    writer->campaign->edit_context = (void *)(uintptr_t)ending->campaign_rank;
  }
  flags_edit edit = {.last_us = &writer->last_us, .split = &writer->time_split};
  if (writer->shape.split == DA_SPLIT_TIME) {
    DA_TRY(da_time_split_find(&writer->last_us, writer->n_journeys, writer->shape.fractions, &writer->time_split, err));
    DA_TRY(da_spool_rewind(&writer->last_us, err));
    writer->flags->edit = edit_flags;
    writer->flags->edit_context = &edit;
  }
  return da_pack_finish(&writer->pack, err);
}
