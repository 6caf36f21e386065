#include "lane_sums.h"
#include "pinion_kernels.h"
#include "vector16.h"

// In C for the reason given in elementwise.c.

/// Values that are summed in single precision: 64 to each of 16 partial sums.
enum { run = 64 * PINION_LANES };

PINION_INLINE double deviations(const float *x, ptrdiff_t count, float center, int squared) {
  double sum = 0;
  for (ptrdiff_t start = 0; start < count; start += run) {
    ptrdiff_t end = least(count, start + run), i = start;
    vector16 sums = {0};
    float rest = 0;
    for (; i + PINION_LANES <= end; i += PINION_LANES) {
      vector16 d = load16(x + i, PINION_LANES) - center;
      sums += squared ? d * d : d;
    }
    for (; i < end; i++) {
      float d = x[i] - center;
      rest += squared ? d * d : d;
    }
    sum += (double)(sum_of_lanes(sums) + rest);
  }
  return sum;
}

PINION_INLINE int is_finite(double value) { return value - value == 0; }

PINION_INLINE void moments_body(const float *x, ptrdiff_t count, double *mean, double *variance) {
  double n = (double)count, sum = deviations(x, count, x[0], 0);
  if (!is_finite(sum)) {
    // Single precision may have overflowed.
    sum = 0;
    for (ptrdiff_t i = 0; i < count; i++) sum += (double)x[i] - (double)x[0];
  }
  *mean = (double)x[0] + sum / n;
  float center = (float)*mean;
  double squares = deviations(x, count, center, 1), error = (double)center - *mean;
  if (is_finite(squares)) {
    // Σ (x − c)² − n·(c − mean)², c the mean rounded to single precision.
    double corrected = squares / n - error * error;
    *variance = corrected < 0 ? 0 : corrected;
    return;
  }
  squares = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    double d = (double)x[i] - *mean;
    squares += d * d;
  }
  *variance = squares / n;
}

PINION_CLONES
void pinion_moments(const float *x, ptrdiff_t count, double *mean, double *variance) {
  moments_body(x, count, mean, variance);
}

PINION_INLINE double square_sum_body(const float *x, ptrdiff_t count) {
  double sum = deviations(x, count, 0, 1);
  if (is_finite(sum) && sum > 1e-30) return sum;
  // Single precision may have overflowed, or lost small squares.
  sum = 0;
  for (ptrdiff_t i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

PINION_CLONES
double pinion_square_sum(const float *x, ptrdiff_t count) { return square_sum_body(x, count); }

PINION_INLINE vector16 normalized(const float *x, ptrdiff_t n, pinion_scaling s) {
  return (load16(x, n) - s.center) * s.factor + s.shift;
}

PINION_INLINE void normalize_rows_body(
    const float *x, pinion_normalized_rows p, const float *beta, float *y) {
  for (ptrdiff_t r = 0; r < p.rows; r++) {
    for (ptrdiff_t c = 0; c < p.width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, p.width - c), i = r * p.width + c;
      vector16 v = normalized(x + i, n, p.scaling);
      if (p.gamma) v *= load16(p.gamma + c, n);
      if (beta) v += load16(beta + c, n);
      store16(y + i, v, n);
    }
  }
}

PINION_CLONES
void pinion_normalize_rows(
    const float *x, pinion_normalized_rows rows, const float *beta, float *y) {
  normalize_rows_body(x, rows, beta, y);
}

PINION_INLINE void add16(float *to, vector16 v, ptrdiff_t n) {
  if (to) store16(to, load16(to, n) + v, n);
}

PINION_INLINE void normalized_rows_sums_body(
    const float *dy, const float *x, pinion_normalized_rows p, double *sum, double *products,
    float *gamma_gradient, float *beta_gradient) {
  double total = 0, weighted = 0;
  vector16 sums = {0}, product_sums = {0};
  ptrdiff_t terms = 0;
  for (ptrdiff_t r = 0; r < p.rows; r++) {
    for (ptrdiff_t c = 0; c < p.width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, p.width - c), i = r * p.width + c;
      vector16 gradient = load16(dy + i, n);
      // After the end, v need not be finite: 0 is as far from the center as that is from 0.
      vector16 v = keep_lanes(normalized(x + i, n, p.scaling), n);
      vector16 g = p.gamma ? gradient * load16(p.gamma + c, n) : gradient;
      sums += g;
      product_sums += g * v;
      if (gamma_gradient) add16(gamma_gradient + c, gradient * v, n);
      if (beta_gradient) add16(beta_gradient + c, gradient, n);
      if (++terms % 64 == 0) {
        total += (double)sum_of_lanes(sums);
        weighted += (double)sum_of_lanes(product_sums);
        sums = product_sums = (vector16){0};
      }
    }
  }
  *sum = total + (double)sum_of_lanes(sums);
  *products = weighted + (double)sum_of_lanes(product_sums);
}

PINION_CLONES
void pinion_normalized_rows_sums(
    const float *dy, const float *x, pinion_normalized_rows rows, double *sum, double *products,
    float *gamma_gradient, float *beta_gradient) {
  normalized_rows_sums_body(dy, x, rows, sum, products, gamma_gradient, beta_gradient);
}

PINION_INLINE void normalized_rows_gradient_body(
    const float *dy, const float *x, pinion_normalized_rows p, float mean, float slope, float *dx) {
  for (ptrdiff_t r = 0; r < p.rows; r++) {
    for (ptrdiff_t c = 0; c < p.width; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, p.width - c), i = r * p.width + c;
      vector16 g = load16(dy + i, n), v = normalized(x + i, n, p.scaling);
      if (p.gamma) g *= load16(p.gamma + c, n);
      store16(dx + i, p.scaling.factor * (g - mean - slope * v), n);
    }
  }
}

PINION_CLONES
void pinion_normalized_rows_gradient(
    const float *dy, const float *x, pinion_normalized_rows rows, float mean, float slope,
    float *dx) {
  normalized_rows_gradient_body(dy, x, rows, mean, slope, dx);
}
