#include "depthwise.h"
#include "pinion_kernels.h"

// MARK: Rows

/// Most neighboring outputs that are summed at a time.
enum { pixels = 4 };

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

/// The parameters that the outputs of a row share.
typedef struct {
  /// The number of rows under the kernel, and floats between them.
  ptrdiff_t rows, row_step;
  /// Floats of a pixel of the image.
  ptrdiff_t wide;
  /// (outputs,), or null.
  const float *bias;
  float slope;
  /// Outputs of a pixel, and floats between pixels of them.
  ptrdiff_t outputs, to_step;
} row_outputs;

/// All channels of `count` neighboring outputs, a compile-time constant, so that their sums stay in
/// registers. x: the first window's pixel under the first of `taps` taps. `stride`: 0, or with
/// `taps` a compile-time constant.
PINION_INLINE void convolve_pixels(
    const pinion_windows *w, const row_outputs *s, const float *x, wide_kernel kernel,
    ptrdiff_t stride, ptrdiff_t taps, ptrdiff_t count, float *to) {
  for (ptrdiff_t o = 0; o < s->outputs; o += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, s->outputs - o);
    vector16 start = s->bias ? load16(s->bias + o, n) : (vector16){0};
    vector16 sums[pixels] = {start, start, start, start};
    wide_kernel part = {kernel.first + o, kernel.row_step, kernel.tap_step};
    if (stride > 0) {
      add_known_taps(x + o, s->row_step, s->wide, stride, part, s->rows, taps, count, sums);
    } else {
      add_products(
          x + o, s->row_step, w->dilation_width * s->wide, w->stride_width * s->wide, part, s->rows,
          taps, count, sums);
    }
#pragma clang loop unroll(full)
    for (ptrdiff_t p = 0; p < count; p++) {
      store16(to + p * s->to_step + o, rectify(sums[p], s->slope), n);
    }
  }
}

/// The same with what is known of taps and stride.
PINION_INLINE void convolve_window(
    const pinion_windows *w, const row_outputs *s, const float *x, wide_kernel kernel,
    ptrdiff_t taps, ptrdiff_t count, float *to) {
  ptrdiff_t stride = w->dilation_width == 1 ? w->stride_width : 0;
  if (taps == 3 && stride == 1) {
    convolve_pixels(w, s, x, kernel, 1, 3, count, to);
  } else if (taps == 3 && stride == 2) {
    convolve_pixels(w, s, x, kernel, 2, 3, count, to);
  } else if (taps == 5 && stride == 1) {
    convolve_pixels(w, s, x, kernel, 1, 5, count, to);
  } else if (taps == 5 && stride == 2) {
    convolve_pixels(w, s, x, kernel, 2, 5, count, to);
  } else if (taps == 7 && stride == 1) {
    convolve_pixels(w, s, x, kernel, 1, 7, count, to);
  } else if (taps == 7 && stride == 2) {
    convolve_pixels(w, s, x, kernel, 2, 7, count, to);
  } else if (taps == 2 && stride > 0 && count == 1) {
    // At an edge, or of a kernel two taps wide.
    convolve_pixels(w, s, x, kernel, 1, 2, 1, to);
  } else {
    convolve_pixels(w, s, x, kernel, 0, taps, count, to);
  }
}

/// All channels of a few pixels come before the next pixels, in the order of memory: with images
/// beyond the caches, one vector of channels of all pixels at a time takes 1.5 to 3 times as long
/// (16 × 16 pixels of 128 channels, Zen 3).
PINION_CLONES
void pinion_convolve_row(
    const pinion_windows *w, wide_rows x, wide_kernel kernel, const float *bias, float slope,
    ptrdiff_t outputs, ptrdiff_t to_step, float *to) {
  // The columns whose windows lie inside the image.
  ptrdiff_t span = (w->kernel_width - 1) * w->dilation_width;
  range inside =
      steps_inside(-w->pad_left, w->stride_width, most(0, w->width - span), w->output_width);
  kernel.first += x.rows.low * kernel.row_step;
  row_outputs s = {x.rows.high - x.rows.low, x.step, x.wide, bias, slope, outputs, to_step};
  for (ptrdiff_t j = 0; j < w->output_width;) {
    ptrdiff_t left = j * w->stride_width - w->pad_left;
    float *target = to + j * to_step;
    if (j < inside.low || j >= inside.high) {
      range taps = steps_inside(left, w->dilation_width, w->width, w->kernel_width);
      wide_kernel part = kernel;
      part.first += taps.low * kernel.tap_step;
      const float *from = x.first + (left + taps.low * w->dilation_width) * x.wide;
      convolve_window(w, &s, from, part, taps.high - taps.low, 1, target);
      j += 1;
      continue;
    }
    const float *from = x.first + left * x.wide;
    ptrdiff_t rest = inside.high - j;
    if (rest >= pixels) {
      convolve_window(w, &s, from, kernel, w->kernel_width, pixels, target);
      j += pixels;
    } else if (rest >= 2) {
      convolve_window(w, &s, from, kernel, w->kernel_width, 2, target);
      j += 2;
    } else {
      convolve_window(w, &s, from, kernel, w->kernel_width, 1, target);
      j += 1;
    }
  }
}

// MARK: Pass

ptrdiff_t pinion_depthwise_scratch(const pinion_windows *w, ptrdiff_t multiplier) {
  if (is_wide(w->channels, multiplier)) return 0;
  // The kernel and its gradient, a row of dx, rows of x and rows of dz.
  ptrdiff_t kernel = w->kernel_height * w->kernel_width;
  return wide_of(w->channels * multiplier) *
         (2 * kernel + w->width + w->kernel_height * (w->width + w->output_width));
}

PINION_INLINE void output_rows(pinion_depthwise_output_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t outputs = w.channels * s.multiplier, wide = wide_of(outputs);
  ptrdiff_t taps = w.kernel_height * w.kernel_width;
  wide_kernel kernel = {s.kernel, w.kernel_width * wide, wide};
  if (outputs != wide) {
    widen(s.kernel, taps, outputs, 1, wide, s.scratch);
    kernel.first = s.scratch;
  }
  int takes_pairs = is_wide(w.channels, s.multiplier) && pinion_takes_pairs(&w);
  ptrdiff_t end = s.first_row + s.row_count;
  for (ptrdiff_t r = s.first_row; r < end; r++) {
    ptrdiff_t image = r / w.output_height, i = r - image * w.output_height;
    const float *from = s.images + image * w.height * w.width * w.channels;
    float *to = s.output + (r - s.first_row) * w.output_width * outputs;
    fetch_next_rows(&w, from, i);
    if (takes_pairs && r + 1 < end && i + 1 < w.output_height) {
      fetch_next_rows(&w, from, i + 1);
      pinion_convolve_pair(&w, from, i, kernel, s.bias, s.slope, to);
      r += 1;
      continue;
    }
    wide_rows x = rows_under(&w, from, i, s.multiplier, s.scratch + taps * wide);
    pinion_convolve_row(&w, x, kernel, s.bias, s.slope, outputs, outputs, to);
  }
}

PINION_CLONES
void pinion_depthwise_output(const pinion_depthwise_output_pass *pass) { output_rows(*pass); }
