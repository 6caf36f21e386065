#include "pinion_kernels.h"
#include "product_tiles.h"

// Products of two matrices that are read in place, of some 10 to 100 rows: those of Winograd's
// algorithm for the gradients of kernels. OpenBLAS's for AVX2 copy both matrices each time, and
// take 1.2 to 1.5 times as long with 64 rows and 24 to 256 columns each (Zen 3).
//
// Rows at distances that are multiples of 512 bytes conflict in the first cache; 64 bytes more
// avoid it.

// Twelve of the 16 registers of AVX2 hold a tile's sums.
enum { most_rows = 6, unrolled_terms = 4 };

/// Adds the outer product of a row of A and a row of B.
PINION_INLINE void add_row(vector16 *sums, ptrdiff_t rows, const float *a, const float *b) {
  vector16 terms = *(const vector16 *)b;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) sums[i] += a[i] * terms;
}

PINION_INLINE void transposed_tile(
    const pinion_transposed_product *p, ptrdiff_t rows, ptrdiff_t first, ptrdiff_t column) {
  vector16 sums[most_rows] = {{0}};
  const float *a = p->a + first, *b = p->b + column;
  float *c = p->c + first * p->ldc + column;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) __builtin_prefetch(c + i * p->ldc);
  ptrdiff_t l = 0;
  for (; l + unrolled_terms <= p->k; l += unrolled_terms) {
#pragma clang loop unroll(full)
    for (ptrdiff_t u = 0; u < unrolled_terms; u++) {
      add_row(sums, rows, a + u * p->lda, b + u * p->ldb);
    }
    a += unrolled_terms * p->lda, b += unrolled_terms * p->ldb;
  }
  for (; l < p->k; l++, a += p->lda, b += p->ldb) add_row(sums, rows, a, b);
  store_tile(sums, rows, p->n - column, p->adds, c, p->ldc);
}

/// In tiles of nearly equally many rows of C.
PINION_CLONES
void pinion_multiply_transposed(const pinion_transposed_product *p) {
  ptrdiff_t tiles = most(1, (p->m + most_rows - 1) / most_rows);
  ptrdiff_t fewest = p->m / tiles, larger = p->m % tiles;
  for (ptrdiff_t tile = 0, first = 0; tile < tiles; tile++) {
    ptrdiff_t count = fewest + (tile < larger);
    for (ptrdiff_t column = 0; column < p->n; column += PINION_LANES) {
      // With a compile-time number of rows, so that the sums stay in registers.
#pragma clang loop unroll(full)
      for (ptrdiff_t rows = 1; rows <= most_rows; rows++) {
        if (count == rows) transposed_tile(p, rows, first, column);
      }
    }
    first += count;
  }
}
