#include "pinion_kernels.h"
#include "places.h"

// In C for wide vectors: compiled for Swift's baseline, the loops of this file, of dropout.c and of
// normalization.c take two to four times as long, and together a fifth of a training step of the
// networks with normalization and dropout.
//
// Functions that PINION_CLONES compiles for several instruction sets may not pass vectors to each
// other: their bodies are separate functions that are always inlined.

PINION_INLINE void rectify_body(
    float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias, float slope) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *row = values + r * width;
    ptrdiff_t c = 0;
    for (; c + PINION_LANES <= width; c += PINION_LANES) {
      vector16 z = load16(row + c, PINION_LANES);
      if (bias) z += load16(bias + c, PINION_LANES);
      store16(row + c, rectify(z, slope), PINION_LANES);
    }
    if (c < width) {
      vector16 z = load16(row + c, width - c);
      if (bias) z += load16(bias + c, width - c);
      store16(row + c, rectify(z, slope), width - c);
    }
  }
}

PINION_CLONES
void pinion_rectify(
    float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias, float slope) {
  rectify_body(values, rows, width, bias, slope);
}

PINION_INLINE void rectify_gradient_body(
    float *gradients, const float *values, ptrdiff_t count, float slope) {
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    vector16 dy = load16(gradients + i, PINION_LANES), y = load16(values + i, PINION_LANES);
    store16(gradients + i, rectify_gradient(dy, y, slope), PINION_LANES);
  }
  if (i < count) {
    vector16 dy = load16(gradients + i, count - i), y = load16(values + i, count - i);
    store16(gradients + i, rectify_gradient(dy, y, slope), count - i);
  }
}

PINION_CLONES
void pinion_rectify_gradient(float *gradients, const float *values, ptrdiff_t count, float slope) {
  rectify_gradient_body(gradients, values, count, slope);
}

PINION_INLINE void add_column_sums_body(
    const float *values, ptrdiff_t rows, ptrdiff_t width, float *sums) {
#define COLUMN_SUM(type, c)                                                                        \
  type sum = AT(type, sums + c);                                                                   \
  for (ptrdiff_t r = 0; r < rows; r++) sum += AT(type, values + r * width + c);                    \
  *(type *)(sums + c) = sum;
  FOR_EACH_PLACE(width, COLUMN_SUM);
}

PINION_CLONES
void pinion_add_column_sums(const float *values, ptrdiff_t rows, ptrdiff_t width, float *sums) {
  add_column_sums_body(values, rows, width, sums);
}

PINION_INLINE void add_bias_body(
    float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias) {
#define ADD_BIAS(type, c)                                                                          \
  type b = AT(type, bias + c);                                                                     \
  for (ptrdiff_t i = c; i < rows * width; i += width) *(type *)(values + i) += b;
  FOR_EACH_PLACE(width, ADD_BIAS);
}

PINION_CLONES
void pinion_add_bias(float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias) {
  // Blocks of rows that stay in the L1 cache.
  ptrdiff_t block = most(1, 2048 / width);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    add_bias_body(values + r * width, least(block, rows - r), width, bias);
  }
}

PINION_CLONES
void pinion_scale(float *values, ptrdiff_t count, float factor) {
  for (ptrdiff_t i = 0; i < count; i++) values[i] *= factor;
}
