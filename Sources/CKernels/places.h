#ifndef PINION_PLACES_H
#define PINION_PLACES_H

#include <string.h>

#include "vector16.h"

// Loops over the places of a row, such as the channels of a pixel, whose number need not be a
// multiple of sixteen.

// At any alignment of floats.
typedef int mask8 __attribute__((vector_size(32)));
typedef float vector4 __attribute__((vector_size(16), aligned(4)));

/// The first `count` of eight floats, followed by zeros.
PINION_INLINE vector8 load8(const float *from, ptrdiff_t count) {
  if (count == half_lanes) return *(const vector8 *)from;
  float lanes[half_lanes] = {0};
  if (count & 4) memcpy(lanes, from, 4 * sizeof(float));
  if (count & 2) memcpy(lanes + (count & 4), from + (count & 4), 2 * sizeof(float));
  if (count & 1) lanes[count - 1] = from[count - 1];
  return *(const vector8 *)lanes;
}

/// Writes the first `count` of eight floats.
PINION_INLINE void store8(float *to, vector8 v, ptrdiff_t count) {
  if (count == half_lanes) {
    *(vector8 *)to = v;
    return;
  }
  float lanes[half_lanes];
  *(vector8 *)lanes = v;
  if (count & 4) memcpy(to, lanes, 4 * sizeof(float));
  if (count & 2) memcpy(to + (count & 4), lanes + (count & 4), 2 * sizeof(float));
  if (count & 1) to[count - 1] = lanes[count - 1];
}

/// Runs `body` for places c..<c + lanes: sixteen at a time, then eight, four, and one. `body(type,
/// c)` is called with the vector's type, or float.
#define FOR_EACH_PLACE(count, body)                                                                \
  do {                                                                                             \
    ptrdiff_t c = 0;                                                                               \
    for (; c + 16 <= (count); c += 16) {                                                           \
      body(vector16, c)                                                                            \
    }                                                                                              \
    if (c + 8 <= (count)) {                                                                        \
      body(vector8, c) c += 8;                                                                     \
    }                                                                                              \
    if (c + 4 <= (count)) {                                                                        \
      body(vector4, c) c += 4;                                                                     \
    }                                                                                              \
    for (; c < (count); c++) {                                                                     \
      body(float, c)                                                                               \
    }                                                                                              \
  } while (0)

/// The value or the vector at an address.
#define AT(type, from) (*(const type *)(from))

/// Rows whose values stay in the L1 cache while each place's coefficients stay in registers.
PINION_INLINE ptrdiff_t rows_of_block(ptrdiff_t count) { return most(1, 2048 / count); }

// Rows of fewer than sixteen values are treated as rows of sixteen times as many, with sixteen
// copies of the coefficients.

enum { copies = PINION_LANES, most_copied = copies * (PINION_LANES - 1) };

PINION_INLINE int is_narrow(ptrdiff_t count, ptrdiff_t rows) {
  return count < PINION_LANES && rows >= copies;
}

PINION_INLINE void copy_places(const float *from, ptrdiff_t count, float *to) {
  for (ptrdiff_t i = 0; i < copies * count; i++) to[i] = i < count ? from[i] : to[i - count];
}

/// Adds the sums of sixteen copies of the places, by halves.
PINION_INLINE void add_copies(float *wide, ptrdiff_t count, float *sums) {
  for (ptrdiff_t half = copies / 2; half > 0; half /= 2) {
    for (ptrdiff_t i = 0; i < half * count; i++) wide[i] += wide[i + half * count];
  }
  for (ptrdiff_t c = 0; c < count; c++) sums[c] += wide[c];
}

#endif
