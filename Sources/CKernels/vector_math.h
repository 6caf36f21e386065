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

/// x = n·ln 2 + r, |r| ≤ ln 2 / 2; returns exp(r) − 1. For |x| < 200.
PINION_INLINE vector16 reduced_exp16(vector16 x, mask16 *n) {
  // Adding 1.5·2²³ rounds a number to an integer, which the lowest bits hold.
  const float shift = 12582912;
  vector16 shifted = x * 1.44269504f + shift;
  vector16 whole = shifted - shift;
  *n = (mask16)shifted - 0x4B400000;
  // The first part of ln 2 has nine bits, so that its product is exact.
  vector16 r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  // By pairs of terms, since most of the time goes to waiting for results.
  vector16 r2 = r * r, p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r2 + (8.3334519073e-3f * r + 4.1665795894e-2f);
  p = p * r2 + (1.6666665459e-1f * r + 5.0000001201e-1f);
  return p * r2 + r;
}

PINION_INLINE vector16 exp16(vector16 x) {
  mask16 n;
  vector16 e = reduced_exp16(clamp16(x, -105, 89), &n) + 1;
  // In two steps, since 2ⁿ may be outside the range of floats although the result is not.
  mask16 half = n >> 1;
  return e * power_of_two16(half) * power_of_two16(n - half);
}

/// exp(x) − 1 for x ≤ 0.
PINION_INLINE vector16 expm1_below_zero16(vector16 x) {
  mask16 n;
  vector16 e = reduced_exp16(select16(x < -25, splat16(-25), x), &n);
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

/// Up to here exp(−a²/2) is a normal number. It is taken for 0 beyond.
#define PINION_LAST_NORMAL 13.2f

/// exp(−a²/2), and, in `tail`, the upper tail probability of the standard normal distribution, for
/// a in 0 … PINION_LAST_NORMAL.
PINION_INLINE vector16 normal16(vector16 a, vector16 *tail) {
  // a² = high² + (a − high)·(a + high), whose first term is exact with twelve bits.
  vector16 high = (vector16)((mask16)a & ~0xFFF), square = high * high;
  vector16 rest = (a - high) * (a + high);
  // −a²/2 = n·ln 2 + r, |r| < 0.36, as in `reduced_exp16`.
  const float shift = 12582912;
  vector16 shifted = square * -0.721347520f + shift, n = shifted - shift;
  vector16 r = square * -0.5f - n * 0.693359375f;
  r = (r + n * 2.12194440e-4f) - 0.5f * rest;
  // exp(r): a minimax polynomial with an error of 4·10⁻⁹.
  vector16 r2 = r * r;
  vector16 e = 1.380884801e-3f * r2 + (8.371495525e-3f * r + 4.166866796e-2f);
  e = e * r2 + (1.666649685e-1f * r + 0.5f);
  e = (e * r2 + r) + 1;
  // n, in the lowest bits of `shifted`, is added to the exponent.
  vector16 bell = (vector16)((mask16)e + ((mask16)shifted << 23));
  // tail / bell·(a + 15/4) as a polynomial in (a − 15/4) / (a + 15/4): a minimax polynomial by
  // Remez's exchange, with a relative error of 1.5·10⁻⁸.
  vector16 inverse = 1 / (a + 3.75f), s = (a - 3.75f) * inverse, s2 = s * s;
  vector16 p = 4.433417005e-4f * s2 + (5.093796961e-4f * s - 4.169155840e-3f);
  p = p * s2 + (1.200127401e-3f * s + 3.749256345e-2f);
  p = p * s2 + (-1.515208333e-1f * s + 3.529395994e-1f);
  p = p * s2 + (-5.881882780e-1f * s + 7.502940743e-1f);
  *tail = (bell * inverse) * p;
  return bell;
}

#endif
