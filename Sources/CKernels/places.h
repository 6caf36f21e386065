#ifndef PINION_PLACES_H
#define PINION_PLACES_H

#include "vector16.h"

// Loops over the places of a row, such as the channels of a pixel, whose number need not be a
// multiple of sixteen.

// At any alignment of floats.
typedef float vector8 __attribute__((vector_size(32), aligned(4)));
typedef float vector4 __attribute__((vector_size(16), aligned(4)));

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

#endif
