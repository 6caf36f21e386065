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
