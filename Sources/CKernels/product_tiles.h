#ifndef PINION_PRODUCT_TILES_H
#define PINION_PRODUCT_TILES_H

#include "places.h"

/// Adds or writes the first `count` of sixteen sums to some rows of C. Not inlined: the vectors of
/// part of the lanes would be compiled for each size of a tile.
__attribute__((noinline)) static void store_part(
    const vector16 *sums, ptrdiff_t rows, ptrdiff_t count, int adds, float *to, ptrdiff_t ldc) {
  for (ptrdiff_t i = 0; i < rows; i++, to += ldc) {
    float lanes[PINION_LANES];
    *(vector16 *)lanes = sums[i];
#define STORE_PART(type, j)                                                                        \
  *(type *)(to + j) = adds ? AT(type, lanes + j) + AT(type, to + j) : AT(type, lanes + j);
    FOR_EACH_PLACE(count, STORE_PART);
  }
}

/// The same for any `count`, of which only the first sixteen matter, and up to twelve rows.
PINION_INLINE void store_tile(
    const vector16 *sums, ptrdiff_t rows, ptrdiff_t count, int adds, float *c, ptrdiff_t ldc) {
  if (count < PINION_LANES) {
    // A copy, as sums whose address is taken would not stay in registers.
    vector16 part[12];
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) part[i] = sums[i];
    store_part(part, rows, count, adds, c, ldc);
    return;
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
    vector16 *to = (vector16 *)(c + i * ldc);
    *to = adds ? *to + sums[i] : sums[i];
  }
}

#endif
