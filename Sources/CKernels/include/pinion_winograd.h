#ifndef PINION_WINOGRAD_H
#define PINION_WINOGRAD_H

#include <stddef.h>

/// Where the tiles of a 3 × 3 convolution with stride 1 lie on an image.
///
/// The output (output_height, output_width, filters) is cut in tiles of 4 × 4 pixels, the last of a row or column
/// reaching over the border where 4 does not divide; the 6 × 6 pixels of the input (height, width, channels) under a
/// tile start pad_top above and pad_left before it. Tiles are counted row by row, then image after image.
typedef struct {
  ptrdiff_t height, width;
  ptrdiff_t output_height, output_width;
  ptrdiff_t pad_top, pad_left;
} pinion_winograd_geometry;

// Buffers below: images (n, height, width, channels) or (n, output_height, output_width, filters), of which tiles are
// counted from the first on; planes (36, count, channels or filters), one for each of the 6 × 6 transformed pixels,
// that lie `plane` floats apart.

/// V = Bᵀ·d·B for `count` tiles from `first` on; what lies outside the image is zero.
void pinion_winograd_input(
    const pinion_winograd_geometry *geometry, const float *images, ptrdiff_t channels,
    ptrdiff_t first, ptrdiff_t count, float *planes, ptrdiff_t plane);

/// y = f(Aᵀ·M·A + bias), with f(z) = slope·z where z < 0, else z. `bias`: (filters,), or null.
void pinion_winograd_output(
    const pinion_winograd_geometry *geometry, const float *planes, ptrdiff_t plane,
    ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, const float *bias, float slope,
    float *images);

/// dM = A·dz·Aᵀ, with dz = dy where y > 0, else slope·dy, or dz = dy if `outputs` is null.
///
/// Adds Σ dz over the tiles' pixels to `bias_gradient`, (filters,), unless that is null.
void pinion_winograd_output_gradient(
    const pinion_winograd_geometry *geometry, const float *gradients, const float *outputs,
    float slope, ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, float *bias_gradient,
    float *planes, ptrdiff_t plane);

/// Adds B·dV·Bᵀ to the image gradients.
void pinion_winograd_input_gradient(
    const pinion_winograd_geometry *geometry, const float *planes, ptrdiff_t plane,
    ptrdiff_t channels, ptrdiff_t first, ptrdiff_t count, float *images);

/// U = G·g·Gᵀ for `count` filters' values a pixel: `kernel` (3, 3, count), `planes` (36, count).
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes);

/// dg = Gᵀ·dU·G, or added to what is there: `planes` (36, count), `gradient` (3, 3, count).
void pinion_winograd_kernel_gradient(
    const float *planes, ptrdiff_t count, int accumulates, float *gradient);

#endif
