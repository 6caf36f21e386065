#ifndef PINION_STRIDED_WINOGRAD_H
#define PINION_STRIDED_WINOGRAD_H

#include <stddef.h>

/// Where the tiles of a 3 × 3 convolution with a stride of 2 lie on images.
///
/// The output (output_height, output_width, filters) is cut in tiles of 2 × 2 pixels, the last of a
/// row or column reaching over the border where 2 does not divide; the 5 × 5 pixels of the input
/// (height, width, channels) under a tile start pad_top above and pad_left before it. Tiles are
/// counted row by row, then image after image.
typedef struct {
  ptrdiff_t height, width;
  ptrdiff_t output_height, output_width;
  ptrdiff_t pad_top, pad_left;
  /// A range of the tiles.
  ptrdiff_t first, count;
} pinion_strided_tiles;

/// The elements of a transformed tile, and the sums that they are added up to.
enum { pinion_strided_elements = 25, pinion_strided_sums = 9 };

/// V = Bᵀ·d·B: from images (n, height, width, channels) to `elements`, (count, 25, channels) with
/// tiles `stride` floats apart. Inputs outside of the image are zeros.
void pinion_strided_input(
    const pinion_strided_tiles *tiles, ptrdiff_t channels, const float *images, ptrdiff_t stride,
    float *elements);

/// dd += B·dV·Bᵀ: from `elements` to images.
void pinion_strided_input_gradient(
    const pinion_strided_tiles *tiles, ptrdiff_t channels, const float *elements, ptrdiff_t stride,
    float *images);

/// y = f(Aᵀ·M·A + bias), with f(z) = slope·z where z < 0, else z: from `sums`, 9 matrices (count,
/// filters) `plane` floats apart with rows `stride` apart, to images (n, output_height,
/// output_width, filters). `bias`: (filters,), or null.
void pinion_strided_output(
    const pinion_strided_tiles *tiles, ptrdiff_t filters, const float *sums, ptrdiff_t plane,
    ptrdiff_t stride, const float *bias, float slope, float *images);

/// dM = A·dy·Aᵀ: from images to `sums`.
void pinion_strided_output_gradient(
    const pinion_strided_tiles *tiles, ptrdiff_t filters, const float *images, ptrdiff_t plane,
    ptrdiff_t stride, float *sums);

/// One of the elements of U = G·g·Gᵀ for `count` filters' values a pixel: `kernel` (3, 3, count),
/// `transformed` (count,).
void pinion_strided_kernel(
    const float *kernel, ptrdiff_t count, ptrdiff_t element, float *transformed);

/// dg = Gᵀ·dU·G: `elements` (25, count), `gradient` (3, 3, count).
void pinion_strided_kernel_gradient(const float *elements, ptrdiff_t count, float *gradient);

#endif
