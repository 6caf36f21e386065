#ifndef PINION_VECTOR_MATH_H
#define PINION_VECTOR_MATH_H

#include "vector16.h"

// Elementary functions of sixteen floats, within 3 units in the last place of the exact value (the
// tail of the normal distribution within 5); infinities give the limits, NaN gives NaN.
//
// In C for wide vectors: from Swift, the C library's functions are called one number at a time,
// which takes 4 times as long for a sigmoid, 8 for a GELU and 20 for a tanh (with AVX2).
//
// The polynomial of exp is that of Moshier's Cephes library (expf.c).

PINION_INLINE vector16 splat16(float value) { return (vector16){0} + value; }

PINION_INLINE vector16 absolute16(vector16 x) { return (vector16)((mask16)x & 0x7FFFFFFF); }

/// |x| with the sign of `sign`.
PINION_INLINE vector16 with_sign16(vector16 x, vector16 sign) {
  return (vector16)(((mask16)x & 0x7FFFFFFF) | ((mask16)sign & ~0x7FFFFFFF));
}

/// x clamped to low…high; NaN stays NaN.
PINION_INLINE vector16 clamp16(vector16 x, float low, float high) {
  x = select16(x < low, splat16(low), x);
  return select16(x > high, splat16(high), x);
}

/// 2ⁿ for n in −126 … 127.
PINION_INLINE vector16 power_of_two16(mask16 n) { return (vector16)((n + 127) << 23); }

/// x + low = n·ln 2 + r, |r| ≤ ln 2 / 2; returns exp(r) − 1. For |x| < 200, |low| < 1.
PINION_INLINE vector16 reduced_exp16(vector16 x, vector16 low, mask16 *n) {
  // Adding 1.5·2²³ rounds a number to an integer, which the lowest bits hold.
  const float shift = 12582912;
  vector16 shifted = (x + low) * 1.44269504f + shift;
  vector16 whole = shifted - shift;
  *n = (mask16)shifted - 0x4B400000;
  // The first part of ln 2 has nine bits, so that its product is exact.
  vector16 r = (x - whole * 0.693359375f) + (low + whole * 2.12194440e-4f);
  vector16 p = splat16(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r;
}

/// exp(x + low), where `low` holds the digits of the argument that x cannot represent; |low| < 1.
PINION_INLINE vector16 exp_of_sum16(vector16 x, vector16 low) {
  mask16 n;
  vector16 e = reduced_exp16(clamp16(x, -105, 89), low, &n) + 1;
  // In two steps, since 2ⁿ may be outside the range of floats although the result is not.
  mask16 half = n >> 1;
  return e * power_of_two16(half) * power_of_two16(n - half);
}

PINION_INLINE vector16 exp16(vector16 x) { return exp_of_sum16(x, (vector16){0}); }

/// exp(x) − 1 for x ≤ 0.
PINION_INLINE vector16 expm1_below_zero16(vector16 x) {
  mask16 n;
  vector16 e = reduced_exp16(select16(x < -25, splat16(-25), x), (vector16){0}, &n);
  vector16 scale = power_of_two16(n);
  return scale * e + (scale - 1);
}

/// Which are positive, normal and finite.
PINION_INLINE mask16 are_normal16(vector16 x) {
  typedef unsigned bits16 __attribute__((vector_size(64)));
  return (mask16)((bits16)x - 0x00800000 < 0x7F000000);
}

PINION_INLINE int all_normal16(vector16 x) { return all16(are_normal16(x)); }

/// x = 2ⁿ·(1 + f) with 1 + f in √½ … √2, for positive normal numbers.
PINION_INLINE vector16 reduced_log_of_normal16(vector16 x, vector16 *n) {
  mask16 bits = (mask16)x - 0x3F3504F3;
  *n = __builtin_convertvector(bits >> 23, vector16);
  return (vector16)((bits & 0x7FFFFF) + 0x3F3504F3) - 1;
}

/// x = 2ⁿ·(1 + f) with 1 + f in √½ … √2; denormal numbers are scaled to normal ones first.
PINION_INLINE vector16 reduced_log16(vector16 x, vector16 *n) {
  mask16 tiny = (mask16)(x < 0x1p-126f);
  vector16 scaled = select16(tiny, x * 0x1p23f, x);
  vector16 f = reduced_log_of_normal16(scaled, n);
  *n -= __builtin_convertvector(tiny & 23, vector16);
  return f;
}

/// (log(1 + f) − f + f²/2) / f² for f in √½ − 1 … √2 − 1, with an error of 7·10⁻⁹ relative to
/// log(1 + f): a minimax polynomial by Remez's exchange.
PINION_INLINE vector16 log_tail16(vector16 f) {
  vector16 p = splat16(-7.865443081e-2f);
  p = p * f + 1.287918836e-1f;
  p = p * f - 1.312529296e-1f;
  p = p * f + 1.418142170e-1f;
  p = p * f - 1.662497073e-1f;
  p = p * f + 2.000228316e-1f;
  p = p * f - 2.500079572e-1f;
  p = p * f + 3.333331645e-1f;
  return p * f;
}

/// A logarithm y of x with its special values: −∞ for 0, NaN for x < 0, and x for infinity and NaN.
PINION_INLINE vector16 log_limits16(vector16 x, vector16 y) {
  y = select16(x < __builtin_inff(), y, x);
  y = select16(x < 0, splat16(__builtin_nanf("")), y);
  return select16(x == 0, splat16(-__builtin_inff()), y);
}

/// log x: −∞ for 0, NaN for x < 0.
PINION_INLINE vector16 log16(vector16 x) {
  vector16 n, f = reduced_log16(x, &n);
  vector16 f2 = f * f, y = log_tail16(f) * f2 + (n * -2.12194440e-4f - 0.5f * f2);
  return log_limits16(x, (f + y) + n * 0.693359375f);
}

/// log(1 + x) for x in 0 … 1.
PINION_INLINE vector16 log1p16(vector16 x) {
  vector16 sum = x + 1;
  // The rounding error of the sum, to first order.
  return log16(sum) + (x - (sum - 1)) / sum;
}

/// −t / (t + 2) for t = exp(−2·|x|) − 1.
PINION_INLINE vector16 tanh16(vector16 x) {
  vector16 a = absolute16(x);
  a = select16(a > 12.5f, splat16(12.5f), a);
  // −2·a = n·ln 2 − 2·r, |r| ≤ ln 2 / 4.
  const float shift = 12582912;
  vector16 shifted = a * -2.88539008f + shift, n = shifted - shift;
  vector16 r = (a + n * 0.3466796875f) - n * 1.06097220e-4f;
  // exp(−2·r) − 1 = 2·(r²·p − r): a minimax polynomial by Remez's exchange, with a relative error
  // of 3·10⁻⁸.
  vector16 p = splat16(4.461314529e-2f);
  p = p * r - 1.338153034e-1f;
  p = p * r + 3.333309591e-1f;
  p = p * r - 6.66662991e-1f;
  p = p * r + 1;
  vector16 half = p * (r * r) - r;
  vector16 twice = (vector16)(((mask16)shifted + 128) << 23);
  vector16 t = twice * half + (twice * 0.5f - 1);
  return with_sign16(t / (t + 2), x);
}

/// 1 / (1 + exp(−x)).
PINION_INLINE vector16 sigmoid16(vector16 x) {
  vector16 e = exp16(-absolute16(x));
  return select16(x < 0, e, splat16(1)) / (e + 1);
}

/// exp(−x²/2), and, in `tail`, the upper tail probability of the standard normal distribution at
/// |x|.
PINION_INLINE vector16 normal16(vector16 x, vector16 *tail) {
  vector16 a = clamp16(absolute16(x), 0, 15);
  // x² = high² + (x − high)·(x + high), whose first term is exact with twelve bits.
  vector16 high = (vector16)((mask16)a & ~0xFFF);
  vector16 bell = exp_of_sum16(high * high * -0.5f, (high - a) * (high + a) * 0.5f);
  // tail / bell·(a + 5/2) as a polynomial in (a − 5/2) / (a + 5/2), fitted to a in 0 … 15 with a
  // relative error of 2·10⁻⁸.
  vector16 s = (a - 2.5f) / (a + 2.5f);
  vector16 p = splat16(-1.6081505e-4f);
  p = p * s - 3.1585170e-4f;
  p = p * s + 6.8693666e-4f;
  p = p * s + 2.5284260e-3f;
  p = p * s - 1.6013295e-3f;
  p = p * s - 1.63876937e-2f;
  p = p * s + 9.23587568e-3f;
  p = p * s + 1.31987140e-1f;
  p = p * s - 4.33692008e-1f;
  p = p * s + 7.06656635e-1f;
  *tail = bell * (p / (a + 2.5f));
  return bell;
}

#endif
