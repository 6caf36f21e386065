#include "pinion_kernels.h"
#include "transpose8.h"

// Products with a matrix in panels of 32 columns. Those of OpenBLAS for AVX2, which copy both
// matrices and zero C each time, take 3 to 4 times as long for one row, 1.3 to 1.5 times for 24
// rows, and 1.1 to 1.4 times for 96, with 64 to 2,304 terms (Zen 3). Those for AVX-512 take 1.0 to
// 1.1 times as long with at most 64 terms and columns, and 1.1 to 1.9 times with 128 to 1,024 (Zen
// 5).

enum { panel = 32 };

PINION_INLINE void pack_body(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += panel) {
    ptrdiff_t first = least(PINION_LANES, n - j), second = n - j - first;
    for (ptrdiff_t l = 0; l < k; l++, panels += panel) {
      const float *row = b + l * n + j;
      *(vector16 *)panels = load16(row, first);
      *(vector16 *)(panels + PINION_LANES) = load16(row + first, least(PINION_LANES, second));
    }
  }
}

PINION_CLONES
void pinion_pack_panels(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_body(b, n, k, panels);
}

PINION_INLINE void pack_transposed_body(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += panel, panels += k * panel) {
    for (ptrdiff_t i = 0; i < panel; i += 8) {
      if (j + i + 8 <= n) {
        transpose8(b + (j + i) * k, k, panels + i, panel);
        continue;
      }
      for (ptrdiff_t l = 0; l < k; l++) {
        for (ptrdiff_t c = i; c < i + 8; c++) {
          panels[l * panel + c] = j + c < n ? b[(j + c) * k + l] : 0;
        }
      }
    }
  }
}

PINION_CLONES
void pinion_pack_transposed_panels(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_transposed_body(b, n, k, panels);
}

// At most `most_terms` terms are summed one after the other in registers, in blocks of nearly as
// many; the blocks' sums are added up in C. The error of 5,525 terms in one sum is 3 to 4 times as
// large. Two or three blocks take 1 to 4 % longer than one (Zen 3).
enum { most_rows = 12, most_vectors = 2, most_terms = 768 };

/// Adds terms to C at some rows and at a column of one or two vectors, or sets C to the first ones.
PINION_INLINE void panel_tile(
    const pinion_panel_product *p, ptrdiff_t rows, ptrdiff_t vectors, ptrdiff_t first,
    ptrdiff_t column, ptrdiff_t term, ptrdiff_t end) {
  vector16 sums[most_rows][most_vectors] = {{{0}}};
  const float *a = p->a + first * p->lda;
  const float *b = p->panels + column / panel * panel * p->k + column % panel;
  for (ptrdiff_t l = term; l < end; l++) {
    const vector16 *terms = (const vector16 *)(b + l * panel);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (ptrdiff_t v = 0; v < vectors; v++) sums[i][v] += a[i * p->lda + l] * terms[v];
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < vectors; v++, column += PINION_LANES) {
    ptrdiff_t count = least(PINION_LANES, p->end - column);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
      float *c = p->c + (first + i) * p->ldc + column;
      if (term > 0) sums[i][v] += load16(c, count);
      store16(c, sums[i][v], count);
    }
  }
}

/// C at a column of one or two vectors, in tiles of nearly equally many rows and terms.
PINION_INLINE void panel_column(
    const pinion_panel_product *p, ptrdiff_t tile_rows, ptrdiff_t vectors, ptrdiff_t column) {
  ptrdiff_t tiles = (p->m + tile_rows - 1) / tile_rows;
  ptrdiff_t term = 0, blocks = (p->k + most_terms - 1) / most_terms;
  // C is set once even if there are no terms.
  do {
    ptrdiff_t end = blocks > 1 ? term + (p->k - term + blocks - 1) / blocks : p->k;
    for (ptrdiff_t tile = 0, first = 0; tile < tiles; tile++) {
      ptrdiff_t count = (p->m - first + tiles - tile - 1) / (tiles - tile);
      // With a compile-time number of rows, so that the sums stay in registers.
#pragma clang loop unroll(full)
      for (ptrdiff_t rows = 1; rows <= tile_rows; rows++) {
        if (count == rows) panel_tile(p, rows, vectors, first, column, term, end);
      }
      first += count;
    }
    term = end;
  } while (--blocks > 0);
}

/// Tiles of 6 × 16 sums, twelve of the 16 registers of AVX2.
PINION_CLONES
static void multiply_narrow(const pinion_panel_product *p) {
  for (ptrdiff_t j = p->first; j < p->end; j += PINION_LANES) panel_column(p, 6, 1, j);
}

#ifdef PINION_AVX512
/// Tiles of 12 × 32 sums, 24 of the 32 registers of AVX-512.
PINION_AVX512
static void multiply_wide(const pinion_panel_product *p) {
  for (ptrdiff_t j = p->first; j < p->end;) {
    if (j % panel == 0 && p->end - j > PINION_LANES) {
      panel_column(p, most_rows, most_vectors, j);
      j += panel;
    } else {
      panel_column(p, most_rows, 1, j);
      j += PINION_LANES;
    }
  }
}

void pinion_multiply_panels(const pinion_panel_product *product) {
  if (__builtin_cpu_supports("x86-64-v4")) {
    multiply_wide(product);
  } else {
    multiply_narrow(product);
  }
}
#else
void pinion_multiply_panels(const pinion_panel_product *product) { multiply_narrow(product); }
#endif
