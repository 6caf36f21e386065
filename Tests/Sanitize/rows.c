#include <math.h>

#include "sanitize.h"

void check_rows(void) {
  ptrdiff_t rows = between(1, 6), width = between(0, 9) ? between(1, 40) : between(1000, 1100);
  ptrdiff_t count = rows * width;
  float offset = (float)between(-3, 3);
  float *x = random_floats(count), *dy = random_floats(count), *found = zero_floats(count);
  float *gamma = between(0, 1) ? random_floats(width) : 0;
  float *beta = between(0, 1) ? random_floats(width) : 0;
  double *expected = zero_doubles(count), *scaled = zero_doubles(count);
  double moments[4] = {0}, results[2] = {0};
  for (ptrdiff_t i = 0; i < count; i++) moments[0] += (double)(x[i] += offset) / (double)count;
  for (ptrdiff_t i = 0; i < count; i++) {
    moments[1] += (x[i] - moments[0]) * (x[i] - moments[0]) / (double)count;
    moments[2] += (double)x[i] * x[i];
  }
  double mean, variance;
  pinion_moments(x, count, &mean, &variance);
  float sums[3] = {(float)mean, (float)variance, (float)pinion_square_sum(x, count)};
  expect("moments", sums, moments, 3, 16);

  pinion_normalized_rows p = {rows, width, {(float)mean, 1.5f, 0.25f}, gamma};
  double *gamma_sums = zero_doubles(width), *beta_sums = zero_doubles(width);
  float *gamma_gradient = random_floats(width), *beta_gradient = random_floats(width);
  for (ptrdiff_t c = 0; c < width; c++) {
    gamma_sums[c] = gamma_gradient[c];
    beta_sums[c] = beta_gradient[c];
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t c = i % width;
    scaled[i] = 1.5 * ((double)x[i] - (double)p.scaling.center) + 0.25;
    expected[i] = scaled[i] * (gamma ? gamma[c] : 1) + (beta ? beta[c] : 0);
    double g = dy[i] * (gamma ? (double)gamma[c] : 1);
    results[0] += g;
    results[1] += g * scaled[i];
    gamma_sums[c] += dy[i] * scaled[i];
    beta_sums[c] += dy[i];
  }
  pinion_normalize_rows(x, p, beta, found);
  expect("normalized rows", found, expected, count, 16);
  double totals[2];
  int has_gradients = (int)between(0, 1);
  pinion_normalized_rows_sums(
      dy, x, p, &totals[0], &totals[1], has_gradients ? gamma_gradient : 0,
      has_gradients ? beta_gradient : 0);
  float single[2] = {(float)totals[0], (float)totals[1]};
  expect("sums of normalized rows", single, results, 2, 2048);
  if (has_gradients) {
    expect("the gradient of gamma", gamma_gradient, gamma_sums, width, 64);
    expect("the gradient of beta", beta_gradient, beta_sums, width, 32);
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    double g = dy[i] * (gamma ? (double)gamma[i % width] : 1);
    expected[i] = 1.5 * (g - 0.5 - 0.75 * scaled[i]);
  }
  pinion_normalized_rows_gradient(dy, x, p, 0.5f, 0.75f, dy);
  expect("gradients of normalized rows", dy, expected, count, 32);
}

/// Rows that are normalized by their own statistics.
void check_each_row(void) {
  ptrdiff_t rows = between(1, 40), width = between(0, 9) ? between(1, 80) : between(1000, 1024);
  ptrdiff_t count = rows * width;
  // Squares in single precision overflow, for values that differ by all or by their last digits, or
  // lose digits.
  enum { usual, large, large_and_close, small } kind = between(0, 7) ? usual : between(1, 3);
  float offset = (float)between(-3, 3);
  float *x = random_floats(count), *dy = random_floats(count), *found = zero_floats(count);
  float *gamma = between(0, 1) ? random_floats(width) : 0;
  float *beta = between(0, 1) ? random_floats(width) : 0;
  float *gamma_gradient = random_floats(width), *beta_gradient = random_floats(width);
  double *expected = zero_doubles(count), *gradient = zero_doubles(count);
  double *gamma_sums = zero_doubles(width), *beta_sums = zero_doubles(width);
  pinion_row_statistics s = {width, (int)between(0, 1), 0.125, gamma, beta};
  if (kind == small) {
    s.has_mean = 0;
    s.epsilon = 1e-60;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    x[i] += offset;
    if (kind == large) x[i] *= 0x1p80f;
    if (kind == large_and_close) x[i] = (1 + x[i] * 0x1p-21f) * 0x1p100f;
    if (kind == small) x[i] *= 0x1p-70f;
  }
  for (ptrdiff_t c = 0; c < width; c++) {
    gamma_sums[c] = gamma_gradient[c];
    beta_sums[c] = beta_gradient[c];
  }
  for (ptrdiff_t r = 0; r < rows; r++) {
    double n = (double)width, mean = 0, square = 0, sum = 0, products = 0;
    const float *row = x + r * width, *slopes = dy + r * width;
    for (ptrdiff_t c = 0; c < width; c++) mean += s.has_mean ? row[c] / n : 0;
    for (ptrdiff_t c = 0; c < width; c++) square += (row[c] - mean) * (row[c] - mean) / n;
    double factor = 1 / sqrt(square + s.epsilon);
    for (ptrdiff_t c = 0; c < width; c++) {
      double v = (row[c] - mean) * factor, g = slopes[c] * (gamma ? (double)gamma[c] : 1);
      expected[r * width + c] = v * (gamma ? (double)gamma[c] : 1) + (beta ? (double)beta[c] : 0);
      sum += g;
      products += g * v;
      gamma_sums[c] += slopes[c] * v;
      beta_sums[c] += slopes[c];
    }
    for (ptrdiff_t c = 0; c < width; c++) {
      double v = (row[c] - mean) * factor, g = slopes[c] * (gamma ? (double)gamma[c] : 1);
      gradient[r * width + c] = factor * (g - (s.has_mean ? sum / n : 0) - products / n * v);
    }
  }
  float *scalings = zero_floats(3 * rows);
  pinion_normalize_each_row(x, rows, &s, (pinion_scaling *)scalings, found);
  expect("rows by their own statistics", found, expected, count, 64);
  float *alone = between(0, 1) ? x : found, *copy = zero_floats(count);
  for (ptrdiff_t i = 0; i < count; i++) copy[i] = x[i];
  pinion_normalize_each_row(x, rows, &s, 0, alone);
  expect("rows in place", alone, expected, count, 64);
  // A row's results do not depend on the rows beside it.
  ptrdiff_t row = between(0, (int)rows - 1);
  float *single = zero_floats(width);
  double *beside = zero_doubles(width);
  for (ptrdiff_t c = 0; c < width; c++) beside[c] = alone[row * width + c];
  pinion_normalize_each_row(copy + row * width, 1, &s, 0, single);
  expect("a row alone", single, beside, width, 0);
  float *single_gradient = zero_floats(width);
  pinion_propagate_each_row(
      dy + row * width, copy + row * width, 1, &s, (pinion_scaling *)scalings + row,
      (pinion_row_gradients){0, 0}, single_gradient);
  pinion_row_gradients to = {between(0, 1) ? gamma_gradient : 0, between(0, 1) ? beta_gradient : 0};
  pinion_propagate_each_row(dy, copy, rows, &s, (pinion_scaling *)scalings, to, dy);
  for (ptrdiff_t c = 0; c < width; c++) beside[c] = dy[row * width + c];
  expect("the gradient of a row alone", single_gradient, beside, width, 0);
  // Differences of large terms.
  if (kind != small) expect("gradients of rows by their own statistics", dy, gradient, count, 256);
  if (to.gamma) expect("the gradient of gamma", gamma_gradient, gamma_sums, width, 256);
  if (to.beta) expect("the gradient of beta", beta_gradient, beta_sums, width, 64);
}
