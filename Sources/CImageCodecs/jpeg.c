#include "image_codecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

struct pinion_jpeg {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  const uint8_t *bytes;
  size_t count;
  bool is_created, is_started;
  /// Whether the file ended before its end-of-image marker.
  bool has_ended;
  /// Blocks that the scans may pass over, blocks that they have, and the last scan counted.
  uint64_t block_limit, blocks;
  int counted_scan, refused_scan;
  /// A bit for each component that had a scan.
  unsigned seen;
  char message[JMSG_LENGTH_MAX];
};

static _Noreturn void fail(j_common_ptr info) {
  pinion_jpeg *self = info->client_data;
  info->err->format_message(info, self->message);
  longjmp(self->escape, 1);
}

static _Noreturn void fail_with(pinion_jpeg *self, const char *message) {
  strncpy(self->message, message, sizeof self->message - 1);
  longjmp(self->escape, 1);
}

// With these warnings libjpeg fills in missing pixels, so they are errors. The others lose none.
static void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      fail(info);
    case JWRN_JPEG_EOF:
      ((pinion_jpeg *)info->client_data)->has_ended = true;
  }
}

/// Called before each row of a scan is read; counts each scan once, before its work is done.
static void count_scan(j_common_ptr common) {
  pinion_jpeg *self = common->client_data;
  const struct jpeg_decompress_struct *info = &self->info;
  if (info->input_scan_number == self->counted_scan) return;
  self->counted_scan = info->input_scan_number;
  for (int i = 0; i < info->comps_in_scan; i++) {
    self->seen |= 1u << info->cur_comp_info[i]->component_index;
  }
  self->blocks += (uint64_t)info->MCUs_per_row * info->MCU_rows_in_scan * info->blocks_in_MCU;
  if (self->blocks > self->block_limit) {
    self->refused_scan = self->counted_scan;
    fail_with(self, "too many scans");
  }
}

pinion_jpeg *pinion_jpeg_open(const uint8_t *bytes, size_t count) {
  pinion_jpeg *self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  self->bytes = bytes;
  self->count = count;
  self->block_limit = UINT64_MAX;
  self->info.err = jpeg_std_error(&self->errors);
  self->info.client_data = self;
  self->errors.error_exit = fail;
  self->errors.emit_message = warn;
  return self;
}

bool pinion_jpeg_read_header(pinion_jpeg *self, pinion_image_header *header) {
  struct jpeg_decompress_struct *info = &self->info;
  if (setjmp(self->escape)) return false;
  jpeg_create_decompress(info);
  self->is_created = true;
  self->progress.progress_monitor = count_scan;
  info->progress = &self->progress;
  jpeg_mem_src(info, self->bytes, self->count);
  jpeg_read_header(info, TRUE);
  switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
      info->out_color_space = JCS_GRAYSCALE;
      header->channels = 1;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      info->out_color_space = JCS_CMYK;
      header->channels = 4;
      break;
    default:
      // The standard gives two components, or more than four, no meaning.
      if (info->num_components != 3) ERREXIT(info, JERR_CONVERSION_NOTIMPL);
      info->out_color_space = JCS_RGB;
      header->channels = 3;
  }
  // PIL's settings, which are libjpeg's defaults.
  info->dct_method = JDCT_ISLOW;
  info->do_fancy_upsampling = TRUE;
  header->width = info->image_width;
  header->height = info->image_height;
  header->held_bytes = 0;
  if (jpeg_has_multiple_scans(info)) {
    for (int i = 0; i < info->num_components; i++) {
      const jpeg_component_info *component = &info->comp_info[i];
      header->held_bytes += (uint64_t)(component->width_in_blocks + component->h_samp_factor) *
                            (component->height_in_blocks + component->v_samp_factor) *
                            sizeof(JBLOCK);
    }
  }
  return true;
}

void pinion_jpeg_limit_blocks(pinion_jpeg *self, uint64_t blocks) { self->block_limit = blocks; }

/// Fails if an image with several scans lacks one.
static void check_scans(pinion_jpeg *self) {
  const struct jpeg_decompress_struct *info = &self->info;
  for (int i = 0; i < info->num_components; i++) {
    if ((self->seen >> i & 1) == 0) fail_with(self, "a component without a scan");
    if (info->coef_bits == NULL) continue;
    // Refining scans are optional, unless the file was cut short.
    for (int k = 0; k < DCTSIZE2; k++) {
      const int missing = info->coef_bits[i][k];
      if (k == 0 ? missing < 0 || (missing > 0 && self->has_ended)
                 : missing != 0 && self->has_ended) {
        fail_with(self, "the file ends before its last scan");
      }
    }
  }
}

bool pinion_jpeg_read_row(pinion_jpeg *self, uint8_t *row) {
  struct jpeg_decompress_struct *info = &self->info;
  if (setjmp(self->escape)) return false;
  if (!self->is_started) {
    self->is_started = true;
    jpeg_start_decompress(info);
    if (jpeg_has_multiple_scans(info)) check_scans(self);
  }
  JSAMPROW rows[] = {row};
  if (jpeg_read_scanlines(info, rows, 1) != 1) fail_with(self, "a row is missing");
  return true;
}

int pinion_jpeg_refused_scan(const pinion_jpeg *self) { return self->refused_scan; }

const char *pinion_jpeg_message(const pinion_jpeg *self) { return self->message; }

void pinion_jpeg_close(pinion_jpeg *self) {
  if (self->is_created) jpeg_destroy_decompress(&self->info);
  free(self);
}
