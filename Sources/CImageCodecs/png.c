#include "image_codecs.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct pinion_png {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count, position;
  /// Whether the file ends within the checksums that follow the last pixels.
  bool lacks_checksums;
  pinion_image_header header;
  int passes;
  uint32_t row;
  /// Rows that were decoded, in all passes.
  uint64_t decoded_rows;
  /// All rows of an interlaced image: none is complete before the last pass.
  uint8_t *image;
  char message[128];
};

static _Noreturn void fail(png_structp png, png_const_charp message) {
  pinion_png *self = png_get_error_ptr(png);
  strncpy(self->message, message, sizeof self->message - 1);
  png_longjmp(png, 1);
}

static void count_row(png_structp png, png_row_infop info, png_bytep row) {
  (void)info, (void)row;
  pinion_png *self = png_get_user_transform_ptr(png);
  self->decoded_rows++;
}

// libpng warns where no pixel is lost, with one exception: a wrong checksum of the pixels, found
// after the last row.
static void warn(png_structp png, png_const_charp message) {
  if (strstr(message, "incorrect data check") != NULL) fail(png, message);
}

static void read_bytes(png_structp png, png_bytep into, size_t count) {
  pinion_png *self = png_get_io_ptr(png);
  const size_t rest = self->count - self->position;
  if (count > rest && !self->lacks_checksums) png_error(png, "the file ends too early");
  const size_t copied = count < rest ? count : rest;
  memcpy(into, self->bytes + self->position, copied);
  memset(into + copied, 0, count - copied);
  self->position += copied;
}

/// Whether the file ends within the last eight bytes of an IDAT chunk, which hold the checksums of
/// the zlib stream and of the chunk.
static bool ends_in_checksums(const uint8_t *bytes, size_t count) {
  size_t position = 8;
  while (count >= position + 8) {
    const uint8_t *chunk = bytes + position;
    const size_t length =
        (size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3];
    const size_t end = position + 8 + length + 4;
    if (end > count) return memcmp(chunk + 4, "IDAT", 4) == 0 && end - count <= 8;
    position = end;
  }
  return false;
}

pinion_png *pinion_png_open(const uint8_t *bytes, size_t count) {
  pinion_png *self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  self->bytes = bytes;
  self->count = count;
  self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, fail, warn);
  if (self->png != NULL) self->info = png_create_info_struct(self->png);
  if (self->info == NULL) {
    pinion_png_close(self);
    return NULL;
  }
  return self;
}

bool pinion_png_read_header(pinion_png *self, pinion_image_header *header) {
  png_structp png = self->png;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, self, read_bytes);
  png_set_benign_errors(png, 1);
#ifdef PNG_MAXIMUM_INFLATE_WINDOW
  // Some writers declare a smaller window than they use, which other readers ignore.
  png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
#endif
  // Ancillary chunks (gamma, profile, text) are skipped: only the stored samples are used, and a
  // small chunk can unpack to megabytes.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, self->info);
  // Only image data follow. The zlib stream's checksum protects the pixels, so a chunk's wrong
  // checksum is ignored.
  png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
  self->lacks_checksums = ends_in_checksums(self->bytes, self->count);
  if (self->lacks_checksums) png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
  png_set_expand(png);
  // Keeps the high byte, without rounding, as PIL and TensorFlow do.
  png_set_strip_16(png);
  png_set_user_transform_info(png, self, 0, 0);
  png_set_read_user_transform_fn(png, count_row);
  self->passes = png_set_interlace_handling(png);
  png_read_update_info(png, self->info);
  self->header.width = png_get_image_width(png, self->info);
  self->header.height = png_get_image_height(png, self->info);
  self->header.channels = png_get_channels(png, self->info);
  const size_t row_bytes = png_get_rowbytes(png, self->info);
  if (png_get_bit_depth(png, self->info) != 8 ||
      row_bytes != (size_t)self->header.width * self->header.channels) {
    png_error(png, "rows of another size than expected");
  }
  if (self->passes > 1) self->header.held_bytes = (uint64_t)row_bytes * self->header.height;
  *header = self->header;
  return true;
}

/// Whether all rows are decoded and only the end of the zlib stream is missing, its checksum
/// included, for which libpng looks after the last row. PIL reads such files.
static bool lacks_only_end(const pinion_png *self, uint64_t rows) {
  return self->decoded_rows == rows && strstr(self->message, "Not enough image data") != NULL;
}

/// The rows of all passes that are not empty.
static uint64_t interlaced_rows(const pinion_png *self) {
  uint64_t rows = 0;
  for (int pass = 0; pass < self->passes; pass++) {
    if (PNG_PASS_COLS(self->header.width, pass) > 0) {
      rows += PNG_PASS_ROWS(self->header.height, pass);
    }
  }
  return rows;
}

static bool read_interlaced(pinion_png *self) {
  const size_t row_bytes = (size_t)self->header.width * self->header.channels;
  self->image = calloc(self->header.height, row_bytes);
  if (self->image == NULL) {
    strcpy(self->message, "no memory");
    return false;
  }
  if (setjmp(png_jmpbuf(self->png))) return lacks_only_end(self, interlaced_rows(self));
  for (int pass = 0; pass < self->passes; pass++) {
    for (uint32_t row = 0; row < self->header.height; row++) {
      png_read_row(self->png, self->image + row * row_bytes, NULL);
    }
  }
  return true;
}

bool pinion_png_read_row(pinion_png *self, uint8_t *row) {
  if (self->passes > 1) {
    const size_t row_bytes = (size_t)self->header.width * self->header.channels;
    if (self->image == NULL && !read_interlaced(self)) return false;
    memcpy(row, self->image + self->row * row_bytes, row_bytes);
    self->row++;
    return true;
  }
  if (setjmp(png_jmpbuf(self->png))) return lacks_only_end(self, self->header.height);
  png_read_row(self->png, row, NULL);
  return true;
}

const char *pinion_png_message(const pinion_png *self) { return self->message; }

void pinion_png_close(pinion_png *self) {
  png_destroy_read_struct(&self->png, &self->info, NULL);
  free(self->image);
  free(self);
}
