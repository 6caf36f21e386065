#include "sanitize.h"

/// Whether the windows have a stride and a dilation, which depthwise kernels do not take together.
static int has_both(const pinion_windows *w) {
  return (w->stride_height > 1 && w->dilation_height > 1) ||
         (w->stride_width > 1 && w->dilation_width > 1);
}

void check_depthwise(void) {
  ptrdiff_t multiplier = between(0, 1) ? 1 : between(2, 5);
  ptrdiff_t channels = between(0, 2) ? between(1, 40) : 8 * between(1, 17);
  pinion_windows w = random_windows(5, 7, 3, 3, channels);
  // Half of them undilated, 3 × 3 and 5 × 5, for which there are loops.
  int is_usual = (int)between(0, 1), size = between(0, 1) ? 3 : 5;
  while (is_usual ? w.dilation_width > 1 || w.dilation_height > 1 || w.kernel_height != size ||
                        w.kernel_width != size
                  : has_both(&w)) {
    w = is_usual ? random_windows(size, size, 2, 1, channels)
                 : random_windows(5, 7, 3, 3, channels);
  }
  ptrdiff_t count = between(1, 3), outputs = channels * multiplier;
  ptrdiff_t all = count * w.output_height, first = between(0, all - 1);
  ptrdiff_t rows = between(1, all - first), row = w.output_width * outputs;
  ptrdiff_t floats = count * w.height * w.width * channels;
  ptrdiff_t weights = w.kernel_height * w.kernel_width * outputs;
  float slope = between(0, 2) / 2.0f;
  float *images = random_floats(floats), *kernel = random_floats(weights);
  float *bias = between(0, 1) ? random_floats(outputs) : 0;
  float *scratch = random_floats(pinion_depthwise_scratch(&w, multiplier));

  double *expected = zero_doubles(all * row);
  plain_convolution(&w, channels, images, count, kernel, bias, outputs, expected);
  for (ptrdiff_t i = 0; i < all * row; i++) expected[i] = plain_rectified(expected[i], slope);
  float *output = zero_floats(rows * row);
  pinion_depthwise_output(&(pinion_depthwise_output_pass){
      w, multiplier, first, rows, images, kernel, bias, slope, output, scratch});
  expect("a depthwise output", output, expected + first * row, rows * row, 256);

  float *gradients = random_floats(all * row);
  double *dz = zero_doubles(all * row), *unused = zero_doubles(outputs);
  for (ptrdiff_t i = 0; i < all * row; i++) dz[i] = gradients[i];
  double *kernel_expected = zero_doubles(weights), *image_expected = zero_doubles(floats);
  plain_gradients(
      &w, channels, images, count, kernel, dz, outputs, kernel_expected, unused, image_expected);
  float *kernel_found = between(0, 3) ? random_floats(weights) : 0;
  for (ptrdiff_t i = 0; kernel_found && i < weights; i++) kernel_expected[i] += kernel_found[i];
  float *image_found = between(0, 3) ? random_floats(floats) : 0;
  pinion_depthwise_gradients(&(pinion_depthwise_gradients_pass){
      w, multiplier, count, images, kernel, gradients, kernel_found, image_found, scratch});
  if (kernel_found) {
    expect("a depthwise kernel's gradient", kernel_found, kernel_expected, weights, 512);
  }
  if (image_found) {
    expect("a depthwise input's gradient", image_found, image_expected, floats, 512);
  }
}
