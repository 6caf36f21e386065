#include "pinion_winograd.h"

#include "pinion_kernels.h"
#include "vector16.h"

// Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2015): with the matrices of Toom and Cook for the points
// 0, ±a, ±b and ∞. The choice a = 5/8, b = 3/2 keeps the matrices' entries close to each other, and with that half the
// rounding error of the usual 1 and 2; all entries of B and A are exact in single precision.
//
// In C, because these loops run over vectors as wide as the machine has: the baseline that Swift compiles for takes
// three times as long, and a training step of a convolutional network a third longer.
#define A1 0.625f
#define A2 (A1 * A1)
#define A3 (A2 * A1)
#define B1 1.5f
#define B2 (B1 * B1)
#define B3 (B2 * B1)
#define FA (1 / (2 * A2 * (A2 - B2)))
#define FB (1 / (2 * B2 * (B2 - A2)))

// MARK: One dimension. `s` is the distance between elements.

/// v = Bᵀ·d, six from six.
PINION_INLINE void input_1d(const vector16 *d, ptrdiff_t s, vector16 *v) {
  vector16 d0 = d[0], d1 = d[s], d2 = d[2 * s], d3 = d[3 * s], d4 = d[4 * s], d5 = d[5 * s];
  vector16 even_a = d4 - B2 * d2, odd_a = A1 * (d3 - B2 * d1);
  vector16 even_b = d4 - A2 * d2, odd_b = B1 * (d3 - A2 * d1);
  v[0] = d4 + (A2 * B2) * d0 - (A2 + B2) * d2;
  v[1] = even_a + odd_a;
  v[2] = even_a - odd_a;
  v[3] = even_b + odd_b;
  v[4] = even_b - odd_b;
  v[5] = d5 + (A2 * B2) * d1 - (A2 + B2) * d3;
}

/// d = B·v, six from six.
PINION_INLINE void input_gradient_1d(const vector16 *v, ptrdiff_t s, vector16 *d) {
  vector16 v0 = v[0], v1 = v[s], v2 = v[2 * s], v3 = v[3 * s], v4 = v[4 * s], v5 = v[5 * s];
  vector16 sum_a = v1 + v2, difference_a = A1 * (v1 - v2);
  vector16 sum_b = v3 + v4, difference_b = B1 * (v3 - v4);
  d[0] = (A2 * B2) * v0;
  d[1] = (A2 * B2) * v5 - B2 * difference_a - A2 * difference_b;
  d[2] = -(A2 + B2) * v0 - B2 * sum_a - A2 * sum_b;
  d[3] = difference_a + difference_b - (A2 + B2) * v5;
  d[4] = v0 + sum_a + sum_b;
  d[5] = v5;
}

/// y = Aᵀ·m, four from six.
PINION_INLINE void output_1d(const vector16 *m, ptrdiff_t s, vector16 *y) {
  vector16 m0 = m[0], m1 = m[s], m2 = m[2 * s], m3 = m[3 * s], m4 = m[4 * s], m5 = m[5 * s];
  vector16 sum_a = m1 + m2, difference_a = m1 - m2;
  vector16 sum_b = m3 + m4, difference_b = m3 - m4;
  y[0] = m0 + sum_a + sum_b;
  y[1] = A1 * difference_a + B1 * difference_b;
  y[2] = A2 * sum_a + B2 * sum_b;
  y[3] = m5 + A3 * difference_a + B3 * difference_b;
}

/// m = A·y, six from four.
PINION_INLINE void output_gradient_1d(const vector16 *y, ptrdiff_t s, vector16 *m) {
  vector16 y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
  vector16 even_a = y0 + A2 * y2, odd_a = A1 * y1 + A3 * y3;
  vector16 even_b = y0 + B2 * y2, odd_b = B1 * y1 + B3 * y3;
  m[0] = y0;
  m[1] = even_a + odd_a;
  m[2] = even_a - odd_a;
  m[3] = even_b + odd_b;
  m[4] = even_b - odd_b;
  m[5] = y3;
}

/// u = G·g, six from three.
PINION_INLINE void kernel_1d(const vector16 *g, ptrdiff_t s, vector16 *u) {
  vector16 g0 = g[0], g1 = g[s], g2 = g[2 * s];
  vector16 even_a = FA * g0 + (FA * A2) * g2, odd_a = (FA * A1) * g1;
  vector16 even_b = FB * g0 + (FB * B2) * g2, odd_b = (FB * B1) * g1;
  u[0] = (1 / (A2 * B2)) * g0;
  u[1] = even_a + odd_a;
  u[2] = even_a - odd_a;
  u[3] = even_b + odd_b;
  u[4] = even_b - odd_b;
  u[5] = g2;
}

/// g = Gᵀ·u, three from six.
PINION_INLINE void kernel_gradient_1d(const vector16 *u, ptrdiff_t s, vector16 *g) {
  vector16 sum_a = FA * (u[s] + u[2 * s]), difference_a = FA * (u[s] - u[2 * s]);
  vector16 sum_b = FB * (u[3 * s] + u[4 * s]), difference_b = FB * (u[3 * s] - u[4 * s]);
  g[0] = (1 / (A2 * B2)) * u[0] + sum_a + sum_b;
  g[1] = A1 * difference_a + B1 * difference_b;
  g[2] = A2 * sum_a + B2 * sum_b + u[5];
}

// MARK: Tiles

/// A tile's place: its image, the first row and column of its input and output, and which of their pixels are inside.
typedef struct {
  ptrdiff_t image, row, column;
  ptrdiff_t top, left;
  ptrdiff_t row_low, row_high, column_low, column_high;
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

PINION_INLINE int is_inside(const tile_place *p) {
  return p->row_low == 0 && p->column_low == 0 && p->row_high == 6 && p->column_high == 6;
}

// MARK: Exact zeros
//
// A transformed tile mixes all of its pixels, so that what is a sum of nothing but zeros by the definition comes back as
// rounding, of which an optimizer that divides by the gradient's size makes full steps. Bits that say which pixels of a
// tile hold anything keep such sums exactly zero.

enum { window_bits = 0x71C7 };
static const uint64_t all_inputs = ((uint64_t)1 << 36) - 1;

/// The bits of the 3 × 3 inputs, of a tile's 6 × 6, that are under output (i, j).
PINION_INLINE uint64_t window_at(ptrdiff_t i, ptrdiff_t j) {
  return (uint64_t)window_bits << (6 * i + j);
}

/// The bits of a tile's 4 × 4 outputs under whose windows all inputs are zero.
PINION_INLINE uint64_t outputs_of_zeros(
    const float *from, ptrdiff_t pixel, ptrdiff_t row, const tile_place *p) {
  uint64_t live = 0, zeros = 0;
  for (ptrdiff_t i = p->row_low; i < p->row_high; i++) {
    for (ptrdiff_t j = p->column_low; j < p->column_high; j++) {
      if (is_live(from + i * row + j * pixel, 0, 1, pixel)) live |= (uint64_t)1 << (6 * i + j);
    }
  }
  if (live == all_inputs) return 0;
  for (ptrdiff_t i = 0; i < 4; i++) {
    for (ptrdiff_t j = 0; j < 4; j++) {
      if (!(live & window_at(i, j))) zeros |= (uint64_t)1 << (4 * i + j);
    }
  }
  return zeros;
}

/// The bits of a tile's 6 × 6 inputs that any output with a gradient reads.
PINION_INLINE uint64_t inputs_with_gradient(
    const float *from, const float *outputs, float slope, ptrdiff_t pixel, ptrdiff_t row,
    const tile_place *p) {
  uint64_t reached = 0;
  for (ptrdiff_t i = 0; i < p->rows; i++) {
    for (ptrdiff_t j = 0; j < p->columns; j++) {
      ptrdiff_t place = i * row + j * pixel;
      if (is_live(from + place, outputs ? outputs + place : outputs, slope, pixel)) {
        reached |= window_at(i, j);
      }
    }
  }
  return reached;
}

// MARK: Passes over tiles

PINION_INLINE void input_tile(
    const float *from, ptrdiff_t pixel, ptrdiff_t row, const tile_place *p, int inside, float *to,
    ptrdiff_t plane, ptrdiff_t n) {
  vector16 half[36], d[6], v[6];
  for (ptrdiff_t j = 0; j < 6; j++) {
    if (inside) {
      for (ptrdiff_t i = 0; i < 6; i++) d[i] = load16(from + i * row + j * pixel, n);
    } else {
      for (ptrdiff_t i = 0; i < 6; i++) d[i] = (vector16){0};
      if (j >= p->column_low && j < p->column_high) {
        for (ptrdiff_t i = p->row_low; i < p->row_high; i++) {
          d[i] = load16(from + i * row + j * pixel, n);
        }
      }
    }
    input_1d(d, 1, v);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = v[i];
  }
  for (ptrdiff_t i = 0; i < 6; i++) {
    input_1d(half + 6 * i, 1, v);
    for (ptrdiff_t j = 0; j < 6; j++) store16(to + (6 * i + j) * plane, v[j], n);
  }
}

PINION_CLONES
void pinion_winograd_input(
    const pinion_winograd_geometry *g, const float *images, ptrdiff_t channels, ptrdiff_t first,
    ptrdiff_t count, float *planes, ptrdiff_t plane, uint64_t *zeros) {
  ptrdiff_t row = g->width * channels;
  for (ptrdiff_t t = 0; t < count; t++) {
    tile_place p = place_of(g, first + t);
    const float *from = images + (p.image * g->height + p.top) * row + p.left * channels;
    float *to = planes + t * channels;
    if (zeros) zeros[t] = outputs_of_zeros(from, channels, row, &p);
    ptrdiff_t c = 0;
    if (is_inside(&p)) {
      for (; c + PINION_LANES <= channels; c += PINION_LANES) {
        input_tile(from + c, channels, row, &p, 1, to + c, plane, PINION_LANES);
      }
    } else {
      for (; c + PINION_LANES <= channels; c += PINION_LANES) {
        input_tile(from + c, channels, row, &p, 0, to + c, plane, PINION_LANES);
      }
    }
    if (c < channels) input_tile(from + c, channels, row, &p, 0, to + c, plane, channels - c);
  }
}

PINION_INLINE void input_gradient_tile(
    const float *from, ptrdiff_t plane, ptrdiff_t n, float *to, ptrdiff_t pixel, ptrdiff_t row,
    const tile_place *p, int inside, uint64_t reached) {
  vector16 half[36], v[6], d[6];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) v[i] = load16(from + (6 * i + j) * plane, n);
    input_gradient_1d(v, 1, d);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = d[i];
  }
  for (ptrdiff_t i = inside ? 0 : p->row_low; i < (inside ? 6 : p->row_high); i++) {
    input_gradient_1d(half + 6 * i, 1, d);
    for (ptrdiff_t j = inside ? 0 : p->column_low; j < (inside ? 6 : p->column_high); j++) {
      if (!inside && !(reached >> (6 * i + j) & 1)) continue;
      float *target = to + i * row + j * pixel;
      store16(target, load16(target, n) + d[j], n);
    }
  }
}

PINION_CLONES
void pinion_winograd_input_gradient(
    const pinion_winograd_geometry *g, const float *planes, ptrdiff_t plane, ptrdiff_t channels,
    ptrdiff_t first, ptrdiff_t count, const uint64_t *reached, float *images) {
  ptrdiff_t row = g->width * channels;
  for (ptrdiff_t t = 0; t < count; t++) {
    tile_place p = place_of(g, first + t);
    float *to = images + (p.image * g->height + p.top) * row + p.left * channels;
    const float *from = planes + t * channels;
    ptrdiff_t c = 0;
    if (is_inside(&p) && reached[t] == all_inputs) {
      for (; c + PINION_LANES <= channels; c += PINION_LANES) {
        input_gradient_tile(from + c, plane, PINION_LANES, to + c, channels, row, &p, 1, all_inputs);
      }
    } else {
      for (; c + PINION_LANES <= channels; c += PINION_LANES) {
        input_gradient_tile(
            from + c, plane, PINION_LANES, to + c, channels, row, &p, 0, reached[t]);
      }
    }
    if (c < channels) {
      input_gradient_tile(
          from + c, plane, channels - c, to + c, channels, row, &p, 0, reached[t]);
    }
  }
}

PINION_INLINE void output_tile(
    const float *from, ptrdiff_t plane, ptrdiff_t n, const float *bias, float slope, float *to,
    ptrdiff_t pixel, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t columns, uint64_t zeros) {
  vector16 half[24], m[6], y[4];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) m[i] = load16(from + (6 * i + j) * plane, n);
    output_1d(m, 1, y);
    for (ptrdiff_t i = 0; i < 4; i++) half[6 * i + j] = y[i];
  }
  vector16 b = {0};
  if (bias) b = load16(bias, n);
  for (ptrdiff_t i = 0; i < rows; i++) {
    output_1d(half + 6 * i, 1, y);
    for (ptrdiff_t j = 0; j < columns; j++) {
      vector16 z = zeros >> (4 * i + j) & 1 ? b : y[j] + b;
      store16(to + i * row + j * pixel, rectify(z, slope), n);
    }
  }
}

PINION_CLONES
void pinion_winograd_output(
    const pinion_winograd_geometry *g, const float *planes, ptrdiff_t plane, ptrdiff_t filters,
    ptrdiff_t first, ptrdiff_t count, const uint64_t *zeros, const float *bias, float slope,
    float *images) {
  ptrdiff_t row = g->output_width * filters;
  for (ptrdiff_t t = 0; t < count; t++) {
    tile_place p = place_of(g, first + t);
    float *to = images + (p.image * g->output_height + p.row) * row + p.column * filters;
    const float *from = planes + t * filters;
    ptrdiff_t c = 0;
    if (p.rows == 4 && p.columns == 4 && !zeros[t]) {
      for (; c + PINION_LANES <= filters; c += PINION_LANES) {
        output_tile(
            from + c, plane, PINION_LANES, bias ? bias + c : bias, slope, to + c, filters, row, 4,
            4, 0);
      }
    }
    for (; c < filters; c += PINION_LANES) {
      output_tile(
          from + c, plane, least(PINION_LANES, filters - c), bias ? bias + c : bias, slope, to + c,
          filters, row, p.rows, p.columns, zeros[t]);
    }
  }
}

PINION_INLINE void output_gradient_tile(
    const float *from, const float *outputs, float slope, ptrdiff_t pixel, ptrdiff_t row,
    ptrdiff_t rows, ptrdiff_t columns, float *bias, float *to, ptrdiff_t plane, ptrdiff_t n) {
  vector16 half[24], y[4], m[6], sum = {0};
  for (ptrdiff_t j = 0; j < 4; j++) {
    for (ptrdiff_t i = 0; i < 4; i++) {
      y[i] = (vector16){0};
      if (i < rows && j < columns) {
        ptrdiff_t place = i * row + j * pixel;
        y[i] = load16(from + place, n);
        if (outputs) y[i] = rectify_gradient(y[i], load16(outputs + place, n), slope);
      }
      sum += y[i];
    }
    output_gradient_1d(y, 1, m);
    for (ptrdiff_t i = 0; i < 6; i++) half[4 * i + j] = m[i];
  }
  if (bias) store16(bias, load16(bias, n) + sum, n);
  for (ptrdiff_t i = 0; i < 6; i++) {
    output_gradient_1d(half + 4 * i, 1, m);
    for (ptrdiff_t j = 0; j < 6; j++) store16(to + (6 * i + j) * plane, m[j], n);
  }
}

PINION_CLONES
void pinion_winograd_output_gradient(
    const pinion_winograd_geometry *g, const float *gradients, const float *outputs, float slope,
    ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, float *bias_gradient, float *planes,
    ptrdiff_t plane, uint64_t *reached) {
  ptrdiff_t row = g->output_width * filters;
  for (ptrdiff_t t = 0; t < count; t++) {
    tile_place p = place_of(g, first + t);
    ptrdiff_t start = (p.image * g->output_height + p.row) * row + p.column * filters;
    float *to = planes + t * filters;
    reached[t] = inputs_with_gradient(
        gradients + start, outputs ? outputs + start : outputs, slope, filters, row, &p);
    ptrdiff_t c = 0;
    if (p.rows == 4 && p.columns == 4) {
      for (; c + PINION_LANES <= filters; c += PINION_LANES) {
        output_gradient_tile(
            gradients + start + c, outputs ? outputs + start + c : outputs, slope, filters, row, 4,
            4, bias_gradient ? bias_gradient + c : bias_gradient, to + c, plane, PINION_LANES);
      }
    }
    for (; c < filters; c += PINION_LANES) {
      output_gradient_tile(
          gradients + start + c, outputs ? outputs + start + c : outputs, slope, filters, row,
          p.rows, p.columns, bias_gradient ? bias_gradient + c : bias_gradient, to + c, plane,
          least(PINION_LANES, filters - c));
    }
  }
}

// MARK: Kernels

PINION_INLINE void kernel_block(const float *kernel, ptrdiff_t count, float *planes, ptrdiff_t n) {
  vector16 half[18], g[3], u[6];
  for (ptrdiff_t j = 0; j < 3; j++) {
    for (ptrdiff_t i = 0; i < 3; i++) g[i] = load16(kernel + (3 * i + j) * count, n);
    kernel_1d(g, 1, u);
    for (ptrdiff_t i = 0; i < 6; i++) half[3 * i + j] = u[i];
  }
  for (ptrdiff_t i = 0; i < 6; i++) {
    kernel_1d(half + 3 * i, 1, u);
    for (ptrdiff_t j = 0; j < 6; j++) store16(planes + (6 * i + j) * count, u[j], n);
  }
}

PINION_CLONES
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    kernel_block(kernel + c, count, planes + c, PINION_LANES);
  }
  if (c < count) kernel_block(kernel + c, count, planes + c, count - c);
}

PINION_INLINE void kernel_gradient_block(
    const float *planes, ptrdiff_t count, float *gradient, ptrdiff_t n) {
  vector16 half[18], u[6], g[3];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) u[i] = load16(planes + (6 * i + j) * count, n);
    kernel_gradient_1d(u, 1, g);
    for (ptrdiff_t i = 0; i < 3; i++) half[6 * i + j] = g[i];
  }
  for (ptrdiff_t i = 0; i < 3; i++) {
    kernel_gradient_1d(half + 6 * i, 1, g);
    for (ptrdiff_t j = 0; j < 3; j++) store16(gradient + (3 * i + j) * count, g[j], n);
  }
}

PINION_CLONES
void pinion_winograd_kernel_gradient(
    const float *planes, ptrdiff_t count, float *gradient) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    kernel_gradient_block(planes + c, count, gradient + c, PINION_LANES);
  }
  if (c < count) kernel_gradient_block(planes + c, count, gradient + c, count - c);
}
