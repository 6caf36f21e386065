#ifndef PINION_ELEMENTARY_H
#define PINION_ELEMENTARY_H

#include <stddef.h>

// Elementary functions of `count` floats: y[i] = f(x[i]). Within 3 units in the last place of the
// exact value; special values as in the C library.

void pinion_exp(const float *x, ptrdiff_t count, float *y);
void pinion_log(const float *x, ptrdiff_t count, float *y);
void pinion_hyperbolic_tangent(const float *x, ptrdiff_t count, float *y);

/// exp(x) − 1.
void pinion_expm1(const float *x, ptrdiff_t count, float *y);
void pinion_hyperbolic_sine(const float *x, ptrdiff_t count, float *y);
void pinion_hyperbolic_cosine(const float *x, ptrdiff_t count, float *y);

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

/// NaN outside −1 … 1.
void pinion_arcsine(const float *x, ptrdiff_t count, float *y);

/// NaN outside −1 … 1.
void pinion_arccosine(const float *x, ptrdiff_t count, float *y);

void pinion_arctangent(const float *x, ptrdiff_t count, float *y);

// Functions of pairs: result[i] = f(left[i·left_step], right[i·right_step]). Steps are 0 or 1; an
// operand may be the result's memory.

/// The angle of the point (x, y) = (right, left), in −π … π.
void pinion_arctangent_of_pairs(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);

/// left to the power of right.
void pinion_power(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);

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
