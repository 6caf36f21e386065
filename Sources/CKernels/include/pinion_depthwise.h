#ifndef PINION_DEPTHWISE_KERNELS_H
#define PINION_DEPTHWISE_KERNELS_H

#include "pinion_windows.h"

// A depthwise convolution: each channel c has `multiplier` kernels of its own, whose outputs are
// the channels c·multiplier + k. There are outputs = channels · multiplier of them. Rows of the
// output are counted through the images. Windows have a stride or a dilation in each direction, not
// both.

/// Floats of scratch memory that both passes need.
ptrdiff_t pinion_depthwise_scratch(const pinion_windows *windows, ptrdiff_t multiplier);

/// y = f(x ∗ W + bias) for a range of output rows, with f(z) = slope·z where z < 0, else z.
typedef struct {
  pinion_windows windows;
  ptrdiff_t multiplier, first_row, row_count;
  /// x: (n, height, width, channels).
  const float *images;
  /// W: (kernel_height, kernel_width, channels, multiplier).
  const float *kernel;
  /// (outputs,), or null.
  const float *bias;
  float slope;
  /// y of these rows: (row_count, output_width, outputs).
  float *output;
  /// (pinion_depthwise_scratch,).
  float *scratch;
} pinion_depthwise_output_pass;

/// The gradients of `count` images.
typedef struct {
  pinion_windows windows;
  ptrdiff_t multiplier, count;
  /// x: (count, height, width, channels).
  const float *images;
  /// W: (kernel_height, kernel_width, channels, multiplier).
  const float *kernel;
  /// dz: (count, output_height, output_width, outputs).
  const float *gradients;
  /// dW, of W's shape, or null: added to.
  float *kernel_gradient;
  /// dx, of x's shape, or null: written.
  float *image_gradients;
  /// (pinion_depthwise_scratch,).
  float *scratch;
} pinion_depthwise_gradients_pass;

void pinion_depthwise_output(const pinion_depthwise_output_pass *pass);
void pinion_depthwise_gradients(const pinion_depthwise_gradients_pass *pass);

#endif
