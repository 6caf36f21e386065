#include <math.h>

#include "maps.h"

// In C for the reason given in vector_math.h.

/// exp(x) − 1 for any x.
PINION_INLINE vector16 expm1_16(vector16 x) {
  mask16 n;
  vector16 e = reduced_exp16(clamp16(x, -25, 89), &n);
  // exp(x) − 1 = 2ⁿ·e + (2ⁿ − 1), by halves, since 2ⁿ may be outside the range of floats.
  vector16 half = power_of_two16(n - 1);
  vector16 y = (half * e + (half - 0.5f)) * 2;
  // x itself where the next term, x²/2, does not count: halves of denormal numbers are inexact.
  return select16(absolute16(x) < 0x1p-25f, x, y);
}

/// For |x| = n·ln 2 + r, |r| ≤ ln 2 / 2, returns sinh r, and sets `cosh` to cosh r − 1 and `up` and
/// `down` to 2ⁿ / 4 and 2⁻ⁿ / 4: by quarters, since sinh x may be a float where 2ⁿ is not.
///
/// For |x| ≤ 89.5, from where on sinh and cosh are infinite. Minimax polynomials in r², by Remez's
/// exchange for |r| ≤ 0.347, with relative errors of 5·10⁻¹¹ (sinh) and 10⁻¹⁰ (cosh).
PINION_INLINE vector16
reduced_hyperbolic16(vector16 x, vector16 *cosh, vector16 *up, vector16 *down) {
  const float shift = 12582912;
  vector16 a = absolute16(x);
  a = select16(a > 89.5f, splat16(89.5f), a);
  vector16 shifted = a * 1.44269504f + shift, whole = shifted - shift;
  mask16 n = (mask16)shifted - 0x4B400000;
  vector16 r = (a - whole * 0.693359375f) + whole * 2.12194440e-4f, z = r * r;
  vector16 s = splat16(1.99740578e-4f);
  s = s * z + 8.33317544e-3f;
  s = s * z + 1.66666672e-1f;
  vector16 c = splat16(1.39354414e-3f);
  c = c * z + 4.16664593e-2f;
  c = c * z + 0.5f;
  *cosh = c * z;
  *up = power_of_two16(n - 2);
  // The second does not count from n = 13 on.
  *down = select16(n < 64, power_of_two16(-2 - n), splat16(0));
  return s * z * r + r;
}

/// sinh(n·ln 2 + r) = sinh(n·ln 2)·cosh r + cosh(n·ln 2)·sinh r.
PINION_INLINE vector16 sinh16(vector16 x) {
  vector16 cosh, up, down, sinh = reduced_hyperbolic16(x, &cosh, &up, &down);
  vector16 rest = (up - down) * cosh + (up + down) * sinh;
  vector16 a = absolute16(x), y = (rest + (up - down)) * 2;
  // x itself where the next term, x³/6, does not count: halves of denormal numbers are inexact. The
  // sign is last: clang 21 merges a selection after it into a wrong masked vpternlogd.
  return with_sign16(select16(a < 0x1p-13f, a, y), x);
}

/// cosh(n·ln 2 + r) = cosh(n·ln 2)·cosh r + sinh(n·ln 2)·sinh r.
PINION_INLINE vector16 cosh16(vector16 x) {
  vector16 cosh, up, down, sinh = reduced_hyperbolic16(x, &cosh, &up, &down);
  vector16 rest = (up + down) * cosh + (up - down) * sinh;
  return (rest + (up + down)) * 2;
}

PINION_APPLY(pinion_expm1, expm1_16)
PINION_APPLY(pinion_hyperbolic_sine, sinh16)
PINION_APPLY(pinion_hyperbolic_cosine, cosh16)

// For x = 2ⁿ·(1 + f), a logarithm is that of 2ⁿ plus f·c plus (log(1 + f) − f)·c with c = log e to
// the base. The larger part of c has twelve bits or fewer, and that of log 2 sixteen, so that the
// rounding errors are those of small terms, and powers of the base give integers.

/// log(1 + f) − f.
PINION_INLINE vector16 log_rest16(vector16 f) {
  vector16 f2 = f * f;
  return log_tail16(f) * f2 - 0.5f * f2;
}

/// log₂ e = 1 + 0.4427.
PINION_INLINE vector16 binary_log_of_parts16(vector16 n, vector16 f) {
  return n + (f + (f * 0.44269504f + log_rest16(f) * 1.44269504f));
}

/// log₁₀ e = 0.434326171875 − 3.1689971·10⁻⁵, log₁₀ 2 = 0.301025390625 + 4.6050390·10⁻⁶.
PINION_INLINE vector16 decimal_log_of_parts16(vector16 n, vector16 f) {
  vector16 small = (n * 4.6050390e-6f - f * 3.1689971e-5f) + log_rest16(f) * 0.434294482f;
  return n * 0.301025390625f + (f * 0.434326171875f + small);
}

/// Defines NAME(x) by OF_PARTS(n, f). Without the special values where there are none: a fifth of
/// the time.
#define PINION_LOGARITHM(NAME, OF_PARTS)                                                           \
  PINION_INLINE vector16 NAME(vector16 x) {                                                        \
    vector16 n;                                                                                    \
    if (all_normal16(x)) {                                                                         \
      vector16 f = reduced_log_of_normal16(x, &n);                                                 \
      return OF_PARTS(n, f);                                                                       \
    }                                                                                              \
    vector16 f = reduced_log16(x, &n);                                                             \
    return log_limits16(x, OF_PARTS(n, f));                                                        \
  }

PINION_LOGARITHM(binary_log16, binary_log_of_parts16)
PINION_LOGARITHM(decimal_log16, decimal_log_of_parts16)

/// log(1 + x) for any x.
PINION_INLINE vector16 log_of_successor16(vector16 x) {
  vector16 sum = x + 1, n, f = reduced_log_of_normal16(sum, &n);
  // The rounding error of the sum, divided by 2ⁿ⁻¹, and its effect to second order.
  mask16 power = ((mask16)sum - 0x3F3504F3) & ~0x7FFFFF;
  vector16 lost = (x - (sum - 1)) * (vector16)(0x40000000 - power);
  vector16 f2 = f * f, y = log_tail16(f) * f2 + (n * -2.12194440e-4f - 0.5f * f2);
  y = lost * (0.5f - 0.5f * f) + y;
  y = (f + y) + n * 0.693359375f;
  if (!all_normal16(sum)) y = log_limits16(sum, y);
  // −0 for −0.
  return select16(x == 0, x, y);
}

PINION_APPLY(pinion_binary_logarithm, binary_log16)
PINION_APPLY(pinion_decimal_logarithm, decimal_log16)
PINION_APPLY(pinion_log1p, log_of_successor16)

// In C for the reason given in vector_math.h.
//
// |x|^y = 2^(y·log₂|x|). An absolute error of y·log₂|x| is a relative one of the power: the
// logarithm is in two parts in single precision where all numbers are normal, which takes half the
// time, and in double precision elsewhere. Powers that are floats are exact with FMA: tested for
// all mantissas to the powers 1 and −1, and for small integers, squares and their roots.

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

/// The larger twelve bits: products of two such numbers are exact.
PINION_INLINE vector16 leading16(vector16 x) { return (vector16)((mask16)x & ~0xFFF); }

/// log₂ of normal x > 0 as the sum of a number of twelve bits and a rest, with an error of 10⁻⁹.
///
/// As in `wide_binary_log16`, with P of four terms, of which the first is in two parts: single
/// precision is enough for the second and for the other terms, since s² is less than 0.03.
PINION_INLINE vector16 binary_log_parts16(vector16 x, vector16 *rest) {
  vector16 n, f = reduced_log_of_normal16(x, &n);
  // f / (2 + f) is a quotient of twelve bits plus remainder / (2 + f).
  vector16 d = f + 2, d_high = leading16(d), d_low = f - (d_high - 2);
  vector16 inverse = 1 / d, s = f * inverse, s_high = leading16(s);
  vector16 remainder = (f - s_high * d_high) - s_high * d_low;
  vector16 z = s * s, z2 = z * z;
  vector16 p =
      z2 * (z * 4.317499265e-1f + 5.767137797e-1f) + (z * 9.617988541e-1f - 3.52107721e-4f);
  vector16 high = s_high * 2.8857421875f, low = s * p + remainder * (inverse * 2.8857421875f);
  vector16 leading = leading16(n + high);
  *rest = ((n - leading) + high) + low;
  return leading;
}

/// x^y for normal x > 0 and t = y·log₂ x of less than 126, wrong elsewhere; sets `log_power` to t.
///
/// y·log₂ x is an exact product of numbers of twelve bits plus a rest. 2ᵍ for |g| ≤ ½ is a minimax
/// polynomial by Remez's exchange, with a relative error of 6·10⁻⁹.
PINION_INLINE vector16 power_of_normal16(vector16 x, vector16 y, vector16 *log_power) {
  vector16 log_rest, log = binary_log_parts16(x, &log_rest);
  vector16 y_high = leading16(y), exact = y_high * log;
  vector16 rest = y * log_rest + (y - y_high) * log, t = exact + rest;
  *log_power = t;
  const float shift = 12582912;
  vector16 shifted = t + shift, g = (exact - (shifted - shift)) + rest;
  vector16 p = splat16(1.54710433e-4f);
  p = p * g + 1.338993199e-3f;
  p = p * g + 9.618026204e-3f;
  p = p * g + 5.550362915e-2f;
  p = p * g + 2.402265072e-1f;
  p = p * g + 0.693147182f;
  vector16 e = p * g + 1;
  // Adds k to the exponents.
  return (vector16)((mask16)e + ((mask16)shifted << 23));
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

/// x^y for any x and y, by the C library where either is infinite or NaN.
PINION_INLINE void set_powers_of_any_body(
    const float *bases, const float *exponents, float *powers) {
  vector16 x = load16(bases, PINION_LANES), y = load16(exponents, PINION_LANES);
  double16 t = __builtin_convertvector(y, double16) * wide_binary_log16(absolute16(x));
  vector16 power = with_sign_of_power16(x, y, wide_power_of_two16(t));
  // 0·∞ is NaN above.
  store16(powers, select16(y == 0, splat16(1), power), PINION_LANES);
  if (all16((absolute16(x) < __builtin_inff()) & (absolute16(y) < __builtin_inff()))) return;
  for (int i = 0; i < PINION_LANES; i++) {
    float base = bases[i], exponent = exponents[i];
    if (!isfinite(base) || !isfinite(exponent)) powers[i] = powf(base, exponent);
  }
}

PINION_CLONES
static void set_powers_of_any(const float *bases, const float *exponents, float *powers) {
  set_powers_of_any_body(bases, exponents, powers);
}

PINION_INLINE vector16 power16(vector16 x, vector16 y) {
  vector16 base = absolute16(x), t, power = power_of_normal16(base, y, &t);
  mask16 is_normal = absolute16(t) < 126;
  // One test for most: a sign makes x seem large.
  if (__builtin_expect(all16(are_normal16(x) & is_normal), 1)) return power;
  if (all16(are_normal16(base) & is_normal)) return with_sign_of_power16(x, y, power);
  // In a function of its own, so that the vectors are in memory in this case alone.
  float bases[PINION_LANES], exponents[PINION_LANES], powers[PINION_LANES];
  store16(bases, x, PINION_LANES);
  store16(exponents, y, PINION_LANES);
  set_powers_of_any(bases, exponents, powers);
  return load16(powers, PINION_LANES);
}

PINION_APPLY_PAIRS(pinion_power, power16)
