#include "sanitize.h"

enum { elements = pinion_strided_elements, sums = pinion_strided_sums };

/// The elements of each sum.
static const ptrdiff_t sizes[sums] = {4, 2, 4, 2, 1, 2, 4, 2, 4};

/// A matrix, or the transpose of what is in memory.
typedef struct {
  float *values;
  ptrdiff_t stride;
  int is_transposed;
} matrix;

static float *at(matrix m, ptrdiff_t i, ptrdiff_t j) {
  return m.values + (m.is_transposed ? j * m.stride + i : i * m.stride + j);
}

/// C (m, n) ← A·B, or C + A·B if `adds`.
static void product(matrix a, matrix b, matrix c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, int adds) {
  for (ptrdiff_t i = 0; i < m; i++) {
    for (ptrdiff_t j = 0; j < n; j++) {
      double sum = adds ? *at(c, i, j) : 0;
      for (ptrdiff_t l = 0; l < k; l++) sum += (double)*at(a, i, l) * *at(b, l, j);
      *at(c, i, j) = (float)sum;
    }
  }
}

/// Sets elements of the kernel's gradient whose terms are all zero to zero.
static void clear_zeros(
    const pinion_windows *w, const pinion_winograd_values *x, const pinion_winograd_values *dz,
    ptrdiff_t count, const int32_t *channel_taps, const int32_t *filter_taps,
    float *kernel_gradient) {
  ptrdiff_t channels = x->count, filters = dz->count, word = (ptrdiff_t)sizeof(uint64_t);
  pinion_winograd_taps_clear(channel_taps, channels, filter_taps, filters, kernel_gradient);
  uint64_t *state = zero_bytes(word * pinion_winograd_zeros_state(channels, filters));
  uint64_t *scratch = zero_bytes(word * pinion_winograd_zeros_scratch(channels, filters));
  pinion_winograd_zeros_search(w, x, dz, count, state, scratch);
  pinion_winograd_zeros_clear(state, channels, filters, kernel_gradient);
}

static pinion_windows random_strided_windows(ptrdiff_t channels) {
  pinion_windows w = {.channels = channels, .kernel_height = 3, .kernel_width = 3};
  w.stride_height = w.stride_width = 2;
  w.dilation_height = w.dilation_width = 1;
  w.pad_top = between(0, 1), w.pad_left = between(0, 1);
  ptrdiff_t below = between(0, 1), right = between(0, 1);
  w.height = between(3 - w.pad_top - below, 13);
  w.width = between(3 - w.pad_left - right, 13);
  w.output_height = (w.height + w.pad_top + below - 3) / 2 + 1;
  w.output_width = (w.width + w.pad_left + right - 3) / 2 + 1;
  return w;
}

/// All tiles in two calls, cut anywhere, so that a call starts and ends within an image.
void check_strided_winograd(void) {
  ptrdiff_t channels = between(1, 35), filters = between(1, 35), count = between(1, 2);
  pinion_windows w = random_strided_windows(channels);
  ptrdiff_t tiles = count * ((w.output_height + 1) / 2) * ((w.output_width + 1) / 2);
  ptrdiff_t cut = between(0, tiles), gap = between(0, 16), row_gap = between(0, 3);
  ptrdiff_t pair = channels * filters, floats = count * w.height * w.width * channels;
  ptrdiff_t outputs = count * w.output_height * w.output_width * filters;
  float slope = between(0, 2) / 2.0f;
  float *images = random_floats(floats), *kernel = random_floats(9 * pair);
  // Some images hold nothing but a few values, so that there are zeros to find.
  ptrdiff_t sparse = between(0, 3) == 0 ? floats : 0;
  for (ptrdiff_t i = 0; i < sparse; i++) images[i] = i % 37 == 0 ? images[i] : 0;
  float *bias = between(0, 1) ? random_floats(filters) : 0;
  float *u = zero_floats(elements * pair), *du = zero_floats(elements * pair);
  for (ptrdiff_t e = 0; e < elements; e++) pinion_strided_kernel(kernel, pair, e, u + e * pair);
  float *y = zero_floats(outputs), *dy = random_floats(outputs), *dx = zero_floats(floats);
  // Gradients that are zero, many or few of them.
  ptrdiff_t rarity = between(0, 1) ? between(2, 20) : 1;
  for (ptrdiff_t i = 0; i < outputs; i++) dy[i] *= between(1, rarity) == 1;
  int32_t *channel_taps = zero_bytes(channels * (ptrdiff_t)sizeof *channel_taps);
  int32_t *filter_taps = zero_bytes(filters * (ptrdiff_t)sizeof *filter_taps);
  pinion_winograd_values x = {images, 0, 1, channels}, gradients = {dy, 0, 1, filters};
  pinion_winograd_taps input_taps = {gradients, channel_taps}, output_taps = {x, filter_taps};
  for (ptrdiff_t part = 0; part < 2; part++) {
    ptrdiff_t first = part ? cut : 0, number = part ? tiles - cut : cut;
    if (number == 0) continue;
    ptrdiff_t v_stride = elements * channels + row_gap, m_stride = filters + row_gap;
    ptrdiff_t plane = number * m_stride + gap;
    float *v = random_floats(number * v_stride - row_gap);
    float *m = random_floats(sums * plane - gap - row_gap);
    pinion_tiles t = {w, first, number};
    pinion_strided_input(&t, images, v_stride, v, &input_taps);
    for (ptrdiff_t s = 0, e = 0; s < sums; e += sizes[s++]) {
      matrix a = {v + e * channels, v_stride, 0}, b = {u + e * pair, filters, 0};
      product(a, b, (matrix){m + s * plane, m_stride, 0}, number, filters, sizes[s] * channels, 0);
    }
    pinion_strided_output(&t, filters, m, plane, m_stride, bias, slope, y);
    pinion_strided_output_gradient(&t, filters, dy, plane, m_stride, m, &output_taps);
    for (ptrdiff_t s = 0, e = 0; s < sums; e += sizes[s++]) {
      matrix a = {v + e * channels, v_stride, 1}, b = {m + s * plane, m_stride, 0};
      product(a, b, (matrix){du + e * pair, filters, 0}, sizes[s] * channels, filters, number, 1);
    }
    for (ptrdiff_t s = 0, e = 0; s < sums; e += sizes[s++]) {
      matrix a = {m + s * plane, m_stride, 0}, b = {u + e * pair, filters, 1};
      product(
          a, b, (matrix){v + e * channels, v_stride, 0}, number, sizes[s] * channels, filters, 0);
    }
    pinion_strided_input_gradient(&t, v, v_stride, dx);
  }
  float *dg = zero_floats(9 * pair);
  pinion_strided_kernel_gradient(du, pair, dg);
  clear_zeros(&w, &x, &gradients, count, channel_taps, filter_taps, dg);

  double *expected = zero_doubles(outputs), *dz = zero_doubles(outputs);
  plain_convolution(&w, 1, images, count, kernel, bias, filters, expected);
  for (ptrdiff_t i = 0; i < outputs; i++) {
    expected[i] = plain_rectified(expected[i], slope);
    dz[i] = dy[i];
  }
  expect("a strided convolution's output", y, expected, outputs, 512);
  double *kernel_expected = zero_doubles(9 * pair), *bias_expected = zero_doubles(filters);
  double *image_expected = zero_doubles(floats);
  plain_gradients(
      &w, 1, images, count, kernel, dz, filters, kernel_expected, bias_expected, image_expected);
  for (ptrdiff_t i = 0; i < floats; i++) {
    require_that("a zero of an input's gradient", image_expected[i] != 0 || dx[i] == 0);
  }
  for (ptrdiff_t i = 0; i < 9 * pair; i++) {
    require_that("a zero of a kernel's gradient", kernel_expected[i] != 0 || dg[i] == 0);
  }
  expect("a strided convolution's gradient of the input", dx, image_expected, floats, 512);
  expect("a strided convolution's gradient of the kernel", dg, kernel_expected, 9 * pair, 512);
}
