#include <string.h>

#include "pinion_kernels.h"
#include "pinion_tensors.h"
#include "vector16.h"

typedef float float8 __attribute__((vector_size(32), aligned(4)));
typedef double double8 __attribute__((vector_size(64), aligned(8)));

PINION_INLINE double8 wide8_float(const float *x) {
  return __builtin_convertvector(*(const float8 *)x, double8);
}
PINION_INLINE double8 wide8_double(const double *x) { return *(const double8 *)x; }

/// The sum of eight parts, in halves.
PINION_INLINE double sum8(double8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/// Defines the sums of one row, and their like for rows of sums.
#define PINION_SUMS(TYPE)                                                                          \
  PINION_INLINE double sum_body_##TYPE(const TYPE *x, ptrdiff_t count) {                           \
    double8 sums = {0};                                                                            \
    ptrdiff_t i = 0;                                                                               \
    for (; i + 8 <= count; i += 8) sums += wide8_##TYPE(x + i);                                    \
    for (ptrdiff_t lane = 0; i < count; i++, lane++) sums[lane] += x[i];                           \
    return sum8(sums);                                                                             \
  }                                                                                                \
  PINION_INLINE double8 distances_##TYPE(const TYPE *x, double mean) {                             \
    return wide8_##TYPE(x) - mean;                                                                 \
  }                                                                                                \
  PINION_INLINE double squares_body_##TYPE(const TYPE *x, ptrdiff_t count, double mean) {          \
    double8 sums[4] = {{0}};                                                                       \
    ptrdiff_t i = 0;                                                                               \
    for (; i + 32 <= count; i += 32) {                                                             \
      _Pragma("clang loop unroll(full)") for (int part = 0; part < 4; part++) {                    \
        double8 distance = distances_##TYPE(x + i + 8 * part, mean);                               \
        sums[part] += distance * distance;                                                         \
      }                                                                                            \
    }                                                                                              \
    for (; i + 8 <= count; i += 8) {                                                               \
      double8 distance = distances_##TYPE(x + i, mean);                                            \
      sums[0] += distance * distance;                                                              \
    }                                                                                              \
    for (ptrdiff_t lane = 0; i < count; i++, lane++) {                                             \
      double distance = x[i] - mean;                                                               \
      sums[0][lane] += distance * distance;                                                        \
    }                                                                                              \
    return sum8((sums[0] + sums[2]) + (sums[1] + sums[3]));                                        \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  double pinion_sum_##TYPE(const TYPE *x, ptrdiff_t count) { return sum_body_##TYPE(x, count); }   \
  PINION_CLONES                                                                                    \
  double pinion_sum_of_squares_##TYPE(const TYPE *x, ptrdiff_t count, double mean) {               \
    return squares_body_##TYPE(x, count, mean);                                                    \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void pinion_add_rows_##TYPE(                                                                     \
      const TYPE *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, double *sums) {          \
    for (; rows >= 4; rows -= 4, x += 4 * stride) {                                                \
      const TYPE *a = x, *b = a + stride, *c = b + stride, *d = c + stride;                        \
      for (ptrdiff_t j = 0; j < columns; j++) {                                                    \
        sums[j] = (((sums[j] + a[j]) + b[j]) + c[j]) + d[j];                                       \
      }                                                                                            \
    }                                                                                              \
    for (; rows > 0; rows--, x += stride) {                                                        \
      for (ptrdiff_t j = 0; j < columns; j++) sums[j] += x[j];                                     \
    }                                                                                              \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void pinion_add_squares_##TYPE(                                                                  \
      const TYPE *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, const double *means,     \
      double *sums) {                                                                              \
    for (; rows >= 2; rows -= 2, x += 2 * stride) {                                                \
      for (ptrdiff_t j = 0; j < columns; j++) {                                                    \
        double a = x[j] - means[j], b = x[stride + j] - means[j];                                  \
        sums[j] = (sums[j] + a * a) + b * b;                                                       \
      }                                                                                            \
    }                                                                                              \
    for (; rows > 0; rows--, x += stride) {                                                        \
      for (ptrdiff_t j = 0; j < columns; j++) {                                                    \
        double a = x[j] - means[j];                                                                \
        sums[j] += a * a;                                                                          \
      }                                                                                            \
    }                                                                                              \
  }

PINION_SUMS(float)
PINION_SUMS(double)

typedef uint8_t bytes64 __attribute__((vector_size(64), aligned(1)));
typedef uint64_t words8 __attribute__((vector_size(64)));

PINION_INLINE ptrdiff_t count_body(const uint8_t *bytes, ptrdiff_t count) {
  ptrdiff_t sum = 0, i = 0;
  while (i + 64 <= count) {
    // Bytes hold sums of up to 255 vectors.
    bytes64 sums = {0};
    for (int vectors = 0; vectors < 255 && i + 64 <= count; vectors++, i += 64) {
      sums += *(const bytes64 *)(bytes + i);
    }
    words8 words = (words8)sums;
    for (int byte = 0; byte < 8; byte++) {
      words8 part = words >> (8 * byte) & 255;
      for (int lane = 0; lane < 8; lane++) sum += (ptrdiff_t)part[lane];
    }
  }
  for (; i < count; i++) sum += bytes[i];
  return sum;
}

PINION_CLONES
ptrdiff_t pinion_count_ones(const uint8_t *bytes, ptrdiff_t count) {
  return count_body(bytes, count);
}

typedef uint32_t words16 __attribute__((vector_size(64)));

/// The sign bits of the lanes whose magnitudes are not below a bound. Magnitudes compare as their
/// bits; one at or above the bound carries into the sign bit.
PINION_INLINE words16 carries16(const float *values, ptrdiff_t count, uint32_t bound) {
  return ((words16)load16(values, count) & 0x7FFFFFFF) + (0x80000000 - bound);
}

PINION_INLINE int are_below(const float *values, ptrdiff_t count, float bound) {
  uint32_t bits;
  memcpy(&bits, &bound, sizeof bits);
  words16 carries[2] = {{0}};
  ptrdiff_t i = 0;
  for (; i + 2 * PINION_LANES <= count; i += 2 * PINION_LANES) {
    carries[0] |= carries16(values + i, PINION_LANES, bits);
    carries[1] |= carries16(values + i + PINION_LANES, PINION_LANES, bits);
  }
  for (; i < count; i += PINION_LANES) {
    carries[0] |= carries16(values + i, least(PINION_LANES, count - i), bits);
  }
  return !any16((mask16)((carries[0] | carries[1]) >> 31));
}

// Swift's loop, with the vectors of the baseline, took a fortieth of a training step of a network
// of small dense layers (Zen 3).
PINION_CLONES
int pinion_are_below(const float *values, ptrdiff_t count, float bound) {
  return are_below(values, count, bound);
}
