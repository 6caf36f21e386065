#include "maps.h"

// In C for the reason given in vector_math.h.
//
// Minimax polynomials in z = x², by Remez's exchange; π and its half are sums of two floats.

#define PINION_PI 3.14159274f
#define PINION_PI_REST -8.74227766e-8f

PINION_INLINE vector16 square_root16(vector16 x) { return __builtin_elementwise_sqrt(x); }

/// arcsin of x in −½ … ½. The polynomial is (arcsin(x)/x − 1) / z, with an error of 5·10⁻⁹ relative
/// to arcsin x.
PINION_INLINE vector16 arcsine_of_small16(vector16 x, vector16 z) {
  vector16 p = splat16(4.221180454e-2f);
  p = p * z + 2.415209077e-2f;
  p = p * z + 4.547604173e-2f;
  p = p * z + 7.495252043e-2f;
  p = p * z + 1.666675359e-1f;
  return p * z * x + x;
}

/// a = |x|, or √((1 − a)/2) where a > ½; `large` is where. NaN for a > 1.
PINION_INLINE vector16 arcsine_argument16(vector16 x, mask16 *large, vector16 *z) {
  vector16 a = absolute16(x);
  *large = a > 0.5f;
  *z = select16(*large, 0.5f - 0.5f * a, a * a);
  return select16(*large, square_root16(*z), a);
}

/// For a > ½, arcsin a = π/2 − 2·arcsin √((1 − a)/2).
PINION_INLINE vector16 arcsine16(vector16 x) {
  mask16 large;
  vector16 z, a = arcsine_argument16(x, &large, &z), y = arcsine_of_small16(a, z);
  vector16 rest = PINION_PI / 2 - (2 * y - PINION_PI_REST / 2);
  return with_sign16(select16(large, rest, y), x);
}

/// π/2 − arcsin x; for a > ½, arccos a = 2·arcsin √((1 − a)/2) and arccos(−a) = π − arccos a.
PINION_INLINE vector16 arccosine16(vector16 x) {
  mask16 large;
  vector16 z, a = arcsine_argument16(x, &large, &z), y = arcsine_of_small16(a, z);
  mask16 negative = (mask16)x < 0;
  vector16 signedY = with_sign16(y, x);
  vector16 near_zero = PINION_PI / 2 - (signedY - PINION_PI_REST / 2);
  vector16 twice = 2 * y, from_pi = PINION_PI - (twice - PINION_PI_REST);
  return select16(large, select16(negative, from_pi, twice), near_zero);
}

/// arctan of q in 0 … 1. The polynomial is (arctan(q)/q − 1) / z, with an error of 5·10⁻⁹ relative
/// to arctan q.
PINION_INLINE vector16 arctangent_of_small16(vector16 q) {
  vector16 z = q * q;
  vector16 p = splat16(-1.792979543e-3f);
  p = p * z + 1.090070792e-2f;
  p = p * z - 3.113527969e-2f;
  p = p * z + 5.790284649e-2f;
  p = p * z - 8.399859071e-2f;
  p = p * z + 1.095093042e-1f;
  p = p * z - 1.426401585e-1f;
  p = p * z + 1.999852955e-1f;
  p = p * z - 3.333329856e-1f;
  return p * z * q + q;
}

/// For a > 1, arctan a = π/2 − arctan(1/a).
PINION_INLINE vector16 arctangent16(vector16 x) {
  vector16 a = absolute16(x);
  mask16 large = a > 1;
  vector16 y = arctangent_of_small16(select16(large, 1 / a, a));
  vector16 rest = PINION_PI / 2 - (y - PINION_PI_REST / 2);
  return with_sign16(select16(large, rest, y), x);
}

/// The angle of the point (x, y): the arctangent of the smaller magnitude divided by the larger,
/// from the axis that is nearest.
PINION_INLINE vector16 arctangent_of_pair16(vector16 y, vector16 x) {
  vector16 a = absolute16(x), b = absolute16(y);
  mask16 steep = b > a, left = (mask16)x < 0;
  vector16 small = select16(steep, a, b), large = select16(steep, b, a);
  // 0 / 0 and ∞ / ∞ are NaN: 0 for the origin, where `small` may be NaN itself, 1 for infinities.
  vector16 q = select16(small == large, splat16(1), small / large);
  q = select16(large == 0, small, q);
  vector16 angle = arctangent_of_small16(q);
  // The axis is at 0, π/2 or π, the angle behind it where one of the two is.
  mask16 axis = (steep & 1) + (~steep & left & 2);
  vector16 halves = __builtin_convertvector(axis, vector16);
  angle = (vector16)((mask16)angle ^ ((steep ^ left) & ~0x7FFFFFFF));
  angle = halves * (PINION_PI / 2) + (angle + halves * (PINION_PI_REST / 2));
  return with_sign16(angle, y);
}

PINION_APPLY(pinion_arcsine, arcsine16)
PINION_APPLY(pinion_arccosine, arccosine16)
PINION_APPLY(pinion_arctangent, arctangent16)
PINION_APPLY_PAIRS(pinion_arctangent_of_pairs, arctangent_of_pair16)
