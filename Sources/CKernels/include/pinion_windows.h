#ifndef PINION_WINDOWS_H
#define PINION_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

/// Where the windows of a convolution or a pooling lie on an image (height, width, channels): the one of output
/// row i and column j starts at input row i·stride_height − pad_top and column j·stride_width − pad_left.
typedef struct {
  ptrdiff_t height, width, channels;
  ptrdiff_t output_height, output_width;
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t stride_height, stride_width;
  ptrdiff_t pad_top, pad_left;
} pinion_windows;

/// Copies the windows of some output rows, counted through the images, into rows of a matrix: (row_count · output_width,
/// kernel_height · kernel_width · channels); zeros stand for what lies outside.
void pinion_gather_columns(
    const pinion_windows *windows, const float *images, ptrdiff_t first_row, ptrdiff_t row_count,
    float *columns);

/// Adds the rows of such a matrix to the places in the images that they came from.
void pinion_scatter_columns(
    const pinion_windows *windows, const float *columns, ptrdiff_t first_row, ptrdiff_t row_count,
    float *images);

/// The largest value of each window and, unless `origins` is null, its place: kernel row · kernel width + kernel
/// column.
///
/// Images (n, height, width, channels); output and origins (n, output_height, output_width, channels). Of equal values
/// the first counts. NaN counts as the largest, the first of several.
void pinion_max_pool(
    const pinion_windows *windows, const float *images, ptrdiff_t count, float *output,
    uint16_t *origins);

/// The gradient of the images: dy where the largest value stood, summed where windows overlap, else 0.
void pinion_max_pool_gradient(
    const pinion_windows *windows, const float *gradients, const uint16_t *origins,
    ptrdiff_t count, float *images);

// A convolution whose kernel rows hold few values (kernel_width · channels ≤ pinion_shallow_limit): the sums of some
// pixels stay in registers. Kernels (kernel_height, kernel_width, channels, filters); output
// (n, output_height, output_width, filters); rows of the output are counted through the images.

enum { pinion_shallow_limit = 16 };

/// Floats of scratch memory for the functions below.
ptrdiff_t pinion_shallow_scratch(const pinion_windows *windows, ptrdiff_t filters);

/// y = f(x ∗ W + bias), with f(z) = slope·z where z < 0, else z. `bias`: (filters,), or null.
void pinion_shallow_output(
    const pinion_windows *windows, const float *images, const float *kernel, const float *bias,
    float slope, ptrdiff_t filters, ptrdiff_t first_row, ptrdiff_t row_count, float *output,
    float *scratch);

/// All gradients of `count` images, with dz = dy where y > 0, else slope·dy, or dz = dy if `outputs` is null.
///
/// Adds to the kernel's gradient and to the bias's, (filters,), unless that is null, and to the images' gradient, unless
/// that is null.
void pinion_shallow_gradients(
    const pinion_windows *windows, const float *images, const float *kernel,
    const float *gradients, const float *outputs, float slope, ptrdiff_t filters, ptrdiff_t count,
    float *kernel_gradient, float *bias_gradient, float *image_gradients, float *scratch);

#endif
