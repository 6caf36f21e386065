#ifndef PINION_ROWS_H
#define PINION_ROWS_H

#include <stddef.h>

// Normalization of the values of a sample, or of a part of one, by their own statistics:
// n = x·factor + shift, y = gamma·n + beta, with a factor and a shift for all of the values, and
// gamma and beta for each place of a row. Values are (rows, width); gamma and beta are (width,), or
// null for 1 and 0.

/// Σ x / count and Σ (x − mean)² / count. Blocks of 1,024 values are summed in single precision,
/// the blocks' sums in double.
void pinion_moments(const float *x, ptrdiff_t count, double *mean, double *variance);

/// Σ x², likewise.
double pinion_square_sum(const float *x, ptrdiff_t count);

/// n = (x − center)·factor + shift. `center` is the mean rounded to a float; `shift` corrects the
/// rounding error.
typedef struct {
  float center, factor, shift;
} pinion_scaling;

typedef struct {
  ptrdiff_t rows, width;
  pinion_scaling scaling;
  const float *gamma;
} pinion_normalized_rows;

/// y; may be x.
void pinion_normalize_rows(
    const float *x, pinion_normalized_rows rows, const float *beta, float *y);

/// Σ g and Σ g·n with g = gamma·dy, and, where they are not null, the gradients of gamma, to which
/// Σ over rows of dy·n is added, and of beta, to which Σ dy is.
void pinion_normalized_rows_sums(
    const float *dy, const float *x, pinion_normalized_rows rows, double *sum, double *products,
    float *gamma_gradient, float *beta_gradient);

/// dx ← factor·(g − mean − slope·n); dx may be dy.
void pinion_normalized_rows_gradient(
    const float *dy, const float *x, pinion_normalized_rows rows, float mean, float slope,
    float *dx);

// The same for many rows (rows, width) of at most 1,024 values, each with statistics of its own.

typedef struct {
  ptrdiff_t width;
  /// Whether rows are measured from their mean, instead of from 0.
  int has_mean;
  /// Added to the mean of the squares, whose root is divided by.
  double epsilon;
  const float *gamma, *beta;
} pinion_row_statistics;

/// y, which may be x, and the scaling of each row, unless that is null.
void pinion_normalize_each_row(
    const float *x, ptrdiff_t rows, const pinion_row_statistics *s, pinion_scaling *scalings,
    float *y);

/// The gradients of gamma and beta, (width,), to which sums over the rows are added; may be null.
typedef struct {
  float *gamma, *beta;
} pinion_row_gradients;

/// dx, unless it is null; may be dy.
void pinion_propagate_each_row(
    const float *dy, const float *x, ptrdiff_t rows, const pinion_row_statistics *s,
    const pinion_scaling *scalings, pinion_row_gradients to, float *dx);

#endif
