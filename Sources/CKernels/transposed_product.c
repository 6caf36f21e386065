#include <string.h>

#include "pinion_kernels.h"
#include "product_tiles.h"

// Products of two matrices that are read in place: gradients of kernels. OpenBLAS's for AVX2 copy
// both matrices each time, and take 1.2 to 1.7 times as long with 64 to 128 rows of 24 to 256
// columns, and 1.05 to 1.4 times with thousands of rows of 16 to 256 columns (Zen 3).
//
// The terms are summed in registers in blocks of nearly equally many; the blocks' sums are added up
// in C. Twelve of the 16 registers of AVX2 hold a tile's sums.
enum { most_rows = 6, unrolled_terms = 4, most_terms = 128 };

// Rows at distances of a multiple of 4 KiB conflict in both caches. They are copied: of A so many
// columns at a time, of B sixteen. With sixteen columns of C or fewer, A is read once, and copying
// it would take longer.
enum { copied_columns = 96, conflicting_floats = 1024 };

/// Adds the outer product of a row of A and a row of B.
PINION_INLINE void add_row(vector16 *sums, ptrdiff_t rows, const float *a, const float *b) {
  vector16 terms = *(const vector16 *)b;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) sums[i] += a[i] * terms;
}

/// C at some rows and sixteen columns or fewer.
PINION_INLINE void transposed_tile(
    const pinion_transposed_product *p, ptrdiff_t rows, ptrdiff_t first) {
  vector16 sums[most_rows] = {{0}};
  const float *a = p->a + first, *b = p->b;
  float *c = p->c + first * p->ldc;
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
  store_tile(sums, rows, p->n, p->adds, c, p->ldc);
}

/// The same for eight columns or fewer.
PINION_INLINE void narrow_tile(
    const pinion_transposed_product *p, ptrdiff_t rows, ptrdiff_t first) {
  vector8 sums[2 * most_rows] = {{0}};
  const float *a = p->a + first, *b = p->b;
  float *c = p->c + first * p->ldc;
#pragma clang loop unroll_count(4)
  for (ptrdiff_t l = 0; l < p->k; l++, a += p->lda, b += p->ldb) {
    vector8 terms = *(const vector8 *)b;
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) sums[i] += a[i] * terms;
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++, c += p->ldc) {
    if (p->n == half_lanes) {
      *(vector8 *)c = p->adds ? *(const vector8 *)c + sums[i] : sums[i];
    } else {
      float lanes[half_lanes];
      *(vector8 *)lanes = sums[i];
      for (ptrdiff_t j = 0; j < p->n; j++) c[j] = p->adds ? c[j] + lanes[j] : lanes[j];
    }
  }
}

/// C at sixteen columns or fewer, in tiles of nearly equally many rows.
PINION_INLINE void transposed_column(const pinion_transposed_product *p, int is_narrow) {
  const ptrdiff_t tile_rows = is_narrow ? 2 * most_rows : most_rows;
  ptrdiff_t tiles = (p->m + tile_rows - 1) / tile_rows, divisor = most(1, tiles);
  ptrdiff_t fewest = p->m / divisor, larger = p->m % divisor;
  for (ptrdiff_t tile = 0, first = 0; tile < tiles; tile++) {
    ptrdiff_t count = fewest + (tile < larger);
    // With a compile-time number of rows, so that the sums stay in registers.
#pragma clang loop unroll(full)
    for (ptrdiff_t rows = 1; rows <= tile_rows; rows++) {
      if (count != rows) continue;
      if (is_narrow) {
        narrow_tile(p, rows, first);
      } else {
        transposed_tile(p, rows, first);
      }
    }
    first += count;
  }
}

/// Copies sixteen columns or fewer of B, followed by zeros.
PINION_INLINE void copy_column(const pinion_transposed_product *p, float *panel) {
  const float *b = p->b;
  for (ptrdiff_t l = 0; l < p->k; l++, b += p->ldb, panel += PINION_LANES) {
    *(vector16 *)panel = load16(b, p->n);
  }
}

/// A product of at most `most_terms` terms.
PINION_CLONES
static void multiply_block(const pinion_transposed_product *p) {
  float panel[most_terms * PINION_LANES];
  for (ptrdiff_t j = 0; j < p->n; j += PINION_LANES) {
    pinion_transposed_product part = *p;
    part.n = least(PINION_LANES, p->n - j);
    part.b = p->b + j, part.c = p->c + j;
    if (part.n < PINION_LANES || p->ldb % conflicting_floats == 0) {
      copy_column(&part, panel);
      part.b = panel, part.ldb = PINION_LANES;
    }
    if (part.n <= half_lanes) {
      transposed_column(&part, 1);
    } else {
      transposed_column(&part, 0);
    }
  }
}

/// The same for a part of A's columns, which are copied.
static void multiply_copy(const pinion_transposed_product *p) {
  float columns[most_terms * copied_columns];
  for (ptrdiff_t l = 0; l < p->k; l++) {
    memcpy(columns + l * copied_columns, p->a + l * p->lda, (size_t)p->m * sizeof(float));
  }
  pinion_transposed_product part = *p;
  part.a = columns, part.lda = copied_columns;
  multiply_block(&part);
}

void pinion_multiply_transposed(const pinion_transposed_product *p) {
  ptrdiff_t term = 0, blocks = (p->k + most_terms - 1) / most_terms;
  // C is set once even if there are no terms.
  do {
    ptrdiff_t end = blocks > 1 ? term + (p->k - term + blocks - 1) / blocks : p->k;
    pinion_transposed_product part = *p;
    part.k = end - term;
    part.a = p->a + term * p->lda, part.b = p->b + term * p->ldb;
    part.adds = p->adds || term > 0;
    if (p->lda % conflicting_floats != 0 || p->n <= PINION_LANES) {
      multiply_block(&part);
    } else {
      for (ptrdiff_t first = 0; first < p->m; first += copied_columns) {
        pinion_transposed_product some = part;
        some.m = least(copied_columns, p->m - first);
        some.a += first, some.c += first * p->ldc;
        multiply_copy(&some);
      }
    }
    term = end;
  } while (--blocks > 0);
}
