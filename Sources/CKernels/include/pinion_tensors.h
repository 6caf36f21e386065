#ifndef PINION_TENSORS_H
#define PINION_TENSORS_H

#include <stddef.h>
#include <stdint.h>

// Loops of tensor operations. In C for wide vectors, which a Swift package cannot enable: with
// SSE2, column sums take 5 times as long as NumPy's, and the Swift compiler turns selections
// between numbers into branches.

/// Declares result[i] ← f(left[i·left_step], right[i·right_step]) for `count` elements. Steps are 0
/// or 1. The result may be an operand's memory if that operand's step is 1.
#define PINION_DECLARE_PAIRS(NAME, TYPE, RESULT)                                                   \
  void NAME(                                                                                       \
      const TYPE *left, ptrdiff_t left_step, const TYPE *right, ptrdiff_t right_step,              \
      RESULT *result, ptrdiff_t count);

PINION_DECLARE_PAIRS(pinion_add_float, float, float)
PINION_DECLARE_PAIRS(pinion_add_double, double, double)
PINION_DECLARE_PAIRS(pinion_subtract_float, float, float)
PINION_DECLARE_PAIRS(pinion_subtract_double, double, double)
PINION_DECLARE_PAIRS(pinion_multiply_float, float, float)
PINION_DECLARE_PAIRS(pinion_multiply_double, double, double)
PINION_DECLARE_PAIRS(pinion_divide_float, float, float)
PINION_DECLARE_PAIRS(pinion_divide_double, double, double)

// NaN if either is.
PINION_DECLARE_PAIRS(pinion_maximum_float, float, float)
PINION_DECLARE_PAIRS(pinion_maximum_double, double, double)
PINION_DECLARE_PAIRS(pinion_minimum_float, float, float)
PINION_DECLARE_PAIRS(pinion_minimum_double, double, double)

/// With the sign of the divisor.
PINION_DECLARE_PAIRS(pinion_remainder_float, float, float)

// 1 if true, else 0.
PINION_DECLARE_PAIRS(pinion_less_float, float, uint8_t)
PINION_DECLARE_PAIRS(pinion_less_double, double, uint8_t)
PINION_DECLARE_PAIRS(pinion_less_or_equal_float, float, uint8_t)
PINION_DECLARE_PAIRS(pinion_less_or_equal_double, double, uint8_t)
PINION_DECLARE_PAIRS(pinion_equal_float, float, uint8_t)
PINION_DECLARE_PAIRS(pinion_equal_double, double, uint8_t)
PINION_DECLARE_PAIRS(pinion_unequal_float, float, uint8_t)
PINION_DECLARE_PAIRS(pinion_unequal_double, double, uint8_t)

// Bitwise.
PINION_DECLARE_PAIRS(pinion_and, uint8_t, uint8_t)
PINION_DECLARE_PAIRS(pinion_or, uint8_t, uint8_t)
PINION_DECLARE_PAIRS(pinion_xor, uint8_t, uint8_t)

// y[i] ← x[i] clamped to low…high; NaN stays NaN.

void pinion_clip_float(const float *x, ptrdiff_t count, float low, float high, float *y);
void pinion_clip_double(const double *x, ptrdiff_t count, double low, double high, double *y);

// 1 for numbers that are neither NaN nor infinite, else 0.

void pinion_finite_float(const float *x, ptrdiff_t count, uint8_t *result);
void pinion_finite_double(const double *x, ptrdiff_t count, uint8_t *result);

/// Declares result[i] ← mask[i] ? first[i·first_step] : second[i·second_step]. Steps are 0 or 1.
#define PINION_DECLARE_SELECT(NAME, TYPE)                                                          \
  void NAME(                                                                                       \
      const uint8_t *mask, const TYPE *first, ptrdiff_t first_step, const TYPE *second,            \
      ptrdiff_t second_step, TYPE *result, ptrdiff_t count);

PINION_DECLARE_SELECT(pinion_select8, uint8_t)
PINION_DECLARE_SELECT(pinion_select32, uint32_t)
PINION_DECLARE_SELECT(pinion_select64, uint64_t)

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

// Writes each of `rows` rows of `count` numbers in ascending order, −0 before 0 and NaN last, or in
// the reverse order, to y, which may be x. `scratch` holds pinion_sort_capacity(count) keys. In C
// for vectorized sorting networks: a radix sort takes two to four times as long.

void pinion_sort_float(
    const float *x, ptrdiff_t rows, ptrdiff_t count, int descends, float *y, int32_t *scratch);
void pinion_sort_double(
    const double *x, ptrdiff_t rows, ptrdiff_t count, int descends, double *y, int64_t *scratch);
void pinion_sort_int32(
    const int32_t *x, ptrdiff_t rows, ptrdiff_t count, int descends, int32_t *y, int32_t *scratch);

ptrdiff_t pinion_sort_capacity(ptrdiff_t count);

/// Copies `rows` rows of `size` bytes, whose starts are at distances in bytes. In C, since rows of
/// some hundred bytes take half the time of the C library's memcpy.
void pinion_copy_rows(
    const void *from, ptrdiff_t from_stride, void *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t size);

/// C ← A·B of row-major matrices without gaps: (m, k)·(k, n) with n ≥ 8. In C, since OpenBLAS
/// copies its operands first, which takes most of the time of a product of 10×10 matrices.
void pinion_small_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c);

/// C ← A·Bᵀ, as above: (m, k)·(n, k)ᵀ. `scratch` holds 16·k floats.
void pinion_small_transposed_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *scratch,
    float *c);

/// Whether the processor has AVX-512, which the product below needs.
int pinion_has_wide_product(void);

/// C ← A·B of row-major matrices without gaps: (m, k)·(k, n).
void pinion_wide_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c);

/// to[2·i] ← first[i], to[2·i + 1] ← second[i]. In C, since two copies with a stride take three
/// times as long.
void pinion_interleave32(
    const uint32_t *first, const uint32_t *second, ptrdiff_t count, uint32_t *to);

/// The minimum and the maximum of `count` ≥ 1 numbers.
void pinion_range_int32(
    const int32_t *x, ptrdiff_t count, int32_t *least_of_all, int32_t *greatest);

/// to[positions[i]] += values[i], one after another. In C, to prefetch the elements of later
/// positions.
void pinion_scatter_add_float(
    const float *values, const int32_t *positions, ptrdiff_t count, float *to);

#endif
