#ifndef PINION_DEPTHWISE_H
#define PINION_DEPTHWISE_H

#include <string.h>

#include "pinion_windows.h"
#include "places.h"

// A depthwise convolution over vectors of channels, in C for wide vectors: compiled for the
// baseline, the passes of 3 × 3 kernels on 28 × 28 pixels of 24 to 96 channels take 1.2 to 2 times
// as long.
//
// Inner loops read wide images only: pixels of `wide` floats, the outputs rounded up to whole
// vectors of eight, with each input channel repeated for each of its kernels. An image that has
// this form already, as with a multiplier of 1 and a multiple of eight channels, is read in place,
// unless it is small; others are copied to scratch memory first, some rows at a time.

/// A half-open range of integers.
typedef struct {
  ptrdiff_t low, high;
} range;

PINION_INLINE range overlap(range a, range b) {
  range common = {most(a.low, b.low), least(a.high, b.high)};
  common.high = most(common.low, common.high);
  return common;
}

/// ⌈a / b⌉ for a ≥ 0.
PINION_INLINE ptrdiff_t rounded_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }

PINION_INLINE ptrdiff_t wide_of(ptrdiff_t outputs) {
  return rounded_up(outputs, half_lanes) * half_lanes;
}

/// The steps i of 0..<count with 0 ≤ first + i·step < size.
PINION_INLINE range steps_inside(ptrdiff_t first, ptrdiff_t step, ptrdiff_t size, ptrdiff_t count) {
  ptrdiff_t low = most(0, -first), high = most(0, size - first);
  // A division takes as long as the products of a pixel.
  if (step > 1 && low > 0) low = rounded_up(low, step);
  if (step > 1) high = rounded_up(high, step);
  range inside = {low, most(low, least(count, high))};
  return inside;
}

/// The columns of the output whose windows lie inside the image.
PINION_INLINE range columns_inside(const pinion_windows *w) {
  ptrdiff_t span = (w->kernel_width - 1) * w->dilation_width;
  return steps_inside(-w->pad_left, w->stride_width, most(0, w->width - span), w->output_width);
}

/// Wide pixels, of which some rows may be read: row r starts at rows + r·line. The windows are
/// those on them, with as many channels as floats a pixel.
typedef struct {
  const float *rows;
  ptrdiff_t line;
  pinion_windows windows;
} wide_image;

/// Columns of zeros beside a copied image, so that windows need not be cut at its edges.
typedef struct {
  ptrdiff_t left, right;
} margins;

/// Those that the windows reach.
PINION_INLINE margins margins_of(const pinion_windows *w) {
  ptrdiff_t span = (w->kernel_width - 1) * w->dilation_width + 1;
  ptrdiff_t end = (w->output_width - 1) * w->stride_width + span - w->pad_left;
  return (margins){most(0, w->pad_left), most(0, end - w->width)};
}

/// Images of fewer channels are copied, as sums at the edges, a pixel each, would wait for each
/// other.
enum { fewest_in_place = 64 };

PINION_INLINE int has_whole_vectors(const pinion_windows *w, ptrdiff_t multiplier) {
  return multiplier == 1 && w->channels % half_lanes == 0;
}

/// Whether edges are many of the columns.
PINION_INLINE int has_many_edges(const pinion_windows *w) {
  return w->width <= 4 * w->kernel_width;
}

PINION_INLINE int is_copied(const pinion_windows *w, ptrdiff_t multiplier, margins m) {
  if (!has_whole_vectors(w, multiplier)) return 1;
  int has_edges = m.left + m.right > 0;
  return has_edges && w->channels < fewest_in_place && has_many_edges(w);
}

/// The most rows that are copied at a time for rows of the output `step` image rows apart, of
/// windows `span` rows high: as many as stay in the first cache, at least for two rows.
PINION_INLINE ptrdiff_t copied_rows(ptrdiff_t line, ptrdiff_t step, ptrdiff_t span) {
  enum { cached_floats = 6144 };
  return most(cached_floats / most(1, line), step + span);
}

/// Weights; negative steps read the kernel backward.
typedef struct {
  const float *first;
  ptrdiff_t row_step, tap_step;
} wide_kernel;

/// Where outputs go: floats between those of neighboring columns and rows.
typedef struct {
  float *first;
  ptrdiff_t step, line;
} wide_outputs;

/// One or two rows of outputs from row i on: f(Σ x·W + bias), with the slope below zero. `bias`:
/// (wide,), or null.
void pinion_convolve_rows(
    const wide_image *x, ptrdiff_t i, ptrdiff_t count, wide_kernel kernel, const float *bias,
    float slope, wide_outputs to);

/// Adds Σ x·dz over some rows of dz, (output_height, output_width, wide), to the gradient of the
/// kernel, (kernel_height, kernel_width, wide), for as many channels as x has.
void pinion_add_tap_products(
    const wide_image *x, const float *dz, ptrdiff_t wide, range rows, float *to);

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

/// The windows on an image with margins.
PINION_INLINE pinion_windows with_margins(pinion_windows w, ptrdiff_t wide, margins m) {
  w.channels = wide;
  w.width += m.left + m.right;
  w.pad_left -= m.left;
  return w;
}

/// Copies some channels of the rows of a range to scratch memory, zeros for rows beyond the image;
/// the windows are those of `image`. All channels, unless there is one kernel for each.
PINION_INLINE wide_image copy_rows(
    const pinion_windows *w, const float *image, ptrdiff_t multiplier, range channels, range rows,
    margins m, float *scratch) {
  ptrdiff_t count = channels.high - channels.low, wide = wide_of(count * multiplier);
  wide_image copy = {.windows = with_margins(*w, wide, m)};
  copy.line = copy.windows.width * wide;
  copy.rows = scratch - rows.low * copy.line;
  for (ptrdiff_t r = rows.low; r < rows.high; r++, scratch += copy.line) {
    if (r < 0 || r >= w->height) {
      memset(scratch, 0, sizeof(float) * copy.line);
      continue;
    }
    const float *from = image + r * w->width * w->channels + channels.low;
    float *row = scratch + m.left * wide;
    memset(scratch, 0, sizeof(float) * m.left * wide);
    if (wide == w->channels && multiplier == 1) {
      memcpy(row, from, sizeof(float) * w->width * wide);
    } else if (wide == count) {
      for (ptrdiff_t p = 0; p < w->width; p++) {
        memcpy(row + p * wide, from + p * w->channels, sizeof(float) * wide);
      }
    } else {
      widen(from, w->width, count, multiplier, wide, row);
    }
    memset(row + w->width * wide, 0, sizeof(float) * m.right * wide);
  }
  return copy;
}

#endif
