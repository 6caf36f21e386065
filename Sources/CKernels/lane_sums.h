#ifndef PINION_LANE_SUMS_H
#define PINION_LANE_SUMS_H

#include "vector16.h"

/// The sum of the lanes, by halves.
PINION_INLINE float sum_of_lanes(vector16 v) {
  float lanes[PINION_LANES];
  store16(lanes, v, PINION_LANES);
  for (int half = PINION_LANES / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

#endif
