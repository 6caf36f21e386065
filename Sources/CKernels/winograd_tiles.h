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

/// The sets of the inputs that are in no tile above, in none to the left, and in neither: tiles
/// share two rows or columns.
#define FRESH_ROWS (ALL_INPUTS & ~(uint64_t)0xFFF)
#define FRESH_COLUMNS ((uint64_t)0xF3CF3CF3C)
#define INNER_INPUTS (FRESH_ROWS & FRESH_COLUMNS)

/// The set of all 16 outputs.
#define ALL_OUTPUTS 0xFFFF

/// A bit beside such a set: a value that is not zero is of a filter that lacks taps.
#define LACKS_TAPS 0x10000

/// Bits first ..< end.
PINION_INLINE uint64_t bits_from(ptrdiff_t first, ptrdiff_t end) {
  return ((uint64_t)1 << end) - ((uint64_t)1 << first);
}

/// The inputs of a tile that are in the image, as a set of bits 6·i + j.
PINION_INLINE uint64_t inputs_in_image(tile_place p) {
  const uint64_t first_column = 0x41041041;
  uint64_t rows = first_column & bits_from(6 * p.row_low, 6 * p.row_high);
  return rows * bits_from(p.column_low, p.column_high);
}

/// The inputs of a tile that are in no tile before it.
PINION_INLINE uint64_t fresh_inputs(tile_place p) {
  return (p.row > 0 ? FRESH_ROWS : ALL_INPUTS) & (p.column > 0 ? FRESH_COLUMNS : ALL_INPUTS);
}

/// The outputs of a tile that are in the image, as a set of bits 4·i + j.
PINION_INLINE int outputs_in_image(tile_place p) {
  const uint64_t first_column = 0x1111;
  return (int)((first_column & bits_from(0, 4 * p.rows)) * bits_from(0, p.columns));
}

/// The outputs whose windows hold no input of a set.
PINION_INLINE uint64_t outputs_of_zeros(uint64_t live) {
  uint64_t met = live | live >> 1 | live >> 2, zeros = 0;
  met = ~(met | met >> 6 | met >> 12);
  for (ptrdiff_t i = 0; i < 4; i++) zeros |= (met >> (6 * i) & 0xF) << (4 * i);
  return zeros;
}

/// The inputs that a set of outputs reads.
PINION_INLINE uint64_t inputs_under(int outputs) {
  uint64_t first = 0;
  for (ptrdiff_t i = 0; i < 4; i++) first |= (uint64_t)(outputs >> (4 * i) & 0xF) << (6 * i);
  first |= first << 1 | first << 2;
  return first | first << 6 | first << 12;
}

#endif
