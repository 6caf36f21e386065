#ifndef PINION_WINDOWS_H
#define PINION_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

/// Where the windows of a convolution or a pooling lie on an image (height, width, channels): the
/// one of output row i and column j starts at input row i·stride_height − pad_top and column
/// j·stride_width − pad_left; its rows and columns are dilation_height and dilation_width pixels
/// apart. Poolings take dilations of 1 only, and so do kernels that do not say otherwise.
typedef struct {
  ptrdiff_t height, width, channels;
  ptrdiff_t output_height, output_width;
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t stride_height, stride_width;
  ptrdiff_t pad_top, pad_left;
  ptrdiff_t dilation_height, dilation_width;
} pinion_windows;

/// im2col: copies the windows of some output rows, counted through the images, to the rows of a
/// matrix (row_count · output_width, groups, kernel_height · kernel_width · channels / groups).
/// Pixels outside the image are zeros. Takes any dilation.
void pinion_gather_columns(
    const pinion_windows *windows, ptrdiff_t groups, const float *images, ptrdiff_t first_row,
    ptrdiff_t row_count, float *columns);

/// col2im: adds the rows of such a matrix to the pixels that they came from.
void pinion_scatter_columns(
    const pinion_windows *windows, ptrdiff_t groups, const float *columns, ptrdiff_t first_row,
    ptrdiff_t row_count, float *images);

/// The same for one group of windows that do not overlap, dilation 1: writes the rows of the images
/// down to the next windows, 0 between the windows.
void pinion_place_columns(
    const pinion_windows *windows, const float *columns, ptrdiff_t first_row, ptrdiff_t row_count,
    float *images);

/// The largest value of each window and, unless `origins` is null, its place: kernel row · kernel
/// width + kernel column.
///
/// Images (n, height, width, channels); output and origins (n, output_height, output_width,
/// channels). Of equal values the first counts. NaN counts as the largest, the first of several.
void pinion_max_pool(
    const pinion_windows *windows, const float *images, ptrdiff_t count, float *output,
    uint16_t *origins);

/// The gradient of the images: dy at each window's largest value, summed where windows overlap,
/// else 0.
void pinion_max_pool_gradient(
    const pinion_windows *windows, const float *gradients, const uint16_t *origins, ptrdiff_t count,
    float *images);

/// The mean of each window's pixels, those inside the image, and its gradient: dy divided by their
/// number, summed where windows overlap. Shapes as above.
void pinion_average_pool(
    const pinion_windows *windows, const float *images, ptrdiff_t count, float *output);
void pinion_average_pool_gradient(
    const pinion_windows *windows, const float *gradients, ptrdiff_t count, float *images);

#endif
