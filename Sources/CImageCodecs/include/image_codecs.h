/// Wrappers of libpng and libjpeg that return errors: both libraries report them by longjmp, which
/// Swift cannot express.
#ifndef PINION_IMAGE_CODECS_H
#define PINION_IMAGE_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The size of an image, from the file's header.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// Bytes a pixel of a decoded row. PNG: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha. JPEG: 1
  /// gray, 3 RGB, 4 CMYK as stored.
  int channels;
  /// Bytes that the codec holds for the whole image: 0 where it decodes row by row.
  uint64_t held_bytes;
} pinion_image_header;

/// A PNG decoder. The bytes must outlive it.
typedef struct pinion_png pinion_png;

/// NULL if memory is short.
pinion_png *pinion_png_open(const uint8_t *bytes, size_t count);
/// False on an error, whose text is pinion_png_message.
bool pinion_png_read_header(pinion_png *png, pinion_image_header *header);
/// The next row, width · channels bytes. False on an error.
bool pinion_png_read_row(pinion_png *png, uint8_t *row);
const char *pinion_png_message(const pinion_png *png);
void pinion_png_close(pinion_png *png);

/// A JPEG decoder. The bytes must outlive it.
typedef struct pinion_jpeg pinion_jpeg;

/// NULL if memory is short.
pinion_jpeg *pinion_jpeg_open(const uint8_t *bytes, size_t count);
bool pinion_jpeg_read_header(pinion_jpeg *jpeg, pinion_image_header *header);
/// Sets the largest number of 8 × 8 blocks that all scans of a progressive file may pass over.
void pinion_jpeg_limit_blocks(pinion_jpeg *jpeg, uint64_t blocks);
/// The next row, width · channels bytes. False on an error.
bool pinion_jpeg_read_row(pinion_jpeg *jpeg, uint8_t *row);
/// The scan that was refused, counted from 1; 0 if the error is another one.
int pinion_jpeg_refused_scan(const pinion_jpeg *jpeg);
const char *pinion_jpeg_message(const pinion_jpeg *jpeg);
void pinion_jpeg_close(pinion_jpeg *jpeg);

#endif
