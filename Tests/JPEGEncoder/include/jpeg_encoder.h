#ifndef PINION_JPEG_ENCODER_H
#define PINION_JPEG_ENCODER_H

#include <stddef.h>
#include <stdint.h>

/// Encodes an image of width · height · channels bytes (1: gray, 3: RGB, 4: CMYK) as JPEG. The
/// caller frees the result.
uint8_t *pinion_encode_jpeg(
    const uint8_t *pixels, int width, int height, int channels, int quality, const int *sampling,
    int is_progressive, size_t *count);

#endif
