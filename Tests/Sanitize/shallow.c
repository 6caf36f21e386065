#include "sanitize.h"

/// dz = dy where y > 0, else slope·dy.
static double *rectified_gradients(
    const float *gradients, const float *outputs, float slope, ptrdiff_t count) {
  double *dz = zero_doubles(count);
  for (ptrdiff_t i = 0; i < count; i++) {
    dz[i] = !outputs || outputs[i] > 0 ? gradients[i] : (double)slope * gradients[i];
  }
  return dz;
}

void check_shallow(void) {
  ptrdiff_t channels = between(0, 3) ? between(1, 9) : between(10, 36);
  ptrdiff_t count = between(1, 3), filters = between(0, 2) ? between(1, 40) : between(32, 70);
  if (!between(0, 3)) channels = 1, filters = between(1, 9);
  pinion_windows w = random_windows(7, 7, 4, 1, channels);
  if (channels == 1 && w.stride_width == 1) {
    ptrdiff_t more = between(0, 60);
    w.width += more;
    w.output_width += more;
  }
  ptrdiff_t all = count * w.output_height, first = between(0, all - 1);
  ptrdiff_t rows = between(1, all - first), row = w.output_width * filters;
  ptrdiff_t floats = count * w.height * w.width * channels;
  ptrdiff_t weights = w.kernel_height * w.kernel_width * channels * filters;
  float slope = between(0, 2) / 2.0f;
  float *images = random_floats(floats), *kernel = random_factors(weights, weights / filters);
  float *bias = between(0, 1) ? random_floats(filters) : 0;
  float *scratch = random_floats(pinion_shallow_scratch(&w, filters));
  float *packed = random_floats(pinion_shallow_packed(&w, filters));
  pinion_shallow_pack(&w, filters, kernel, packed);

  double *expected = zero_doubles(all * row);
  plain_convolution(&w, 1, images, count, kernel, bias, filters, expected);
  for (ptrdiff_t i = 0; i < all * row; i++) expected[i] = plain_rectified(expected[i], slope);
  float *output = zero_floats((first + rows) * row);
  pinion_shallow_output(&(pinion_shallow_output_pass){
      w, filters, first, rows, images, packed, bias, slope, output, scratch});
  expect("a shallow output", output + first * row, expected + first * row, rows * row, 128);

  float *gradients = random_factors(all * row, all * w.output_width);
  float *outputs = between(0, 1) ? random_floats(all * row) : 0;
  double *dz = rectified_gradients(gradients, outputs, slope, all * row);
  double *kernel_expected = zero_doubles(weights), *bias_expected = zero_doubles(filters);
  double *image_expected = zero_doubles(floats);
  plain_gradients(
      &w, 1, images, count, kernel, dz, filters, kernel_expected, bias_expected, image_expected);
  float *kernel_found = zero_floats(weights), *bias_found = bias ? zero_floats(filters) : 0;
  float *image_found = between(0, 2) ? random_floats(floats) : 0;
  float *backward = 0;
  if (image_found) {
    backward = random_floats(pinion_shallow_packed_backward(&w, filters));
    pinion_shallow_pack_backward(&w, filters, kernel, backward);
  }
  pinion_shallow_gradients(&(pinion_shallow_gradients_pass){
      w, filters, count, images, backward, gradients, outputs, slope, kernel_found, bias_found,
      image_found, scratch});
  expect("a shallow kernel's gradient", kernel_found, kernel_expected, weights, 64);
  if (bias) expect("a shallow bias's gradient", bias_found, bias_expected, filters, 32);
  if (image_found) expect("a shallow input's gradient", image_found, image_expected, floats, 32);
}
