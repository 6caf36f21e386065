#include <string.h>

#include "pinion_kernels.h"
#include "vector16.h"

// Vectors may not be passed from a function that is compiled for several instruction sets, hence the bodies.
//
// In C for wide vectors: compiled for Swift's baseline, these loops take two to four times as long, and together a
// fifth of a training step of the networks with normalization and dropout.

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

PINION_INLINE void rectify_gradient_body(float *gradients, const float *values, ptrdiff_t count, float slope) {
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

PINION_INLINE void add_column_sums_body(const float *values, ptrdiff_t rows, ptrdiff_t width, float *sums) {
  for (ptrdiff_t c = 0; c < width; c += PINION_LANES) {
    ptrdiff_t n = width - c < PINION_LANES ? width - c : PINION_LANES;
    vector16 sum = load16(sums + c, n);
    if (n == PINION_LANES) {
      for (ptrdiff_t r = 0; r < rows; r++) sum += load16(values + r * width + c, PINION_LANES);
    } else {
      for (ptrdiff_t r = 0; r < rows; r++) sum += load16(values + r * width + c, n);
    }
    store16(sums + c, sum, n);
  }
}

PINION_CLONES
void pinion_add_column_sums(const float *values, ptrdiff_t rows, ptrdiff_t width, float *sums) {
  add_column_sums_body(values, rows, width, sums);
}

// MARK: Dropout

typedef uint32_t words16 __attribute__((vector_size(64)));
typedef uint64_t longs8 __attribute__((vector_size(64)));

/// The halves of the 64-bit products of 16 words with a constant.
PINION_INLINE void multiply(words16 a, uint64_t constant, words16 *high, words16 *low) {
  longs8 pairs = (longs8)a;
  longs8 even = (pairs & 0xFFFFFFFFu) * constant, odd = (pairs >> 32) * constant;
  *high = (words16)((even >> 32) | (odd & 0xFFFFFFFF00000000u));
  *low = (words16)((even & 0xFFFFFFFFu) | (odd << 32));
}

PINION_INLINE void dropout_mask_body(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t threshold, ptrdiff_t count,
    uint8_t *mask) {
  const words16 steps = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (ptrdiff_t start = 0; start < count; start += 4 * PINION_LANES) {
    uint64_t block = first + (uint64_t)(start / 4);
    words16 c0 = (words16){0} + (uint32_t)block + steps;
    // A carry where the low word of the block's number has run over.
    words16 c1 = (words16){0} + (uint32_t)(block >> 32) + ((words16)(c0 < steps) & 1);
    words16 c2 = (words16){0} + (uint32_t)stream;
    words16 c3 = (words16){0} + (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
      words16 left_high, left_low, right_high, right_low;
      multiply(c0, 0xD2511F53u, &left_high, &left_low);
      multiply(c2, 0xCD9E8D57u, &right_high, &right_low);
      c0 = right_high ^ c1 ^ k0;
      c1 = right_low;
      c2 = left_high ^ c3 ^ k1;
      c3 = left_low;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words16 all = (words16){0} + threshold;
    // One byte for each of a block's four words, the first lowest: in memory they lie in order.
    words16 kept = ((words16)(c0 >= all) & 1u) | ((words16)(c1 >= all) & (1u << 8)) |
                   ((words16)(c2 >= all) & (1u << 16)) | ((words16)(c3 >= all) & (1u << 24));
    ptrdiff_t here = count - start < 4 * PINION_LANES ? count - start : 4 * PINION_LANES;
    memcpy(mask + start, &kept, (size_t)here);
  }
}

PINION_CLONES
void pinion_dropout_mask(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t threshold, ptrdiff_t count,
    uint8_t *mask) {
  dropout_mask_body(seed, stream, first, threshold, count, mask);
}

PINION_CLONES
void pinion_dropout(
    const float *x, const uint8_t *mask, float scale, ptrdiff_t count, float *y) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float value = x[i] * scale;
    y[i] = mask[i] != 0 ? value : 0;
  }
}

// MARK: Normalization

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

/// The sum of the lanes, by halves.
PINION_INLINE float total(vector16 v) {
  float lanes[PINION_LANES];
  store16(lanes, v, PINION_LANES);
  for (int half = PINION_LANES / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

PINION_INLINE float sum_deviations_body(const float *x, ptrdiff_t count, float mean) {
  vector16 sum = {0};
  float rest = 0;
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) sum += load16(x + i, PINION_LANES) - mean;
  for (; i < count; i++) rest += x[i] - mean;
  return total(sum) + rest;
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
  return total(sum) + rest;
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
  *sum = total(gradients) + gradients_rest;
  *products = total(weighted) + weighted_rest;
}

PINION_CLONES
void pinion_sum_products(
    const float *dy, const float *x, ptrdiff_t count, float mean, float *sum, float *products) {
  sum_products_body(dy, x, count, mean, sum, products);
}
