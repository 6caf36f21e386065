#include "maps.h"

// In C for the reason given in vector_math.h.

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
