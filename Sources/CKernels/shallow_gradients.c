#include "kernel_gradients.h"
#include "pinion_kernels.h"

/// dz = dy where y > 0, else slope·dy, or dy without outputs.
PINION_INLINE void rectify_row(
    const float *gradients, const float *outputs, float slope, ptrdiff_t count, float *dz) {
  if (!outputs) {
    memcpy(dz, gradients, sizeof(float) * count);
    return;
  }
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    *(vector16 *)(dz + i) = rectify_gradient(
        *(const vector16 *)(gradients + i), *(const vector16 *)(outputs + i), slope);
  }
  for (; i < count; i++) {
    dz[i] = outputs[i] > 0 ? gradients[i] : slope == 0 ? 0 : slope * gradients[i];
  }
}

// MARK: Images

// dx of pixel (p, q) sums dz·W over the taps (u, v) and the outputs that read it, (i, j) with
// i·stride + u = p + pad: every stride-th tap, in descending order while i and j ascend. So each
// stride-th row of dx, and each stride-th column of it, is a convolution of dz with every stride-th
// tap of the kernel backward.

/// The taps first, first + stride, … of an axis.
PINION_INLINE ptrdiff_t taps_from(ptrdiff_t first, ptrdiff_t size, ptrdiff_t stride) {
  return first < size ? (size - 1 - first) / stride + 1 : 0;
}

/// Columns of zeros before a padded row of dz.
PINION_INLINE ptrdiff_t columns_before(const pinion_windows *w) {
  return taps_from(0, w->kernel_width, w->stride_width) - 1;
}

/// Columns of a padded row of dz.
PINION_INLINE ptrdiff_t padded_columns(const pinion_windows *w) {
  ptrdiff_t last = (w->width - 1 + w->pad_left) / w->stride_width + 1;
  return columns_before(w) + most(w->output_width, last);
}

/// Rows of dz that a row of dx reads.
PINION_INLINE ptrdiff_t gradient_rows(const pinion_windows *w) {
  return taps_from(0, w->kernel_height, w->stride_height);
}

/// Whether there are too few channels to fill vectors, so that these run along the windows: with
/// AVX-512, if the windows are long, half of a vector is too few.
PINION_INLINE int has_few_channels(const pinion_windows *w, ptrdiff_t filters) {
  int are_long = w->kernel_width * filters >= 2 * PINION_LANES * w->stride_width;
  return w->channels <= (has_wide_registers() && are_long ? half_lanes : 3);
}

ptrdiff_t pinion_shallow_packed_backward(const pinion_windows *w, ptrdiff_t filters) {
  return w->kernel_height * w->kernel_width * filters * wide_of(w->channels);
}

// The kernel of each class of columns, its taps backward: from (kernel_height, kernel_width,
// channels, filters) to a matrix (kernel_height · taps · filters, channels) as `pack_columns` lays
// it out, or to its transpose.
void pinion_shallow_pack_backward(
    const pinion_windows *w, ptrdiff_t filters, const float *kernel, float *to) {
  ptrdiff_t channels = w->channels, wide = wide_of(channels);
  for (ptrdiff_t b = 0; b < least(w->stride_width, w->kernel_width); b++) {
    ptrdiff_t taps = taps_from(b, w->kernel_width, w->stride_width);
    ptrdiff_t rows = w->kernel_height * taps * filters;
    memset(to, 0, sizeof(float) * rows * wide);
    for (ptrdiff_t c = 0; c < channels; c++) {
      ptrdiff_t first = c / PINION_LANES * PINION_LANES;
      ptrdiff_t step = has_few_channels(w, filters) ? 1 : least(PINION_LANES, wide - first);
      float *column = to + (has_few_channels(w, filters) ? rows * c : rows * first + c - first);
      for (ptrdiff_t row = 0; row < w->kernel_height * taps; row++) {
        ptrdiff_t u = row / taps, v = b + (taps - 1 - row % taps) * w->stride_width;
        const float *from = kernel + ((u * w->kernel_width + v) * channels + c) * filters;
        for (ptrdiff_t f = 0; f < filters; f++) column[(row * filters + f) * step] = from[f];
      }
    }
    to += rows * wide;
  }
}

/// Row p of dx, (width, channels), from the rows of dz that are in memory.
PINION_INLINE void image_gradient_row(
    const pinion_windows *w, ptrdiff_t filters, const padded_rows *dz, const float *kernels,
    ptrdiff_t p, float *to) {
  window_row row = {
      .step = filters,
      .slope = 1,
      .outputs = w->channels,
      .to_step = w->stride_width * w->channels};
  ptrdiff_t u = (p + w->pad_top) % w->stride_height, i = (p + w->pad_top) / w->stride_height;
  const float *padded[pinion_shallow_limit];
  ptrdiff_t taps_of[pinion_shallow_limit];
  for (; u < w->kernel_height && i >= 0; u += w->stride_height, i--) {
    if (i >= w->output_height) continue;
    padded[row.row_count] = padded_row(dz, i);
    taps_of[row.row_count++] = u;
  }
  for (ptrdiff_t b = 0; b < w->stride_width; b++) {
    ptrdiff_t taps = taps_from(b, w->kernel_width, w->stride_width);
    // The first pixel of the class, and the column of dz that its first tap reads.
    ptrdiff_t q = (b - w->pad_left % w->stride_width + w->stride_width) % w->stride_width;
    ptrdiff_t j = (q + w->pad_left) / w->stride_width + columns_before(w) - most(taps - 1, 0);
    row.run = taps * filters;
    row.matrix = kernels;
    row.matrix_rows = w->kernel_height * row.run;
    for (ptrdiff_t r = 0; r < row.row_count; r++) {
      row.rows[r] = padded[r] + j * filters;
      row.first[r] = taps_of[r] * row.run;
    }
    row.count = q < w->width ? (w->width - 1 - q) / w->stride_width + 1 : 0;
    row.to = to + q * w->channels;
    if (has_few_channels(w, filters)) {
      pinion_dot_windows(&row);
    } else {
      pinion_multiply_windows(&row);
    }
    kernels += row.matrix_rows * wide_of(w->channels);
  }
}

// MARK: Passes

ptrdiff_t pinion_shallow_scratch(const pinion_windows *w, ptrdiff_t filters) {
  ptrdiff_t rows = w->kernel_height * padded_of(w);
  ptrdiff_t dz = gradient_rows(w) * padded_columns(w) * filters;
  if (has_lines(w, filters)) return rows + dz + line_scratch(w, filters);
  // A wide row of dz, and the kernel's wide gradient.
  ptrdiff_t wide_rows = w->output_width + w->kernel_height * run_of(w);
  return rows + dz + (filters % half_lanes ? wide_rows * wide_of(filters) : 0);
}

PINION_INLINE void all_gradients(pinion_shallow_gradients_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t line = w.width * w.channels, height = w.kernel_height;
  ptrdiff_t row_size = w.output_width * s.filters;
  padded_rows rows = {s.scratch, height, padded_of(&w), w.pad_left * w.channels, line, 0};
  padded_rows gradients = {
      rows.memory + height * rows.padded, gradient_rows(&w), padded_columns(&w) * s.filters,
      columns_before(&w) * s.filters,     row_size,          0};
  gradient_sums sums = begin_sums(&s, gradients.memory + gradients.count * gradients.padded);
  for (ptrdiff_t image = 0; image < s.count; image++) {
    const float *x = s.images + image * w.height * line;
    float *dx = s.image_gradients;
    if (dx) dx += image * w.height * line;
    ptrdiff_t done = 0;
    rows.done = 0;
    for (ptrdiff_t i = 0; i < w.output_height; i++) {
      ptrdiff_t start = (image * w.output_height + i) * row_size;
      float *dz = pad_row(&gradients, i, 0);
      rectify_row(
          s.gradients + start, s.outputs ? s.outputs + start : s.outputs, s.slope, row_size, dz);
      ptrdiff_t top = i * w.stride_height - w.pad_top;
      ptrdiff_t low = most(0, top), high = most(low, least(w.height, top + height));
      pad_rows(&rows, x, low, high);
      add_row(&s, &sums, dz, &rows, low, high, top);
      // The rows that no later row of dz reaches.
      ptrdiff_t end = i + 1 < w.output_height ? top + w.stride_height : w.height;
      for (; dx && done < least(end, w.height); done++) {
        image_gradient_row(&w, s.filters, &gradients, s.packed, done, dx + done * line);
      }
    }
  }
  end_sums(&s, &sums);
}

PINION_CLONES
void pinion_shallow_gradients(const pinion_shallow_gradients_pass *pass) { all_gradients(*pass); }
