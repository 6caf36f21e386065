#include "pinion_kernels.h"
#include "places.h"
#include "transpose8.h"

/// Defines a product with a strip of columns that a vector holds, in tiles of ROWS rows, whose sums
/// are twelve registers of AVX2, and then of fewer. The rows of B lie `step` floats apart.
#define PINION_STRIP(VECTOR, ROWS)                                                                 \
  PINION_INLINE void tile_##VECTOR(                                                                \
      ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, ptrdiff_t step,    \
      float *c) {                                                                                  \
    VECTOR sums[ROWS] = {{0}};                                                                     \
    for (ptrdiff_t l = 0; l < k; l++) {                                                            \
      VECTOR row = *(const VECTOR *)(b + l * step);                                                \
      _Pragma("clang loop unroll(full)") for (ptrdiff_t i = 0; i < rows; i++) {                    \
        sums[i] += a[i * k + l] * row;                                                             \
      }                                                                                            \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (ptrdiff_t i = 0; i < rows; i++) {                      \
      *(VECTOR *)(c + i * n) = sums[i];                                                            \
    }                                                                                              \
  }                                                                                                \
  PINION_INLINE void strip_##VECTOR(                                                               \
      ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, ptrdiff_t step,       \
      float *c) {                                                                                  \
    ptrdiff_t i = 0;                                                                               \
    for (; i + ROWS <= m; i += ROWS) tile_##VECTOR(ROWS, n, k, a + i * k, b, step, c + i * n);     \
    _Pragma("clang loop unroll(full)") for (ptrdiff_t rows = 8; rows > 0; rows /= 2) {             \
      if (rows >= ROWS || i + rows > m) continue;                                                  \
      tile_##VECTOR(rows, n, k, a + i * k, b, step, c + i * n);                                    \
      i += rows;                                                                                   \
    }                                                                                              \
  }                                                                                                \
  /* With `strip`, (columns, k), transposed to `scratch`, (k, columns), in the L1 cache. */        \
  PINION_INLINE void transposed_strip_##VECTOR(                                                    \
      ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *strip, float *scratch,   \
      float *c) {                                                                                  \
    enum { width = sizeof(VECTOR) / sizeof(float) };                                               \
    for (ptrdiff_t j = 0; j < width; j += 8) transpose8(strip + j * k, k, scratch + j, width);     \
    strip_##VECTOR(m, n, k, a, scratch, width, c);                                                 \
  }

PINION_STRIP(vector16, 6)
PINION_STRIP(vector8, 12)

/// Without scratch, B is (k, n); with it, (n, k).
PINION_INLINE void small_product_body(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *scratch,
    float *c) {
  // In the order of memory, unlike the strips.
  fetch(a, m * k);
  fetch(b, k * n);
  fetch(c, m * n);
#define STRIP(VECTOR, j)                                                                           \
  (scratch ? transposed_strip_##VECTOR(m, n, k, a, b + (j)*k, scratch, c + (j))                    \
           : strip_##VECTOR(m, n, k, a, b + (j), n, c + (j)))
  ptrdiff_t j = 0;
  for (; j + 16 <= n; j += 16) STRIP(vector16, j);
  // The last columns, with some that are computed twice.
  if (n - j > 8 && n >= 16) {
    STRIP(vector16, n - 16);
  } else if (n > j) {
    if (n - j > 8) STRIP(vector8, 0);
    STRIP(vector8, n - 8);
  }
}

PINION_CLONES
void pinion_small_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  small_product_body(m, n, k, a, b, NULL, c);
}

PINION_CLONES
void pinion_small_transposed_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *scratch,
    float *c) {
  small_product_body(m, n, k, a, b, scratch, c);
}
