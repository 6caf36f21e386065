#include <math.h>

#include "pinion_kernels.h"
#include "pinion_tensors.h"
#include "vector16.h"

/// Defines NAME, which writes EXPRESSION of a and b.
#define PINION_PAIRS(NAME, TYPE, RESULT, EXPRESSION)                                               \
  PINION_CLONES                                                                                    \
  void NAME(                                                                                       \
      const TYPE *left, ptrdiff_t left_step, const TYPE *right, ptrdiff_t right_step,              \
      RESULT *result, ptrdiff_t count) {                                                           \
    if (left_step == 0) {                                                                          \
      const TYPE a = count > 0 ? *left : 0;                                                        \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE b = right[i * right_step];                                                      \
        result[i] = (RESULT)(EXPRESSION);                                                          \
      }                                                                                            \
    } else if (right_step == 0) {                                                                  \
      const TYPE b = count > 0 ? *right : 0;                                                       \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE a = left[i];                                                                    \
        result[i] = (RESULT)(EXPRESSION);                                                          \
      }                                                                                            \
    } else {                                                                                       \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE a = left[i], b = right[i];                                                      \
        result[i] = (RESULT)(EXPRESSION);                                                          \
      }                                                                                            \
    }                                                                                              \
  }

#define PINION_BOTH(NAME, EXPRESSION)                                                              \
  PINION_PAIRS(NAME##_float, float, float, EXPRESSION)                                             \
  PINION_PAIRS(NAME##_double, double, double, EXPRESSION)

PINION_BOTH(pinion_add, (a + b))
PINION_BOTH(pinion_subtract, (a - b))
PINION_BOTH(pinion_multiply, (a * b))
PINION_BOTH(pinion_divide, (a / b))
PINION_BOTH(pinion_maximum, a != a ? a : a > b ? a : b)
PINION_BOTH(pinion_minimum, a != a ? a : a < b ? a : b)

#define PINION_COMPARE(NAME, EXPRESSION)                                                           \
  PINION_PAIRS(NAME##_float, float, uint8_t, EXPRESSION)                                           \
  PINION_PAIRS(NAME##_double, double, uint8_t, EXPRESSION)

PINION_COMPARE(pinion_less, a < b)
PINION_COMPARE(pinion_less_or_equal, a <= b)
PINION_COMPARE(pinion_equal, a == b)
PINION_COMPARE(pinion_unequal, a != b)

/// Defines loops over one array.
#define PINION_SINGLES(TYPE)                                                                       \
  PINION_CLONES                                                                                    \
  void pinion_clip_##TYPE(const TYPE *x, ptrdiff_t count, TYPE low, TYPE high, TYPE *y) {          \
    PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                     \
      TYPE value = x[i] > high ? high : x[i];                                                      \
      y[i] = value < low ? low : value;                                                            \
    }                                                                                              \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void pinion_finite_##TYPE(const TYPE *x, ptrdiff_t count, uint8_t *result) {                     \
    PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) result[i] = x[i] - x[i] == 0;         \
  }

PINION_SINGLES(float)
PINION_SINGLES(double)

PINION_PAIRS(pinion_and, uint8_t, uint8_t, (a & b))
PINION_PAIRS(pinion_or, uint8_t, uint8_t, (a | b))
PINION_PAIRS(pinion_xor, uint8_t, uint8_t, (a ^ b))

/// Defines NAME, which selects between elements of a size.
#define PINION_SELECT(NAME, TYPE)                                                                  \
  PINION_CLONES                                                                                    \
  void NAME(                                                                                       \
      const uint8_t *mask, const TYPE *first, ptrdiff_t first_step, const TYPE *second,            \
      ptrdiff_t second_step, TYPE *result, ptrdiff_t count) {                                      \
    if (first_step == 0) {                                                                         \
      const TYPE a = count > 0 ? *first : 0;                                                       \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE b = second[i * second_step], all = -(TYPE)(mask[i] != 0);                       \
        result[i] = (a & all) | (b & ~all);                                                        \
      }                                                                                            \
    } else if (second_step == 0) {                                                                 \
      const TYPE b = count > 0 ? *second : 0;                                                      \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE a = first[i], all = -(TYPE)(mask[i] != 0);                                      \
        result[i] = (a & all) | (b & ~all);                                                        \
      }                                                                                            \
    } else {                                                                                       \
      PINION_INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {                                   \
        const TYPE a = first[i], b = second[i], all = -(TYPE)(mask[i] != 0);                       \
        result[i] = (a & all) | (b & ~all);                                                        \
      }                                                                                            \
    }                                                                                              \
  }

PINION_SELECT(pinion_select8, uint8_t)
PINION_SELECT(pinion_select32, uint32_t)
PINION_SELECT(pinion_select64, uint64_t)

typedef double double16 __attribute__((vector_size(128)));
typedef long long words16 __attribute__((vector_size(128)));

PINION_INLINE float floor_remainder(float a, float b) {
  float rest = fmodf(a, b);
  if (rest == 0) return copysignf(rest, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

/// The remainders of a / b with the sign of b.
///
/// The double-precision quotient of floats is truncated to the whole number that it is exactly, if
/// that is less than 2²⁸, since the exact quotient differs from a whole number relatively by 2⁻⁵²
/// or not at all; its product with b and the difference from a are exact, too.
PINION_INLINE vector16 remainder16(vector16 a, vector16 b) {
  double16 x = __builtin_convertvector(a, double16), y = __builtin_convertvector(b, double16);
  double16 whole = __builtin_elementwise_trunc(x / y);
  vector16 rest = __builtin_convertvector(x - whole * y, vector16);
  vector16 moved = select16((rest < 0) != (b < 0), rest + b, rest);
  vector16 zero = (vector16)((mask16)b & ~0x7FFFFFFF);
  vector16 result = select16(rest == 0, zero, moved);
  vector16 quotient = __builtin_convertvector(whole, vector16);
  mask16 exact = (quotient > -0x1p28f) & (quotient < 0x1p28f) & (b - b == 0);
  if (all16(exact)) return result;
  for (int i = 0; i < PINION_LANES; i++) {
    if (!exact[i]) result[i] = floor_remainder(a[i], b[i]);
  }
  return result;
}

PINION_INLINE void remainder_body(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, count - i);
    vector16 a = left_step ? load16(left + i, n) : (vector16){0} + *left;
    vector16 b = right_step ? load16(right + i, n) : (vector16){0} + *right;
    store16(result + i, remainder16(a, b), n);
  }
}

PINION_CLONES
void pinion_remainder_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count) {
  remainder_body(left, left_step, right, right_step, result, count);
}
