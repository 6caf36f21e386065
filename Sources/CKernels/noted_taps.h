#ifndef PINION_NOTED_TAPS_H
#define PINION_NOTED_TAPS_H

#include "vector16.h"
#include "winograd_taps.h"

/// Values c ..< c + n of a pixel.
PINION_INLINE vector16
load_values(const pinion_winograd_values *v, ptrdiff_t pixel, ptrdiff_t c, ptrdiff_t n) {
  ptrdiff_t place = pixel * v->count + c;
  vector16 x = load16(v->values + place, n);
  return v->outputs ? rectify_gradient(x, load16(v->outputs + place, n), v->slope) : x;
}

/// The rows of a side of a convolution, or the columns: those of the outputs, or of the inputs.
typedef struct {
  ptrdiff_t padding, stride;
  /// The number of the other side.
  ptrdiff_t others;
} lines;

/// The other side's line by which a line is multiplied by one of the three taps of its direction:
/// an output's by that of an input under it or, with `is_input`, an input's by that of an output
/// that reads it.
PINION_INLINE ptrdiff_t other_line(lines l, ptrdiff_t line, ptrdiff_t tap, int is_input) {
  if (!is_input) return line * l.stride + tap - l.padding;
  ptrdiff_t start = line - tap + l.padding;
  // Divisions by a stride of 1 would take most of the time.
  return l.stride == 1 ? start : start / l.stride;
}

/// The taps of its direction, as bits, by which a line is multiplied by a line in the image.
PINION_INLINE int taps_inside(lines l, ptrdiff_t line, int is_input) {
  int inside = 0;
#pragma clang loop unroll(full)
  for (ptrdiff_t tap = 0; tap < 3; tap++) {
    ptrdiff_t start = line - tap + l.padding;
    if (is_input && (start < 0 || (l.stride > 1 && start % l.stride))) continue;
    ptrdiff_t other = other_line(l, line, tap, is_input);
    inside |= (other >= 0 && other < l.others) << tap;
  }
  return inside;
}

/// Adds the taps of the values of a tile to `sets`, from the last pixel on: those of the first
/// tile, of which all sets want taps, have the more neighbors the later they are.
PINION_INLINE mask16 note_pixels(
    const pinion_windows *g, tile_place p, int is_input, const pinion_winograd_values *values,
    const pinion_winograd_values *other, ptrdiff_t c, ptrdiff_t n, mask16 sets) {
  ptrdiff_t height = is_input ? g->height : g->output_height;
  ptrdiff_t width = is_input ? g->width : g->output_width;
  ptrdiff_t other_height = is_input ? g->output_height : g->height;
  ptrdiff_t other_width = is_input ? g->output_width : g->width;
  lines rows = {g->pad_top, g->stride_height, other_height};
  lines columns = {g->pad_left, g->stride_width, other_width};
  ptrdiff_t top = is_input ? p.top + p.row_low : p.row;
  ptrdiff_t bottom = is_input ? p.top + p.row_high : p.row + p.rows;
  ptrdiff_t left = is_input ? p.left + p.column_low : p.column;
  ptrdiff_t right = is_input ? p.left + p.column_high : p.column + p.columns;
  for (ptrdiff_t i = bottom - 1; i >= top; i--) {
    int inside = taps_inside(rows, i, is_input);
    int row = (inside & 1) | (inside & 2) << 2 | (inside & 4) << 4;
    for (ptrdiff_t j = right - 1; j >= left; j--) {
      // Most sets that are not full lack taps of the border: what is only there never has them.
      int possible = row * taps_inside(columns, j, is_input) | is_there;
      mask16 here = load_values(values, (p.image * height + i) * width + j, c, n) != 0;
      mask16 lacking = here & ~sets & possible;
      if (!any16(lacking != 0)) continue;
      int wanted = __builtin_reduce_or(lacking), met = is_there;
      for (ptrdiff_t tap = 0; tap < taps; tap++) {
        if (!(wanted >> tap & 1)) continue;
        ptrdiff_t line = p.image * other_height + other_line(rows, i, tap / 3, is_input);
        ptrdiff_t pixel = line * other_width + other_line(columns, j, tap % 3, is_input);
        ptrdiff_t place = pixel * other->count;
        const float *outputs = other->outputs ? other->outputs + place : 0;
        met |= is_live(other->values + place, outputs, other->slope, other->count) << tap;
      }
      sets |= here & met;
    }
  }
  return sets;
}

PINION_INLINE void note_taps(
    const pinion_windows *g, tile_place p, int is_input, const pinion_winograd_values *values,
    const pinion_winograd_taps *search, ptrdiff_t c, ptrdiff_t n) {
  int32_t *met = search->met + c;
  mask16 sets;
  if (n == PINION_LANES) {
    memcpy(&sets, met, sizeof sets);
    sets = note_pixels(g, p, is_input, values, &search->other, c, PINION_LANES, sets);
    memcpy(met, &sets, sizeof sets);
    return;
  }
  for (ptrdiff_t l = 0; l < PINION_LANES; l++) sets[l] = l < n ? met[l] : all_met;
  sets = note_pixels(g, p, is_input, values, &search->other, c, n, sets);
  for (ptrdiff_t l = 0; l < n; l++) met[l] = sets[l];
}

#endif
