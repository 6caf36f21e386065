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
