#include <math.h>

#include "maps.h"

// In C for the reason given in vector_math.h.
//
// |x|^y = 2^(y·log₂|x|) in double precision, since an absolute error of y·log₂|x| is a relative one
// of the power, and rounded once, so that powers that are floats are exact.

typedef double double16 __attribute__((vector_size(128)));
typedef long long whole16 __attribute__((vector_size(128)));

/// a where the mask's bits are set, b elsewhere.
PINION_INLINE double16 select_double16(whole16 mask, double a, double16 b) {
  return (double16)(((whole16)((double16){0} + a) & mask) | ((whole16)b & ~mask));
}

/// log₂ of x > 0; −∞ for 0.
///
/// For x = 2ⁿ·(1 + f), it is n + s·P(s²) with s = f / (2 + f), |s| ≤ 0.1716, since
/// log(1 + f) = 2·artanh s. P is the minimax polynomial by Remez's exchange, with a relative error
/// of 4·10⁻¹², in Estrin's scheme, since the time is that of the longest chain of operations.
PINION_INLINE double16 wide_binary_log16(vector16 x) {
  vector16 n, f = reduced_log16(x, &n);
  n = select16(x == 0, splat16(-__builtin_inff()), n);
  // A division in single precision and a Newton step.
  double16 inverse = __builtin_convertvector(1 / (f + 2), double16);
  double16 wide = __builtin_convertvector(f, double16), s = wide * inverse;
  s = s + s * (1 - inverse * (wide + 2));
  double16 z = s * s, z2 = z * z;
  double16 low = z * 0x1.ec709d10d3c76p-1 + 0x1.71547652bf1b3p+1;
  double16 high = z * 0x1.a58d22ece4da2p-2 + 0x1.277780f58022cp-1;
  double16 p = z2 * (z2 * 0x1.5ceea1dcadba0p-2 + high) + low;
  return s * p + __builtin_convertvector(n, double16);
}

/// 2ᵗ rounded to floats, by the minimax polynomial of 2ᵍ for |g| ≤ ½, with a relative error of
/// 2·10⁻⁹.
PINION_INLINE vector16 wide_power_of_two16(double16 t) {
  // Beyond, the result is 0 or infinite.
  t = select_double16(t < -160, -160, t);
  t = select_double16(t > 160, 160, t);
  // Adding 1.5·2⁵² rounds to an integer k, which the lowest bits hold.
  const double shift = 0x1.8p52;
  double16 shifted = t + shift, g = t - (shifted - shift), g2 = g * g;
  double16 first = g * 0x1.62e430c7e8a3bp-1 + 0x1.0000000261600p+0;
  double16 second = g * 0x1.c6aed4b95810dp-5 + 0x1.ebfbdadcac587p-3;
  double16 third = g * 0x1.5f456aaa5e130p-10 + 0x1.3b2dbbc44be6ap-7;
  double16 e = (g2 * g2) * (g2 * 0x1.41d3311bfeaf9p-13 + third) + (g2 * second + first);
  // Adds k to the exponents.
  return __builtin_convertvector((double16)((whole16)e + ((whole16)shifted << 52)), vector16);
}

/// A power's sign where x is negative, and NaN where y is not an integer.
PINION_INLINE vector16 with_sign_of_power16(vector16 x, vector16 y, vector16 power) {
  vector16 a = absolute16(y);
  // Adding 2²³ rounds to an integer, which the lowest bits hold; from 2²³ on, all floats are.
  mask16 small = a < 0x1p23f;
  vector16 shifted = select16(small, a + 0x1p23f, a);
  vector16 whole = select16(small, shifted - 0x1p23f, a);
  mask16 is_integer = whole == a;
  mask16 is_odd = is_integer & (a < 0x1p24f) & (((mask16)shifted & 1) == 1);
  mask16 negative = (mask16)x < 0;
  power = (vector16)((mask16)power ^ (negative & is_odd & ~0x7FFFFFFF));
  return select16((x < 0) & ~is_integer, splat16(__builtin_nanf("")), power);
}

/// x^y by the C library where either is infinite or NaN. Not inlined, so that the vectors are in
/// memory in this case alone.
__attribute__((noinline)) static void set_power_limits(
    const float *x, const float *y, float *power) {
  for (int i = 0; i < PINION_LANES; i++) {
    if (!(fabsf(x[i]) < INFINITY && fabsf(y[i]) < INFINITY)) power[i] = powf(x[i], y[i]);
  }
}

PINION_INLINE vector16 power16(vector16 x, vector16 y) {
  double16 t = __builtin_convertvector(y, double16) * wide_binary_log16(absolute16(x));
  vector16 power = wide_power_of_two16(t);
  if (any16((mask16)x & ~0x7FFFFFFF)) power = with_sign_of_power16(x, y, power);
  // 0·∞ is NaN above.
  power = select16(y == 0, splat16(1), power);
  if (all16((absolute16(x) < __builtin_inff()) & (absolute16(y) < __builtin_inff()))) return power;
  float bases[PINION_LANES], exponents[PINION_LANES], powers[PINION_LANES];
  store16(bases, x, PINION_LANES);
  store16(exponents, y, PINION_LANES);
  store16(powers, power, PINION_LANES);
  set_power_limits(bases, exponents, powers);
  return load16(powers, PINION_LANES);
}

PINION_APPLY_PAIRS(pinion_power, power16)
