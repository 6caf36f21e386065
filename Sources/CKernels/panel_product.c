#include "pinion_kernels.h"
#include "turn.h"

// Products with a matrix in panels of sixteen columns. Those of OpenBLAS for AVX2, which copy both
// matrices and zero C each time, take 3 to 4 times as long for one row, 1.3 to 1.5 times for 24
// rows, and 1.1 to 1.4 times for 96, with 64 to 2,304 terms (Zen 3).

PINION_INLINE void pack_body(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += PINION_LANES) {
    ptrdiff_t count = least(PINION_LANES, n - j);
    for (ptrdiff_t l = 0; l < k; l++, panels += PINION_LANES) {
      *(vector16 *)panels = load16(b + l * n + j, count);
    }
  }
}

PINION_CLONES
void pinion_pack_panels(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_body(b, n, k, panels);
}

PINION_INLINE void pack_transposed_body(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += PINION_LANES, panels += k * PINION_LANES) {
    for (ptrdiff_t i = 0; i < PINION_LANES; i += 8) {
      if (j + i + 8 <= n) {
        turn8(b + (j + i) * k, k, panels + i, PINION_LANES);
        continue;
      }
      for (ptrdiff_t l = 0; l < k; l++) {
        for (ptrdiff_t c = i; c < i + 8; c++) {
          panels[l * PINION_LANES + c] = j + c < n ? b[(j + c) * k + l] : 0;
        }
      }
    }
  }
}

PINION_CLONES
void pinion_pack_transposed_panels(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_transposed_body(b, n, k, panels);
}

enum { panel_rows = 6 };

/// C at rows first..<first + rows, at most six, and a panel's columns: twelve registers of AVX2.
PINION_INLINE void panel_tile(
    const pinion_panel_product *p, ptrdiff_t rows, ptrdiff_t first, const float *panel,
    ptrdiff_t column) {
  vector16 sums[panel_rows] = {{0}};
  const float *a = p->a + first * p->lda;
  for (ptrdiff_t l = 0; l < p->k; l++) {
    vector16 b = *(const vector16 *)(panel + l * PINION_LANES);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) sums[i] += a[i * p->lda + l] * b;
  }
  ptrdiff_t count = least(PINION_LANES, p->n - column);
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
    store16(p->c + (first + i) * p->ldc + column, sums[i], count);
  }
}

PINION_INLINE void panel_product_body(const pinion_panel_product *p) {
  const float *panel = p->panels;
  for (ptrdiff_t j = 0; j < p->n; j += PINION_LANES, panel += p->k * PINION_LANES) {
    ptrdiff_t first = 0;
    for (; first + panel_rows <= p->m; first += panel_rows) {
      panel_tile(p, panel_rows, first, panel, j);
    }
    // With a number of rows that the compiler knows, so that the sums stay in registers.
#pragma clang loop unroll(full)
    for (ptrdiff_t rows = 1; rows < panel_rows; rows++) {
      if (p->m - first == rows) panel_tile(p, rows, first, panel, j);
    }
  }
}

PINION_CLONES
void pinion_multiply_panels(const pinion_panel_product *product) { panel_product_body(product); }
