#include "maps.h"

// In C for the reason given in vector_math.h.

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
