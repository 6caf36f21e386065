#ifndef PINION_DEPTHWISE_H
#define PINION_DEPTHWISE_H

#include <string.h>

#include "pinion_windows.h"
#include "vector16.h"

// A depthwise convolution over vectors of sixteen channels, in C for wide vectors: compiled for the
// baseline, the passes of 3 × 3 kernels on 28 × 28 pixels of 24 to 96 channels take 1.2 to 2 times
// as long.
//
// Inner loops read wide rows only: pixels of `wide` floats, the outputs rounded up to whole
// vectors, with each input channel repeated for each of its kernels. A row that has this form
// already, as with a multiplier of 1 and a multiple of sixteen channels, is read in place; others
// are copied to scratch memory first.

/// A half-open range of integers.
typedef struct {
  ptrdiff_t low, high;
} range;

PINION_INLINE ptrdiff_t wide_of(ptrdiff_t outputs) {
  return (outputs + PINION_LANES - 1) / PINION_LANES * PINION_LANES;
}

/// Whether pixels (channels,) need no widening.
PINION_INLINE int is_wide(ptrdiff_t channels, ptrdiff_t multiplier) {
  return multiplier == 1 && channels % PINION_LANES == 0;
}

/// ⌈a / b⌉ for a ≥ 0.
PINION_INLINE ptrdiff_t rounded_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }

/// The steps i of 0..<count with 0 ≤ first + i·step < size.
PINION_INLINE range steps_inside(ptrdiff_t first, ptrdiff_t step, ptrdiff_t size, ptrdiff_t count) {
  ptrdiff_t low = most(0, -first), high = most(0, size - first);
  // A division takes as long as the products of a pixel.
  if (step > 1 && low > 0) low = rounded_up(low, step);
  if (step > 1) high = rounded_up(high, step);
  range inside = {low, most(low, least(count, high))};
  return inside;
}

/// Copies pixels, (count, channels), to wide ones, (count, wide).
PINION_INLINE void widen(
    const float *from, ptrdiff_t count, ptrdiff_t channels, ptrdiff_t multiplier, ptrdiff_t wide,
    float *to) {
  for (ptrdiff_t p = 0; p < count; p++, from += channels, to += wide) {
    if (multiplier == 1) {
      memcpy(to, from, sizeof(float) * channels);
    } else {
      for (ptrdiff_t c = 0; c < channels; c++) {
        for (ptrdiff_t k = 0; k < multiplier; k++) to[c * multiplier + k] = from[c];
      }
    }
    for (ptrdiff_t o = channels * multiplier; o < wide; o++) to[o] = 0;
  }
}

/// Wide rows of the image under a window: `rows` are the rows of the kernel that lie over the
/// image, `first` is the image row under the first of them, and the next rows are `step` floats
/// apart.
typedef struct {
  const float *first;
  ptrdiff_t step, wide;
  range rows;
} wide_rows;

/// The rows of an image (height, width, channels) under output row i; `scratch`: (kernel_height,
/// width, wide) unless the image needs no widening.
PINION_INLINE wide_rows rows_under(
    const pinion_windows *w, const float *image, ptrdiff_t i, ptrdiff_t multiplier,
    float *scratch) {
  ptrdiff_t top = i * w->stride_height - w->pad_top, line = w->width * w->channels;
  wide_rows under = {.wide = wide_of(w->channels * multiplier)};
  under.rows = steps_inside(top, w->dilation_height, w->height, w->kernel_height);
  const float *first = image + (top + under.rows.low * w->dilation_height) * line;
  if (under.rows.low == under.rows.high || is_wide(w->channels, multiplier)) {
    under.first = first;
    under.step = w->dilation_height * line;
    return under;
  }
  under.first = scratch;
  under.step = w->width * under.wide;
  for (ptrdiff_t k = 0; k < under.rows.high - under.rows.low; k++) {
    const float *row = first + k * w->dilation_height * line;
    widen(row, w->width, w->channels, multiplier, under.wide, scratch + k * under.step);
  }
  return under;
}

/// Prefetches the image rows under output row i + 1 that are not under output row i: rows are too
/// short for the processor's own prefetching, if the image is not in the caches.
PINION_INLINE void fetch_next_rows(const pinion_windows *w, const float *image, ptrdiff_t i) {
  ptrdiff_t line = w->width * w->channels;
  ptrdiff_t end = (i + 1) * w->stride_height - w->pad_top;
  end += (w->kernel_height - 1) * w->dilation_height + 1;
  for (ptrdiff_t row = end - w->stride_height; row < end; row++) {
    if (row >= 0 && row < w->height) fetch(image + row * line, line);
  }
}

/// Wide weights; negative steps read the kernel backward.
typedef struct {
  const float *first;
  ptrdiff_t row_step, tap_step;
} wide_kernel;

/// A row of outputs: to[j] = f(Σ x·W + bias) for each column j of the output, (outputs,) each,
/// `to_step` floats apart; f has the slope below zero. `bias`: (outputs,), or null.
void pinion_convolve_row(
    const pinion_windows *w, wide_rows x, wide_kernel kernel, const float *bias, float slope,
    ptrdiff_t outputs, ptrdiff_t to_step, float *to);

// Two rows of the output at a time.

/// Whether `pinion_convolve_pair` takes windows with these taps, on this processor.
int pinion_takes_pairs(const pinion_windows *w);

/// Rows i and i + 1 of the output, (2, output_width, channels), of an image that needs no widening.
void pinion_convolve_pair(
    const pinion_windows *w, const float *image, ptrdiff_t i, wide_kernel kernel, const float *bias,
    float slope, float *to);

#endif
