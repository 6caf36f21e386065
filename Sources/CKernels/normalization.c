#include "lane_sums.h"
#include "pinion_kernels.h"

// In C for the reason given in activation.c.

PINION_CLONES
void pinion_normalize(
    const float *x, ptrdiff_t count, float mean, float factor, float offset, float *y) {
  for (ptrdiff_t i = 0; i < count; i++) y[i] = factor * (x[i] - mean) + offset;
}

PINION_CLONES
void pinion_normalize_gradient(
    const float *dy, const float *x, ptrdiff_t count, float mean, float factor, float slope,
    float constant, float *dx) {
  for (ptrdiff_t i = 0; i < count; i++) {
    dx[i] = factor * (dy[i] + (slope * (x[i] - mean) + constant));
  }
}

PINION_INLINE float sum_deviations_body(const float *x, ptrdiff_t count, float mean) {
  vector16 sum = {0};
  float rest = 0;
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) sum += load16(x + i, PINION_LANES) - mean;
  for (; i < count; i++) rest += x[i] - mean;
  return sum_of_lanes(sum) + rest;
}

PINION_CLONES
float pinion_sum_deviations(const float *x, ptrdiff_t count, float mean) {
  return sum_deviations_body(x, count, mean);
}

PINION_INLINE float sum_squares_body(const float *x, ptrdiff_t count, float mean) {
  vector16 sum = {0};
  float rest = 0;
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    vector16 d = load16(x + i, PINION_LANES) - mean;
    sum += d * d;
  }
  for (; i < count; i++) rest += (x[i] - mean) * (x[i] - mean);
  return sum_of_lanes(sum) + rest;
}

PINION_CLONES
float pinion_sum_squares(const float *x, ptrdiff_t count, float mean) {
  return sum_squares_body(x, count, mean);
}

PINION_INLINE void sum_products_body(
    const float *dy, const float *x, ptrdiff_t count, float mean, float *sum, float *products) {
  vector16 gradients = {0}, weighted = {0};
  float gradients_rest = 0, weighted_rest = 0;
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    vector16 gradient = load16(dy + i, PINION_LANES);
    gradients += gradient;
    weighted += gradient * (load16(x + i, PINION_LANES) - mean);
  }
  for (; i < count; i++) {
    gradients_rest += dy[i];
    weighted_rest += dy[i] * (x[i] - mean);
  }
  *sum = sum_of_lanes(gradients) + gradients_rest;
  *products = sum_of_lanes(weighted) + weighted_rest;
}

PINION_CLONES
void pinion_sum_products(
    const float *dy, const float *x, ptrdiff_t count, float mean, float *sum, float *products) {
  sum_products_body(dy, x, count, mean, sum, products);
}
