#ifndef PINION_KERNEL_GRADIENTS_H
#define PINION_KERNEL_GRADIENTS_H

#include "line_gradients.h"
#include "shallow.h"

// The gradients of a kernel and a bias, summed over rows of the output: by vectors of filters, or
// along the rows as in line_gradients.h.

/// A padded row of the image, and a row of dz, (columns, wide), whose column j reads the padded row
/// from j·step on.
typedef struct {
  const float *padded;
  ptrdiff_t run, step;
  const float *dz;
  ptrdiff_t columns, wide;
  /// (run, wide): added to.
  float *gradient;
} row_pair;

/// Adds xᵀ·dz over a row for `count` values of a kernel row from l on and a vector of filters from
/// o on, in `streams` interleaved sums each.
#define GRADIENT_BLOCK(vector)                                                                     \
  vector sums[12];                                                                                 \
  float *to = row->gradient + l * row->wide + o;                                                   \
  const float *x = row->padded + l, *dz = row->dz + o;                                             \
  ptrdiff_t j = 0, wide = row->wide, step = row->step;                                             \
  for (ptrdiff_t k = 0; k < count; k++) sums[k] = *(const vector *)(to + k * wide);                \
  for (ptrdiff_t k = count; k < streams * count; k++) sums[k] = (vector){0};                       \
  for (; j + streams <= row->columns; j += streams) {                                              \
    for (ptrdiff_t s = 0; s < streams; s++, x += step, dz += wide) {                               \
      vector gradient = *(const vector *)dz;                                                       \
      for (ptrdiff_t k = 0; k < count; k++) sums[s * count + k] += x[k] * gradient;                \
    }                                                                                              \
  }                                                                                                \
  if (j < row->columns) {                                                                          \
    vector gradient = *(const vector *)dz;                                                         \
    for (ptrdiff_t k = 0; k < count; k++) sums[k] += x[k] * gradient;                              \
  }                                                                                                \
  for (ptrdiff_t k = 0; k < count; k++) {                                                          \
    *(vector *)(to + k * wide) = streams == 2 ? sums[k] + sums[count + k] : sums[k];               \
  }

PINION_INLINE void gradient_block16(
    ptrdiff_t count, ptrdiff_t streams, const row_pair *row, ptrdiff_t l,
    ptrdiff_t o){GRADIENT_BLOCK(vector16)}

PINION_INLINE void gradient_block8(
    ptrdiff_t count, ptrdiff_t streams, const row_pair *row, ptrdiff_t l,
    ptrdiff_t o){GRADIENT_BLOCK(vector8)}

/// Adds xᵀ·dz over a row.
PINION_INLINE void add_kernel_gradient(const row_pair *row) {
  ptrdiff_t o = 0, part = part_of(row->run, block_size());
  for (; o + PINION_LANES <= row->wide; o += PINION_LANES) {
    for (ptrdiff_t l = 0; l < row->run; l += part) {
      ptrdiff_t count = least(part, row->run - l);
      // The number of streams depends on the shape alone, as the order of a sum does.
      if (row->run <= 3) {
        WITH_CONSTANT_TO_3(count, gradient_block16, 2, row, l, o)
      } else {
        WITH_CONSTANT_TO_8(count, gradient_block16, 1, row, l, o)
      }
    }
  }
  if (o >= row->wide) return;
  part = part_of(row->run, 12);
  for (ptrdiff_t l = 0; l < row->run; l += part) {
    ptrdiff_t count = least(part, row->run - l);
    if (row->run <= 6) {
      WITH_CONSTANT_TO_6(count, gradient_block8, 2, row, l, o)
    } else {
      WITH_CONSTANT(count, gradient_block8, 1, row, l, o)
    }
  }
}

/// Adds the sum over the pixels of a row of dz, (columns, wide), to the bias's gradient.
PINION_INLINE void add_bias_gradient(
    const float *dz, ptrdiff_t columns, ptrdiff_t filters, float *bias) {
  ptrdiff_t wide = wide_of(filters);
  for (ptrdiff_t o = 0; o < filters; o += half_lanes) {
    vector8 sums[4] = {{0}, {0}, {0}, {0}};
    ptrdiff_t j = 0, n = least(half_lanes, filters - o);
    for (; j + 4 <= columns; j += 4) {
      for (ptrdiff_t s = 0; s < 4; s++) sums[s] += *(const vector8 *)(dz + (j + s) * wide + o);
    }
    for (; j < columns; j++) sums[0] += *(const vector8 *)(dz + j * wide + o);
    store8(bias + o, load8(bias + o, n) + ((sums[0] + sums[1]) + (sums[2] + sums[3])), n);
  }
}

/// Where the gradients of the kernel and the bias are summed.
typedef struct {
  /// Whether they are those of line_gradients.h.
  int are_lines;
  /// (filters, line), or a wide row of dz.
  float *row;
  /// (filters, 16), after the lines.
  float *bias;
  /// (taps, filters, 16), or (height · run, wide).
  float *kernel;
} gradient_sums;

PINION_INLINE gradient_sums begin_sums(const pinion_shallow_gradients_pass *s, float *memory) {
  const pinion_windows *w = &s->windows;
  ptrdiff_t taps = w->kernel_height * w->kernel_width, wide = wide_of(s->filters);
  gradient_sums sums = {.are_lines = has_lines(w, s->filters)};
  sums.row = memory;
  if (sums.are_lines) {
    sums.bias = memory + s->filters * line_of(w);
    sums.kernel = sums.bias + s->filters * PINION_LANES;
    memset(sums.bias, 0, sizeof(float) * (taps + 1) * s->filters * PINION_LANES);
  } else if (wide != s->filters) {
    sums.kernel = memory + w->output_width * wide;
    memset(sums.kernel, 0, sizeof(float) * taps * w->channels * wide);
  } else {
    sums.kernel = s->kernel_gradient;
  }
  return sums;
}

/// Adds those of a row of dz, (output_width, filters), and of the rows low..<high of the image,
/// which start at row `top` of the kernel's.
PINION_INLINE void add_row(
    const pinion_shallow_gradients_pass *s, const gradient_sums *sums, const float *dz,
    const padded_rows *rows, ptrdiff_t low, ptrdiff_t high, ptrdiff_t top) {
  const pinion_windows *w = &s->windows;
  ptrdiff_t wide = wide_of(s->filters), run = run_of(w);
#ifdef PINION_AVX512
  if (sums->are_lines) {
    make_lines(w, s->filters, dz, sums->row, sums->bias);
    for (ptrdiff_t k = low; k < high; k++) {
      float *to = sums->kernel + (k - top) * run * s->filters * PINION_LANES;
      add_lines(w, s->filters, padded_row(rows, k), sums->row, to);
    }
    return;
  }
#endif
  if (wide != s->filters) {
    widen_rows(dz, w->output_width, s->filters, sums->row);
    dz = sums->row;
  }
  if (s->bias_gradient) add_bias_gradient(dz, w->output_width, s->filters, s->bias_gradient);
  for (ptrdiff_t k = low; k < high; k++) {
    float *to = sums->kernel + (k - top) * run * wide;
    row_pair pair = {padded_row(rows, k), run, step_of(w), dz, w->output_width, wide, to};
    add_kernel_gradient(&pair);
  }
}

/// Adds the sums to the gradients.
PINION_INLINE void end_sums(const pinion_shallow_gradients_pass *s, const gradient_sums *sums) {
  ptrdiff_t rows = s->windows.kernel_height * run_of(&s->windows), wide = wide_of(s->filters);
#ifdef PINION_AVX512
  if (sums->are_lines) {
    add_line_sums(sums->kernel, rows * s->filters, s->kernel_gradient);
    if (s->bias_gradient) add_line_sums(sums->bias, s->filters, s->bias_gradient);
    return;
  }
#endif
  if (wide == s->filters) return;
  for (ptrdiff_t k = 0; k < rows; k++) {
    for (ptrdiff_t f = 0; f < s->filters; f++) {
      s->kernel_gradient[k * s->filters + f] += sums->kernel[k * wide + f];
    }
  }
}

#endif
