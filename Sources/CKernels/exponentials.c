#include "maps.h"

// In C for the reason given in vector_math.h.

/// exp(x) − 1 for any x.
PINION_INLINE vector16 expm1_16(vector16 x) {
  mask16 n;
  vector16 e = reduced_exp16(clamp16(x, -25, 89), (vector16){0}, &n);
  // exp(x) − 1 = 2ⁿ·e + (2ⁿ − 1), by halves, since 2ⁿ may be outside the range of floats.
  vector16 half = power_of_two16(n - 1);
  vector16 y = (half * e + (half - 0.5f)) * 2;
  // x itself where the next term, x²/2, does not count: halves of denormal numbers are inexact.
  return select16(absolute16(x) < 0x1p-25f, x, y);
}

/// The parts of |x| = n·ln 2 + r, |r| ≤ ln 2 / 2, of which sinh and cosh are sums.
typedef struct {
  /// sinh(n·ln 2) / 2 and cosh(n·ln 2) / 2: by halves, since sinh x may be a float where 2ⁿ is not.
  vector16 whole_sinh, whole_cosh;
  /// sinh r and cosh r − 1.
  vector16 sinh, cosh_minus_one;
} hyperbolic_parts;

/// For |x| ≤ 89.5, from where on sinh and cosh are infinite.
///
/// Minimax polynomials in r², by Remez's exchange for |r| ≤ 0.347, with relative errors of 5·10⁻¹¹
/// (sinh) and 10⁻¹⁰ (cosh).
PINION_INLINE hyperbolic_parts hyperbolic16(vector16 x) {
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
  // 2ⁿ / 4 and 2⁻ⁿ / 4; the second does not count from n = 13 on.
  mask16 small = n < 64;
  vector16 up = power_of_two16(n - 2), down = power_of_two16(-2 - (n & small));
  down = (vector16)((mask16)down & small);
  return (hyperbolic_parts){up - down, up + down, s * z * r + r, c * z};
}

/// sinh(n·ln 2 + r) = sinh(n·ln 2)·cosh r + cosh(n·ln 2)·sinh r.
PINION_INLINE vector16 sinh16(vector16 x) {
  hyperbolic_parts p = hyperbolic16(x);
  vector16 rest = p.whole_sinh * p.cosh_minus_one + p.whole_cosh * p.sinh;
  vector16 y = with_sign16((rest + p.whole_sinh) * 2, x);
  // x itself where the next term, x³/6, does not count: halves of denormal numbers are inexact.
  return select16(absolute16(x) < 0x1p-13f, x, y);
}

/// cosh(n·ln 2 + r) = cosh(n·ln 2)·cosh r + sinh(n·ln 2)·sinh r.
PINION_INLINE vector16 cosh16(vector16 x) {
  hyperbolic_parts p = hyperbolic16(x);
  vector16 rest = p.whole_cosh * p.cosh_minus_one + p.whole_sinh * p.sinh;
  return (rest + p.whole_cosh) * 2;
}

PINION_APPLY(pinion_expm1, expm1_16)
PINION_APPLY(pinion_hyperbolic_sine, sinh16)
PINION_APPLY(pinion_hyperbolic_cosine, cosh16)
