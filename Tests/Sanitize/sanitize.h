#ifndef PINION_SANITIZE_H
#define PINION_SANITIZE_H

// What the checks of the C kernels share: random shapes, memory of exactly the size that a kernel
// may touch, so that the address sanitizer sees the first float behind it, and comparisons with
// plain loops in double precision.

#include <stddef.h>
#include <stdint.h>

#include "pinion_kernels.h"

/// A number in low…high; the same sequence at every run.
ptrdiff_t between(ptrdiff_t low, ptrdiff_t high);

/// Starts the sequence of a case.
void seed(uint64_t number);

/// `count` floats of memory whose end is the allocation's: random ones in −1…1, or zeros. Anywhere
/// in a cache line, as views are.
float *random_floats(ptrdiff_t count);
float *zero_floats(ptrdiff_t count);

/// Random ones in −s…s with s = 1/√terms, so that sums of as many products with numbers in −1…1,
/// and what rounding adds to them, do not grow with `terms`.
float *random_factors(ptrdiff_t count, ptrdiff_t terms);

/// `count` doubles, all zero.
double *zero_doubles(ptrdiff_t count);

/// `bytes` of memory, all zero.
void *zero_bytes(ptrdiff_t bytes);

/// Frees all of the above.
void free_all(void);

/// Ends the program with a message unless all numbers are within 2⁻²⁴·`roundings` of 1 +
/// |expected|.
void expect(
    const char *what, const float *found, const double *expected, ptrdiff_t count,
    double roundings);

/// Ends the program with a message unless a condition holds.
void require_that(const char *what, int holds);

/// Random windows that fit their image.
pinion_windows random_windows(
    ptrdiff_t largest_height, ptrdiff_t largest_width, ptrdiff_t largest_stride,
    ptrdiff_t largest_dilation, ptrdiff_t channels);

/// The place in the images of a window's pixel, −1 outside.
ptrdiff_t pixel_of(
    const pinion_windows *w, ptrdiff_t image, ptrdiff_t i, ptrdiff_t j, ptrdiff_t k, ptrdiff_t l);

/// A convolution of some groups of channels in double precision: y = x ∗ W + bias (or null), before
/// any activation. W: (kernel_height, kernel_width, channels / groups, filters).
void plain_convolution(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t count,
    const float *kernel, const float *bias, ptrdiff_t filters, double *output);

/// Its gradients by the kernel, the bias and the images.
void plain_gradients(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t count,
    const float *kernel, const double *gradients, ptrdiff_t filters, double *kernel_gradient,
    double *bias_gradient, double *image_gradients);

/// slope·z below zero.
double plain_rectified(double z, double slope);

void check_activations(void);
void check_units(void);
void check_softmax(void);
void check_rows(void);
void check_each_row(void);
void check_columns(void);
void check_placed_columns(void);
void check_pooling(void);
void check_average_pooling(void);
void check_shallow(void);
void check_depthwise(void);
void check_winograd(void);
void check_strided_winograd(void);
void check_elementwise(void);
void check_training_steps(void);
void check_dropout(void);
void check_normalization(void);
void check_elementary(void);
void check_pairs(void);
void check_reductions(void);
void check_transposes(void);
void check_sorts(void);
void check_copies(void);
void check_small_products(void);
void check_panels(void);
void check_transposed_product(void);
void check_positions(void);
void check_remainders(void);

#endif
