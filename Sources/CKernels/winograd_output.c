#include "pinion_kernels.h"
#include "winograd_tiles.h"
#include "winograd_transforms.h"

// The output's side of Winograd's algorithm: planes to tiles, and the output's gradient to planes.
// In C for the reason given in winograd_operands.c.

// MARK: Forward

/// Writes `n` filters of a tile's first `rows` × `columns` outputs; those in `zeros` are f(bias).
PINION_INLINE void output_tile(
    const float *from, ptrdiff_t plane, const float *bias, float slope, ptrdiff_t rows,
    ptrdiff_t columns, uint64_t zeros, float *to, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t n) {
  vector16 half[24], m[6], y[4];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) m[i] = load16(from + (6 * i + j) * plane, n);
    output_1d(m, y);
    for (ptrdiff_t i = 0; i < 4; i++) half[6 * i + j] = y[i];
  }
  vector16 b = {0};
  if (bias) b = load16(bias, n);
  for (ptrdiff_t i = 0; i < rows; i++) {
    output_1d(half + 6 * i, y);
    for (ptrdiff_t j = 0; j < columns; j++) {
      vector16 z = zeros >> (4 * i + j) & 1 ? b : y[j] + b;
      store16(to + i * row + j * pixel, rectify(z, slope), n);
    }
  }
}

PINION_INLINE void output_tiles(pinion_winograd_output_pass w) {
  ptrdiff_t row = w.tiles.geometry.output_width * w.filters, pixel = w.filters;
  ptrdiff_t plane = w.tiles.plane;
  for (ptrdiff_t t = 0; t < w.tiles.count; t++) {
    tile_place p = place_of(&w.tiles.geometry, w.tiles.first + t);
    float *to = w.images + output_offset(&w.tiles.geometry, p, w.filters);
    const float *from = w.planes + t * w.filters;
    uint64_t zeros = w.zeros[t];
    ptrdiff_t c = 0;
    if (has_all_outputs(p) && !zeros) {
      for (; c + PINION_LANES <= w.filters; c += PINION_LANES) {
        const float *bias = w.bias ? w.bias + c : w.bias;
        output_tile(from + c, plane, bias, w.slope, 4, 4, 0, to + c, row, pixel, PINION_LANES);
      }
    }
    for (; c < w.filters; c += PINION_LANES) {
      const float *bias = w.bias ? w.bias + c : w.bias;
      output_tile(
          from + c, plane, bias, w.slope, p.rows, p.columns, zeros, to + c, row, pixel,
          least(PINION_LANES, w.filters - c));
    }
  }
}

PINION_CLONES
void pinion_winograd_output(const pinion_winograd_output_pass *pass) { output_tiles(*pass); }

// MARK: Gradient

/// The inputs that the outputs of a tile with a nonzero dz read, as a set of bits 6·i + j.
PINION_INLINE uint64_t
inputs_with_gradient(pinion_winograd_output_gradient_pass w, tile_place p, ptrdiff_t start) {
  ptrdiff_t row = w.tiles.geometry.output_width * w.filters;
  uint64_t reached = 0;
  for (ptrdiff_t i = 0; i < p.rows; i++) {
    for (ptrdiff_t j = 0; j < p.columns; j++) {
      ptrdiff_t place = start + i * row + j * w.filters;
      const float *outputs = w.outputs ? w.outputs + place : w.outputs;
      if (is_live(w.gradients + place, outputs, w.slope, w.filters)) reached |= window_at(i, j);
    }
  }
  return reached;
}

/// Transforms the gradients of `n` filters of a tile's first `rows` × `columns` outputs.
PINION_INLINE void output_gradient_tile(
    const float *gradients, const float *outputs, float slope, ptrdiff_t row, ptrdiff_t pixel,
    ptrdiff_t rows, ptrdiff_t columns, float *bias_gradient, float *to, ptrdiff_t plane,
    ptrdiff_t n, int32_t *occurring) {
  vector16 half[24], y[4], m[6], sum = {0};
  mask16 any = {0};
  for (ptrdiff_t j = 0; j < 4; j++) {
    for (ptrdiff_t i = 0; i < 4; i++) {
      y[i] = (vector16){0};
      if (i < rows && j < columns) {
        ptrdiff_t place = i * row + j * pixel;
        y[i] = load16(gradients + place, n);
        if (outputs) y[i] = rectify_gradient(y[i], load16(outputs + place, n), slope);
      }
      sum += y[i];
      any |= y[i] != 0;
    }
    output_gradient_1d(y, m);
    for (ptrdiff_t i = 0; i < 6; i++) half[4 * i + j] = m[i];
  }
  if (bias_gradient) store16(bias_gradient, load16(bias_gradient, n) + sum, n);
  add_occurring(any, occurring, n);
  for (ptrdiff_t i = 0; i < 6; i++) {
    output_gradient_1d(half + 4 * i, m);
    for (ptrdiff_t j = 0; j < 6; j++) store16(to + (6 * i + j) * plane, m[j], n);
  }
}

PINION_INLINE void output_gradient_tiles(pinion_winograd_output_gradient_pass w) {
  ptrdiff_t row = w.tiles.geometry.output_width * w.filters, pixel = w.filters;
  ptrdiff_t plane = w.tiles.plane;
  for (ptrdiff_t t = 0; t < w.tiles.count; t++) {
    tile_place p = place_of(&w.tiles.geometry, w.tiles.first + t);
    ptrdiff_t start = output_offset(&w.tiles.geometry, p, w.filters);
    w.reached[t] = inputs_with_gradient(w, p, start);
    float *to = w.planes + t * w.filters;
    const float *gradients = w.gradients + start;
    const float *outputs = w.outputs ? w.outputs + start : w.outputs;
    ptrdiff_t c = 0;
    if (has_all_outputs(p)) {
      for (; c + PINION_LANES <= w.filters; c += PINION_LANES) {
        output_gradient_tile(
            gradients + c, outputs ? outputs + c : outputs, w.slope, row, pixel, 4, 4,
            w.bias_gradient ? w.bias_gradient + c : w.bias_gradient, to + c, plane, PINION_LANES,
            w.occurring + c);
      }
    }
    for (; c < w.filters; c += PINION_LANES) {
      output_gradient_tile(
          gradients + c, outputs ? outputs + c : outputs, w.slope, row, pixel, p.rows, p.columns,
          w.bias_gradient ? w.bias_gradient + c : w.bias_gradient, to + c, plane,
          least(PINION_LANES, w.filters - c), w.occurring + c);
    }
  }
}

PINION_CLONES
void pinion_winograd_output_gradient(const pinion_winograd_output_gradient_pass *pass) {
  output_gradient_tiles(*pass);
}
