#include <math.h>

#include "pinion_kernels.h"
#include "vector_math.h"

// In C for the reason given in vector_math.h: the C library's functions, one number at a time, take
// 4 to 10 times as long.

/// Defines NAME, which writes FUNCTION(x) to y.
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

PINION_APPLY(pinion_exp, exp16)
PINION_APPLY(pinion_log, log16)
PINION_APPLY(pinion_hyperbolic_tangent, tanh16)

PINION_INLINE vector16 root16(vector16 x) { return __builtin_elementwise_sqrt(x); }
PINION_INLINE vector16 floor16(vector16 x) { return __builtin_elementwise_floor(x); }
PINION_INLINE vector16 ceil16(vector16 x) { return __builtin_elementwise_ceil(x); }
PINION_INLINE vector16 round16(vector16 x) { return __builtin_elementwise_roundeven(x); }
PINION_INLINE vector16 truncate16(vector16 x) { return __builtin_elementwise_trunc(x); }

PINION_APPLY(pinion_square_root, root16)
PINION_APPLY(pinion_floor, floor16)
PINION_APPLY(pinion_ceil, ceil16)
PINION_APPLY(pinion_round, round16)
PINION_APPLY(pinion_truncate, truncate16)

typedef double double16 __attribute__((vector_size(128)));

/// Largest magnitude for which the reduction below is exact enough.
#define PINION_LARGEST_ANGLE 8192.0f

/// sin(x + quarters·π/2) for magnitudes up to PINION_LARGEST_ANGLE.
///
/// Source: the polynomials of Moshier's Cephes library (sinf.c).
PINION_INLINE vector16 sine_of_small16(vector16 x, int quarters) {
  // x = n·π/2 + r, |r| ≤ π/4.
  const float shift = 12582912;
  vector16 shifted = x * 0.636619772f + shift;
  vector16 n = shifted - shift;
  mask16 quadrant = (mask16)shifted + quarters;
  // In double precision, and in two parts of π/2 of which the product with n of the first is exact,
  // so that r is exact where the result is near zero.
  double16 wide = __builtin_convertvector(x, double16),
           whole = __builtin_convertvector(n, double16);
  wide = (wide - whole * 0x1.921fb544p+0) - whole * 0x1.0b4611a626331p-34;
  vector16 r = __builtin_convertvector(wide, vector16);
  vector16 z = r * r;
  vector16 s = splat16(-1.9515295891e-4f);
  s = s * z + 8.3321608736e-3f;
  s = s * z - 1.6666654611e-1f;
  s = s * z * r + r;
  vector16 c = splat16(2.443315711809948e-5f);
  c = c * z - 1.388731625493765e-3f;
  c = c * z + 4.166664568298827e-2f;
  c = c * z * z - 0.5f * z + 1;
  vector16 y = select16((quadrant & 1) == 0, s, c);
  // The sign bit of quadrants 2 and 3.
  return (vector16)((mask16)y ^ ((quadrant & 2) << 30));
}

PINION_INLINE vector16 sine_body16(vector16 x, int quarters, double (*exact)(double)) {
  vector16 y = sine_of_small16(x, quarters);
  mask16 small = absolute16(x) <= PINION_LARGEST_ANGLE;
  if (all16(small)) return y;
  for (int i = 0; i < PINION_LANES; i++) {
    if (!small[i]) y[i] = (float)exact(x[i]);
  }
  return y;
}

/// −0 of −0.
PINION_INLINE vector16 sine16(vector16 x) { return select16(x == 0, x, sine_body16(x, 0, sin)); }

PINION_INLINE vector16 cosine16(vector16 x) { return sine_body16(x, 1, cos); }

PINION_APPLY(pinion_sine, sine16)
PINION_APPLY(pinion_cosine, cosine16)

typedef double vector8 __attribute__((vector_size(64), aligned(8)));
typedef long long mask8 __attribute__((vector_size(64)));

/// Defines NAME, which returns the first of `count` numbers in the order that COMPARE gives.
///
/// Two vectors, since one would wait for each comparison.
#define PINION_EXTREME(NAME, TYPE, VECTOR, MASK, COMPARE)                                          \
  PINION_INLINE TYPE NAME##_body(const TYPE *x, ptrdiff_t count) {                                 \
    enum { lanes = sizeof(VECTOR) / sizeof(TYPE) };                                                \
    TYPE best = x[0];                                                                              \
    int isNaN = 0;                                                                                 \
    ptrdiff_t i = 0;                                                                               \
    if (count >= 2 * lanes) {                                                                      \
      VECTOR first = *(const VECTOR *)x, second = *(const VECTOR *)(x + lanes);                    \
      MASK unordered = (MASK)(first != first) | (MASK)(second != second);                          \
      for (i = 2 * lanes; i + 2 * lanes <= count; i += 2 * lanes) {                                \
        VECTOR a = *(const VECTOR *)(x + i), b = *(const VECTOR *)(x + i + lanes);                 \
        MASK keepsFirst = (MASK)(first COMPARE a), keepsSecond = (MASK)(second COMPARE b);         \
        first = (VECTOR)(((MASK)first & keepsFirst) | ((MASK)a & ~keepsFirst));                    \
        second = (VECTOR)(((MASK)second & keepsSecond) | ((MASK)b & ~keepsSecond));                \
        unordered |= (MASK)(a != a) | (MASK)(b != b);                                              \
      }                                                                                            \
      isNaN = __builtin_reduce_or(unordered) != 0;                                                 \
      for (int lane = 0; lane < lanes; lane++) {                                                   \
        best = best COMPARE first[lane] ? best : first[lane];                                      \
        best = best COMPARE second[lane] ? best : second[lane];                                    \
      }                                                                                            \
    }                                                                                              \
    for (; i < count; i++) {                                                                       \
      isNaN |= x[i] != x[i];                                                                       \
      best = best COMPARE x[i] ? best : x[i];                                                      \
    }                                                                                              \
    return isNaN ? (TYPE)NAN : best;                                                               \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  TYPE NAME(const TYPE *x, ptrdiff_t count) { return NAME##_body(x, count); }

PINION_EXTREME(pinion_largest_float, float, vector16, mask16, >)
PINION_EXTREME(pinion_smallest_float, float, vector16, mask16, <)
PINION_EXTREME(pinion_largest_double, double, vector8, mask8, >)
PINION_EXTREME(pinion_smallest_double, double, vector8, mask8, <)

/// Defines NAME, which returns the position of the first number that is `value`.
#define PINION_FIRST(NAME, TYPE, VECTOR, MASK)                                                     \
  PINION_INLINE ptrdiff_t NAME##_body(const TYPE *x, ptrdiff_t count, TYPE value) {                \
    enum { lanes = sizeof(VECTOR) / sizeof(TYPE) };                                                \
    int isNaN = value != value;                                                                    \
    ptrdiff_t i = 0;                                                                               \
    for (; i + lanes <= count; i += lanes) {                                                       \
      VECTOR v = *(const VECTOR *)(x + i);                                                         \
      MASK found = isNaN ? (MASK)(v != v) : (MASK)(v == value);                                    \
      if (__builtin_reduce_or(found)) break;                                                       \
    }                                                                                              \
    while (i < count && !(isNaN ? x[i] != x[i] : x[i] == value)) i++;                              \
    return i;                                                                                      \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  ptrdiff_t NAME(const TYPE *x, ptrdiff_t count, TYPE value) {                                     \
    return NAME##_body(x, count, value);                                                           \
  }

PINION_FIRST(pinion_first_float, float, vector16, mask16)
PINION_FIRST(pinion_first_double, double, vector8, mask8)
