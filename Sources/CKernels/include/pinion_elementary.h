#ifndef PINION_ELEMENTARY_H
#define PINION_ELEMENTARY_H

#include <stddef.h>

// Elementary functions of `count` floats: y[i] = f(x[i]). Within 3 units in the last place of the
// exact value; special values as in the C library.

void pinion_exp(const float *x, ptrdiff_t count, float *y);
void pinion_log(const float *x, ptrdiff_t count, float *y);
void pinion_hyperbolic_tangent(const float *x, ptrdiff_t count, float *y);

void pinion_binary_logarithm(const float *x, ptrdiff_t count, float *y);
void pinion_decimal_logarithm(const float *x, ptrdiff_t count, float *y);
/// log(1 + x).
void pinion_log1p(const float *x, ptrdiff_t count, float *y);

/// NaN for infinities.
void pinion_sine(const float *x, ptrdiff_t count, float *y);

/// NaN for infinities.
void pinion_cosine(const float *x, ptrdiff_t count, float *y);

/// NaN for infinities.
void pinion_tangent(const float *x, ptrdiff_t count, float *y);

// Correctly rounded; the first two change the sign alone, also of NaN.
void pinion_negate(const float *x, ptrdiff_t count, float *y);
void pinion_magnitude(const float *x, ptrdiff_t count, float *y);
void pinion_square(const float *x, ptrdiff_t count, float *y);
void pinion_square_root(const float *x, ptrdiff_t count, float *y);
void pinion_floor(const float *x, ptrdiff_t count, float *y);
void pinion_ceil(const float *x, ptrdiff_t count, float *y);
void pinion_truncate(const float *x, ptrdiff_t count, float *y);

/// To the nearest integer, ties to even.
void pinion_round(const float *x, ptrdiff_t count, float *y);

/// The largest of `count` ≥ 1 numbers, or NaN if one is NaN.
float pinion_largest_float(const float *x, ptrdiff_t count);
double pinion_largest_double(const double *x, ptrdiff_t count);

/// The smallest of `count` ≥ 1 numbers, or NaN if one is NaN.
float pinion_smallest_float(const float *x, ptrdiff_t count);
double pinion_smallest_double(const double *x, ptrdiff_t count);

/// The position of the first of `count` numbers that is `value`, or the first NaN if that is NaN;
/// `count` if there is none.
ptrdiff_t pinion_first_float(const float *x, ptrdiff_t count, float value);
ptrdiff_t pinion_first_double(const double *x, ptrdiff_t count, double value);

#endif
