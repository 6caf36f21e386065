#ifndef PINION_SHALLOW_KERNELS_H
#define PINION_SHALLOW_KERNELS_H

#include "pinion_windows.h"

// A direct convolution by a kernel of at most `pinion_shallow_limit` rows: the sums of a block of
// outputs stay in registers. Rows of the output are counted through the images.

enum { pinion_shallow_limit = 16 };

/// Floats of scratch memory that both passes need.
ptrdiff_t pinion_shallow_scratch(const pinion_windows *windows, ptrdiff_t filters);

/// Floats of a packed kernel, and of one packed for the images' gradients.
ptrdiff_t pinion_shallow_packed(const pinion_windows *windows, ptrdiff_t filters);
ptrdiff_t pinion_shallow_packed_backward(const pinion_windows *windows, ptrdiff_t filters);

/// Packs a kernel, (kernel_height, kernel_width, channels, filters), in the layout that a pass
/// reads.
void pinion_shallow_pack(
    const pinion_windows *windows, ptrdiff_t filters, const float *kernel, float *packed);
void pinion_shallow_pack_backward(
    const pinion_windows *windows, ptrdiff_t filters, const float *kernel, float *packed);

/// y = f(x ∗ W + bias) for a range of output rows, with f(z) = slope·z where z < 0, else z.
typedef struct {
  pinion_windows windows;
  ptrdiff_t filters, first_row, row_count;
  /// x: (n, height, width, channels).
  const float *images;
  /// W, packed.
  const float *packed;
  /// (filters,), or null.
  const float *bias;
  float slope;
  /// y: (n, output_height, output_width, filters).
  float *output;
  /// (pinion_shallow_scratch,).
  float *scratch;
} pinion_shallow_output_pass;

/// All gradients of `count` images, with dz = dy where y > 0, else slope·dy.
typedef struct {
  pinion_windows windows;
  ptrdiff_t filters, count;
  /// x: (count, height, width, channels).
  const float *images;
  /// W, packed for the images' gradients, or null without them.
  const float *packed;
  /// dy: (count, output_height, output_width, filters).
  const float *gradients;
  /// y, of dy's shape, or null for dz = dy.
  const float *outputs;
  float slope;
  /// dW: (kernel_height, kernel_width, channels, filters): added to.
  float *kernel_gradient;
  /// (filters,), or null: added to.
  float *bias_gradient;
  /// dx, of x's shape, or null: set.
  float *image_gradients;
  /// (pinion_shallow_scratch,).
  float *scratch;
} pinion_shallow_gradients_pass;

void pinion_shallow_output(const pinion_shallow_output_pass *pass);
void pinion_shallow_gradients(const pinion_shallow_gradients_pass *pass);

#endif
