#ifndef PINION_MAPS_H
#define PINION_MAPS_H

#include "pinion_kernels.h"
#include "vector_math.h"

// Definitions of exported functions from functions of one vector.

/// Defines NAME(x, count, y), which writes FUNCTION(x) to y.
#define PINION_APPLY(NAME, FUNCTION)                                                               \
  PINION_INLINE void NAME##_body(const float *x, ptrdiff_t count, float *y) {                      \
    ptrdiff_t i = 0;                                                                               \
    for (; i + PINION_LANES <= count; i += PINION_LANES) {                                         \
      store16(y + i, FUNCTION(load16(x + i, PINION_LANES)), PINION_LANES);                         \
    }                                                                                              \
    if (i < count) store16(y + i, FUNCTION(load16(x + i, count - i)), count - i);                  \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void NAME(const float *x, ptrdiff_t count, float *y) { NAME##_body(x, count, y); }

/// Defines NAME(left, left_step, right, right_step, result, count), which writes
/// FUNCTION(left, right). Steps are 0 or 1; an operand may be the result's memory.
#define PINION_APPLY_PAIRS(NAME, FUNCTION)                                                         \
  PINION_INLINE void NAME##_body(                                                                  \
      const float *left, int left_step, const float *right, int right_step, float *result,         \
      ptrdiff_t count) {                                                                           \
    ptrdiff_t i = 0, n = PINION_LANES;                                                             \
    vector16 a = left_step ? (vector16){0} : splat16(*left);                                       \
    vector16 b = right_step ? (vector16){0} : splat16(*right);                                     \
    for (; i + n <= count; i += n) {                                                               \
      if (left_step) a = load16(left + i, n);                                                      \
      if (right_step) b = load16(right + i, n);                                                    \
      store16(result + i, FUNCTION(a, b), n);                                                      \
    }                                                                                              \
    n = count - i;                                                                                 \
    if (n > 0) {                                                                                   \
      if (left_step) a = load16(left + i, n);                                                      \
      if (right_step) b = load16(right + i, n);                                                    \
      store16(result + i, FUNCTION(a, b), n);                                                      \
    }                                                                                              \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void NAME(                                                                                       \
      const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,            \
      float *result, ptrdiff_t count) {                                                            \
    if (count <= 0) return;                                                                        \
    if (left_step == 0) {                                                                          \
      NAME##_body(left, 0, right, right_step != 0, result, count);                                 \
    } else if (right_step == 0) {                                                                  \
      NAME##_body(left, 1, right, 0, result, count);                                               \
    } else {                                                                                       \
      NAME##_body(left, 1, right, 1, result, count);                                               \
    }                                                                                              \
  }

/// Defines NAME(values, count, arguments…), which replaces z by FUNCTION(z, arguments…).
///
/// DECLARED and PASSED hold the further arguments, each with a comma before it, or nothing.
#define PINION_MAP(NAME, FUNCTION, DECLARED, PASSED)                                               \
  PINION_INLINE void NAME##_body(float *values, ptrdiff_t count DECLARED) {                        \
    ptrdiff_t i = 0;                                                                               \
    for (; i + PINION_LANES <= count; i += PINION_LANES) {                                         \
      store16(values + i, FUNCTION(load16(values + i, PINION_LANES) PASSED), PINION_LANES);        \
    }                                                                                              \
    if (i < count) store16(values + i, FUNCTION(load16(values + i, count - i) PASSED), count - i); \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void NAME(float *values, ptrdiff_t count DECLARED) { NAME##_body(values, count PASSED); }

/// Defines NAME(gradients, values, count, arguments…), which replaces dy by dy·SLOPE(value,
/// arguments…).
#define PINION_MAP_GRADIENT(NAME, SLOPE, DECLARED, PASSED)                                         \
  PINION_INLINE void NAME##_body(                                                                  \
      float *gradients, const float *values, ptrdiff_t count DECLARED) {                           \
    ptrdiff_t i = 0, n = PINION_LANES;                                                             \
    for (; i + n <= count; i += n) {                                                               \
      store16(gradients + i, load16(gradients + i, n) * SLOPE(load16(values + i, n) PASSED), n);   \
    }                                                                                              \
    n = count - i;                                                                                 \
    if (n > 0) {                                                                                   \
      store16(gradients + i, load16(gradients + i, n) * SLOPE(load16(values + i, n) PASSED), n);   \
    }                                                                                              \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void NAME(float *gradients, const float *values, ptrdiff_t count DECLARED) {                     \
    NAME##_body(gradients, values, count PASSED);                                                  \
  }

#define PINION_NOTHING

#endif
