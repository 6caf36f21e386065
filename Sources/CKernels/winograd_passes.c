#include "pinion_kernels.h"
#include "places.h"
#include "wide.h"
#include "winograd_taps.h"
#include "winograd_tiles.h"
#include "winograd_transforms.h"

// The kernel of Winograd's algorithm and its gradient. In C for the reason given with the passes.

/// y = M·x for a column of `from` numbers and a constant matrix M (to, from).
typedef void column_product(const vector16 *x, vector16 *y);

/// Y = M·X·Mᵀ for `n` of the `count` matrices X, with M (to, from) given by `product`:
/// x (from, from, count), y (to, to, count). from · to = 18.
PINION_INLINE void transform_block(
    const float *x, ptrdiff_t from, float *y, ptrdiff_t to, column_product product, ptrdiff_t count,
    ptrdiff_t n) {
  // M·X, (to, from).
  vector16 half[18], column[6], result[6];
  for (ptrdiff_t j = 0; j < from; j++) {
    for (ptrdiff_t i = 0; i < from; i++) column[i] = load16(x + (from * i + j) * count, n);
    product(column, result);
    for (ptrdiff_t i = 0; i < to; i++) half[from * i + j] = result[i];
  }
  for (ptrdiff_t i = 0; i < to; i++) {
    product(half + from * i, result);
    for (ptrdiff_t j = 0; j < to; j++) store16(y + (to * i + j) * count, result[j], n);
  }
}

PINION_INLINE void transform(
    const float *x, ptrdiff_t from, float *y, ptrdiff_t to, column_product product,
    ptrdiff_t count) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    transform_block(x + c, from, y + c, to, product, count, PINION_LANES);
  }
  if (c < count) transform_block(x + c, from, y + c, to, product, count, count - c);
}

/// U = G·g·Gᵀ: kernel (3, 3, count), planes (36, count).
PINION_CLONES
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes) {
  transform(kernel, 3, planes, 6, kernel_1d, count);
}

/// dg = Gᵀ·dU·G: planes (36, count), gradient (3, 3, count).
PINION_CLONES
void pinion_winograd_kernel_gradient(const float *planes, ptrdiff_t count, float *gradient) {
  transform(planes, 6, gradient, 3, kernel_gradient_1d, count);
}

// The passes over tiles of Winograd's algorithm.
//
// In C for wide vectors: compiled for Swift's baseline, the transforms take three times as long,
// and a training step of a convolutional network a third longer. Vectors fill one register, or with
// AVX2 two for 16 numbers, of which the 36 of a tile's column and its transform leave none free:
// with 8 numbers, transforms of 256 channels take 0.7 to 0.8 times as long (Zen 3).
//
// A half-transformed tile, `half`, is aligned to cache lines: its vectors would cross them where
// the stack is not, and transforms take 1.2 to 1.4 times as long. The loops over its lines are not
// unrolled: those of outputs and of gradients of inputs take 1.1 to 1.3 times as long if they are
// (Emerald Rapids).

/// Read instead of inputs and outputs outside the image.
static const float no_values[PINION_LANES];

// clang-format off: the order matters.
#define WIDTH 8
#include "width_vectors.h"
#include "width_taps.h"
#include "winograd_input.h"
#include "winograd_output.h"
#undef WIDTH
#ifdef PINION_AVX512
#define HAS_MASKS
#define WIDTH 16
#include "width_vectors.h"
#include "width_taps.h"
#include "winograd_input.h"
#include "winograd_output.h"
#endif
// clang-format on

/// Defines a pass with the machine's vectors.
#ifdef PINION_AVX512
#define WINOGRAD_PASS(name, tiles, type)                                                           \
  PINION_CLONES                                                                                    \
  static void name##_of_8(const type *pass) { tiles##_8(*pass); }                                  \
  PINION_AVX512                                                                                    \
  static void name##_of_16(const type *pass) { tiles##_16(*pass); }                                \
  void name(const type *pass) {                                                                    \
    if (pinion_panel_columns() > PINION_LANES) {                                                   \
      name##_of_16(pass);                                                                          \
    } else {                                                                                       \
      name##_of_8(pass);                                                                           \
    }                                                                                              \
  }
#else
#define WINOGRAD_PASS(name, tiles, type)                                                           \
  PINION_CLONES                                                                                    \
  void name(const type *pass) { tiles##_8(*pass); }
#endif

WINOGRAD_PASS(pinion_winograd_input, input_tiles, pinion_winograd_input_pass)
WINOGRAD_PASS(
    pinion_winograd_input_gradient, input_gradient_tiles, pinion_winograd_input_gradient_pass)
WINOGRAD_PASS(pinion_winograd_output, output_tiles, pinion_winograd_output_pass)
WINOGRAD_PASS(
    pinion_winograd_output_gradient, output_gradient_tiles, pinion_winograd_output_gradient_pass)
