#ifndef PINION_PRODUCT_TILES_H
#define PINION_PRODUCT_TILES_H

#include "vector16.h"

/// Adds or writes the first `count` of sixteen sums to some rows of C. Not inlined: the loops over
/// lanes would be compiled for each size of a tile.
__attribute__((noinline)) static void store_part(
    const vector16 *sums, ptrdiff_t rows, ptrdiff_t count, int adds, float *c, ptrdiff_t ldc) {
  for (ptrdiff_t i = 0; i < rows; i++, c += ldc) {
    for (ptrdiff_t j = 0; j < count; j++) c[j] = adds ? c[j] + sums[i][j] : sums[i][j];
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
