#ifndef PINION_STRIDED_WINOGRAD_H
#define PINION_STRIDED_WINOGRAD_H

#include <stddef.h>

#include "pinion_tiles.h"
#include "pinion_winograd.h"

// The passes over tiles of a batch of n images, for a 3 × 3 convolution with a stride of 2: tiles
// of 2 × 2 outputs y and the 5 × 5 inputs d under them.

/// The elements of a transformed tile, and the sums that they are added up to.
enum { pinion_strided_elements = 25, pinion_strided_sums = 9 };

/// V = Bᵀ·d·B: from images (n, height, width, channels) to `elements`, (count, 25, channels) with
/// tiles `stride` floats apart. Inputs outside of the image are zeros. `taps`: the search of the
/// pass; null for none.
void pinion_strided_input(
    const pinion_tiles *tiles, const float *images, ptrdiff_t stride, float *elements,
    const pinion_winograd_taps *taps);

/// dd += B·dV·Bᵀ: from `elements` to images.
void pinion_strided_input_gradient(
    const pinion_tiles *tiles, const float *elements, ptrdiff_t stride, float *images);

/// y = f(Aᵀ·M·A + bias), with f(z) = slope·z where z < 0, else z: from `sums`, 9 matrices (count,
/// filters) `plane` floats apart with rows `stride` apart, to images (n, output_height,
/// output_width, filters). `bias`: (filters,), or null.
void pinion_strided_output(
    const pinion_tiles *tiles, ptrdiff_t filters, const float *sums, ptrdiff_t plane,
    ptrdiff_t stride, const float *bias, float slope, float *images);

/// dM = A·dy·Aᵀ: from images to `sums`.
void pinion_strided_output_gradient(
    const pinion_tiles *tiles, ptrdiff_t filters, const float *images, ptrdiff_t plane,
    ptrdiff_t stride, float *sums, const pinion_winograd_taps *taps);

/// One of the elements of U = G·g·Gᵀ for `count` filters' values a pixel: `kernel` (3, 3, count),
/// `transformed` (count,).
void pinion_strided_kernel(
    const float *kernel, ptrdiff_t count, ptrdiff_t element, float *transformed);

/// dg = Gᵀ·dU·G: `elements` (25, count), `gradient` (3, 3, count).
void pinion_strided_kernel_gradient(const float *elements, ptrdiff_t count, float *gradient);

#endif
