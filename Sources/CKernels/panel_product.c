#include "pinion_kernels.h"
#include "transpose8.h"

// Products with a matrix in panels of as many columns as a tile of sums has: 32 with AVX-512, else
// 16. Those of OpenBLAS for AVX2, which copy both matrices and zero C each time, take 3 to 4 times
// as long for one row, 1.3 to 1.5 times for 24 rows, and 1.1 to 1.4 times for 96, with 64 to 2,304
// terms (Zen 3). Those for AVX-512 take 1.0 to 1.1 times as long with at most 64 terms and columns,
// and 1.1 to 1.9 times with 128 to 1,024 (Zen 5).

// Tiles of 16 columns in panels of 32 would read every other cache line, for which there is half of
// the first cache: products with 1,024 terms and columns took 1.1 to 1.3 times as long (Zen 3).
ptrdiff_t pinion_panel_columns(void) {
#ifdef PINION_AVX512
  if (__builtin_cpu_supports("x86-64-v4")) return 2 * PINION_LANES;
#endif
  return PINION_LANES;
}

PINION_INLINE void pack_body(
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += panel) {
    for (ptrdiff_t l = 0; l < k; l++) {
      for (ptrdiff_t i = j; i < j + panel; i += PINION_LANES, panels += PINION_LANES) {
        ptrdiff_t count = most(0, least(PINION_LANES, n - i));
        *(vector16 *)panels = load16(b + l * ldb + i, count);
      }
    }
  }
}

PINION_CLONES
static void pack(
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
  // With a compile-time width of the panels.
  if (panel == PINION_LANES) {
    pack_body(b, ldb, n, k, PINION_LANES, panels);
  } else {
    pack_body(b, ldb, n, k, 2 * PINION_LANES, panels);
  }
}

void pinion_pack_panels(const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack(b, ldb, n, k, pinion_panel_columns(), panels);
}

PINION_INLINE void pack_transposed_body(
    const float *b, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
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
static void pack_transposed(
    const float *b, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
  if (panel == PINION_LANES) {
    pack_transposed_body(b, n, k, PINION_LANES, panels);
  } else {
    pack_transposed_body(b, n, k, 2 * PINION_LANES, panels);
  }
}

void pinion_pack_transposed_panels(const float *b, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_transposed(b, n, k, pinion_panel_columns(), panels);
}

// At most `most_terms` terms are summed one after the other in registers, in blocks of nearly as
// many; the blocks' sums are added up in C. The error of 5,525 terms in one sum is 3 to 4 times as
// large. Two or three blocks take 1 to 4 % longer than one (Zen 3).
enum { most_rows = 12, most_vectors = 2, most_terms = 768 };

/// Adds or writes the first `count` of sixteen sums to some rows of C. Not inlined: the loops over
/// lanes would be compiled for each size of a tile.
__attribute__((noinline)) static void store_part(
    const vector16 *sums, ptrdiff_t rows, ptrdiff_t count, int adds, float *c, ptrdiff_t ldc) {
  for (ptrdiff_t i = 0; i < rows; i++, c += ldc) {
    for (ptrdiff_t j = 0; j < count; j++) c[j] = adds ? c[j] + sums[i][j] : sums[i][j];
  }
}

/// Adds terms to C at some rows and at a column of one or two vectors, or sets C to the first ones.
PINION_INLINE void panel_tile(
    const pinion_panel_product *p, ptrdiff_t panel, ptrdiff_t rows, ptrdiff_t vectors,
    ptrdiff_t first, ptrdiff_t column, ptrdiff_t term, ptrdiff_t end) {
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
    float *c = p->c + first * p->ldc + column;
    if (p->end - column < PINION_LANES) {
      vector16 part[most_rows];
#pragma clang loop unroll(full)
      for (ptrdiff_t i = 0; i < rows; i++) part[i] = sums[i][v];
      store_part(part, rows, p->end - column, term > 0, c, p->ldc);
      return;
    }
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) {
      vector16 *to = (vector16 *)(c + i * p->ldc);
      *to = term > 0 ? *to + sums[i][v] : sums[i][v];
    }
  }
}

/// C at a column of one or two vectors, in tiles of nearly equally many rows and terms.
PINION_INLINE void panel_column(
    const pinion_panel_product *p, ptrdiff_t panel, ptrdiff_t tile_rows, ptrdiff_t vectors,
    ptrdiff_t column) {
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
        if (count == rows) panel_tile(p, panel, rows, vectors, first, column, term, end);
      }
      first += count;
    }
    term = end;
  } while (--blocks > 0);
}

/// Tiles of 6 × 16 sums, twelve of the 16 registers of AVX2.
PINION_CLONES
static void multiply_narrow(const pinion_panel_product *p) {
  for (ptrdiff_t j = p->first; j < p->end; j += PINION_LANES) {
    panel_column(p, PINION_LANES, 6, 1, j);
  }
}

#ifdef PINION_AVX512
/// Tiles of 12 × 32 sums, 24 of the 32 registers of AVX-512.
PINION_AVX512
static void multiply_wide(const pinion_panel_product *p) {
  const ptrdiff_t panel = most_vectors * PINION_LANES;
  for (ptrdiff_t j = p->first; j < p->end;) {
    if (j % panel == 0 && p->end - j > PINION_LANES) {
      panel_column(p, panel, most_rows, most_vectors, j);
      j += panel;
    } else {
      panel_column(p, panel, most_rows, 1, j);
      j += PINION_LANES;
    }
  }
}

void pinion_multiply_panels(const pinion_panel_product *product) {
  if (pinion_panel_columns() > PINION_LANES) {
    multiply_wide(product);
  } else {
    multiply_narrow(product);
  }
}
#else
void pinion_multiply_panels(const pinion_panel_product *product) { multiply_narrow(product); }
#endif
