#include "pinion_kernels.h"
#include "places.h"
#include "transpose8.h"
#include "wide.h"

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
    for (ptrdiff_t j = 0; j < width; j += 8) transpose8(strip + j * k, k, k, scratch + j, width);  \
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

// Products of matrices as they are in memory, in tiles of 12 × 32 sums, 24 of the 32 registers of
// AVX-512. The rows of tiles are the outer loop, so that A is read once and B stays in the cache.
// OpenBLAS 0.3.21 takes 1.1 times as long for 16 × 16 × 16, and for 128 to 512 rows, columns and
// terms 1.05 to 1.3 times (Zen 5).

#ifdef PINION_AVX512

enum { most_rows = 12 };

/// C at some rows, and at the columns of one or two vectors.
PINION_WIDE void tile(
    ptrdiff_t rows, ptrdiff_t vectors, ptrdiff_t columns, ptrdiff_t n, ptrdiff_t k, const float *a,
    const float *b, float *c) {
  vector16 sums[most_rows][2] = {{{0}}};
  ptrdiff_t last = vectors - 1;
  __mmask16 mask = first_lanes(columns - last * PINION_LANES);
  for (ptrdiff_t l = 0; l < k; l++, b += n) {
    vector16 terms[2] = {{0}};
    if (vectors == 2) terms[0] = *(const vector16 *)b;
    terms[last] = _mm512_maskz_loadu_ps(mask, b + last * PINION_LANES);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (ptrdiff_t v = 0; v < vectors; v++) sums[i][v] += a[i * k + l] * terms[v];
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++, c += n) {
    if (vectors == 2) *(vector16 *)c = sums[i][0];
    _mm512_mask_storeu_ps(c + last * PINION_LANES, mask, sums[i][last]);
  }
}

PINION_WIDE void row_of_tiles(
    ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  ptrdiff_t j = 0;
  // With a compile-time number of columns, so that loads are not masked.
  for (; j + 2 * PINION_LANES <= n; j += 2 * PINION_LANES) {
    tile(rows, 2, 2 * PINION_LANES, n, k, a, b + j, c + j);
  }
  if (n - j > PINION_LANES) {
    tile(rows, 2, n - j, n, k, a, b + j, c + j);
  } else if (n > j) {
    tile(rows, 1, n - j, n, k, a, b + j, c + j);
  }
}

PINION_AVX512
static void product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  // In the order of memory, unlike the tiles: a fifth faster for a batch of 10 × 10 matrices.
  if (m * k + k * n + m * n <= 1024) {
    fetch(a, m * k);
    fetch(b, k * n);
    fetch(c, m * n);
  }
  // Of nearly equally many rows.
  for (ptrdiff_t tiles = (m + most_rows - 1) / most_rows; tiles > 0; tiles--) {
    ptrdiff_t count = (m + tiles - 1) / tiles;
    // With a compile-time number of rows, so that the sums stay in registers.
#pragma clang loop unroll(full)
    for (ptrdiff_t rows = 1; rows <= most_rows; rows++) {
      if (count == rows) row_of_tiles(rows, n, k, a, b, c);
    }
    m -= count, a += count * k, c += count * n;
  }
}

int pinion_has_wide_product(void) { return __builtin_cpu_supports("x86-64-v4") != 0; }

void pinion_wide_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  product(m, n, k, a, b, c);
}
#else
int pinion_has_wide_product(void) { return 0; }

void pinion_wide_product(
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  pinion_small_product(m, n, k, a, b, c);
}
#endif
