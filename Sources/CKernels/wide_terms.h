#ifndef PINION_WIDE_TERMS_H
#define PINION_WIDE_TERMS_H

#include "vector16.h"

// Sums of products with rows of a matrix, in registers: tiles of up to 12 × 32 sums, 24 of the 32
// registers of AVX-512.
//
// The addresses of twelve rows do not fit the registers for integers. Computed anew for each term,
// they are a third of the instructions, and products take 1.02 to 1.17 times as long, most where
// another hardware thread shares the core (Emerald Rapids). Rows 4·i + 0, 1, 2 and 3 are therefore
// at a base i + 0, 1, 2 and 3 distances of rows: addresses that an instruction computes itself, if
// three distances are a number of their own.

enum { most_rows = 12, most_vectors = 2, unrolled_terms = 4, base_rows = 4 };

/// The bases of a tile's rows, and their distance in bytes, once and three times.
typedef struct {
  const char *bases[most_rows / base_rows];
  ptrdiff_t one, three;
} row_addresses;

/// Hides what is known of a number, so that the compiler does not compute it anew, or others from
/// it.
#define PINION_OPAQUE(x) __asm__("" : "+r"(x))

PINION_INLINE row_addresses addresses_of(const float *a, ptrdiff_t lda) {
  row_addresses r = {.one = lda * (ptrdiff_t)sizeof *a, .three = 3 * lda * (ptrdiff_t)sizeof *a};
  for (ptrdiff_t i = 0; i < most_rows / base_rows; i++) {
    r.bases[i] = (const char *)(a + i * base_rows * lda);
  }
  PINION_OPAQUE(r.three);
  return r;
}

/// Adds `terms` terms to each sum: those at the addresses times the rows of a panel.
PINION_INLINE void add_rows(
    vector16 sums[most_rows][most_vectors], ptrdiff_t rows, ptrdiff_t vectors, row_addresses *r,
    const float *panel, ptrdiff_t terms) {
#pragma clang loop unroll(full)
  for (ptrdiff_t l = 0; l < terms; l++) {
    const vector16 *factors = (const vector16 *)(panel + l * most_vectors * PINION_LANES);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
      const char *base = r->bases[i / base_rows];
      ptrdiff_t k = i % base_rows;
      float x = ((const float *)(base + (k == 3 ? r->three : k * r->one)))[l];
#pragma clang loop unroll(full)
      for (ptrdiff_t v = 0; v < vectors; v++) sums[i][v] += x * factors[v];
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < most_rows / base_rows; i++) {
    r->bases[i] += terms * (ptrdiff_t)sizeof(float);
    PINION_OPAQUE(r->bases[i]);
  }
}

/// Adds `count` terms to each sum, of a matrix A with rows `lda` apart and a panel of 32 columns.
PINION_INLINE void add_wide_terms(
    vector16 sums[most_rows][most_vectors], ptrdiff_t rows, ptrdiff_t vectors, const float *a,
    ptrdiff_t lda, const float *panel, ptrdiff_t count) {
  row_addresses r = addresses_of(a, lda);
  for (; count >= unrolled_terms; count -= unrolled_terms) {
    add_rows(sums, rows, vectors, &r, panel, unrolled_terms);
    panel += unrolled_terms * most_vectors * PINION_LANES;
    PINION_OPAQUE(panel);
  }
  for (; count > 0; count--, panel += most_vectors * PINION_LANES) {
    add_rows(sums, rows, vectors, &r, panel, 1);
  }
}

#endif
