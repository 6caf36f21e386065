#include "maps.h"

// In C for the reason given in vector_math.h.

typedef double double16 __attribute__((vector_size(128)));

/// The logarithm of x to a base, of which `of_e` and `of_two` are the logarithms of e and 2. Summed
/// in double precision, so that powers of the base give integers.
PINION_INLINE vector16 log_to_base16(vector16 x, double of_e, double of_two) {
  vector16 n, f = reduced_log16(x, &n);
  double16 wide = __builtin_convertvector(f, double16);
  double16 tail = __builtin_convertvector(log_tail16(f), double16);
  double16 natural = (tail - 0.5) * (wide * wide) + wide;
  double16 sum = natural * of_e + __builtin_convertvector(n, double16) * of_two;
  return log_limits16(x, __builtin_convertvector(sum, vector16));
}

PINION_INLINE vector16 binary_log16(vector16 x) {
  return log_to_base16(x, 0x1.71547652b82fep+0, 1);
}

PINION_INLINE vector16 decimal_log16(vector16 x) {
  return log_to_base16(x, 0x1.bcb7b1526e50ep-2, 0x1.34413509f79ffp-2);
}

/// log(1 + x) for any x.
PINION_INLINE vector16 log_of_successor16(vector16 x) {
  vector16 sum = x + 1, n, f = reduced_log16(sum, &n);
  // Near zero, f is x itself; elsewhere the rounding error of the sum is corrected to first order.
  mask16 small = (x > -0.25f) & (x < 0.375f);
  n = select16(small, splat16(0), n);
  f = select16(small, x, f);
  vector16 lost = (x - (sum - 1)) / sum;
  lost = select16(small | (absolute16(x) > 0x1p24f), splat16(0), lost);
  vector16 f2 = f * f, y = log_tail16(f) * f2 + (n * -2.12194440e-4f - 0.5f * f2 + lost);
  y = log_limits16(sum, (f + y) + n * 0.693359375f);
  // −0 for −0.
  return select16(x == 0, x, y);
}

PINION_APPLY(pinion_binary_logarithm, binary_log16)
PINION_APPLY(pinion_decimal_logarithm, decimal_log16)
PINION_APPLY(pinion_log1p, log_of_successor16)
