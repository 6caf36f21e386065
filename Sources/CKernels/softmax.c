#include <math.h>

#include "lane_sums.h"
#include "pinion_kernels.h"
#include "places.h"
#include "vector_math.h"

// In C for the reason given in vector_math.h. Exponentials are taken over all rows at once, as rows
// are often narrower than a vector.

PINION_INLINE vector8 larger8(vector8 a, vector8 b) {
  mask8 mask = (mask8)(a > b);
  return (vector8)(((mask8)a & mask) | ((mask8)b & ~mask));
}

/// The largest lane; any of them if there is NaN. By halves in registers: one lane after the other
/// through memory, a softmax of rows of 64 took 1.4 times as long (Zen 3).
PINION_INLINE float largest_lane(vector16 v) {
  vector8 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  vector8 a = larger8(low, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
  a = larger8(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7));
  a = larger8(a, __builtin_shufflevector(a, a, 2, 3, 2, 3, 2, 3, 2, 3));
  return a[0] > a[1] ? a[0] : a[1];
}

/// The largest of a row's numbers; any of them if there is NaN, which the sum then becomes.
PINION_INLINE float largest_of(const float *row, ptrdiff_t width) {
  float result = row[0];
  ptrdiff_t c = 0;
  if (width >= PINION_LANES) {
    vector16 largest = splat16(result);
    for (; c + PINION_LANES <= width; c += PINION_LANES) {
      vector16 z = load16(row + c, PINION_LANES);
      largest = select16(z > largest, z, largest);
    }
    result = largest_lane(largest);
  }
  for (; c < width; c++) result = row[c] > result ? row[c] : result;
  return result;
}

/// Σ a, or Σ a·b if b is not null.
PINION_INLINE float sum_of(const float *a, const float *b, ptrdiff_t width) {
  vector16 sums = {0};
  float rest = 0;
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= width; c += PINION_LANES) {
    vector16 v = load16(a + c, PINION_LANES);
    sums += b ? v * load16(b + c, PINION_LANES) : v;
  }
  for (; c < width; c++) rest += b ? a[c] * b[c] : a[c];
  return width < PINION_LANES ? rest : sum_of_lanes(sums) + rest;
}

/// to ← exp(from); the two may be the same.
PINION_INLINE void exponentials(const float *from, float *to, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    store16(to + i, exp16(load16(from + i, PINION_LANES)), PINION_LANES);
  }
  if (i < count) store16(to + i, exp16(load16(from + i, count - i)), count - i);
}

PINION_INLINE void subtract_largest(float *values, ptrdiff_t rows, ptrdiff_t width) {
  for (float *row = values; row < values + rows * width; row += width) {
    float largest = largest_of(row, width);
    for (ptrdiff_t c = 0; c < width; c++) row[c] -= largest;
  }
}

/// x / divisor, for a positive divisor with the reciprocal r. Rounded once by the fused operations
/// of AVX2 and AVX-512, whose divisions of a vector take as long as its exponentials.
PINION_INLINE vector16 quotient(vector16 x, float divisor, float r) {
  vector16 q = x * r;
  return q + (x - q * divisor) * r;
}

PINION_INLINE void softmax_body(float *values, ptrdiff_t rows, ptrdiff_t width) {
  subtract_largest(values, rows, width);
  exponentials(values, values, rows * width);
  for (float *row = values; row < values + rows * width; row += width) {
    float sum = sum_of(row, 0, width), r = 1 / sum;
    ptrdiff_t c = 0;
    for (; c + PINION_LANES <= width; c += PINION_LANES) {
      store16(row + c, quotient(load16(row + c, PINION_LANES), sum, r), PINION_LANES);
    }
    for (; c < width; c++) row[c] /= sum;
  }
}

PINION_CLONES
void pinion_softmax(float *values, ptrdiff_t rows, ptrdiff_t width) {
  softmax_body(values, rows, width);
}

PINION_INLINE void softmax_gradient_body(
    float *gradients, const float *p, ptrdiff_t rows, ptrdiff_t width) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *dy = gradients + r * width;
    const float *y = p + r * width;
    float dot = sum_of(dy, y, width);
    for (ptrdiff_t c = 0; c < width; c++) dy[c] = y[c] * (dy[c] - dot);
  }
}

PINION_CLONES
void pinion_softmax_gradient(float *gradients, const float *p, ptrdiff_t rows, ptrdiff_t width) {
  softmax_gradient_body(gradients, p, rows, width);
}

/// Numbers whose exponentials are held at a time: whole rows, or a part of one.
enum { block = 512 };

PINION_INLINE void log_softmax_body(float *values, ptrdiff_t rows, ptrdiff_t width) {
  float powers[block];
  subtract_largest(values, rows, width);
  ptrdiff_t most_rows = most(1, block / width);
  for (ptrdiff_t first = 0; first < rows; first += most_rows) {
    ptrdiff_t n = least(most_rows, rows - first);
    float *row = values + first * width;
    if (width <= block) exponentials(row, powers, n * width);
    for (ptrdiff_t r = 0; r < n; r++, row += width) {
      double sum = 0;
      for (ptrdiff_t c = 0; c < width; c += block) {
        ptrdiff_t here = least(block, width - c);
        if (width > block) exponentials(row + c, powers, here);
        sum += (double)sum_of(powers + r * width, 0, here);
      }
      float logarithm = (float)log(sum);
      for (ptrdiff_t c = 0; c < width; c++) row[c] -= logarithm;
    }
  }
}

PINION_CLONES
void pinion_log_softmax(float *values, ptrdiff_t rows, ptrdiff_t width) {
  log_softmax_body(values, rows, width);
}

PINION_INLINE void log_softmax_gradient_body(
    float *gradients, const float *y, ptrdiff_t rows, ptrdiff_t width) {
  float powers[block];
  ptrdiff_t most_rows = most(1, block / width);
  for (ptrdiff_t first = 0; first < rows; first += most_rows) {
    ptrdiff_t n = least(most_rows, rows - first), start = first * width;
    if (width <= block) exponentials(y + start, powers, n * width);
    for (ptrdiff_t r = 0; r < n; r++, start += width) {
      float sum = sum_of(gradients + start, 0, width);
      for (ptrdiff_t c = 0; c < width; c += block) {
        ptrdiff_t here = least(block, width - c);
        if (width > block) exponentials(y + start + c, powers, here);
        float *dy = gradients + start + c;
        for (ptrdiff_t i = 0; i < here; i++) dy[i] -= powers[r * width + i] * sum;
      }
    }
  }
}

PINION_CLONES
void pinion_log_softmax_gradient(
    float *gradients, const float *y, ptrdiff_t rows, ptrdiff_t width) {
  log_softmax_gradient_body(gradients, y, rows, width);
}
