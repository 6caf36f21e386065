#include <string.h>

#include "pinion_kernels.h"
#include "places.h"
#include "vector16.h"

// In C for wide vectors: compiled for Swift's baseline, the loops of this file and of
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
    // The carry, where the low word of the block's number has overflowed.
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
void pinion_dropout(const float *x, const uint8_t *mask, float scale, ptrdiff_t count, float *y) {
  PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {
    float value = x[i] * scale;
    y[i] = mask[i] != 0 ? value : 0;
  }
}

/// The sign bits of the lanes that are not finite: without the sign, these floats have the largest
/// bits, which carry into it.
PINION_INLINE mask16 carries(vector16 values) {
  const int beyond_largest = INT32_MAX - 0x7F800000 + 1;
  return ((mask16)values & INT32_MAX) + beyond_largest;
}

/// At most sixteen parameters. Returns ``carries`` of all that it writes.
PINION_INLINE mask16 step16(
    float *w, const float *g, float *m, float *v, ptrdiff_t count, const pinion_adam_step *step) {
  vector16 gradient = load16(g, count), mean = load16(m, count), square = load16(v, count);
  mean += (gradient - mean) * step->mean_rate;
  square += (gradient * gradient - square) * step->square_rate;
  vector16 root = __builtin_elementwise_sqrt(__builtin_elementwise_abs(square));
  store16(m, mean, count);
  store16(v, square, count);
  vector16 parameters = load16(w, count) - mean * step->alpha / (root + step->epsilon);
  store16(w, parameters, count);
  return carries(parameters) | carries(mean) | carries(square);
}

/// Elements from those that are updated to those that are fetched.
enum { fetched_ahead = 12 * PINION_LANES };

/// Fetches a cache line for writing: other cores' copies of the parameters that they have read are
/// invalidated long before the line is written.
PINION_INLINE void fetch_to_write(const float *p) {
#ifdef __x86_64__
  // Not by the builtin, which without the target's flag for this instruction fetches for reading.
  __asm__ volatile("prefetchw %0" : : "m"(*p));
#else
  __builtin_prefetch(p, 1);
#endif
}

PINION_INLINE int adam(
    float *w, const float *g, float *m, float *v, ptrdiff_t count, const pinion_adam_step *step) {
  ptrdiff_t i = 0;
  mask16 carried = {0};
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    fetch_to_write(w + i + fetched_ahead);
    carried |= step16(w + i, g + i, m + i, v + i, PINION_LANES, step);
  }
  if (i < count) carried |= step16(w + i, g + i, m + i, v + i, count - i, step);
  return !any16(carried < 0);
}

// Swift's loop has the vectors of the baseline: it takes 1.8 times as long, a thirtieth of a
// training step of a network of small dense layers (Zen 3). To look for what is not finite in a
// pass of its own took a fortieth (Emerald Rapids).
PINION_CLONES
int pinion_adam(
    float *w, const float *g, float *m, float *v, ptrdiff_t count, const pinion_adam_step *step) {
  return adam(w, g, m, v, count, step);
}
