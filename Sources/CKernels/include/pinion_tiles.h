#ifndef PINION_TILES_H
#define PINION_TILES_H

#include <stddef.h>

#include "pinion_windows.h"

/// A range of the tiles of a 3 × 3 convolution without dilation.
///
/// The output (output_height, output_width, filters) is cut in tiles of as many rows as columns,
/// the last of a row or column reaching over the border where that side does not divide. The pixels
/// of the input (height, width, channels) under a tile, (side − 1)·stride + 3 in each direction,
/// start where the window of its first output does. Tiles are counted row by row, then image after
/// image. The algorithm determines the side, and the stride of the windows.
typedef struct {
  pinion_windows windows;
  ptrdiff_t first, count;
} pinion_tiles;

#endif
