#include "maps.h"

// In C for the reason given in vector_math.h.
//
// Products z·s(z) whose factor s vanishes faster than z grows stop at a z where it has vanished, so
// that −∞ gives the limit 0 instead of NaN.

PINION_INLINE vector16 at_least(vector16 z, float low) {
  return select16(z < low, splat16(low), z);
}

PINION_MAP(pinion_sigmoid, sigmoid16, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 sigmoid_slope(vector16 y) { return y * (1 - y); }
PINION_MAP_GRADIENT(pinion_sigmoid_gradient, sigmoid_slope, PINION_NOTHING, PINION_NOTHING)

PINION_MAP(pinion_tanh, tanh16, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 tanh_slope(vector16 y) { return 1 - y * y; }
PINION_MAP_GRADIENT(pinion_tanh_gradient, tanh_slope, PINION_NOTHING, PINION_NOTHING)

PINION_MAP(pinion_exponential, exp16, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 exponential_slope(vector16 y) { return y; }
PINION_MAP_GRADIENT(pinion_exponential_gradient, exponential_slope, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 softplus(vector16 z) {
  return select16(z > 0, z, (vector16){0}) + log1p16(exp16(-absolute16(z)));
}
PINION_MAP(pinion_softplus, softplus, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 softplus_slope(vector16 y) { return -expm1_below_zero16(-y); }
PINION_MAP_GRADIENT(pinion_softplus_gradient, softplus_slope, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 softsign(vector16 z) {
  z = clamp16(z, -0x1p100f, 0x1p100f);
  return z / (absolute16(z) + 1);
}
PINION_MAP(pinion_softsign, softsign, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 softsign_slope(vector16 y) {
  vector16 rest = 1 - absolute16(y);
  return rest * rest;
}
PINION_MAP_GRADIENT(pinion_softsign_gradient, softsign_slope, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 silu(vector16 z) { return at_least(z, -200) * sigmoid16(z); }
PINION_MAP(pinion_silu, silu, PINION_NOTHING, PINION_NOTHING)

/// σ(x), and in `slope` σ·(1 − σ), to the last digits also where σ is near 1.
PINION_INLINE vector16 sigmoid_and_slope(vector16 x, vector16 *slope) {
  vector16 e = exp16(-absolute16(x)), sum = e + 1;
  *slope = e / (sum * sum);
  return select16(x < 0, e, splat16(1)) / sum;
}

PINION_INLINE vector16 silu_slope(vector16 z) {
  vector16 slope, s = sigmoid_and_slope(z, &slope);
  return s + clamp16(z, -200, 200) * slope;
}
PINION_MAP_GRADIENT(pinion_silu_gradient, silu_slope, PINION_NOTHING, PINION_NOTHING)

/// n = e·(e + 2), e = exp(z): tanh(log(1 + exp(z))) is n / (n + 2), 1 from z = 20 on.
PINION_INLINE vector16 mish_ratio(vector16 z) {
  vector16 e = exp16(select16(z > 20, splat16(20), z));
  return e * (e + 2);
}
PINION_INLINE vector16 mish(vector16 z) {
  vector16 n = mish_ratio(z);
  return at_least(z, -200) * (n / (n + 2));
}
PINION_MAP(pinion_mish, mish, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 mish_slope(vector16 z) {
  // 1 − t² = 4·(n + 1) / (n + 2)².
  vector16 n = mish_ratio(z), sum = n + 2, rest = 4 * (n + 1) / (sum * sum);
  return n / sum + clamp16(z, -200, 200) * (rest * sigmoid16(z));
}
PINION_MAP_GRADIENT(pinion_mish_gradient, mish_slope, PINION_NOTHING, PINION_NOTHING)

/// |z|, at most PINION_LAST_NORMAL, and in `vanishes` where it is more.
PINION_INLINE vector16 normal_argument(vector16 z, mask16 *vanishes) {
  vector16 a = absolute16(z);
  *vanishes = a > PINION_LAST_NORMAL;
  return select16(*vanishes, splat16(PINION_LAST_NORMAL), a);
}

/// max(z, 0) − |z|·Φ(−|z|), which is z·Φ(z).
PINION_INLINE vector16 gelu(vector16 z) {
  mask16 vanishes;
  vector16 tail, a = normal_argument(z, &vanishes);
  normal16(a, &tail);
  tail = select16(vanishes, (vector16){0}, tail);
  return select16(z < 0, (vector16){0}, z) - a * tail;
}
PINION_MAP(pinion_gelu, gelu, PINION_NOTHING, PINION_NOTHING)

/// Φ(z) + z·φ(z): below zero Φ(−|z|) − |z|·φ(z), above 1 less that.
PINION_INLINE vector16 gelu_slope(vector16 z) {
  mask16 vanishes;
  vector16 tail, a = normal_argument(z, &vanishes), bell = normal16(a, &tail);
  vector16 below = select16(vanishes, (vector16){0}, tail - a * (bell * 0.398942280f));
  return select16(z < 0, below, 1 - below);
}
PINION_MAP_GRADIENT(pinion_gelu_gradient, gelu_slope, PINION_NOTHING, PINION_NOTHING)

/// 2·√(2/π), and that times 0.044715.
static const float linear_part = 1.59576912f, cubic_part = 0.0713548163f;

PINION_INLINE vector16 gelu_tanh(vector16 z) {
  vector16 bounded = clamp16(z, -15, 15);
  vector16 s = sigmoid16(bounded * (linear_part + cubic_part * (bounded * bounded)));
  return at_least(z, -15) * s;
}
PINION_MAP(pinion_gelu_tanh, gelu_tanh, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 gelu_tanh_slope(vector16 z) {
  z = clamp16(z, -15, 15);
  vector16 square = z * z, slope;
  vector16 s = sigmoid_and_slope(z * (linear_part + cubic_part * square), &slope);
  return s + slope * (z * (linear_part + 3 * cubic_part * square));
}
PINION_MAP_GRADIENT(pinion_gelu_tanh_gradient, gelu_tanh_slope, PINION_NOTHING, PINION_NOTHING)

#define BOUND_DECLARED , float bound
#define BOUND_PASSED , bound

PINION_INLINE vector16 bounded_relu(vector16 z, float bound) { return clamp16(z, 0, bound); }
PINION_MAP(pinion_bounded_relu, bounded_relu, BOUND_DECLARED, BOUND_PASSED)

/// `slope` for 0 < y < bound, 0 outside, NaN for NaN.
PINION_INLINE vector16 slope_within(vector16 y, float bound, float slope) {
  vector16 outside = select16(y == y, (vector16){0}, y);
  return select16((y > 0) & (y < bound), splat16(slope), outside);
}

PINION_INLINE vector16 bounded_relu_slope(vector16 y, float bound) {
  return slope_within(y, bound, 1);
}
PINION_MAP_GRADIENT(pinion_bounded_relu_gradient, bounded_relu_slope, BOUND_DECLARED, BOUND_PASSED)

// z + 3 is exact near −3, where the quotient is small.
PINION_INLINE vector16 hard_sigmoid(vector16 z) { return clamp16(z + 3, 0, 6) / 6; }
PINION_MAP(pinion_hard_sigmoid, hard_sigmoid, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 hard_sigmoid_slope(vector16 y) { return slope_within(y, 1, 1.0f / 6); }
PINION_MAP_GRADIENT(
    pinion_hard_sigmoid_gradient, hard_sigmoid_slope, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 hard_swish(vector16 z) {
  return select16(z < -3, splat16(-3), z) * hard_sigmoid(z);
}
PINION_MAP(pinion_hard_swish, hard_swish, PINION_NOTHING, PINION_NOTHING)

PINION_INLINE vector16 hard_swish_slope(vector16 z) {
  vector16 slope = select16(z <= -3, (vector16){0}, (2 * z + 3) / 6);
  return select16(z >= 3, splat16(1), slope);
}
PINION_MAP_GRADIENT(pinion_hard_swish_gradient, hard_swish_slope, PINION_NOTHING, PINION_NOTHING)

#define UNIT_DECLARED , pinion_exponential_unit unit
#define UNIT_PASSED , unit

PINION_INLINE vector16 elu(vector16 z, pinion_exponential_unit unit) {
  return select16(z < 0, unit.height * expm1_below_zero16(unit.rate * z), unit.slope * z);
}
PINION_MAP(pinion_elu, elu, UNIT_DECLARED, UNIT_PASSED)

PINION_INLINE vector16 elu_slope(vector16 y, pinion_exponential_unit unit) {
  return select16(y > 0, splat16(unit.slope), unit.rate * (y + unit.height));
}
PINION_MAP_GRADIENT(pinion_elu_gradient, elu_slope, UNIT_DECLARED, UNIT_PASSED)
