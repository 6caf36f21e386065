#include "pinion_kernels.h"
#include "vector16.h"

// Rows that are normalized by their own statistics, sixteen at a time: adding up the lanes of one
// row's sums takes as long as reading 200 values, and a layer normalization over the channels has
// as short a row at each position.
//
// In C for the reason given in elementwise.c.

enum { block = 16 };

/// The sum of the lanes of each of sixteen vectors, in lane r that of vector r. Each is added up by
/// halves.
PINION_INLINE vector16 sums_of_lanes(const vector16 *v) {
  vector16 a[8], b[4], c[2];
#pragma clang loop unroll(full)
  for (int r = 0; r < 8; r++) {
    a[r] = __builtin_shufflevector(
               v[r], v[r + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(
               v[r], v[r + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < 4; r++) {
    b[r] = __builtin_shufflevector(
               a[r], a[r + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +
           __builtin_shufflevector(
               a[r], a[r + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < 2; r++) {
    c[r] = __builtin_shufflevector(
               b[r], b[r + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
           __builtin_shufflevector(
               b[r], b[r + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  return __builtin_shufflevector(
             c[0], c[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
         __builtin_shufflevector(
             c[0], c[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
}

/// For each row, Σ (x − center) or Σ (x − center)² in single precision: 64 values at most to each
/// lane.
PINION_INLINE vector16
deviations(const float *x, ptrdiff_t rows, ptrdiff_t width, const float *centers, int squared) {
  vector16 sums[block] = {{0}};
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    vector16 sum = {0};
    float center = centers[r];
    for (ptrdiff_t c = 0; c < width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, width - c);
      vector16 d = keep_lanes(load16(row + c, n) - center, n);
      sum += squared ? d * d : d;
    }
    sums[r] = sum;
  }
  return sums_of_lanes(sums);
}

PINION_INLINE int is_finite(double value) { return value - value == 0; }

/// In double precision, for values whose sums overflow in single.
PINION_INLINE double wide_deviations(const float *x, ptrdiff_t width, double center, int squared) {
  double sum = 0;
  for (ptrdiff_t c = 0; c < width; c++) {
    double d = (double)x[c] - center;
    sum += squared ? d * d : d;
  }
  return sum;
}

PINION_INLINE void statistics(
    const float *x, ptrdiff_t rows, pinion_row_statistics s, pinion_scaling *scalings) {
  double n = (double)s.width, means[block] = {0}, factors[block];
  float centers[block] = {0}, sums[block];
  if (s.has_mean) {
    for (ptrdiff_t r = 0; r < rows; r++) centers[r] = x[r * s.width];
    *(vector16 *)sums = deviations(x, rows, s.width, centers, 0);
    for (ptrdiff_t r = 0; r < rows; r++) {
      double sum = sums[r];
      if (!is_finite(sum)) sum = wide_deviations(x + r * s.width, s.width, (double)centers[r], 0);
      means[r] = (double)centers[r] + sum / n;
      centers[r] = (float)means[r];
    }
  }
  *(vector16 *)sums = deviations(x, rows, s.width, centers, 1);
  for (ptrdiff_t r = 0; r < rows; r++) {
    // Σ (x − c)² − n·(c − mean)², c the mean rounded to single precision.
    double error = (double)centers[r] - means[r], squares = (double)sums[r];
    // Single precision may have overflowed, or lost the squares of small values.
    if (is_finite(squares) && (s.has_mean || squares > 1e-30)) {
      squares = squares / n - error * error;
    } else {
      squares = wide_deviations(x + r * s.width, s.width, means[r], 1) / n;
    }
    factors[r] = (squares < 0 ? 0 : squares) + s.epsilon;
  }
  for (ptrdiff_t r = 0; r < rows; r++) {
    double factor = 1 / __builtin_elementwise_sqrt(factors[r]);
    scalings[r].center = centers[r];
    scalings[r].factor = (float)factor;
    scalings[r].shift = (float)(((double)centers[r] - means[r]) * factor);
  }
}

PINION_INLINE void normalize_block(
    const float *x, ptrdiff_t rows, pinion_row_statistics s, pinion_scaling *scalings, float *y) {
  statistics(x, rows, s, scalings);
  for (ptrdiff_t r = 0; r < rows; r++) {
    pinion_scaling scaling = scalings[r];
    for (ptrdiff_t c = 0; c < s.width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, s.width - c), i = r * s.width + c;
      vector16 v = (load16(x + i, n) - scaling.center) * scaling.factor + scaling.shift;
      if (s.gamma) v *= load16(s.gamma + c, n);
      if (s.beta) v += load16(s.beta + c, n);
      store16(y + i, v, n);
    }
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
    if (rows - r >= block) {
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
    if (rows - r >= block) {
      propagate_block(dy + start, x + start, block, *s, scalings + r, to, target);
    } else {
      propagate_block(dy + start, x + start, rows - r, *s, scalings + r, to, target);
    }
  }
}
