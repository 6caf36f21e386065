#ifndef PINION_WINOGRAD_H
#define PINION_WINOGRAD_H

#include <stddef.h>
#include <stdint.h>

#include "pinion_tiles.h"
#include "pinion_windows.h"

// The passes over tiles of a batch of n images, for a 3 × 3 convolution with stride 1: tiles of 4 ×
// 4 outputs y and the 6 × 6 inputs d under them. `planes` hold one matrix for each of the 36
// elements of a transformed tile, a row a tile; matrix k starts at planes + k·plane.

/// A range of the batch's tiles, and the distances in their planes.
typedef struct {
  pinion_tiles block;
  /// Floats from one matrix to the next, and from one row of a matrix to the next.
  ptrdiff_t plane, stride;
} pinion_winograd_tiles;

/// The x or the dz of some images: `count` values a pixel.
typedef struct {
  const float *values;
  /// Where not null, dz = values where outputs > 0, else slope·values.
  const float *outputs;
  float slope;
  ptrdiff_t count;
} pinion_winograd_values;

/// The search of a pass for taps: those by which a channel of x is multiplied by a dz that is not
/// zero in some filter, or a filter of dz by an x that is not zero in some channel.
typedef struct {
  /// The dz, or the x.
  pinion_winograd_values other;
  /// (channels,), or (filters,): a bit for each tap found, and one for values that are not zero
  /// somewhere, are added. Zero before the first pass. Null for no search.
  int32_t *met;
} pinion_winograd_taps;

/// V = Bᵀ·d·B. Inputs outside the image are zeros.
typedef struct {
  pinion_winograd_tiles tiles;
  /// d: (n, height, width, channels).
  const float *images;
  /// V: (36, count, channels).
  float *planes;
  /// (count,), or null: the outputs (i, j) of each tile whose windows hold zeros only, bits 4·i +
  /// j. Null with a search for taps.
  uint64_t *zeros;
  pinion_winograd_taps taps;
} pinion_winograd_input_pass;

/// dd = B·dV·Bᵀ, summed over the tiles of an input in `reached`. Tiles set the inputs that no tile
/// before them has; all tiles of an image in order set all of its inputs.
typedef struct {
  pinion_winograd_tiles tiles;
  /// dV: (36, count, channels).
  const float *planes;
  /// (count,): as in pinion_winograd_output_gradient_pass.
  const uint64_t *reached;
  /// dd: (n, height, width, channels).
  float *images;
} pinion_winograd_input_gradient_pass;

/// y = f(Aᵀ·M·A + bias), with f(z) = slope·z where z < 0, else z; exactly f(bias) in `zeros`.
typedef struct {
  pinion_winograd_tiles tiles;
  ptrdiff_t filters;
  /// M: (36, count, filters).
  const float *planes;
  /// (count,): as in pinion_winograd_input_pass.
  const uint64_t *zeros;
  /// (filters,), or null.
  const float *bias;
  float slope;
  /// y: (n, output_height, output_width, filters).
  float *images;
} pinion_winograd_output_pass;

/// dM = A·dz·Aᵀ, with dz = dy where y > 0, else slope·dy.
typedef struct {
  pinion_winograd_tiles tiles;
  ptrdiff_t filters;
  /// dy: (n, output_height, output_width, filters).
  const float *gradients;
  /// y: (n, output_height, output_width, filters), or null for dz = dy.
  const float *outputs;
  float slope;
  /// (filters,), or null: Σ dz over the tiles' pixels is added.
  float *bias_gradient;
  /// dM: (36, count, filters).
  float *planes;
  /// (count,): the inputs (i, j) of each tile that an output reads whose dz is not zero, bits 6·i +
  /// j.
  uint64_t *reached;
  pinion_winograd_taps taps;
} pinion_winograd_output_gradient_pass;

void pinion_winograd_input(const pinion_winograd_input_pass *pass);
void pinion_winograd_input_gradient(const pinion_winograd_input_gradient_pass *pass);
void pinion_winograd_output(const pinion_winograd_output_pass *pass);
void pinion_winograd_output_gradient(const pinion_winograd_output_gradient_pass *pass);

/// U = G·g·Gᵀ for `count` filters' values a pixel: `kernel` (3, 3, count), `planes` (36, count).
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes);

/// dg = Gᵀ·dU·G: `planes` (36, count), `gradient` (3, 3, count).
void pinion_winograd_kernel_gradient(const float *planes, ptrdiff_t count, float *gradient);

// The elements of a kernel gradient, Σ over n, i, j of x[n, i·s + k − top, j·s + l − left, c] ·
// dz[n, i, j, f] with a stride s, that are exactly zero because each of their products has a zero
// factor. They are found over several calls, each for `count` other images, by searches for a
// product that is not zero. The gradient is (3, 3, channels, filters).

/// Sets the elements of taps that no pass of the images found to zero.
void pinion_winograd_taps_clear(
    const int32_t *channels, ptrdiff_t channel_count, const int32_t *filters,
    ptrdiff_t filter_count, float *gradient);

// The exact search: pairs of a channel and a filter without a nonzero product by a tap.

/// Words of memory that last from call to call, zero before the first.
ptrdiff_t pinion_winograd_zeros_state(ptrdiff_t channels, ptrdiff_t filters);

/// Words of memory for a call.
ptrdiff_t pinion_winograd_zeros_scratch(ptrdiff_t channels, ptrdiff_t filters);

void pinion_winograd_zeros_search(
    const pinion_windows *windows, const pinion_winograd_values *inputs,
    const pinion_winograd_values *gradients, ptrdiff_t count, uint64_t *state, uint64_t *scratch);

/// Sets the elements without a product to zero.
void pinion_winograd_zeros_clear(
    const uint64_t *state, ptrdiff_t channels, ptrdiff_t filters, float *gradient);

#endif
