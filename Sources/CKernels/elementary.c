#include <math.h>
#include <string.h>

#include "maps.h"

// In C for the reason given in vector_math.h: the C library's functions, one number at a time, take
// 4 to 10 times as long.

PINION_APPLY(pinion_exp, exp16)
PINION_APPLY(pinion_log, log16)
PINION_APPLY(pinion_hyperbolic_tangent, tanh16)

/// Defines NAME by an expression of v. In a loop that the compiler unrolls, since the loads and
/// stores take longer than the expression.
#define PINION_APPLY_SHORT(NAME, EXPRESSION)                                                       \
  PINION_CLONES                                                                                    \
  void NAME(const float *x, ptrdiff_t count, float *y) {                                           \
    _Pragma("clang loop vectorize(assume_safety) interleave(enable)") for (ptrdiff_t i = 0;        \
                                                                           i < count; i++) {       \
      float v = x[i];                                                                              \
      y[i] = EXPRESSION;                                                                           \
    }                                                                                              \
  }

PINION_APPLY_SHORT(pinion_negate, -v)
PINION_APPLY_SHORT(pinion_magnitude, __builtin_elementwise_abs(v))
PINION_APPLY_SHORT(pinion_square, v *v)
PINION_APPLY_SHORT(pinion_square_root, __builtin_elementwise_sqrt(v))
PINION_APPLY_SHORT(pinion_floor, __builtin_elementwise_floor(v))
PINION_APPLY_SHORT(pinion_ceil, __builtin_elementwise_ceil(v))
PINION_APPLY_SHORT(pinion_round, __builtin_elementwise_roundeven(v))
PINION_APPLY_SHORT(pinion_truncate, __builtin_elementwise_trunc(v))

typedef double double16 __attribute__((vector_size(128)));

/// Largest magnitude for which the reduction below is exact enough.
#define PINION_LARGEST_ANGLE 8192.0f

/// x = n·π/2 + r, |r| ≤ π/4, for magnitudes up to PINION_LARGEST_ANGLE; the lowest bits of
/// `quadrant` are those of n.
PINION_INLINE vector16 reduced_angle16(vector16 x, mask16 *quadrant) {
  const float shift = 12582912;
  vector16 shifted = x * 0.636619772f + shift;
  vector16 n = shifted - shift;
  *quadrant = (mask16)shifted;
  // In double precision, and in two parts of π/2 of which the product with n of the first is exact,
  // so that r is exact where the result is near zero.
  double16 wide = __builtin_convertvector(x, double16),
           whole = __builtin_convertvector(n, double16);
  wide = (wide - whole * 0x1.921fb544p+0) - whole * 0x1.0b4611a626331p-34;
  return __builtin_convertvector(wide, vector16);
}

/// sin(x + quarters·π/2) for magnitudes up to PINION_LARGEST_ANGLE.
///
/// Source: the polynomials of Moshier's Cephes library (sinf.c).
PINION_INLINE vector16 sine_of_small16(vector16 x, int quarters) {
  mask16 quadrant;
  vector16 r = reduced_angle16(x, &quadrant);
  quadrant += quarters;
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

/// y for magnitudes up to PINION_LARGEST_ANGLE, else the C library's function of x.
PINION_INLINE vector16 with_large_angles16(vector16 x, vector16 y, double (*exact)(double)) {
  mask16 small = absolute16(x) <= PINION_LARGEST_ANGLE;
  if (all16(small)) return y;
  for (int i = 0; i < PINION_LANES; i++) {
    if (!small[i]) y[i] = (float)exact(x[i]);
  }
  return y;
}

/// −0 for −0.
PINION_INLINE vector16 sine16(vector16 x) {
  return select16(x == 0, x, with_large_angles16(x, sine_of_small16(x, 0), sin));
}

PINION_INLINE vector16 cosine16(vector16 x) {
  return with_large_angles16(x, sine_of_small16(x, 1), cos);
}

/// Source: the polynomial of Moshier's Cephes library (tanf.c).
PINION_INLINE vector16 tangent_of_small16(vector16 x) {
  mask16 quadrant;
  vector16 r = reduced_angle16(x, &quadrant), z = r * r;
  vector16 t = splat16(9.38540185543e-3f);
  t = t * z + 3.11992232697e-3f;
  t = t * z + 2.44301354525e-2f;
  t = t * z + 5.34112807005e-2f;
  t = t * z + 1.33387994085e-1f;
  t = t * z + 3.33331568548e-1f;
  t = t * z * r + r;
  return select16((quadrant & 1) == 0, t, -1 / t);
}

PINION_INLINE vector16 tangent16(vector16 x) {
  return select16(x == 0, x, with_large_angles16(x, tangent_of_small16(x), tan));
}

PINION_APPLY(pinion_sine, sine16)
PINION_APPLY(pinion_cosine, cosine16)
PINION_APPLY(pinion_tangent, tangent16)

typedef double double8 __attribute__((vector_size(64), aligned(8)));
typedef long long mask8 __attribute__((vector_size(64)));

/// Numbers that are prefetched ahead: the largest of 10⁶ floats in the L3 cache takes 0.83 of the
/// time (Zen 5).
#define PINION_AHEAD 512

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
      /* The last numbers with some that are compared twice. */                                    \
      for (i = 2 * lanes; i < count; i += 2 * lanes) {                                             \
        const TYPE *from = x + least(i, count - 2 * lanes);                                        \
        VECTOR a = *(const VECTOR *)from, b = *(const VECTOR *)(from + lanes);                     \
        MASK keepsFirst = (MASK)(first COMPARE a), keepsSecond = (MASK)(second COMPARE b);         \
        first = (VECTOR)(((MASK)first & keepsFirst) | ((MASK)a & ~keepsFirst));                    \
        second = (VECTOR)(((MASK)second & keepsSecond) | ((MASK)b & ~keepsSecond));                \
        unordered |= (MASK)(a != a) | (MASK)(b != b);                                              \
        __builtin_prefetch(x + i + PINION_AHEAD);                                                  \
        __builtin_prefetch(x + i + PINION_AHEAD + lanes);                                          \
      }                                                                                            \
      isNaN = __builtin_reduce_or(unordered) != 0;                                                 \
      MASK keeps = (MASK)(first COMPARE second);                                                   \
      first = (VECTOR)(((MASK)first & keeps) | ((MASK)second & ~keeps));                           \
      TYPE parts[lanes];                                                                           \
      *(VECTOR *)parts = first;                                                                    \
      _Pragma("clang loop unroll(full)") for (int half = lanes / 2; half > 0; half /= 2) {         \
        _Pragma("clang loop unroll(full)") for (int lane = 0; lane < half; lane++) {               \
          TYPE a = parts[lane], b = parts[lane + half];                                            \
          parts[lane] = a COMPARE b ? a : b;                                                       \
        }                                                                                          \
      }                                                                                            \
      best = parts[0];                                                                             \
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
PINION_EXTREME(pinion_largest_double, double, double8, mask8, >)
PINION_EXTREME(pinion_smallest_double, double, double8, mask8, <)

typedef _Bool truths16 __attribute__((ext_vector_type(16)));
typedef _Bool truths8 __attribute__((ext_vector_type(8)));

/// Defines NAME, which returns the position of the first number that is `value`.
#define PINION_FIRST(NAME, TYPE, VECTOR, TRUTHS, BITS)                                             \
  PINION_INLINE BITS NAME##_bits(const TYPE *x, TYPE value, int isNaN) {                           \
    VECTOR v = *(const VECTOR *)x;                                                                 \
    TRUTHS found;                                                                                  \
    if (isNaN) {                                                                                   \
      found = __builtin_convertvector(v != v, TRUTHS);                                             \
    } else {                                                                                       \
      found = __builtin_convertvector(v == value, TRUTHS);                                         \
    }                                                                                              \
    BITS bits;                                                                                     \
    memcpy(&bits, &found, sizeof bits);                                                            \
    return bits;                                                                                   \
  }                                                                                                \
  PINION_INLINE ptrdiff_t NAME##_body(const TYPE *x, ptrdiff_t count, TYPE value, int isNaN) {     \
    enum { lanes = sizeof(VECTOR) / sizeof(TYPE) };                                                \
    ptrdiff_t i = 0;                                                                               \
    for (; i + 2 * lanes <= count; i += 2 * lanes) {                                               \
      uint32_t bits = NAME##_bits(x + i, value, isNaN) |                                           \
                      (uint32_t)NAME##_bits(x + i + lanes, value, isNaN) << lanes;                 \
      if (bits) return i + __builtin_ctz(bits);                                                    \
    }                                                                                              \
    while (i < count && !(isNaN ? x[i] != x[i] : x[i] == value)) i++;                              \
    return i;                                                                                      \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  ptrdiff_t NAME(const TYPE *x, ptrdiff_t count, TYPE value) {                                     \
    return value != value ? NAME##_body(x, count, value, 1) : NAME##_body(x, count, value, 0);     \
  }

PINION_FIRST(pinion_first_float, float, vector16, truths16, uint16_t)
PINION_FIRST(pinion_first_double, double, double8, truths8, uint8_t)
