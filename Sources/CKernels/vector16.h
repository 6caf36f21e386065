#ifndef PINION_VECTOR16_H
#define PINION_VECTOR16_H

#include <stddef.h>

#define PINION_LANES 16
#define PINION_INLINE static inline __attribute__((always_inline, nodebug))

/// Before a loop whose elements are computed on their own: operands may be the memory of the
/// result, since element i is read before it is written. Without it, the loop that the compiler
/// makes for memory that overlaps is not vectorized.
#define PINION_INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(enable)")

// The functions below are always inlined, so that the calling convention for vectors does not
// matter.
#pragma GCC diagnostic ignored "-Wpsabi"

/// Sixteen floats at any alignment of floats: one register of AVX-512, two of AVX2, four of SSE2 or
/// NEON.
typedef float vector16 __attribute__((vector_size(64), aligned(4)));

/// Half of that.
typedef float vector8 __attribute__((vector_size(32), aligned(4)));

enum { half_lanes = PINION_LANES / 2 };

PINION_INLINE ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
PINION_INLINE ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

/// Prefetches the first `count` floats, in the order of memory.
PINION_INLINE void fetch(const float *from, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += PINION_LANES) __builtin_prefetch(from + i);
}

/// The first `count` of sixteen floats, followed by zeros.
PINION_INLINE vector16 load16(const float *from, ptrdiff_t count) {
  if (count == PINION_LANES) return *(const vector16 *)from;
  if (count == half_lanes) {
    vector8 v = *(const vector8 *)from;
    return __builtin_shufflevector(
        v, (vector8){0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  // Through memory, since setting the element of a vector at a variable index is slow.
  float lanes[PINION_LANES] = {0};
  for (ptrdiff_t i = 0; i < count; i++) lanes[i] = from[i];
  return *(const vector16 *)lanes;
}

/// Writes the first `count` of sixteen floats.
PINION_INLINE void store16(float *to, vector16 v, ptrdiff_t count) {
  if (count == PINION_LANES) {
    *(vector16 *)to = v;
    return;
  }
  if (count == half_lanes) {
    *(vector8 *)to = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
    return;
  }
  float lanes[PINION_LANES];
  *(vector16 *)lanes = v;
  for (ptrdiff_t i = 0; i < count; i++) to[i] = lanes[i];
}

typedef int mask16 __attribute__((vector_size(64)));

/// a where the mask's bits are set, b elsewhere.
PINION_INLINE vector16 select16(mask16 mask, vector16 a, vector16 b) {
  return (vector16)(((mask16)a & mask) | ((mask16)b & ~mask));
}

/// The first n of sixteen lanes; the others are set to 0.
PINION_INLINE vector16 keep_lanes(vector16 v, ptrdiff_t n) {
  const mask16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return n == PINION_LANES ? v : select16(lanes < (int)n, v, (vector16){0});
}

/// Whether any of a mask's bits is set.
PINION_INLINE int any16(mask16 mask) { return __builtin_reduce_or(mask) != 0; }

/// Whether all of a mask's bits are set.
PINION_INLINE int all16(mask16 mask) { return __builtin_reduce_and(mask) == -1; }

/// slope·z where z < 0, else z, NaN included; exactly 0 below zero if the slope is 0, also for −∞.
PINION_INLINE vector16 rectify(vector16 z, float slope) {
  return select16(z < 0, slope == 0 ? (vector16){0} : slope * z, z);
}

/// dy where y > 0, else slope·dy; exactly 0 there if the slope is 0, also for an infinite dy.
PINION_INLINE vector16 rectify_gradient(vector16 dy, vector16 y, float slope) {
  return select16(y > 0, dy, slope == 0 ? (vector16){0} : slope * dy);
}

/// Whether any of a pixel's values is not zero, or, with `outputs`, any of its dz as
/// `rectify_gradient` makes them.
PINION_INLINE int is_live(const float *values, const float *outputs, float slope, ptrdiff_t count) {
  for (ptrdiff_t c = 0; c < count; c += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, count - c);
    vector16 v = load16(values + c, n);
    if (outputs) v = rectify_gradient(v, load16(outputs + c, n), slope);
    if (any16(v != 0)) return 1;
  }
  return 0;
}

#endif
