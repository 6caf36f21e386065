#include <math.h>

#include "pinion_kernels.h"
#include "vector16.h"

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
