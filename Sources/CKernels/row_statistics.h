#ifndef PINION_ROW_STATISTICS_H
#define PINION_ROW_STATISTICS_H

#include "pinion_kernels.h"
#include "vector16.h"

// The statistics of sixteen rows at a time, a row to a lane: adding up the lanes of one row's sums
// takes as long as reading 200 values, and a layer normalization over the channels has as short a
// row at each position.

enum { block = 16 };

typedef double double16 __attribute__((vector_size(128), aligned(8)));
typedef long long16 __attribute__((vector_size(128)));

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

/// The sums of the first `count` of sixteen vectors, in the order of `sums_of_lanes`. Changes them.
PINION_INLINE vector16 sum_of_vectors(vector16 *terms, ptrdiff_t count) {
  for (ptrdiff_t half = block / 2; half > 0; half /= 2) {
    for (ptrdiff_t c = 0; c + half < count; c++) terms[c] += terms[c + half];
    count = least(count, half);
  }
  return terms[0];
}

/// Up to sixteen rows. With fewer than sixteen columns they may be given by these, a row to a lane,
/// too, which saves the vectors of part of the lanes.
typedef struct {
  const float *x;
  ptrdiff_t rows, width;
  const vector16 *columns;
} row_block;

/// For each row, Σ (x − center) or Σ (x − center)² in single precision: 64 values at most to each
/// lane.
PINION_INLINE vector16 deviations(row_block b, vector16 centers, int squared) {
  vector16 sums[block] = {{0}};
  if (b.columns) {
    for (ptrdiff_t c = 0; c < b.width; c++) {
      vector16 d = b.columns[c] - centers;
      sums[c] = squared ? d * d : d;
    }
    return sum_of_vectors(sums, b.width);
  }
  float center[block];
  *(vector16 *)center = centers;
  for (ptrdiff_t r = 0; r < b.rows; r++) {
    const float *row = b.x + r * b.width;
    vector16 sum = {0}, origin = (vector16){0} + center[r];
    ptrdiff_t c = 0;
    // Whole vectors apart: with a number of lanes, the loop takes 1.3 times as long (Zen 3).
    for (; c + PINION_LANES <= b.width; c += PINION_LANES) {
      vector16 d = load16(row + c, PINION_LANES) - origin;
      sum += squared ? d * d : d;
    }
    if (c < b.width) {
      vector16 d = keep_lanes(load16(row + c, b.width - c) - origin, b.width - c);
      sum += squared ? d * d : d;
    }
    sums[r] = sum;
  }
  return sums_of_lanes(sums);
}

/// The same in double precision, of the rows whose lanes are not set in `known`; not inlined, as
/// only sums that overflow in single precision need it.
__attribute__((noinline)) static void wide_deviations(
    row_block b, const int *known, const double *centers, int squared, double *sums) {
  for (ptrdiff_t r = 0; r < b.rows; r++) {
    if (known[r]) continue;
    sums[r] = 0;
    for (ptrdiff_t c = 0; c < b.width; c++) {
      double d = (double)b.x[r * b.width + c] - centers[r];
      sums[r] += squared ? d * d : d;
    }
  }
}

/// The deviations in double precision: those of single precision where they are `known`.
PINION_INLINE double16
widened(row_block b, vector16 sums, mask16 known, double16 centers, int squared) {
  double16 result = __builtin_convertvector(sums, double16);
  if (all16(known)) return result;
  int lanes[block];
  double wide[2][block];
  *(mask16 *)lanes = known;
  *(double16 *)wide[0] = centers;
  *(double16 *)wide[1] = result;
  wide_deviations(b, lanes, wide[0], squared, wide[1]);
  return *(double16 *)wide[1];
}

/// v / divisor, rounded once more from double precision.
PINION_INLINE vector16 quotients(vector16 v, ptrdiff_t divisor) {
  return __builtin_convertvector(__builtin_convertvector(v, double16) / (double)divisor, vector16);
}

PINION_INLINE void statistics(row_block b, pinion_row_statistics s, pinion_scaling *scalings) {
  double n = (double)s.width;
  double16 means = {0};
  vector16 centers = {0};
  if (s.has_mean) {
    float first[block] = {0};
    for (ptrdiff_t r = 0; r < b.rows; r++) first[r] = b.x[r * s.width];
    centers = *(vector16 *)first;
    vector16 sums = deviations(b, centers, 0);
    means = __builtin_convertvector(centers, double16);
    means += widened(b, sums, sums - sums == 0, means, 0) / n;
    centers = __builtin_convertvector(means, vector16);
  }
  vector16 sums = deviations(b, centers, 1);
  // Single precision may have overflowed, or lost the squares of small values.
  mask16 known = sums - sums == 0;
  if (!s.has_mean) known &= sums > 1e-30f;
  // Σ (x − c)² − n·(c − mean)², c the mean rounded to single precision; wide sums are of x − mean.
  double16 error = __builtin_convertvector(centers, double16) - means;
  double16 rounding = (double16)((long16)error & __builtin_convertvector(known, long16));
  double16 squares = widened(b, sums, known, means, 1) / n - rounding * rounding;
  squares = (double16)((long16)squares & ~(squares < 0)) + s.epsilon;
  double16 factors = 1 / __builtin_elementwise_sqrt(squares);
  float center[block], factor[block], shift[block];
  *(vector16 *)center = centers;
  *(vector16 *)factor = __builtin_convertvector(factors, vector16);
  *(vector16 *)shift = __builtin_convertvector(error * factors, vector16);
  for (ptrdiff_t r = 0; r < b.rows; r++) {
    scalings[r] = (pinion_scaling){center[r], factor[r], shift[r]};
  }
}

#endif
