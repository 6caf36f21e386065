#include "sanitize.h"

enum { places = 36 };

/// 36 matrices a distance apart, whose rows are a stride apart.
typedef struct {
  float *values;
  ptrdiff_t distance, stride;
} planes;

/// C ← op(A)·B + beta·C for each place; A is (m, k), or (k, m) if `transposes`.
static void products(
    planes a, int transposes, planes b, planes c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
    float beta) {
  for (ptrdiff_t p = 0; p < places; p++) {
    for (ptrdiff_t i = 0; i < m; i++) {
      for (ptrdiff_t j = 0; j < n; j++) {
        double sum = 0;
        for (ptrdiff_t l = 0; l < k; l++) {
          ptrdiff_t from = transposes ? l * a.stride + i : i * a.stride + l;
          sum +=
              (double)a.values[p * a.distance + from] * b.values[p * b.distance + l * b.stride + j];
        }
        float *to = c.values + p * c.distance + i * c.stride + j;
        *to = (float)sum + (beta == 0 ? 0 : beta * *to);
      }
    }
  }
}

/// Sets elements of the kernel's gradient whose terms are all zero to zero, in both ways: by taps,
/// which the passes found, and by pairs.
static void clear_zeros(
    const pinion_windows *w, const pinion_winograd_values *x, const pinion_winograd_values *dz,
    ptrdiff_t count, const int32_t *channel_taps, const int32_t *filter_taps,
    float *kernel_gradient) {
  ptrdiff_t channels = x->count, filters = dz->count;
  pinion_winograd_taps_clear(channel_taps, channels, filter_taps, filters, kernel_gradient);
  ptrdiff_t word = (ptrdiff_t)sizeof(uint64_t);
  uint64_t *state = zero_bytes(word * pinion_winograd_zeros_state(channels, filters));
  uint64_t *scratch = zero_bytes(word * pinion_winograd_zeros_scratch(channels, filters));
  pinion_winograd_zeros_search(w, x, dz, count, state, scratch);
  pinion_winograd_zeros_clear(state, channels, filters, kernel_gradient);
}

/// All tiles in two calls, cut anywhere, so that a call starts and ends within an image.
void check_winograd(void) {
  ptrdiff_t channels = between(1, 35), filters = between(1, 35), count = between(1, 2);
  pinion_windows w = {.channels = channels, .kernel_height = 3, .kernel_width = 3};
  w.stride_height = w.stride_width = w.dilation_height = w.dilation_width = 1;
  w.pad_top = w.pad_left = between(0, 1);
  w.height = between(3 - 2 * w.pad_top, 13);
  w.width = between(3 - 2 * w.pad_top, 13);
  w.output_height = w.height - 2 + 2 * w.pad_top;
  w.output_width = w.width - 2 + 2 * w.pad_left;
  ptrdiff_t tiles = count * ((w.output_height + 3) / 4) * ((w.output_width + 3) / 4);
  ptrdiff_t cut = between(0, tiles), gap = between(0, 16), row_gap = between(0, 3);
  ptrdiff_t pair = channels * filters;
  ptrdiff_t floats = count * w.height * w.width * channels;
  ptrdiff_t outputs = count * w.output_height * w.output_width * filters;
  float slope = between(0, 2) / 2.0f;
  float *images = random_floats(floats), *kernel = random_floats(9 * pair);
  // Some images hold nothing but a few values, so that there are zeros to find.
  ptrdiff_t sparse = between(0, 3) == 0 ? floats : 0;
  for (ptrdiff_t i = 0; i < sparse; i++) images[i] = i % 37 == 0 ? images[i] : 0;
  float *bias = between(0, 1) ? random_floats(filters) : 0, *transposed = zero_floats(9 * pair);
  float *u = zero_floats(places * pair), *u_transposed = zero_floats(places * pair);
  pinion_winograd_kernel(kernel, pair, u);
  for (ptrdiff_t p = 0; p < 9; p++) {
    pinion_transpose(kernel + p * pair, channels, filters, transposed + p * pair);
  }
  pinion_winograd_kernel(transposed, pair, u_transposed);

  float *y = zero_floats(outputs), *dy = random_floats(outputs);
  float *active = between(0, 1) ? random_floats(outputs) : 0;
  // Outputs that are zero, many or few of them.
  ptrdiff_t rarity = between(1, 20);
  for (ptrdiff_t i = 0; active && i < outputs; i++) active[i] *= between(1, rarity) == 1;
  double *expected = zero_doubles(outputs), *dz = zero_doubles(outputs);
  float *du = zero_floats(places * pair), *dx = random_floats(floats);
  float *db = bias ? zero_floats(filters) : 0;
  int32_t *channel_taps = zero_bytes(channels * (ptrdiff_t)sizeof *channel_taps);
  int32_t *filter_taps = zero_bytes(filters * (ptrdiff_t)sizeof *filter_taps);
  pinion_winograd_values x = {images, 0, 1, channels}, gradients = {dy, active, slope, filters};
  planes kernels = {u, pair, filters}, transposed_kernels = {u_transposed, pair, channels};
  planes sums = {du, pair, filters};
  for (ptrdiff_t part = 0; part < 2; part++) {
    ptrdiff_t first = part ? cut : 0, number = part ? tiles - cut : cut;
    if (number == 0) continue;
    ptrdiff_t v_stride = channels + row_gap, m_stride = filters + row_gap;
    ptrdiff_t v_distance = number * v_stride + gap, m_distance = number * m_stride + gap;
    planes v = {random_floats(places * v_distance - gap - row_gap), v_distance, v_stride};
    planes m = {random_floats(places * m_distance - gap - row_gap), m_distance, m_stride};
    uint64_t *zeros = zero_bytes(number * (ptrdiff_t)sizeof *zeros);
    uint64_t *reached = zero_bytes(number * (ptrdiff_t)sizeof *reached);
    pinion_tiles block = {w, first, number};
    pinion_winograd_tiles v_tiles = {block, v_distance, v_stride};
    pinion_winograd_tiles m_tiles = {block, m_distance, m_stride};
    pinion_winograd_input(&(pinion_winograd_input_pass){v_tiles, images, v.values, zeros, {x, 0}});
    products(v, 0, kernels, m, number, filters, channels, 0);
    pinion_winograd_output(
        &(pinion_winograd_output_pass){m_tiles, filters, m.values, zeros, bias, slope, y});
    pinion_winograd_output_gradient(&(pinion_winograd_output_gradient_pass){
        m_tiles, filters, dy, active, slope, db, m.values, reached, {x, filter_taps}});
    pinion_winograd_input(
        &(pinion_winograd_input_pass){v_tiles, images, v.values, 0, {gradients, channel_taps}});
    products(v, 1, m, sums, channels, filters, number, part);
    products(m, 0, transposed_kernels, v, number, channels, filters, 0);
    pinion_winograd_input_gradient(
        &(pinion_winograd_input_gradient_pass){v_tiles, v.values, reached, dx});
  }
  float *dg = zero_floats(9 * pair);
  pinion_winograd_kernel_gradient(du, pair, dg);
  clear_zeros(&w, &x, &gradients, count, channel_taps, filter_taps, dg);

  plain_convolution(&w, 1, images, count, kernel, bias, filters, expected);
  for (ptrdiff_t i = 0; i < outputs; i++) {
    expected[i] = plain_rectified(expected[i], slope);
    dz[i] = !active || active[i] > 0 ? dy[i] : (double)slope * dy[i];
  }
  expect("Winograd's output", y, expected, outputs, 4096);
  double *kernel_expected = zero_doubles(9 * pair), *bias_expected = zero_doubles(filters);
  double *image_expected = zero_doubles(floats);
  plain_gradients(
      &w, 1, images, count, kernel, dz, filters, kernel_expected, bias_expected, image_expected);
  for (ptrdiff_t i = 0; i < floats; i++) {
    require_that(
        "a zero of Winograd's gradient of the input", image_expected[i] != 0 || dx[i] == 0);
  }
  for (ptrdiff_t i = 0; i < 9 * pair; i++) {
    require_that("a zero of Winograd's", kernel_expected[i] != 0 || dg[i] == 0);
  }
  expect("Winograd's gradient of the kernel", dg, kernel_expected, 9 * pair, 8192);
  expect("Winograd's gradient of the input", dx, image_expected, floats, 4096);
  if (bias) expect("Winograd's gradient of the bias", db, bias_expected, filters, 512);
}
