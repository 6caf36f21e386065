#ifndef PINION_TENSORS_H
#define PINION_TENSORS_H

#include <stddef.h>
#include <stdint.h>

// Loops of tensor operations. In C for wide vectors, which a Swift package cannot ask for: with
// those of SSE2, sums of columns take 5 times as long as NumPy's, and the Swift compiler turns
// selections between numbers into branches.

// result[i] ← f(left[i·left_step], right[i·right_step]) for `count` elements. Steps are 0 or 1. The
// result may be an operand's memory.

void pinion_add_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_add_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);
void pinion_subtract_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_subtract_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);
void pinion_multiply_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_multiply_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);
void pinion_divide_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_divide_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);

// NaN if either is.

void pinion_maximum_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_maximum_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);
void pinion_minimum_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *result,
    ptrdiff_t count);
void pinion_minimum_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    double *result, ptrdiff_t count);

// 1 if true, else 0.

void pinion_less_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_less_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_less_or_equal_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_less_or_equal_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_equal_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_equal_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_unequal_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_unequal_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);

/// Whether both are finite.
void pinion_finite_float(
    const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_finite_double(
    const double *left, ptrdiff_t left_step, const double *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);

// Of bits, as above.

void pinion_and(
    const uint8_t *left, ptrdiff_t left_step, const uint8_t *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_or(
    const uint8_t *left, ptrdiff_t left_step, const uint8_t *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);
void pinion_xor(
    const uint8_t *left, ptrdiff_t left_step, const uint8_t *right, ptrdiff_t right_step,
    uint8_t *result, ptrdiff_t count);

// result[i] ← mask[i] ? first[i·first_step] : second[i·second_step]. Steps are 0 or 1.

void pinion_select8(
    const uint8_t *mask, const uint8_t *first, ptrdiff_t first_step, const uint8_t *second,
    ptrdiff_t second_step, uint8_t *result, ptrdiff_t count);
void pinion_select32(
    const uint8_t *mask, const uint32_t *first, ptrdiff_t first_step, const uint32_t *second,
    ptrdiff_t second_step, uint32_t *result, ptrdiff_t count);
void pinion_select64(
    const uint8_t *mask, const uint64_t *first, ptrdiff_t first_step, const uint64_t *second,
    ptrdiff_t second_step, uint64_t *result, ptrdiff_t count);

/// The number of ones among `count` bytes that are 0 or 1.
ptrdiff_t pinion_count_ones(const uint8_t *bytes, ptrdiff_t count);

// Sums in double precision of eight interleaved parts: x[i] is added to part i mod 8.

double pinion_sum_float(const float *x, ptrdiff_t count);
double pinion_sum_double(const double *x, ptrdiff_t count);

// Σ(x[i] − mean)², as above.

double pinion_sum_of_squares_float(const float *x, ptrdiff_t count, double mean);
double pinion_sum_of_squares_double(const double *x, ptrdiff_t count, double mean);

// sums[j] += x[i·stride + j] for each of `rows` rows in turn, j < columns.

void pinion_add_rows_float(
    const float *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, double *sums);
void pinion_add_rows_double(
    const double *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, double *sums);

// sums[j] += (x[i·stride + j] − means[j])², as above.

void pinion_add_squares_float(
    const float *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, const double *means,
    double *sums);
void pinion_add_squares_double(
    const double *x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, const double *means,
    double *sums);

/// to[i·to_stride + j] ← from[j·from_stride + i] for i < rows, j < columns.
void pinion_transpose32(
    const uint32_t *from, ptrdiff_t from_stride, uint32_t *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t columns);
void pinion_transpose64(
    const uint64_t *from, ptrdiff_t from_stride, uint64_t *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t columns);

#endif
