#include <math.h>

#include "sanitize.h"

void check_elementwise(void) {
  ptrdiff_t rows = between(1, 9), width = between(1, 70), count = rows * width;
  float slope = between(0, 2) / 2.0f;
  float *values = random_floats(count), *bias = between(0, 1) ? random_floats(width) : 0;
  double *expected = zero_doubles(count), *sums = zero_doubles(width);
  for (ptrdiff_t i = 0; i < count; i++) {
    expected[i] = plain_rectified((double)values[i] + (bias ? bias[i % width] : 0), slope);
  }
  pinion_rectify(values, rows, width, bias, slope);
  expect("rectified values", values, expected, count, 4);

  float *gradients = random_floats(count);
  for (ptrdiff_t i = 0; i < count; i++) {
    expected[i] = values[i] > 0 ? gradients[i] : (double)slope * gradients[i];
  }
  pinion_rectify_gradient(gradients, values, count, slope);
  expect("rectified gradients", gradients, expected, count, 2);

  float *found = random_floats(width);
  for (ptrdiff_t i = 0; i < width; i++) sums[i] = found[i];
  for (ptrdiff_t i = 0; i < count; i++) sums[i % width] += values[i];
  pinion_add_column_sums(values, rows, width, found);
  expect("column sums", found, sums, width, 32);

  // Often more than a block of rows.
  ptrdiff_t pixels = between(1, 90), pixel_count = pixels * width;
  float *biased = random_floats(pixel_count);
  double *shifted = zero_doubles(pixel_count);
  for (ptrdiff_t i = 0; i < pixel_count; i++) shifted[i] = (double)biased[i] + found[i % width];
  pinion_add_bias(biased, pixels, width, found);
  expect("values and a bias", biased, shifted, pixel_count, 2);

  for (ptrdiff_t i = 0; i < count; i++) expected[i] = (double)values[i] * slope;
  pinion_scale(values, count, slope);
  expect("scaled values", values, expected, count, 2);

  float *transposed = zero_floats(count);
  pinion_transpose(values, rows, width, transposed);
  for (ptrdiff_t i = 0; i < count; i++) {
    require_that("a transpose", transposed[i % width * rows + i / width] == values[i]);
  }
}

/// Conversions of bytes, the search for large numbers, and a step of Adam.
void check_training_steps(void) {
  ptrdiff_t count = between(1, 100);
  uint8_t *bytes = zero_bytes(count);
  float *found = zero_floats(count), *w = random_floats(count), *g = random_floats(count);
  float *m = random_floats(count), *v = random_floats(count);
  for (ptrdiff_t i = 0; i < count; i++) {
    bytes[i] = (uint8_t)between(0, 255);
    v[i] = fabsf(v[i]);
  }
  pinion_scale_bytes(bytes, count, found);
  for (ptrdiff_t i = 0; i < count; i++) {
    require_that("a byte as a float", found[i] == (float)bytes[i] / 255);
  }

  float *values = random_floats(count), large[] = {2, -2, INFINITY, -INFINITY, NAN, -NAN};
  require_that("small numbers", pinion_are_below(values, count, 2));
  require_that("finite numbers", pinion_are_below(values, count, INFINITY));
  ptrdiff_t kind = between(0, 5);
  values[between(0, count - 1)] = large[kind];
  require_that("a large number", !pinion_are_below(values, count, 2));
  require_that(
      "a number that is not finite", pinion_are_below(values, count, INFINITY) == kind < 2);

  pinion_adam_step step = {0.01f, 0.1f, 0.001f, 1e-7f};
  double *steps = zero_doubles(count), *means = zero_doubles(count), *squares = zero_doubles(count);
  for (ptrdiff_t i = 0; i < count; i++) {
    means[i] = m[i] + ((double)g[i] - m[i]) * step.mean_rate;
    squares[i] = v[i] + ((double)g[i] * g[i] - v[i]) * step.square_rate;
    steps[i] = w[i] - means[i] * step.alpha / (sqrt(squares[i]) + step.epsilon);
  }
  require_that("a finite step", pinion_adam(w, g, m, v, count, &step));
  expect("means of gradients", m, means, count, 4);
  expect("means of squared gradients", v, squares, count, 4);
  expect("parameters after a step", w, steps, count, 40);
  // What is not finite in one of the results: the last two overflow the mean of squares only.
  float *operands[] = {w, m, v, g, g, g},
        bad[] = {-INFINITY, NAN, INFINITY, INFINITY, 2e20f, -3e30f};
  ptrdiff_t operand = between(0, 5);
  operands[operand][between(0, count - 1)] = bad[operand];
  step.square_rate = 1;
  require_that("a step that is not finite", !pinion_adam(w, g, m, v, count, &step));
}

/// Normalizations of rows of places side by side.
static void check_places(void) {
  ptrdiff_t rows = between(1, 140), places = between(1, 40), count = rows * places;
  float *x = random_floats(count), *dy = random_floats(count), *found = zero_floats(count);
  float *mean = random_floats(places), *factor = random_floats(places);
  float *slope = random_floats(places), *constant = random_floats(places);
  float *sums = zero_floats(places), *products = zero_floats(places);
  float *squares = zero_floats(places), *deviations = zero_floats(places);
  double *normalized = zero_doubles(count), *gradient = zero_doubles(count);
  double *sum = zero_doubles(places), *product = zero_doubles(places);
  double *square = zero_doubles(places), *deviation = zero_doubles(places);
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t c = i % places;
    double d = x[i] - (double)mean[c];
    normalized[i] = factor[c] * d + constant[c];
    gradient[i] = factor[c] * (dy[i] + (slope[c] * d + constant[c]));
    deviation[c] += d;
    square[c] += d * d;
    sum[c] += dy[i];
    product[c] += dy[i] * d;
  }
  pinion_normalize_places(x, rows, places, mean, factor, constant, found);
  expect("normalized places", found, normalized, count, 16);
  pinion_normalize_places_gradient(dy, x, rows, places, mean, factor, slope, constant, found);
  expect("gradients of normalized places", found, gradient, count, 16);
  pinion_add_place_deviations(x, rows, places, mean, deviations);
  expect("deviations of places", deviations, deviation, places, 256);
  pinion_add_place_squares(x, rows, places, mean, squares);
  expect("squares of places", squares, square, places, 256);
  pinion_add_place_products(dy, x, rows, places, mean, sums, products);
  expect("sums of places", sums, sum, places, 256);
  expect("products of places", products, product, places, 256);

  double *total = zero_doubles(places);
  float *totals = zero_floats(places);
  for (ptrdiff_t i = 0; i < count; i++) total[i % places] += x[i];
  pinion_add_places(x, rows, places, totals);
  expect("values of places", totals, total, places, 256);
  for (ptrdiff_t i = 0; i < count; i++) normalized[i] = mean[i % places];
  pinion_fill_places(mean, rows, places, found);
  expect("rows of equal values", found, normalized, count, 0);
}

void check_normalization(void) {
  check_places();
  ptrdiff_t count = between(1, 200);
  float *x = random_floats(count), *dy = random_floats(count), *found = zero_floats(count);
  float numbers[4];
  for (int i = 0; i < 4; i++) numbers[i] = (float)between(-100, 100) / 64;
  float mean = numbers[0], factor = numbers[1], slope = numbers[2], constant = numbers[3];
  double *expected = zero_doubles(count), *slopes = zero_doubles(count);
  double sums[4] = {0};
  for (ptrdiff_t i = 0; i < count; i++) {
    double deviation = (double)x[i] - mean;
    expected[i] = factor * deviation + constant;
    slopes[i] = factor * (dy[i] + (slope * deviation + constant));
    sums[0] += deviation;
    sums[1] += deviation * deviation;
    sums[2] += dy[i];
    sums[3] += dy[i] * deviation;
  }
  pinion_normalize(x, count, mean, factor, constant, found);
  expect("normalized values", found, expected, count, 16);
  pinion_normalize_gradient(dy, x, count, mean, factor, slope, constant, found);
  expect("gradients of a normalization", found, slopes, count, 32);
  float totals[4];
  totals[0] = pinion_sum_deviations(x, count, mean);
  totals[1] = pinion_sum_squares(x, count, mean);
  pinion_sum_products(dy, x, count, mean, &totals[2], &totals[3]);
  expect("sums of a normalization", totals, sums, 4, 2048);
  pinion_normalize_gradient(dy, x, count, mean, factor, slope, constant, dy);
  expect("gradients of a normalization in place", dy, slopes, count, 32);
  pinion_normalize(x, count, mean, factor, constant, x);
  expect("values normalized in place", x, expected, count, 16);
}

/// A word of Philox 4×32-10 (Salmon et al. 2011), one block at a time.
static uint32_t philox(uint64_t seed, uint64_t stream, uint64_t block, int word) {
  uint32_t c[4] = {
      (uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  uint32_t k[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (int round = 0; round < 10; round++) {
    uint64_t left = (uint64_t)c[0] * 0xD2511F53u, right = (uint64_t)c[2] * 0xCD9E8D57u;
    uint32_t next[4] = {
        (uint32_t)(right >> 32) ^ c[1] ^ k[0], (uint32_t)right,
        (uint32_t)(left >> 32) ^ c[3] ^ k[1], (uint32_t)left};
    for (int i = 0; i < 4; i++) c[i] = next[i];
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c[word];
}

void check_dropout(void) {
  ptrdiff_t count = between(1, 300);
  uint64_t numbers[3];
  for (int i = 0; i < 3; i++) numbers[i] = (uint64_t)between(0, PTRDIFF_MAX - 1);
  // A block's number whose low word runs over within the call.
  uint64_t first = between(0, 1) ? numbers[2] >> 2 : 0xFFFFFFF0u + (uint64_t)between(0, 15);
  uint32_t threshold = (uint32_t)between(0, UINT32_MAX);
  uint8_t *mask = zero_bytes(count);
  pinion_dropout_mask(numbers[0], numbers[1], first, threshold, count, mask);
  float *x = random_floats(count), *y = zero_floats(count);
  pinion_dropout(x, mask, 1.5f, count, y);
  for (ptrdiff_t i = 0; i < count; i++) {
    uint32_t word = philox(numbers[0], numbers[1], first + (uint64_t)i / 4, (int)(i % 4));
    require_that("a dropout's mask", mask[i] == (word >= threshold));
    require_that("a dropout", y[i] == (mask[i] ? x[i] * 1.5f : 0));
  }
  pinion_dropout(x, mask, 1.5f, count, x);
  for (ptrdiff_t i = 0; i < count; i++) require_that("a dropout in place", x[i] == y[i]);
}

static double squared(double x) { return x * x; }
static double negated(double x) { return -x; }

/// Powers and angles of pairs, of which either side may be one number, into memory of their own or
/// of the left side.
static void check_functions_of_pairs(ptrdiff_t count) {
  ptrdiff_t left_step = between(0, 1), right_step = between(0, 1);
  float *a = random_floats(count), *b = random_floats(count), *y = zero_floats(count);
  double *expected = zero_doubles(count);
  for (ptrdiff_t i = 0; i < count; i++) {
    b[i] *= 4;
    expected[i] = atan2(a[i * left_step], b[i * right_step]);
  }
  pinion_arctangent_of_pairs(a, left_step, b, right_step, y, count);
  expect("angles", y, expected, count, 8);
  for (ptrdiff_t i = 0; i < count; i++) a[i] = fabsf(a[i]) + 0.1f;
  // Some that the C library computes.
  a[between(0, count - 1)] = between(0, 1) ? INFINITY : 0.1f;
  // Bases of either sign have whole exponents.
  int has_signs = between(0, 1);
  for (ptrdiff_t i = 0; i < count; i++) {
    b[i] = has_signs ? between(-3, 3) : fabsf(b[i]);
    if (has_signs && between(0, 1)) a[i] = -a[i];
    if (isinf(a[i * left_step])) b[i * right_step] = 0;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    expected[i] = pow(a[i * left_step], b[i * right_step]);
  }
  float *result = left_step && between(0, 1) ? a : y;
  pinion_power(a, left_step, b, right_step, result, count);
  expect("powers", result, expected, count, 8);
}

void check_elementary(void) {
  static const struct {
    void (*found)(const float *, ptrdiff_t, float *);
    double (*expected)(double);
  } functions[] = {
      {pinion_exp, exp},
      {pinion_log, log},
      {pinion_hyperbolic_tangent, tanh},
      {pinion_sine, sin},
      {pinion_cosine, cos},
      {pinion_floor, floor},
      {pinion_ceil, ceil},
      {pinion_truncate, trunc},
      {pinion_round, rint},
      {pinion_tangent, tan},
      {pinion_square, squared},
      {pinion_log1p, log1p},
      {pinion_binary_logarithm, log2},
      {pinion_decimal_logarithm, log10},
      {pinion_arcsine, asin},
      {pinion_arccosine, acos},
      {pinion_arctangent, atan},
      {pinion_expm1, expm1},
      {pinion_hyperbolic_sine, sinh},
      {pinion_hyperbolic_cosine, cosh},
      {pinion_negate, negated},
      {pinion_magnitude, fabs},
  };
  ptrdiff_t count = between(1, 99);
  float *x = random_floats(count), *y = zero_floats(count);
  double *expected = zero_doubles(count);
  float scale = (float)(1 << between(0, 14));
  for (ptrdiff_t f = 0; f < (ptrdiff_t)(sizeof functions / sizeof functions[0]); f++) {
    for (ptrdiff_t i = 0; i < count; i++) {
      if (f == 0) x[i] = fminf(fmaxf(x[i], -80), 80);
      if (f == 1) x[i] = fabsf(x[i]) + 0.01f;
      if (f == 2) x[i] *= scale;
      if (f == 9) x[i] = fmodf(x[i], 1);
      if (f == 11) x[i] = fabsf(x[i]);
      if (f == 12) x[i] += 0.01f;
      if (f == 14) x[i] = fmodf(x[i], 1);
      if (f == 16) x[i] *= scale;
      if (f == 17) x[i] = fminf(fmaxf(x[i], -80), 80);
      expected[i] = functions[f].expected(x[i]);
    }
    functions[f].found(x, count, y);
    expect("an elementary function", y, expected, count, 8);
  }
  check_functions_of_pairs(count);
  float largest = x[0], smallest = x[0];
  for (ptrdiff_t i = 0; i < count; i++) {
    largest = x[i] > largest ? x[i] : largest;
    smallest = x[i] < smallest ? x[i] : smallest;
    expected[i] = x[i];
  }
  require_that("the largest float", pinion_largest_float(x, count) == largest);
  require_that("the smallest float", pinion_smallest_float(x, count) == smallest);
  require_that("the largest double", pinion_largest_double(expected, count) == largest);
  require_that("the smallest double", pinion_smallest_double(expected, count) == smallest);
  ptrdiff_t place = between(0, count - 1);
  require_that("the first float", x[pinion_first_float(x, count, x[place])] == x[place]);
  require_that("the first double", pinion_first_double(expected, count, 2e9) == count);
  x[place] = NAN;
  require_that("the first NaN", pinion_first_float(x, count, NAN) == place);
  require_that("the largest with NaN", isnan(pinion_largest_float(x, count)));
  require_that("the smallest with NaN", isnan(pinion_smallest_float(x, count)));
}
