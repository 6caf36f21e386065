#ifndef PINION_WINOGRAD_H
#define PINION_WINOGRAD_H

#include <stddef.h>
#include <stdint.h>

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
///
/// `zeros`: (count,), or null: bits 4·i + j of the outputs (i, j) of each tile under whose windows all inputs are zero.
void pinion_winograd_input(
    const pinion_winograd_geometry *geometry, const float *images, ptrdiff_t channels,
    ptrdiff_t first, ptrdiff_t count, float *planes, ptrdiff_t plane, uint64_t *zeros);

/// y = f(Aᵀ·M·A + bias), with f(z) = slope·z where z < 0, else z; f(bias) at the outputs in `zeros`, without rounding.
///
/// `bias`: (filters,), or null.
void pinion_winograd_output(
    const pinion_winograd_geometry *geometry, const float *planes, ptrdiff_t plane,
    ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, const uint64_t *zeros, const float *bias,
    float slope, float *images);

/// dM = A·dz·Aᵀ, with dz = dy where y > 0, else slope·dy, or dz = dy if `outputs` is null.
///
/// Adds Σ dz over the tiles' pixels to `bias_gradient`, (filters,), unless that is null. `reached`: (count,), bits
/// 6·i + j of the inputs (i, j) of each tile that an output reads whose dz is not zero.
void pinion_winograd_output_gradient(
    const pinion_winograd_geometry *geometry, const float *gradients, const float *outputs,
    float slope, ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, float *bias_gradient,
    float *planes, ptrdiff_t plane, uint64_t *reached);

/// Adds B·dV·Bᵀ to the image gradients of the inputs in `reached`.
void pinion_winograd_input_gradient(
    const pinion_winograd_geometry *geometry, const float *planes, ptrdiff_t plane,
    ptrdiff_t channels, ptrdiff_t first, ptrdiff_t count, const uint64_t *reached, float *images);

/// U = G·g·Gᵀ for `count` filters' values a pixel: `kernel` (3, 3, count), `planes` (36, count).
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes);

/// dg = Gᵀ·dU·G: `planes` (36, count), `gradient` (3, 3, count).
void pinion_winograd_kernel_gradient(const float *planes, ptrdiff_t count, float *gradient);

// The elements of a kernel gradient, Σ over n, i, j of x[n, i + k − top, j + l − left, c] · dz[n, i, j, f], all of whose
// products have a factor that is zero, and which are therefore exactly zero. Found over several calls, each for `count`
// images of its own, by searches for one product that is not. The gradient is (3, 3, channels, filters).

/// The x or the dz of some images: `count` values a pixel.
typedef struct {
  const float *values;
  /// Where not null, dz = values where outputs > 0, else slope·values.
  const float *outputs;
  float slope;
  ptrdiff_t count;
} pinion_winograd_values;

// Quickly: taps by which a channel meets only outputs all of whose dz are zero, or a filter only inputs that hold nothing.
// `channels` and `filters` hold a bit for each tap that met more, and are zero before the first call.

void pinion_winograd_taps_search(
    const pinion_winograd_geometry *geometry, const pinion_winograd_values *inputs,
    const pinion_winograd_values *gradients, ptrdiff_t count, int32_t *channels,
    int32_t *filters);

/// Sets the elements of such taps to zero.
void pinion_winograd_taps_clear(
    const int32_t *channels, ptrdiff_t channel_count, const int32_t *filters,
    ptrdiff_t filter_count, float *gradient);

// Exactly: pairs of a channel and a filter that never meet by a tap.

/// Words of memory that last from call to call, zero before the first.
ptrdiff_t pinion_winograd_zeros_state(ptrdiff_t channels, ptrdiff_t filters);

/// Words of memory for a call.
ptrdiff_t pinion_winograd_zeros_scratch(ptrdiff_t channels, ptrdiff_t filters);

void pinion_winograd_zeros_search(
    const pinion_winograd_geometry *geometry, const pinion_winograd_values *inputs,
    const pinion_winograd_values *gradients, ptrdiff_t count, uint64_t *state, uint64_t *scratch);

/// Sets the elements without a product to zero.
void pinion_winograd_zeros_clear(
    const uint64_t *state, ptrdiff_t channels, ptrdiff_t filters, float *gradient);

#endif
