#include "pinion_kernels.h"
#include "winograd_transforms.h"

// The kernel's side of Winograd's algorithm. In C for the reason given in winograd_input.c.

/// U = G·g·Gᵀ for `n` of the `count` values a pixel: kernel (3, 3, count), planes (36, count).
PINION_INLINE void kernel_block(const float *kernel, ptrdiff_t count, float *planes, ptrdiff_t n) {
  vector16 half[18], g[3], u[6];
  for (ptrdiff_t j = 0; j < 3; j++) {
    for (ptrdiff_t i = 0; i < 3; i++) g[i] = load16(kernel + (3 * i + j) * count, n);
    kernel_1d(g, u);
    for (ptrdiff_t i = 0; i < 6; i++) half[3 * i + j] = u[i];
  }
  for (ptrdiff_t i = 0; i < 6; i++) {
    kernel_1d(half + 3 * i, u);
    for (ptrdiff_t j = 0; j < 6; j++) store16(planes + (6 * i + j) * count, u[j], n);
  }
}

PINION_CLONES
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    kernel_block(kernel + c, count, planes + c, PINION_LANES);
  }
  if (c < count) kernel_block(kernel + c, count, planes + c, count - c);
}

/// dg = Gᵀ·dU·G for `n` of the `count` values a pixel: planes (36, count), gradient (3, 3, count).
PINION_INLINE void kernel_gradient_block(
    const float *planes, ptrdiff_t count, float *gradient, ptrdiff_t n) {
  vector16 half[18], u[6], g[3];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) u[i] = load16(planes + (6 * i + j) * count, n);
    kernel_gradient_1d(u, g);
    for (ptrdiff_t i = 0; i < 3; i++) half[6 * i + j] = g[i];
  }
  for (ptrdiff_t i = 0; i < 3; i++) {
    kernel_gradient_1d(half + 6 * i, g);
    for (ptrdiff_t j = 0; j < 3; j++) store16(gradient + (3 * i + j) * count, g[j], n);
  }
}

PINION_CLONES
void pinion_winograd_kernel_gradient(const float *planes, ptrdiff_t count, float *gradient) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    kernel_gradient_block(planes + c, count, gradient + c, PINION_LANES);
  }
  if (c < count) kernel_gradient_block(planes + c, count, gradient + c, count - c);
}
