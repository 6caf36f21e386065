#include "narrow_rows.h"
#include "row_statistics.h"

// Rows that are normalized by their own statistics, sixteen at a time.
//
// In C for the reason given in elementwise.c.

/// n values of a row from place c on.
PINION_INLINE void normalize_part(
    const float *x, pinion_row_statistics s, pinion_scaling scaling, ptrdiff_t c, ptrdiff_t n,
    float *y) {
  vector16 v = (load16(x + c, n) - scaling.center) * scaling.factor + scaling.shift;
  if (s.gamma) v *= load16(s.gamma + c, n);
  if (s.beta) v += load16(s.beta + c, n);
  store16(y + c, v, n);
}

PINION_INLINE void normalize_block(
    const float *x, ptrdiff_t rows, pinion_row_statistics s, pinion_scaling *scalings, float *y) {
  statistics((row_block){x, rows, s.width, 0}, s, scalings);
  for (ptrdiff_t r = 0; r < rows; r++, x += s.width, y += s.width) {
    ptrdiff_t c = 0;
    for (; c + PINION_LANES <= s.width; c += PINION_LANES) {
      normalize_part(x, s, scalings[r], c, PINION_LANES, y);
    }
    if (c < s.width) normalize_part(x, s, scalings[r], c, s.width - c, y);
  }
}

PINION_CLONES
void pinion_normalize_each_row(
    const float *x, ptrdiff_t rows, const pinion_row_statistics *s, pinion_scaling *scalings,
    float *y) {
  pinion_scaling own[block];
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * s->width;
    pinion_scaling *to = scalings ? scalings + r : own;
    if (rows - r >= block && s->width < PINION_LANES) {
      normalize_narrow(x + start, *s, to, y + start);
    } else if (rows - r >= block) {
      normalize_block(x + start, block, *s, to, y + start);
    } else {
      normalize_block(x + start, rows - r, *s, to, y + start);
    }
  }
}

/// The gradients of γ and β, and the sums of g = γ·dy and of g·n of each row.
PINION_INLINE void gradient_sums(
    const float *dy, const float *x, ptrdiff_t rows, pinion_row_statistics s,
    const pinion_scaling *scalings, pinion_row_gradients to, float *sums, float *products) {
  vector16 totals[block] = {{0}}, weighted[block] = {{0}};
  for (ptrdiff_t c = 0; c < s.width; c += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, s.width - c);
    vector16 gamma = {0}, gamma_sum = {0}, beta_sum = {0};
    if (s.gamma) gamma = load16(s.gamma + c, n);
    if (to.gamma) gamma_sum = load16(to.gamma + c, n);
    if (to.beta) beta_sum = load16(to.beta + c, n);
    for (ptrdiff_t r = 0; r < rows; r++) {
      ptrdiff_t i = r * s.width + c;
      pinion_scaling scaling = scalings[r];
      vector16 gradient = load16(dy + i, n);
      // After the end, v need not be finite: 0 is as far from the center as that is from 0.
      vector16 v =
          keep_lanes((load16(x + i, n) - scaling.center) * scaling.factor + scaling.shift, n);
      vector16 g = s.gamma ? gradient * gamma : gradient;
      totals[r] += g;
      weighted[r] += g * v;
      gamma_sum += gradient * v;
      beta_sum += gradient;
    }
    if (to.gamma) store16(to.gamma + c, gamma_sum, n);
    if (to.beta) store16(to.beta + c, beta_sum, n);
  }
  *(vector16 *)sums = sums_of_lanes(totals);
  *(vector16 *)products = sums_of_lanes(weighted);
}

PINION_INLINE void propagate_block(
    const float *dy, const float *x, ptrdiff_t rows, pinion_row_statistics s,
    const pinion_scaling *scalings, pinion_row_gradients to, float *dx) {
  float sums[block], products[block];
  gradient_sums(dy, x, rows, s, scalings, to, sums, products);
  if (!dx) return;
  double count = (double)s.width;
  for (ptrdiff_t r = 0; r < rows; r++) {
    pinion_scaling scaling = scalings[r];
    float mean = s.has_mean ? (float)((double)sums[r] / count) : 0;
    float slope = (float)((double)products[r] / count);
    for (ptrdiff_t c = 0; c < s.width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, s.width - c), i = r * s.width + c;
      vector16 g = load16(dy + i, n);
      vector16 v = (load16(x + i, n) - scaling.center) * scaling.factor + scaling.shift;
      if (s.gamma) g *= load16(s.gamma + c, n);
      store16(dx + i, scaling.factor * (g - mean - slope * v), n);
    }
  }
}

PINION_CLONES
void pinion_propagate_each_row(
    const float *dy, const float *x, ptrdiff_t rows, const pinion_row_statistics *s,
    const pinion_scaling *scalings, pinion_row_gradients to, float *dx) {
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * s->width;
    float *target = dx ? dx + start : dx;
    if (rows - r >= block && s->width < PINION_LANES) {
      propagate_narrow(dy + start, x + start, *s, scalings + r, to, target);
    } else if (rows - r >= block) {
      propagate_block(dy + start, x + start, block, *s, scalings + r, to, target);
    } else {
      propagate_block(dy + start, x + start, rows - r, *s, scalings + r, to, target);
    }
  }
}
