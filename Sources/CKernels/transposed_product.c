#include <string.h>

#include "pinion_kernels.h"
#include "product_tiles.h"
#include "wide.h"

// Products of two matrices that are read in place: gradients of kernels. OpenBLAS's for AVX2 copy
// both matrices each time, and take 1.2 to 1.7 times as long with 64 to 128 rows of 24 to 256
// columns, and 1.05 to 1.4 times with thousands of rows of 16 to 256 columns (Zen 3). Those for
// AVX-512 take 1.0 to 1.1 times as long with 24 to 64 rows, 1.2 to 1.6 times with hundreds, and 1.1
// to 1.4 times with 100 rows of 256 columns and more (Emerald Rapids).
//
// The terms are summed in registers in blocks of nearly equally many; the blocks' sums are added up
// in C. Twelve of the 16 registers of AVX2 hold a tile's sums, or 24 of the 32 of AVX-512.
enum { most_rows = 6, unrolled_terms = 4, most_terms = 128 };
enum { most_wide_rows = 12, most_wide_terms = 256, wide_columns = 2 * PINION_LANES };

// Rows at distances of a multiple of 4 KiB conflict in both caches. They are copied: of A so many
// columns at a time, of B those of a tile. Where a tile has all columns of C, A is read once, and
// copying it would take longer.
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

/// The columns of C from `first` on, at most `count`.
PINION_INLINE pinion_transposed_product
columns_from(const pinion_transposed_product *p, ptrdiff_t first, ptrdiff_t count) {
  pinion_transposed_product part = *p;
  part.n = least(count, p->n - first);
  part.b = p->b + first, part.c = p->c + first;
  return part;
}

/// A product of at most `most_terms` terms.
PINION_CLONES
static void multiply_narrow(const pinion_transposed_product *p) {
  float panel[most_terms * PINION_LANES];
  for (ptrdiff_t j = 0; j < p->n; j += PINION_LANES) {
    pinion_transposed_product part = columns_from(p, j, PINION_LANES);
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

#ifdef PINION_AVX512
/// C at some rows and at columns of one or two vectors, the last of them masked.
PINION_WIDE void wide_tile(
    const pinion_transposed_product *p, ptrdiff_t rows, ptrdiff_t vectors, ptrdiff_t first) {
  vector16 sums[2 * most_wide_rows][2] = {{{0}}};
  const float *a = p->a + first, *b = p->b;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
    for (ptrdiff_t v = 0; v < vectors; v++) {
      __builtin_prefetch(p->c + (first + i) * p->ldc + v * PINION_LANES, 1);
    }
  }
#pragma clang loop unroll_count(2)
  for (ptrdiff_t l = 0; l < p->k; l++, a += p->lda, b += p->ldb) {
    const vector16 *terms = (const vector16 *)b;
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (ptrdiff_t v = 0; v < vectors; v++) sums[i][v] += a[i] * terms[v];
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < vectors; v++) {
    __mmask16 lanes = first_lanes(p->n - v * PINION_LANES);
    float *c = p->c + first * p->ldc + v * PINION_LANES;
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++, c += p->ldc) {
      vector16 z = sums[i][v];
      if (p->adds) z = _mm512_maskz_loadu_ps(lanes, c) + z;
      _mm512_mask_storeu_ps(c, lanes, z);
    }
  }
}

/// C at columns of one or two vectors, in tiles of nearly equally many rows.
PINION_WIDE void wide_column(const pinion_transposed_product *p, ptrdiff_t vectors) {
  const ptrdiff_t tile_rows = 2 * most_wide_rows / vectors;
  ptrdiff_t tiles = (p->m + tile_rows - 1) / tile_rows, divisor = most(1, tiles);
  ptrdiff_t fewest = p->m / divisor, larger = p->m % divisor;
  for (ptrdiff_t tile = 0, first = 0; tile < tiles; tile++) {
    ptrdiff_t count = fewest + (tile < larger);
#pragma clang loop unroll(full)
    for (ptrdiff_t rows = 1; rows <= tile_rows; rows++) {
      if (count == rows) wide_tile(p, rows, vectors, first);
    }
    first += count;
  }
}

/// A product of at most `most_wide_terms` terms.
PINION_AVX512
static void multiply_wide(const pinion_transposed_product *p) {
  float panel[most_wide_terms * wide_columns];
  for (ptrdiff_t j = 0; j < p->n; j += wide_columns) {
    pinion_transposed_product part = columns_from(p, j, wide_columns);
    if (part.n % PINION_LANES != 0 || p->ldb % conflicting_floats == 0) {
      for (ptrdiff_t l = 0; l < part.k; l++) {
        const float *from = part.b + l * part.ldb;
        vector16 *to = (vector16 *)(panel + l * wide_columns);
        to[0] = _mm512_maskz_loadu_ps(first_lanes(part.n), from);
        to[1] = _mm512_maskz_loadu_ps(first_lanes(part.n - PINION_LANES), from + PINION_LANES);
      }
      part.b = panel, part.ldb = wide_columns;
    }
    if (part.n > PINION_LANES) {
      wide_column(&part, 2);
    } else {
      wide_column(&part, 1);
    }
  }
}
#endif

/// A product of at most as many terms as a block has.
static void multiply_block(const pinion_transposed_product *p, int is_wide) {
#ifdef PINION_AVX512
  if (is_wide) return multiply_wide(p);
#else
  (void)is_wide;
#endif
  multiply_narrow(p);
}

/// The same for a part of A's columns, which are copied.
static void multiply_copy(const pinion_transposed_product *p, int is_wide) {
  float columns[most_wide_terms * copied_columns];
  for (ptrdiff_t l = 0; l < p->k; l++) {
    memcpy(columns + l * copied_columns, p->a + l * p->lda, (size_t)p->m * sizeof(float));
  }
  pinion_transposed_product part = *p;
  part.a = columns, part.lda = copied_columns;
  multiply_block(&part, is_wide);
}

void pinion_multiply_transposed(const pinion_transposed_product *p) {
  int is_wide = has_wide_registers();
  ptrdiff_t block_terms = is_wide ? most_wide_terms : most_terms;
  ptrdiff_t tile_columns = is_wide ? wide_columns : PINION_LANES;
  ptrdiff_t term = 0, blocks = (p->k + block_terms - 1) / block_terms;
  // C is set once even if there are no terms.
  do {
    ptrdiff_t end = blocks > 1 ? term + (p->k - term + blocks - 1) / blocks : p->k;
    pinion_transposed_product part = *p;
    part.k = end - term;
    part.a = p->a + term * p->lda, part.b = p->b + term * p->ldb;
    part.adds = p->adds || term > 0;
    if (p->lda % conflicting_floats != 0 || p->n <= tile_columns) {
      multiply_block(&part, is_wide);
    } else {
      for (ptrdiff_t first = 0; first < p->m; first += copied_columns) {
        pinion_transposed_product some = part;
        some.m = least(copied_columns, p->m - first);
        some.a += first, some.c += first * p->ldc;
        multiply_copy(&some, is_wide);
      }
    }
    term = end;
  } while (--blocks > 0);
}
