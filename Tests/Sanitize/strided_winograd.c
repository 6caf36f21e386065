#include "sanitize.h"

enum { elements = pinion_strided_elements, sums = pinion_strided_sums };

/// The elements of each sum.
static const ptrdiff_t sizes[sums] = {4, 2, 4, 2, 1, 2, 4, 2, 4};

/// C ← A·B with A (m, k), B (k, n), or (n, k) if `transposes`, and C (m, n).
static void product(
    const float *a, ptrdiff_t lda, const float *b, int transposes, float *c, ptrdiff_t ldc,
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  for (ptrdiff_t i = 0; i < m; i++) {
    for (ptrdiff_t j = 0; j < n; j++) {
      double sum = 0;
      for (ptrdiff_t l = 0; l < k; l++) {
        sum += (double)a[i * lda + l] * b[transposes ? j * k + l : l * n + j];
      }
      c[i * ldc + j] = (float)sum;
    }
  }
}

/// All tiles in two calls, cut anywhere, so that a call starts and ends within an image.
void check_strided_winograd(void) {
  ptrdiff_t channels = between(1, 35), filters = between(1, 35), count = between(1, 2);
  pinion_windows w = {.channels = channels, .kernel_height = 3, .kernel_width = 3};
  w.stride_height = w.stride_width = 2;
  w.dilation_height = w.dilation_width = 1;
  w.pad_top = between(0, 1), w.pad_left = between(0, 1);
  ptrdiff_t below = between(0, 1), right = between(0, 1);
  w.height = between(3 - w.pad_top - below, 13);
  w.width = between(3 - w.pad_left - right, 13);
  w.output_height = (w.height + w.pad_top + below - 3) / 2 + 1;
  w.output_width = (w.width + w.pad_left + right - 3) / 2 + 1;
  ptrdiff_t tiles = count * ((w.output_height + 1) / 2) * ((w.output_width + 1) / 2);
  ptrdiff_t cut = between(0, tiles), gap = between(0, 16), row_gap = between(0, 3);
  ptrdiff_t pair = channels * filters;
  ptrdiff_t floats = count * w.height * w.width * channels;
  ptrdiff_t outputs = count * w.output_height * w.output_width * filters;
  float slope = between(0, 2) / 2.0f;
  float *images = random_floats(floats), *kernel = random_floats(9 * pair);
  float *bias = between(0, 1) ? random_floats(filters) : 0;
  float *u = zero_floats(elements * pair);
  for (ptrdiff_t e = 0; e < elements; e++) {
    pinion_strided_kernel(kernel, pair, e, u + e * pair);
  }
  float *y = zero_floats(outputs), *dy = random_floats(outputs), *dx = zero_floats(floats);
  for (ptrdiff_t part = 0; part < 2; part++) {
    ptrdiff_t first = part ? cut : 0, number = part ? tiles - cut : cut;
    if (number == 0) continue;
    ptrdiff_t stride = elements * channels + row_gap, plane = number * filters + gap;
    float *v = random_floats(number * stride - row_gap), *m = random_floats(sums * plane - gap);
    pinion_strided_tiles t = {w.height,  w.width,    w.output_height, w.output_width,
                              w.pad_top, w.pad_left, first,           number};
    pinion_strided_input(&t, channels, images, stride, v);
    for (ptrdiff_t s = 0, e = 0; s < sums; e += sizes[s++]) {
      product(
          v + e * channels, stride, u + e * pair, 0, m + s * plane, filters, number, filters,
          sizes[s] * channels);
    }
    pinion_strided_output(&t, filters, m, plane, bias, slope, y);
    pinion_strided_output_gradient(&t, filters, dy, plane, m);
    for (ptrdiff_t s = 0, e = 0; s < sums; e += sizes[s++]) {
      product(
          m + s * plane, filters, u + e * pair, 1, v + e * channels, stride, number,
          sizes[s] * channels, filters);
    }
    pinion_strided_input_gradient(&t, channels, v, stride, dx);
  }
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
    require_that("a zero of a strided convolution", image_expected[i] != 0 || dx[i] == 0);
  }
  expect("a strided convolution's gradient of the input", dx, image_expected, floats, 512);
}
