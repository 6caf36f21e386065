#ifndef PINION_TILE_PLACES_H
#define PINION_TILE_PLACES_H

#include "pinion_tiles.h"
#include "vector16.h"

/// The place of a tile: side × side outputs and the inputs under them.
typedef struct {
  /// The numbers of rows of outputs and of inputs, and of columns.
  ptrdiff_t side, inputs;
  /// The image, and the first row and column of the outputs and of the inputs, which may be
  /// negative.
  ptrdiff_t image, row, column, top, left;
  /// The inputs inside the image: rows row_low ..< row_high, columns column_low ..< column_high.
  ptrdiff_t row_low, row_high, column_low, column_high;
  /// The outputs inside the image: the first `rows` rows and `columns` columns.
  ptrdiff_t rows, columns;
} tile_place;

/// The place of a range's tile. The side and the stride are constants, so that the compiler unrolls
/// loops over a tile.
PINION_INLINE tile_place
place_of(const pinion_tiles *tiles, ptrdiff_t side, ptrdiff_t stride, ptrdiff_t index) {
  const pinion_windows *w = &tiles->windows;
  ptrdiff_t across = (w->output_width + side - 1) / side;
  ptrdiff_t down = (w->output_height + side - 1) / side, tile = tiles->first + index;
  tile_place p = {.side = side, .inputs = (side - 1) * stride + 3};
  p.image = tile / (across * down);
  ptrdiff_t within = tile - p.image * across * down;
  p.row = within / across * side;
  p.column = within % across * side;
  p.top = p.row * stride - w->pad_top;
  p.left = p.column * stride - w->pad_left;
  p.row_low = least(p.inputs, most(0, -p.top));
  p.column_low = least(p.inputs, most(0, -p.left));
  p.row_high = least(p.inputs, w->height - p.top);
  p.column_high = least(p.inputs, w->width - p.left);
  p.rows = least(side, w->output_height - p.row);
  p.columns = least(side, w->output_width - p.column);
  return p;
}

PINION_INLINE int has_all_inputs(tile_place p) {
  return p.row_low == 0 && p.column_low == 0 && p.row_high == p.inputs && p.column_high == p.inputs;
}

PINION_INLINE int has_all_outputs(tile_place p) { return p.rows == p.side && p.columns == p.side; }

/// The offset of a tile's first input in images.
PINION_INLINE ptrdiff_t input_offset(const pinion_tiles *tiles, tile_place p) {
  const pinion_windows *w = &tiles->windows;
  return ((p.image * w->height + p.top) * w->width + p.left) * w->channels;
}

/// The offset of a tile's first output in images with `filters` values a pixel.
PINION_INLINE ptrdiff_t output_offset(const pinion_tiles *tiles, tile_place p, ptrdiff_t filters) {
  const pinion_windows *w = &tiles->windows;
  return ((p.image * w->output_height + p.row) * w->output_width + p.column) * filters;
}

#endif
