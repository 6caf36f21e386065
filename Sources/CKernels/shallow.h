#ifndef PINION_SHALLOW_H
#define PINION_SHALLOW_H

#include <string.h>

#include "pinion_windows.h"
#include "vector16.h"

// A convolution whose kernel rows hold few values, without a matrix of columns.
//
// In C for wide vectors and for the registers: im2col and sgemm copy and pack a matrix for some
// thirty multiplications a value. Against them the first layer's passes take a third of the time,
// and a training step of a convolutional network ten percent less.
//
// The image rows that an output row reads are first copied between zeros, so that no window crosses
// a border: padded rows of `padded_of` floats, of which the window of output column j reads
// `run_of` floats from j·step_of on.

PINION_INLINE ptrdiff_t run_of(const pinion_windows *w) { return w->kernel_width * w->channels; }
PINION_INLINE ptrdiff_t step_of(const pinion_windows *w) { return w->stride_width * w->channels; }

/// A padded row, and behind it what a vector that starts at its last value reads.
PINION_INLINE ptrdiff_t padded_of(const pinion_windows *w) {
  ptrdiff_t reach = ((w->output_width - 1) * w->stride_width + w->kernel_width) * w->channels;
  ptrdiff_t row = (w->pad_left + w->width) * w->channels;
  return most(reach, row) + 2 * PINION_LANES;
}

/// The first input row under an output row, counted through the images, of an image.
PINION_INLINE ptrdiff_t top_of(const pinion_windows *w, ptrdiff_t image, ptrdiff_t row) {
  return (row - image * w->output_height) * w->stride_height - w->pad_top;
}

/// Copies the rows of an image (height, width, channels) under an output row: (kernel_height,
/// padded).
PINION_INLINE void pad_rows(
    const pinion_windows *w, const float *image, ptrdiff_t top, float *rows) {
  ptrdiff_t padded = padded_of(w), row = w->width * w->channels;
  for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
    float *to = rows + i * padded;
    ptrdiff_t before = w->pad_left * w->channels;
    if (top + i < 0 || top + i >= w->height) {
      memset(to, 0, sizeof(float) * padded);
      continue;
    }
    memset(to, 0, sizeof(float) * before);
    memcpy(to + before, image + (top + i) * row, sizeof(float) * row);
    memset(to + before + row, 0, sizeof(float) * (padded - before - row));
  }
}

#endif
