#include "pinion_kernels.h"
#include "shallow.h"

enum { pixels = 8, taps = 8 };

/// Writes a row of dz, (columns, filters), and adds its sum over the pixels to the bias's gradient.
PINION_INLINE void rectified_row(
    const float *gradients, const float *outputs, float slope, ptrdiff_t columns, ptrdiff_t filters,
    float *dz, float *bias) {
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

// MARK: Kernel

/// A padded row of the image, and a row of dz, (columns, filters), whose column j reads the padded
/// row from j·step on.
typedef struct {
  const float *padded;
  ptrdiff_t run, step;
  const float *dz;
  ptrdiff_t columns, filters;
} row_pair;

/// Adds xᵀ·dz over a row of pixels for `count` values of a kernel row from l on and `n` filters
/// from f on: to (run, filters).
PINION_INLINE void kernel_gradient_block(
    row_pair row, ptrdiff_t l, ptrdiff_t f, float *to, ptrdiff_t count, ptrdiff_t n) {
  vector16 sums[taps];
  to += l * row.filters + f;
  for (ptrdiff_t k = 0; k < count; k++) sums[k] = load16(to + k * row.filters, n);
  for (ptrdiff_t j = 0; j < row.columns; j++) {
    vector16 gradient = load16(row.dz + j * row.filters + f, n);
    for (ptrdiff_t k = 0; k < count; k++) sums[k] += row.padded[j * row.step + l + k] * gradient;
  }
  for (ptrdiff_t k = 0; k < count; k++) store16(to + k * row.filters, sums[k], n);
}

PINION_INLINE void kernel_gradient_row(row_pair row, ptrdiff_t f, float *to, ptrdiff_t n) {
  ptrdiff_t l = 0;
  for (; l + taps <= row.run; l += taps) kernel_gradient_block(row, l, f, to, taps, n);
  if (l + 4 <= row.run) {
    kernel_gradient_block(row, l, f, to, 4, n);
    l += 4;
  }
  for (; l < row.run; l++) kernel_gradient_block(row, l, f, to, 1, n);
}

// MARK: Images

/// Transposes the kernel's rows: (kernel_height, run, filters) to (kernel_height, filters, 16),
/// zeros behind each run.
PINION_INLINE void transpose_kernel(
    const float *kernel, ptrdiff_t height, ptrdiff_t run, ptrdiff_t filters, float *to) {
  memset(to, 0, sizeof(float) * height * filters * PINION_LANES);
  for (ptrdiff_t i = 0; i < height; i++) {
    for (ptrdiff_t l = 0; l < run; l++) {
      for (ptrdiff_t f = 0; f < filters; f++) {
        to[(i * filters + f) * PINION_LANES + l] = kernel[(i * run + l) * filters + f];
      }
    }
  }
}

/// Adds dz·Wᵀ for `count` pixels from j on to the gradients of a padded row, by a row of the
/// transposed kernel, (filters, 16).
PINION_INLINE void image_gradient_block(
    row_pair row, ptrdiff_t j, const float *transposed, float *to, ptrdiff_t count) {
  const float *dz = row.dz + j * row.filters;
  to += j * row.step;
  vector16 sums[pixels];
  for (ptrdiff_t p = 0; p < count; p++) sums[p] = (vector16){0};
  for (ptrdiff_t f = 0; f < row.filters; f++) {
    vector16 weight = *(const vector16 *)(transposed + f * PINION_LANES);
    for (ptrdiff_t p = 0; p < count; p++) sums[p] += dz[p * row.filters + f] * weight;
  }
  for (ptrdiff_t p = 0; p < count; p++) *(vector16 *)(to + p * row.step) += sums[p];
}

// MARK: Passes

PINION_INLINE void all_gradients(pinion_shallow_gradients_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t padded = padded_of(&w), run = run_of(&w);
  ptrdiff_t columns = w.output_width, height = w.kernel_height;
  ptrdiff_t row_floats = w.width * w.channels, before = w.pad_left * w.channels;
  float *rows = s.scratch;
  float *row_gradients = rows + height * padded;
  float *dz = row_gradients + height * padded;
  float *transposed = dz + columns * s.filters;
  if (s.image_gradients) transpose_kernel(s.kernel, height, run, s.filters, transposed);
  for (ptrdiff_t r = 0; r < s.count * w.output_height; r++) {
    ptrdiff_t image = r / w.output_height, top = top_of(&w, image, r);
    ptrdiff_t start = r * columns * s.filters, first = image * w.height * row_floats;
    rectified_row(
        s.gradients + start, s.outputs ? s.outputs + start : s.outputs, s.slope, columns, s.filters,
        dz, s.bias_gradient);
    pad_rows(&w, s.images + first, top, rows);
    if (s.image_gradients) memset(row_gradients, 0, sizeof(float) * height * padded);
    for (ptrdiff_t i = 0; i < height; i++) {
      if (top + i < 0 || top + i >= w.height) continue;
      row_pair row = {rows + i * padded, run, step_of(&w), dz, columns, s.filters};
      float *to = s.kernel_gradient + i * run * s.filters;
      ptrdiff_t f = 0;
      for (; f + PINION_LANES <= s.filters; f += PINION_LANES) {
        kernel_gradient_row(row, f, to, PINION_LANES);
      }
      if (f < s.filters) kernel_gradient_row(row, f, to, s.filters - f);
      if (!s.image_gradients) continue;
      float *row_gradient = row_gradients + i * padded;
      const float *weights = transposed + i * s.filters * PINION_LANES;
      ptrdiff_t j = 0;
      for (; j + pixels <= columns; j += pixels) {
        image_gradient_block(row, j, weights, row_gradient, pixels);
      }
      for (; j < columns; j++) image_gradient_block(row, j, weights, row_gradient, 1);
      float *image_row = s.image_gradients + first + (top + i) * row_floats;
      for (ptrdiff_t k = 0; k < row_floats; k++) image_row[k] += row_gradient[before + k];
    }
  }
}

PINION_CLONES
void pinion_shallow_gradients(const pinion_shallow_gradients_pass *pass) { all_gradients(*pass); }
