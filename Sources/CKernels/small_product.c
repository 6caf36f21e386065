#include "pinion_kernels.h"
#include "places.h"
#include "register_transposes.h"

PINION_TRANSPOSE_8X8(transpose_floats, vector8)

/// to[l·step + j] ← from[j·k + l] for j < 8, l < k.
PINION_INLINE void turn8(const float *from, ptrdiff_t k, float *to, ptrdiff_t step) {
  for (ptrdiff_t l = 0; l < k; l += 8) {
    // The last tile, with some rows that are written twice.
    if (l + 8 > k && k >= 8) l = k - 8;
    if (l + 8 <= k) {
      vector8 v[8];
#pragma clang loop unroll(full)
      for (int j = 0; j < 8; j++) v[j] = AT(vector8, from + j * k + l);
      transpose_floats(v);
#pragma clang loop unroll(full)
      for (int i = 0; i < 8; i++) *(vector8 *)(to + (l + i) * step) = v[i];
    } else {
      for (ptrdiff_t i = l; i < k; i++) {
        for (ptrdiff_t j = 0; j < 8; j++) to[i * step + j] = from[j * k + i];
      }
    }
  }
}

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
  /* With `strip`, (columns, k), transposed to `scratch`, (k, columns), in the first cache. */     \
  PINION_INLINE void turned_strip_##VECTOR(                                                        \
      ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *strip, float *scratch,   \
      float *c) {                                                                                  \
    enum { width = sizeof(VECTOR) / sizeof(float) };                                               \
    for (ptrdiff_t j = 0; j < width; j += 8) turn8(strip + j * k, k, scratch + j, width);          \
    strip_##VECTOR(m, n, k, a, scratch, width, c);                                                 \
  }

PINION_STRIP(vector16, 6)
PINION_STRIP(vector8, 12)

PINION_INLINE void fetch(const float *from, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += PINION_LANES) __builtin_prefetch(from + i);
}

/// Without scratch, B is (k, n); with it, (n, k).
PINION_INLINE void small_product_body(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *scratch,
    float *c) {
  // In the order of memory, unlike the strips.
  fetch(a, m * k);
  fetch(b, k * n);
  fetch(c, m * n);
#define STRIP(VECTOR, j)                                                                           \
  (scratch ? turned_strip_##VECTOR(m, n, k, a, b + (j)*k, scratch, c + (j))                        \
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
