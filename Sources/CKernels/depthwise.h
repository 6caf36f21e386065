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

/// Most neighboring outputs that are summed at a time.
enum { pixels = 4 };

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

/// Adds the products of some rows and taps, from x and `weights` on, to `count` neighboring sums,
/// whose windows are `pixel_step` floats apart.
PINION_INLINE void add_products(
    const float *x, ptrdiff_t row_step, ptrdiff_t tap_step, ptrdiff_t pixel_step,
    wide_kernel kernel, ptrdiff_t rows, ptrdiff_t taps, ptrdiff_t count, vector16 *sums) {
  for (ptrdiff_t u = 0; u < rows; u++) {
    for (ptrdiff_t v = 0; v < taps; v++) {
      vector16 weight =
          *(const vector16 *)(kernel.first + u * kernel.row_step + v * kernel.tap_step);
      const float *from = x + u * row_step + v * tap_step;
      for (ptrdiff_t p = 0; p < count; p++) {
        sums[p] += *(const vector16 *)(from + p * pixel_step) * weight;
      }
    }
  }
}

/// The same for undilated taps, with numbers of taps and pixels and a stride that are compile-time
/// constants: pixels that neighboring windows share are read once.
PINION_INLINE void add_known_taps(
    const float *x, ptrdiff_t row_step, ptrdiff_t wide, ptrdiff_t stride, wide_kernel kernel,
    ptrdiff_t rows, ptrdiff_t taps, ptrdiff_t count, vector16 *sums) {
  for (ptrdiff_t u = 0; u < rows; u++, x += row_step) {
    const float *weights = kernel.first + u * kernel.row_step;
#pragma clang loop unroll(full)
    for (ptrdiff_t v = 0; v < taps; v++) {
      vector16 weight = *(const vector16 *)(weights + v * kernel.tap_step);
#pragma clang loop unroll(full)
      for (ptrdiff_t p = 0; p < count; p++) {
        sums[p] += *(const vector16 *)(x + (p * stride + v) * wide) * weight;
      }
    }
  }
}

/// The parameters that the outputs of a row and of sixteen channels share.
typedef struct {
  /// The number of rows, and floats between them.
  ptrdiff_t rows, row_step;
  /// Floats of a pixel.
  ptrdiff_t wide;
  /// The bias.
  vector16 start;
  float slope;
  /// Outputs to write, at most sixteen, and floats between pixels of them.
  ptrdiff_t outputs, to_step;
} wide_outputs;

/// `count` neighboring outputs, a compile-time constant, so that their sums stay in registers. x:
/// the first window's pixel under the first of `taps` taps.
PINION_INLINE void convolve_pixels(
    const pinion_windows *w, const wide_outputs *s, const float *x, wide_kernel kernel,
    ptrdiff_t taps, ptrdiff_t count, float *to) {
  vector16 sums[pixels] = {s->start, s->start, s->start, s->start};
  ptrdiff_t stride = w->dilation_width == 1 ? w->stride_width : 0;
  if (taps == 3 && stride == 1) {
    add_known_taps(x, s->row_step, s->wide, 1, kernel, s->rows, 3, count, sums);
  } else if (taps == 3 && stride == 2) {
    add_known_taps(x, s->row_step, s->wide, 2, kernel, s->rows, 3, count, sums);
  } else if (taps == 5 && stride == 1) {
    add_known_taps(x, s->row_step, s->wide, 1, kernel, s->rows, 5, count, sums);
  } else if (taps == 5 && stride == 2) {
    add_known_taps(x, s->row_step, s->wide, 2, kernel, s->rows, 5, count, sums);
  } else if (taps == 7 && stride == 1) {
    add_known_taps(x, s->row_step, s->wide, 1, kernel, s->rows, 7, count, sums);
  } else if (taps == 7 && stride == 2) {
    add_known_taps(x, s->row_step, s->wide, 2, kernel, s->rows, 7, count, sums);
  } else if (taps == 2 && stride > 0 && count == 1) {
    // At an edge, or of a kernel two taps wide.
    add_known_taps(x, s->row_step, s->wide, 1, kernel, s->rows, 2, 1, sums);
  } else {
    add_products(
        x, s->row_step, w->dilation_width * s->wide, w->stride_width * s->wide, kernel, s->rows,
        taps, count, sums);
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++) {
    store16(to + p * s->to_step, rectify(sums[p], s->slope), s->outputs);
  }
}

/// A row of outputs: to[j] = f(Σ x·W + bias) for each column j of the output, (outputs,) each,
/// `to_step` floats apart; f has the slope below zero.
PINION_INLINE void convolve_row(
    const pinion_windows *w, wide_rows x, wide_kernel kernel, const float *bias, float slope,
    ptrdiff_t outputs, ptrdiff_t to_step, float *to) {
  // The columns whose windows lie inside the image.
  ptrdiff_t span = (w->kernel_width - 1) * w->dilation_width;
  range inside =
      steps_inside(-w->pad_left, w->stride_width, most(0, w->width - span), w->output_width);
  kernel.first += x.rows.low * kernel.row_step;
  for (ptrdiff_t o = 0; o < outputs; o += PINION_LANES, kernel.first += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, outputs - o);
    wide_outputs s = {x.rows.high - x.rows.low, x.step, x.wide, {0}, slope, n, to_step};
    if (bias) s.start = load16(bias + o, n);
    for (ptrdiff_t j = 0; j < w->output_width;) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      float *target = to + j * to_step + o;
      if (j < inside.low || j >= inside.high) {
        range taps = steps_inside(left, w->dilation_width, w->width, w->kernel_width);
        wide_kernel part = kernel;
        part.first += taps.low * kernel.tap_step;
        const float *from = x.first + (left + taps.low * w->dilation_width) * x.wide + o;
        convolve_pixels(w, &s, from, part, taps.high - taps.low, 1, target);
        j += 1;
        continue;
      }
      const float *from = x.first + left * x.wide + o;
      ptrdiff_t rest = inside.high - j;
      if (rest >= pixels) {
        convolve_pixels(w, &s, from, kernel, w->kernel_width, pixels, target);
        j += pixels;
      } else if (rest >= 2) {
        convolve_pixels(w, &s, from, kernel, w->kernel_width, 2, target);
        j += 2;
      } else {
        convolve_pixels(w, &s, from, kernel, w->kernel_width, 1, target);
        j += 1;
      }
    }
  }
}

// Two rows of the output at a time.

/// Whether `pinion_convolve_pair` takes windows with these taps, on this processor.
int pinion_takes_pairs(const pinion_windows *w);

/// Rows i and i + 1 of the output, (2, output_width, channels), of an image that needs no widening.
void pinion_convolve_pair(
    const pinion_windows *w, const float *image, ptrdiff_t i, wide_kernel kernel, const float *bias,
    float slope, float *to);

#endif
