#include "pinion_kernels.h"
#include "vector16.h"

typedef float vector8 __attribute__((vector_size(32), aligned(4)));

/// Defines a product with a strip of columns that a vector holds, in tiles of ROWS rows, whose sums
/// are twelve registers of AVX2, and then of fewer.
#define PINION_STRIP(VECTOR, ROWS)                                                                 \
  PINION_INLINE void tile_##VECTOR(                                                                \
      ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {        \
    VECTOR sums[ROWS] = {{0}};                                                                     \
    for (ptrdiff_t l = 0; l < k; l++) {                                                            \
      VECTOR row = *(const VECTOR *)(b + l * n);                                                   \
      _Pragma("clang loop unroll(full)") for (ptrdiff_t i = 0; i < rows; i++) {                    \
        sums[i] += a[i * k + l] * row;                                                             \
      }                                                                                            \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (ptrdiff_t i = 0; i < rows; i++) {                      \
      *(VECTOR *)(c + i * n) = sums[i];                                                            \
    }                                                                                              \
  }                                                                                                \
  PINION_INLINE void strip_##VECTOR(                                                               \
      ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {           \
    ptrdiff_t i = 0;                                                                               \
    for (; i + ROWS <= m; i += ROWS) tile_##VECTOR(ROWS, n, k, a + i * k, b, c + i * n);           \
    _Pragma("clang loop unroll(full)") for (ptrdiff_t rows = 8; rows > 0; rows /= 2) {             \
      if (rows >= ROWS || i + rows > m) continue;                                                  \
      tile_##VECTOR(rows, n, k, a + i * k, b, c + i * n);                                          \
      i += rows;                                                                                   \
    }                                                                                              \
  }

PINION_STRIP(vector16, 6)
PINION_STRIP(vector8, 12)

PINION_INLINE void fetch(const float *from, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += PINION_LANES) __builtin_prefetch(from + i);
}

PINION_INLINE void small_product_body(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  // In the order of memory, unlike the strips.
  fetch(a, m * k);
  fetch(b, k * n);
  fetch(c, m * n);
  ptrdiff_t j = 0;
  for (; j + 16 <= n; j += 16) strip_vector16(m, n, k, a, b + j, c + j);
  // The last columns, with some that are computed twice.
  if (n - j > 8 && n >= 16) {
    strip_vector16(m, n, k, a, b + n - 16, c + n - 16);
  } else if (n > j) {
    if (n - j > 8) strip_vector8(m, n, k, a, b, c);
    strip_vector8(m, n, k, a, b + n - 8, c + n - 8);
  }
}

PINION_CLONES
void pinion_small_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  small_product_body(m, n, k, a, b, c);
}
