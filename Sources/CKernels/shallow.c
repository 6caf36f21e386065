#include <string.h>

#include "pinion_kernels.h"
#include "vector16.h"

// In C for wide vectors and for the registers: against im2col and sgemm, which copies and packs a matrix for some
// thirty multiplications a value, the first layer's passes take a third of the time, and a training step of a
// convolutional network ten percent less.
//
// Rows of the image that an output row reads are copied between zeros first, so that no window is at a border: padded
// rows of `padded` floats, of which the window of output column j reads `run` from j·step on.

enum { pixels = 8, taps = 8 };

PINION_INLINE ptrdiff_t run_of(const pinion_windows *w) { return w->kernel_width * w->channels; }
PINION_INLINE ptrdiff_t step_of(const pinion_windows *w) { return w->stride_width * w->channels; }

/// A padded row, and as much behind it as a vector that starts at its last value reaches.
PINION_INLINE ptrdiff_t padded_of(const pinion_windows *w) {
  ptrdiff_t reach = ((w->output_width - 1) * w->stride_width + w->kernel_width) * w->channels;
  ptrdiff_t row = (w->pad_left + w->width) * w->channels;
  return (reach > row ? reach : row) + 2 * PINION_LANES;
}

ptrdiff_t pinion_shallow_scratch(const pinion_windows *w, ptrdiff_t filters) {
  return 2 * w->kernel_height * padded_of(w) + w->output_width * filters +
         w->kernel_height * filters * PINION_LANES;
}

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

// MARK: Output

/// `count` pixels of 16·`width` filters, n of them in the last vector.
PINION_INLINE void output_block(
    const float *rows, ptrdiff_t padded, ptrdiff_t kernel_height, ptrdiff_t run, ptrdiff_t step,
    const float *kernel, ptrdiff_t filters, const float *bias, float slope, float *to,
    ptrdiff_t count, ptrdiff_t width, ptrdiff_t n) {
  vector16 sums[pixels][2];
  for (ptrdiff_t v = 0; v < width; v++) {
    ptrdiff_t here = v == width - 1 ? n : PINION_LANES;
    vector16 b = {0};
    if (bias) b = load16(bias + v * PINION_LANES, here);
    for (ptrdiff_t p = 0; p < count; p++) sums[p][v] = b;
  }
  for (ptrdiff_t i = 0; i < kernel_height; i++) {
    for (ptrdiff_t l = 0; l < run; l++) {
      const float *x = rows + i * padded + l;
      const float *weights = kernel + (i * run + l) * filters;
      for (ptrdiff_t v = 0; v < width; v++) {
        vector16 weight =
            load16(weights + v * PINION_LANES, v == width - 1 ? n : PINION_LANES);
        for (ptrdiff_t p = 0; p < count; p++) sums[p][v] += x[p * step] * weight;
      }
    }
  }
  for (ptrdiff_t p = 0; p < count; p++) {
    for (ptrdiff_t v = 0; v < width; v++) {
      store16(
          to + p * filters + v * PINION_LANES, rectify(sums[p][v], slope),
          v == width - 1 ? n : PINION_LANES);
    }
  }
}

PINION_CLONES
void pinion_shallow_output(
    const pinion_windows *w, const float *images, const float *kernel, const float *bias,
    float slope, ptrdiff_t filters, ptrdiff_t first_row, ptrdiff_t row_count, float *output,
    float *scratch) {
  ptrdiff_t padded = padded_of(w), run = run_of(w), step = step_of(w), height = w->kernel_height;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    pad_rows(w, images + image * w->height * w->width * w->channels, top, scratch);
    float *to = output + r * w->output_width * filters;
    for (ptrdiff_t j = 0; j < w->output_width; j += pixels) {
      ptrdiff_t count = least(pixels, w->output_width - j);
      ptrdiff_t f = 0;
      for (; f + 2 * PINION_LANES <= filters; f += 2 * PINION_LANES) {
        const float *b = bias ? bias + f : bias;
        if (count == pixels) {
          output_block(
              scratch + j * step, padded, height, run, step, kernel + f, filters, b, slope,
              to + j * filters + f, pixels, 2, PINION_LANES);
        } else {
          output_block(
              scratch + j * step, padded, height, run, step, kernel + f, filters, b, slope,
              to + j * filters + f, count, 2, PINION_LANES);
        }
      }
      for (; f < filters; f += PINION_LANES) {
        output_block(
            scratch + j * step, padded, height, run, step, kernel + f, filters,
            bias ? bias + f : bias, slope, to + j * filters + f, count, 1,
            least(PINION_LANES, filters - f));
      }
    }
  }
}

// MARK: Gradients

/// A row of dz, and its sum over the pixels added to the bias's gradient.
PINION_INLINE void rectified_row(
    const float *gradients, const float *outputs, float slope, ptrdiff_t columns,
    ptrdiff_t filters, float *dz, float *bias) {
  for (ptrdiff_t f = 0; f < filters; f += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, filters - f);
    vector16 sum = {0};
    for (ptrdiff_t j = 0; j < columns; j++) {
      ptrdiff_t place = j * filters + f;
      vector16 value = load16(gradients + place, n);
      if (outputs) value = rectify_gradient(value, load16(outputs + place, n), slope);
      store16(dz + place, value, n);
      sum += value;
    }
    if (bias) store16(bias + f, load16(bias + f, n) + sum, n);
  }
}

/// Adds xᵀ·dz over a row of pixels for `count` values of a kernel row and 16 filters.
PINION_INLINE void kernel_gradient_block(
    const float *row, ptrdiff_t step, const float *dz, ptrdiff_t columns, ptrdiff_t filters,
    float *to, ptrdiff_t count, ptrdiff_t n) {
  vector16 sums[taps];
  for (ptrdiff_t l = 0; l < count; l++) sums[l] = load16(to + l * filters, n);
  for (ptrdiff_t j = 0; j < columns; j++) {
    vector16 gradient = load16(dz + j * filters, n);
    for (ptrdiff_t l = 0; l < count; l++) sums[l] += row[j * step + l] * gradient;
  }
  for (ptrdiff_t l = 0; l < count; l++) store16(to + l * filters, sums[l], n);
}

PINION_INLINE void kernel_gradient_rows(
    const float *row, ptrdiff_t run, ptrdiff_t step, const float *dz, ptrdiff_t columns,
    ptrdiff_t filters, float *to, ptrdiff_t n) {
  ptrdiff_t l = 0;
  for (; l + taps <= run; l += taps) {
    kernel_gradient_block(row + l, step, dz, columns, filters, to + l * filters, taps, n);
  }
  if (l + 4 <= run) {
    kernel_gradient_block(row + l, step, dz, columns, filters, to + l * filters, 4, n);
    l += 4;
  }
  for (; l < run; l++) {
    kernel_gradient_block(row + l, step, dz, columns, filters, to + l * filters, 1, n);
  }
}

/// Adds dz·Wᵀ for `count` pixels to a padded row, by a kernel whose rows are turned and lie in vectors of 16.
PINION_INLINE void image_gradient_block(
    const float *dz, ptrdiff_t filters, const float *turned, ptrdiff_t step, float *row,
    ptrdiff_t count) {
  vector16 sums[pixels];
  for (ptrdiff_t p = 0; p < count; p++) sums[p] = (vector16){0};
  for (ptrdiff_t f = 0; f < filters; f++) {
    vector16 weight = *(const vector16 *)(turned + f * PINION_LANES);
    for (ptrdiff_t p = 0; p < count; p++) sums[p] += dz[p * filters + f] * weight;
  }
  for (ptrdiff_t p = 0; p < count; p++) *(vector16 *)(row + p * step) += sums[p];
}

PINION_CLONES
void pinion_shallow_gradients(
    const pinion_windows *w, const float *images, const float *kernel, const float *gradients,
    const float *outputs, float slope, ptrdiff_t filters, ptrdiff_t count, float *kernel_gradient,
    float *bias_gradient, float *image_gradients, float *scratch) {
  ptrdiff_t padded = padded_of(w), run = run_of(w), step = step_of(w);
  ptrdiff_t columns = w->output_width, height = w->kernel_height;
  ptrdiff_t row_floats = w->width * w->channels, before = w->pad_left * w->channels;
  float *rows = scratch;
  float *row_gradients = rows + height * padded;
  float *dz = row_gradients + height * padded;
  float *turned = dz + columns * filters;
  if (image_gradients) {
    memset(turned, 0, sizeof(float) * height * filters * PINION_LANES);
    for (ptrdiff_t i = 0; i < height; i++) {
      for (ptrdiff_t l = 0; l < run; l++) {
        for (ptrdiff_t f = 0; f < filters; f++) {
          turned[(i * filters + f) * PINION_LANES + l] = kernel[(i * run + l) * filters + f];
        }
      }
    }
  }
  for (ptrdiff_t r = 0; r < count * w->output_height; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    ptrdiff_t start = r * columns * filters;
    ptrdiff_t first = image * w->height * row_floats;
    rectified_row(
        gradients + start, outputs ? outputs + start : outputs, slope, columns, filters, dz,
        bias_gradient);
    pad_rows(w, images + first, top, rows);
    for (ptrdiff_t i = 0; i < height; i++) {
      if (top + i < 0 || top + i >= w->height) continue;
      float *to = kernel_gradient + i * run * filters;
      ptrdiff_t f = 0;
      for (; f + PINION_LANES <= filters; f += PINION_LANES) {
        kernel_gradient_rows(
            rows + i * padded, run, step, dz + f, columns, filters, to + f, PINION_LANES);
      }
      if (f < filters) {
        kernel_gradient_rows(
            rows + i * padded, run, step, dz + f, columns, filters, to + f, filters - f);
      }
    }
    if (!image_gradients) continue;
    memset(row_gradients, 0, sizeof(float) * height * padded);
    for (ptrdiff_t i = 0; i < height; i++) {
      if (top + i < 0 || top + i >= w->height) continue;
      float *row = row_gradients + i * padded;
      const float *weights = turned + i * filters * PINION_LANES;
      ptrdiff_t j = 0;
      for (; j + pixels <= columns; j += pixels) {
        image_gradient_block(dz + j * filters, filters, weights, step, row + j * step, pixels);
      }
      for (; j < columns; j++) {
        image_gradient_block(dz + j * filters, filters, weights, step, row + j * step, 1);
      }
      float *to = image_gradients + first + (top + i) * row_floats;
      for (ptrdiff_t k = 0; k < row_floats; k++) to[k] += row[before + k];
    }
  }
}
