#ifndef PINION_SHALLOW_H
#define PINION_SHALLOW_H

#include <string.h>

#include "pinion_shallow.h"
#include "places.h"

// A convolution of few channels or few filters, without a matrix of columns.
//
// In C for wide vectors and for the registers: im2col and sgemm, which copy and pack a matrix, take
// 1.1 to 2.2 times as long for all passes of 3 × 3 kernels with stride 2 and of 5 × 5 kernels with
// 8 to 32 channels (AVX2).
//
// Rows of the output are computed one after the other. The image rows under one are copied between
// zeros, so that no window crosses a border: padded rows of `padded_of` floats, of which the window
// of output column j reads `run_of` floats from j·step_of on.

PINION_INLINE ptrdiff_t run_of(const pinion_windows *w) { return w->kernel_width * w->channels; }
PINION_INLINE ptrdiff_t step_of(const pinion_windows *w) { return w->stride_width * w->channels; }

/// The floats of a padded row.
PINION_INLINE ptrdiff_t padded_of(const pinion_windows *w) {
  ptrdiff_t reach = ((w->output_width - 1) * w->stride_width + w->kernel_width) * w->channels;
  return most(reach, (w->pad_left + w->width) * w->channels);
}

/// A number of channels or filters, rounded up to whole vectors of eight.
PINION_INLINE ptrdiff_t wide_of(ptrdiff_t count) {
  return (count + half_lanes - 1) / half_lanes * half_lanes;
}

/// slope·z where z < 0, else z, as `rectify`.
PINION_INLINE vector8 rectify8(vector8 z, float slope) {
  mask8 below = z < 0;
  vector8 scaled = slope == 0 ? (vector8){0} : slope * z;
  return (vector8)(((mask8)scaled & below) | ((mask8)z & ~below));
}

/// Copies a matrix (rows, columns) to one of wide rows, `to_step` floats apart.
PINION_INLINE void widen_rows(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to) {
  ptrdiff_t wide = wide_of(columns);
  for (ptrdiff_t r = 0; r < rows; r++, from += columns, to += wide) {
    for (ptrdiff_t c = 0; c < columns; c += half_lanes) {
      *(vector8 *)(to + c) = load8(from + c, least(half_lanes, columns - c));
    }
  }
}

/// Copies a matrix (rows, columns) to parts of sixteen columns, (rows, 16) each, and one of eight
/// at last if that is enough. The part of column c, a multiple of sixteen, starts at rows·c.
PINION_INLINE void pack_columns(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to) {
  ptrdiff_t wide = wide_of(columns);
  for (ptrdiff_t first = 0; first < wide; first += PINION_LANES) {
    ptrdiff_t lanes = least(PINION_LANES, wide - first);
    for (ptrdiff_t r = 0; r < rows; r++, to += lanes) {
      for (ptrdiff_t c = first; c < first + lanes; c += half_lanes) {
        ptrdiff_t n = least(half_lanes, columns - c);
        *(vector8 *)(to + c - first) = n > 0 ? load8(from + r * columns + c, n) : (vector8){0};
      }
    }
  }
}

/// Rows of a map (height, row) that are padded to (before, row, zeros): the last of them, row r in
/// memory (count, padded) at r mod count.
typedef struct {
  float *memory;
  ptrdiff_t count, padded, before, row;
  /// The number of rows that were padded.
  ptrdiff_t done;
} padded_rows;

PINION_INLINE float *padded_row(const padded_rows *p, ptrdiff_t r) {
  return p->memory + r % p->count * p->padded;
}

/// Pads a row: its zeros, and its values unless they are null.
PINION_INLINE float *pad_row(padded_rows *p, ptrdiff_t r, const float *values) {
  float *to = padded_row(p, r), *behind = to + p->before + p->row;
  for (ptrdiff_t i = 0; i < p->before; i++) to[i] = 0;
  if (values) memcpy(to + p->before, values, sizeof(float) * p->row);
  for (ptrdiff_t i = 0; i < p->padded - p->before - p->row; i++) behind[i] = 0;
  p->done = r + 1;
  return to + p->before;
}

/// Pads those of the rows low..<high that are not in memory yet.
PINION_INLINE void pad_rows(padded_rows *p, const float *map, ptrdiff_t low, ptrdiff_t high) {
  for (ptrdiff_t r = most(low, p->done); r < high; r++) pad_row(p, r, map + r * p->row);
}

/// The size of the fewest nearly equal parts of `count` windows that have at most `limit` each.
PINION_INLINE ptrdiff_t part_of(ptrdiff_t count, ptrdiff_t limit) {
  ptrdiff_t parts = (count + limit - 1) / limit;
  return (count + parts - 1) / parts;
}

/// The sums of a block, in vectors of sixteen: as many as fit the registers beside the operands.
PINION_INLINE ptrdiff_t block_size(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return 8;
#endif
  return 6;
}

/// A row of outputs, each the product of a window of rows, `run` values in each, and of a matrix.
typedef struct {
  /// The first output's window; the next are `step` floats further each.
  const float *rows[pinion_shallow_limit];
  /// The first row of the matrix that belongs to each row.
  ptrdiff_t first[pinion_shallow_limit];
  ptrdiff_t row_count, run, step;
  /// Of `pack_columns`, (matrix_rows, outputs).
  const float *matrix;
  ptrdiff_t matrix_rows;
  /// (outputs,), or null.
  const float *bias;
  float slope;
  ptrdiff_t outputs, count;
  /// f(window·weights + bias), `to_step` floats apart.
  float *to;
  ptrdiff_t to_step;
} window_row;

/// Computes a row of outputs.
void pinion_multiply_windows(const window_row *row);

/// The same for up to three outputs, with AVX-512 eight, without bias and slope, by a matrix
/// (outputs, matrix_rows): vectors run along the windows.
void pinion_dot_windows(const window_row *row);

/// Calls `function(count, …)` with a constant, 1 to 12.
#define WITH_CONSTANT(count, function, ...)                                                        \
  switch (count) {                                                                                 \
    case 12:                                                                                       \
      function(12, __VA_ARGS__);                                                                   \
      break;                                                                                       \
    case 11:                                                                                       \
      function(11, __VA_ARGS__);                                                                   \
      break;                                                                                       \
    case 10:                                                                                       \
      function(10, __VA_ARGS__);                                                                   \
      break;                                                                                       \
    case 9:                                                                                        \
      function(9, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    default:                                                                                       \
      WITH_CONSTANT_TO_8(count, function, __VA_ARGS__)                                             \
  }

/// The same for 1 to 8.
#define WITH_CONSTANT_TO_8(count, function, ...)                                                   \
  switch (count) {                                                                                 \
    case 8:                                                                                        \
      function(8, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    case 7:                                                                                        \
      function(7, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    default:                                                                                       \
      WITH_CONSTANT_TO_6(count, function, __VA_ARGS__)                                             \
  }

/// The same for 1 to 6.
#define WITH_CONSTANT_TO_6(count, function, ...)                                                   \
  switch (count) {                                                                                 \
    case 6:                                                                                        \
      function(6, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    case 5:                                                                                        \
      function(5, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    case 4:                                                                                        \
      function(4, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    default:                                                                                       \
      WITH_CONSTANT_TO_3(count, function, __VA_ARGS__)                                             \
  }

/// The same for 1 to 3.
#define WITH_CONSTANT_TO_3(count, function, ...)                                                   \
  switch (count) {                                                                                 \
    case 3:                                                                                        \
      function(3, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    case 2:                                                                                        \
      function(2, __VA_ARGS__);                                                                    \
      break;                                                                                       \
    default:                                                                                       \
      function(1, __VA_ARGS__);                                                                    \
  }

#endif
