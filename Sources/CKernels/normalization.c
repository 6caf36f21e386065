#include "lane_sums.h"
#include "pinion_kernels.h"
#include "places.h"

// In C for the reason given in elementwise.c.

PINION_CLONES
void pinion_normalize(
    const float *x, ptrdiff_t count, float mean, float factor, float offset, float *y) {
  PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {
    y[i] = factor * (x[i] - mean) + offset;
  }
}

PINION_CLONES
void pinion_normalize_gradient(
    const float *dy, const float *x, ptrdiff_t count, float mean, float factor, float slope,
    float constant, float *dx) {
  PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {
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

// Normalizations with statistics for each place of the last axis, such as a channel: rows of
// `count` values, one for each place.
//
// In C for wide vectors: compiled for Swift's baseline, they take a tenth of a prediction of a
// network with a normalization after each convolution, twice as long as here.

PINION_INLINE void normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
#define NORMALIZE(type, c)                                                                         \
  type m = AT(type, mean + c), f = AT(type, factor + c), b = AT(type, offset + c);                 \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    *(type *)(y + i) = f * (AT(type, x + i) - m) + b;                                              \
  }
  FOR_EACH_PLACE(count, NORMALIZE);
}

PINION_INLINE void propagate_places(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
#define PROPAGATE(type, c)                                                                         \
  type m = AT(type, mean + c), f = AT(type, factor + c);                                           \
  type s = AT(type, slope + c), k = AT(type, constant + c);                                        \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    *(type *)(dx + i) = f * (AT(type, dy + i) + (s * (AT(type, x + i) - m) + k));                  \
  }
  FOR_EACH_PLACE(count, PROPAGATE);
}

PINION_INLINE void normalize_blocks(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * count;
    normalize_places(x + start, least(block, rows - r), count, mean, factor, offset, y + start);
  }
}

PINION_CLONES
void pinion_normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[3][most_copied];
    copy_places(mean, count, wide[0]);
    copy_places(factor, count, wide[1]);
    copy_places(offset, count, wide[2]);
    normalize_blocks(x, rows / copies, copies * count, wide[0], wide[1], wide[2], y);
    done = rows / copies * copies;
  }
  ptrdiff_t start = done * count;
  normalize_blocks(x + start, rows - done, count, mean, factor, offset, y + start);
}

PINION_INLINE void propagate_blocks(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * count;
    propagate_places(
        dy + start, x + start, least(block, rows - r), count, mean, factor, slope, constant,
        dx + start);
  }
}

PINION_CLONES
void pinion_normalize_places_gradient(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[4][most_copied];
    copy_places(mean, count, wide[0]);
    copy_places(factor, count, wide[1]);
    copy_places(slope, count, wide[2]);
    copy_places(constant, count, wide[3]);
    propagate_blocks(dy, x, rows / copies, copies * count, wide[0], wide[1], wide[2], wide[3], dx);
    done = rows / copies * copies;
  }
  ptrdiff_t start = done * count;
  propagate_blocks(
      dy + start, x + start, rows - done, count, mean, factor, slope, constant, dx + start);
}
