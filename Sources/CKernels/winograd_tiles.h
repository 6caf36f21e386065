#ifndef PINION_WINOGRAD_TILES_H
#define PINION_WINOGRAD_TILES_H

#include "pinion_winograd.h"
#include "tile_places.h"

/// Fetches the elements of all planes that a pass reads or writes after those at `at`, which are of
/// channel `c` of a tile and the next fifteen, if the planes are larger than the second cache: the
/// transforms waited for them two thirds of their time (Zen 3).
PINION_INLINE void fetch_planes(
    const pinion_winograd_tiles *tiles, const float *at, ptrdiff_t c, ptrdiff_t channels) {
  if (36 * tiles->plane < (ptrdiff_t)1 << 18 || c % PINION_LANES != 0) return;
  at += c + PINION_LANES < channels ? PINION_LANES : tiles->stride - c;
  for (ptrdiff_t k = 0; k < 36; k++) __builtin_prefetch(at + k * tiles->plane);
}

// Exact zeros: a transformed tile mixes all of its pixels, so a sum whose terms are all zero by the
// definition becomes a rounding error, and an optimizer that divides by the gradient's magnitude
// makes full steps of it. Sets of the pixels that are not zero keep such sums exactly zero.

/// The set of all 36 inputs.
#define ALL_INPUTS (((uint64_t)1 << 36) - 1)

/// The inputs that output (i, j) reads, as a set of bits 6·row + column.
PINION_INLINE uint64_t window_at(ptrdiff_t i, ptrdiff_t j) {
  return (uint64_t)0x71C7 << (6 * i + j);
}

#endif
