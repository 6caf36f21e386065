#include "depthwise.h"
#include "pinion_kernels.h"

/// The columns of the output whose windows have tap v inside the image.
PINION_INLINE range columns_of(const pinion_windows *w, ptrdiff_t v) {
  return steps_inside(
      v * w->dilation_width - w->pad_left, w->stride_width, w->width, w->output_width);
}

// MARK: Kernel

/// Adds Σ x·dz over the columns j to the gradients of `count` neighboring taps, `wide` floats
/// apart. x: a wide row, from the first column's pixel under the first tap on; dz likewise.
PINION_INLINE void add_taps(
    const float *x, ptrdiff_t pixel_step, ptrdiff_t tap_step, const float *dz, ptrdiff_t wide,
    ptrdiff_t columns, ptrdiff_t count, float *to) {
  vector16 sums[3];
  for (ptrdiff_t v = 0; v < count; v++) sums[v] = *(const vector16 *)(to + v * wide);
  for (ptrdiff_t j = 0; j < columns; j++) {
    vector16 gradient = *(const vector16 *)(dz + j * wide);
    for (ptrdiff_t v = 0; v < count; v++) {
      sums[v] += *(const vector16 *)(x + j * pixel_step + v * tap_step) * gradient;
    }
  }
  for (ptrdiff_t v = 0; v < count; v++) *(vector16 *)(to + v * wide) = sums[v];
}

/// The columns at which all of the taps v..<v + count lie inside the image.
PINION_INLINE range common_columns(const pinion_windows *w, ptrdiff_t v, ptrdiff_t count) {
  range common = {0, w->output_width};
  for (ptrdiff_t t = v; t < v + count; t++) {
    range columns = columns_of(w, t);
    common.low = most(common.low, columns.low);
    common.high = least(common.high, columns.high);
  }
  common.high = most(common.low, common.high);
  return common;
}

/// The same as `add_taps` for taps v..<v + count of a row, at the columns beyond their common ones.
PINION_INLINE void add_tap_edges(
    const pinion_windows *w, const float *x, const float *dz, ptrdiff_t wide, ptrdiff_t v,
    ptrdiff_t count, range common, float *to) {
  for (ptrdiff_t t = v; t < v + count; t++) {
    range columns = columns_of(w, t);
    const range parts[2] = {
        {columns.low, least(columns.high, common.low)},
        {most(columns.low, common.high), columns.high}};
    for (ptrdiff_t part = 0; part < 2; part++) {
      range p = parts[part];
      if (p.low >= p.high) continue;
      const float *from =
          x + (p.low * w->stride_width + t * w->dilation_width - w->pad_left) * wide;
      add_taps(
          from, w->stride_width * wide, w->dilation_width * wide, dz + p.low * wide, wide,
          p.high - p.low, 1, to + t * wide);
    }
  }
}

/// The same at all columns.
PINION_INLINE void add_tap_block(
    const pinion_windows *w, const float *x, const float *dz, ptrdiff_t wide, ptrdiff_t v,
    ptrdiff_t count, float *to) {
  range common = common_columns(w, v, count);
  add_tap_edges(w, x, dz, wide, v, count, common, to);
  if (common.low == common.high) return;
  const float *from =
      x + (common.low * w->stride_width + v * w->dilation_width - w->pad_left) * wide;
  add_taps(
      from, w->stride_width * wide, w->dilation_width * wide, dz + common.low * wide, wide,
      common.high - common.low, count, to + v * wide);
}

/// Adds Σ x·dz over the columns to the gradients of rows × taps undilated taps, compile-time
/// constants, rows `to_step` floats apart: as many sums hide the latency of their additions.
PINION_INLINE void add_known_tap_rows(
    const float *x, ptrdiff_t row_step, ptrdiff_t pixel_step, const float *dz, ptrdiff_t wide,
    ptrdiff_t columns, ptrdiff_t rows, ptrdiff_t taps, ptrdiff_t to_step, float *to) {
  vector16 sums[9];
#pragma clang loop unroll(full)
  for (ptrdiff_t t = 0; t < rows * taps; t++) {
    sums[t] = *(const vector16 *)(to + t / taps * to_step + t % taps * wide);
  }
  for (ptrdiff_t j = 0; j < columns; j++, x += pixel_step) {
    vector16 gradient = *(const vector16 *)(dz + j * wide);
#pragma clang loop unroll(full)
    for (ptrdiff_t t = 0; t < rows * taps; t++) {
      sums[t] += *(const vector16 *)(x + t / taps * row_step + t % taps * wide) * gradient;
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t t = 0; t < rows * taps; t++) {
    *(vector16 *)(to + t / taps * to_step + t % taps * wide) = sums[t];
  }
}

/// Adds the products of an output row's dz, (output_width, wide), with the rows under it to the
/// kernel's gradient, (kernel_height, kernel_width, wide).
PINION_INLINE void add_kernel_gradient(
    const pinion_windows *w, wide_rows x, const float *dz, float *to) {
  ptrdiff_t rows = x.rows.high - x.rows.low, kernel_width = w->kernel_width;
  ptrdiff_t to_step = kernel_width * x.wide, pixel_step = w->stride_width * x.wide;
  // The columns at which kernels of known widths lie inside the image.
  range common = {0, 0};
  int is_known = (kernel_width == 3 && rows == 3) || kernel_width == 5 || kernel_width == 7;
  if (is_known && w->dilation_width == 1) common = common_columns(w, 0, kernel_width);
  ptrdiff_t inside = common.high - common.low;
  ptrdiff_t left = (common.low * w->stride_width - w->pad_left) * x.wide;
  for (ptrdiff_t o = 0; o < x.wide; o += PINION_LANES) {
    const float *first = x.first + o, *gradients = dz + common.low * x.wide + o;
    float *taps = to + x.rows.low * to_step + o;
    if (inside > 0 && kernel_width == 3) {
      add_known_tap_rows(
          first + left, x.step, pixel_step, gradients, x.wide, inside, 3, 3, to_step, taps);
    }
    for (ptrdiff_t u = 0; u < rows; u++, first += x.step, taps += to_step) {
      if (inside > 0) {
        if (kernel_width == 5) {
          add_known_tap_rows(first + left, 0, pixel_step, gradients, x.wide, inside, 1, 5, 0, taps);
        } else if (kernel_width == 7) {
          add_known_tap_rows(first + left, 0, pixel_step, gradients, x.wide, inside, 1, 7, 0, taps);
        }
        add_tap_edges(w, first, dz + o, x.wide, 0, kernel_width, common, taps);
        continue;
      }
      ptrdiff_t v = 0;
      for (; v + 3 <= kernel_width; v += 3) {
        add_tap_block(w, first, dz + o, x.wide, v, 3, taps);
      }
      for (; v < kernel_width; v++) add_tap_block(w, first, dz + o, x.wide, v, 1, taps);
    }
  }
}

// MARK: Images

/// Sums the wide row of gradients, (width, wide), over each channel's kernels: dx[c] ← Σ, or
/// dx[c] ← dx[c] + Σ.
PINION_INLINE void narrow(
    const float *from, ptrdiff_t count, ptrdiff_t channels, ptrdiff_t multiplier, ptrdiff_t wide,
    int accumulates, float *to) {
  for (ptrdiff_t p = 0; p < count; p++, from += wide, to += channels) {
    if (multiplier == 1 && accumulates) {
      for (ptrdiff_t c = 0; c < channels; c++) to[c] += from[c];
      continue;
    }
    for (ptrdiff_t c = 0; c < channels; c++) {
      float sum = accumulates ? to[c] : 0;
      for (ptrdiff_t k = 0; k < multiplier; k++) sum += from[c * multiplier + k];
      to[c] = sum;
    }
  }
}

/// Adds dz·W of an output row i to the rows of an image's gradient under it; `row`: (width, wide)
/// unless the image needs no widening.
PINION_INLINE void scatter_row(
    const pinion_windows *w, ptrdiff_t i, ptrdiff_t multiplier, wide_kernel kernel, const float *dz,
    float *image, float *row) {
  ptrdiff_t top = i * w->stride_height - w->pad_top, line = w->width * w->channels;
  ptrdiff_t wide = wide_of(w->channels * multiplier), pixel_step = w->stride_width * wide;
  range rows = steps_inside(top, w->dilation_height, w->height, w->kernel_height);
  int in_place = is_wide(w->channels, multiplier);
  for (ptrdiff_t u = rows.low; u < rows.high; u++) {
    float *target = image + (top + u * w->dilation_height) * line;
    float *to = in_place ? target : row;
    if (!in_place) memset(row, 0, sizeof(float) * w->width * wide);
    for (ptrdiff_t o = 0; o < wide; o += PINION_LANES) {
      for (ptrdiff_t v = 0; v < w->kernel_width; v++) {
        range columns = columns_of(w, v);
        vector16 weight =
            *(const vector16 *)(kernel.first + u * kernel.row_step + v * kernel.tap_step + o);
        ptrdiff_t first = v * w->dilation_width - w->pad_left;
        for (ptrdiff_t j = columns.low; j < columns.high; j++) {
          vector16 gradient = *(const vector16 *)(dz + j * wide + o);
          *(vector16 *)(to + first * wide + j * pixel_step + o) += gradient * weight;
        }
      }
    }
    if (!in_place) narrow(row, w->width, w->channels, multiplier, wide, 1, target);
  }
}

/// With strides of 1, dx is the convolution of dz with the kernel read backward, by these windows
/// on dz.
PINION_INLINE pinion_windows backward_windows(const pinion_windows *w, ptrdiff_t outputs) {
  pinion_windows back = *w;
  back.channels = outputs;
  back.height = w->output_height;
  back.width = w->output_width;
  back.output_height = w->height;
  back.output_width = w->width;
  back.pad_top = (w->kernel_height - 1) * w->dilation_height - w->pad_top;
  back.pad_left = (w->kernel_width - 1) * w->dilation_width - w->pad_left;
  return back;
}

// MARK: Passes

PINION_INLINE void all_gradients(pinion_depthwise_gradients_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t outputs = w.channels * s.multiplier, wide = wide_of(outputs);
  ptrdiff_t taps = w.kernel_height * w.kernel_width;
  float *weights = s.scratch, *sums = weights + taps * wide, *row = sums + taps * wide;
  float *x_rows = row + w.width * wide, *dz_rows = x_rows + w.kernel_height * w.width * wide;
  int is_unit = w.stride_height == 1 && w.stride_width == 1;
  wide_kernel kernel = {s.kernel, w.kernel_width * wide, wide};
  float *to = s.kernel_gradient;
  if (outputs != wide) {
    widen(s.kernel, taps, outputs, 1, wide, weights);
    kernel.first = weights;
    memset(sums, 0, sizeof(float) * taps * wide);
    if (to) to = sums;
  }
  const wide_kernel flipped = {kernel.first + (taps - 1) * wide, -w.kernel_width * wide, -wide};
  const pinion_windows back = backward_windows(&w, outputs);
  int takes_pairs = is_wide(w.channels, s.multiplier) && pinion_takes_pairs(&back);
  for (ptrdiff_t n = 0; n < s.count; n++) {
    const float *image = s.images + n * w.height * w.width * w.channels;
    const float *gradients = s.gradients + n * w.output_height * w.output_width * outputs;
    float *dx = s.image_gradients;
    if (dx) dx += n * w.height * w.width * w.channels;
    if (dx && !is_unit) memset(dx, 0, sizeof(float) * w.height * w.width * w.channels);
    for (ptrdiff_t i = 0; (to || !is_unit) && i < w.output_height; i++) {
      const float *dz = gradients + i * w.output_width * outputs;
      if (outputs != wide) {
        widen(dz, w.output_width, outputs, 1, wide, dz_rows);
        dz = dz_rows;
      }
      if (to) add_kernel_gradient(&w, rows_under(&w, image, i, s.multiplier, x_rows), dz, to);
      if (dx && !is_unit) scatter_row(&w, i, s.multiplier, kernel, dz, dx, row);
    }
    for (ptrdiff_t i = 0; dx && is_unit && i < w.height; i++) {
      float *target = dx + i * w.width * w.channels;
      fetch_next_rows(&back, gradients, i);
      if (takes_pairs && i + 1 < w.height) {
        fetch_next_rows(&back, gradients, i + 1);
        pinion_convolve_pair(&back, gradients, i, flipped, 0, 1, target);
        i += 1;
        continue;
      }
      wide_rows dz = rows_under(&back, gradients, i, 1, dz_rows);
      if (s.multiplier == 1) {
        pinion_convolve_row(&back, dz, flipped, 0, 1, outputs, outputs, target);
      } else {
        pinion_convolve_row(&back, dz, flipped, 0, 1, outputs, wide, row);
        narrow(row, w.width, w.channels, s.multiplier, wide, 0, target);
      }
    }
  }
  if (s.kernel_gradient && outputs != wide) {
    narrow(sums, taps, outputs, 1, wide, 1, s.kernel_gradient);
  }
}

PINION_CLONES
void pinion_depthwise_gradients(const pinion_depthwise_gradients_pass *pass) {
  all_gradients(*pass);
}
