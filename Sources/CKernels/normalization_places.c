#include "pinion_kernels.h"
#include "places.h"

// Normalizations with statistics for each place of the last axis, such as a channel: rows of
// `count` values, one for each place.
//
// In C for wide vectors: compiled for Swift's baseline, they take a tenth of a prediction of a
// network with a normalization after each convolution, twice as long as here.

/// Rows whose values stay in the L1 cache while each place's coefficients stay in registers.
PINION_INLINE ptrdiff_t rows_of_block(ptrdiff_t count) { return most(1, 2048 / count); }

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

PINION_CLONES
void pinion_normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * count;
    normalize_places(x + start, least(block, rows - r), count, mean, factor, offset, y + start);
  }
}

PINION_CLONES
void pinion_normalize_places_gradient(
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

// MARK: Sums

PINION_CLONES
void pinion_add_place_deviations(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums) {
#define DEVIATIONS(type, c)                                                                        \
  type m = AT(type, center + c), sum = AT(type, sums + c);                                         \
  for (ptrdiff_t i = c; i < rows * count; i += count) sum += AT(type, x + i) - m;                  \
  *(type *)(sums + c) = sum;
  FOR_EACH_PLACE(count, DEVIATIONS);
}

PINION_CLONES
void pinion_add_place_squares(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums) {
#define SQUARES(type, c)                                                                           \
  type m = AT(type, center + c), sum = AT(type, sums + c);                                         \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    type d = AT(type, x + i) - m;                                                                  \
    sum += d * d;                                                                                  \
  }                                                                                                \
  *(type *)(sums + c) = sum;
  FOR_EACH_PLACE(count, SQUARES);
}

PINION_CLONES
void pinion_add_place_products(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    float *sums, float *products) {
#define PRODUCTS(type, c)                                                                          \
  type m = AT(type, mean + c), sum = AT(type, sums + c);                                           \
  type product = AT(type, products + c);                                                           \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    type gradient = AT(type, dy + i);                                                              \
    sum += gradient;                                                                               \
    product += gradient * (AT(type, x + i) - m);                                                   \
  }                                                                                                \
  *(type *)(sums + c) = sum;                                                                       \
  *(type *)(products + c) = product;
  FOR_EACH_PLACE(count, PRODUCTS);
}
