#ifndef PINION_WINOGRAD_TILES_H
#define PINION_WINOGRAD_TILES_H

#include "pinion_winograd.h"
#include "vector16.h"

/// The place of a tile: 4 × 4 outputs and the 6 × 6 inputs under them.
typedef struct {
  /// The image, and the first row and column of the outputs and of the inputs, which may be
  /// negative.
  ptrdiff_t image, row, column, top, left;
  /// The inputs inside the image: rows row_low ..< row_high, columns column_low ..< column_high.
  ptrdiff_t row_low, row_high, column_low, column_high;
  /// The outputs inside the image: the first `rows` rows and `columns` columns.
  ptrdiff_t rows, columns;
} tile_place;

PINION_INLINE tile_place place_of(const pinion_winograd_geometry *g, ptrdiff_t tile) {
  ptrdiff_t across = (g->output_width + 3) / 4, down = (g->output_height + 3) / 4;
  tile_place p;
  p.image = tile / (across * down);
  ptrdiff_t within = tile - p.image * across * down;
  p.row = within / across * 4;
  p.column = within % across * 4;
  p.top = p.row - g->pad_top;
  p.left = p.column - g->pad_left;
  p.row_low = least(6, p.top < 0 ? -p.top : 0);
  p.column_low = least(6, p.left < 0 ? -p.left : 0);
  p.row_high = least(6, g->height - p.top);
  p.column_high = least(6, g->width - p.left);
  p.rows = least(4, g->output_height - p.row);
  p.columns = least(4, g->output_width - p.column);
  return p;
}

PINION_INLINE int has_all_inputs(tile_place p) {
  return p.row_low == 0 && p.column_low == 0 && p.row_high == 6 && p.column_high == 6;
}

PINION_INLINE int has_all_outputs(tile_place p) { return p.rows == 4 && p.columns == 4; }

/// The offset of a tile's first input in images with `channels` values a pixel.
PINION_INLINE ptrdiff_t
input_offset(const pinion_winograd_geometry *g, tile_place p, ptrdiff_t channels) {
  return ((p.image * g->height + p.top) * g->width + p.left) * channels;
}

/// The offset of a tile's first output in images with `filters` values a pixel.
PINION_INLINE ptrdiff_t
output_offset(const pinion_winograd_geometry *g, tile_place p, ptrdiff_t filters) {
  return ((p.image * g->output_height + p.row) * g->output_width + p.column) * filters;
}

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
