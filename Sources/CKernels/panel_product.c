#include "pinion_kernels.h"
#include "product_tiles.h"
#include "transpose8.h"
#include "wide.h"
#include "wide_terms.h"

// Products with a matrix in panels of as many columns as a tile of sums has: 32 with AVX-512, else
// 16. Those of OpenBLAS for AVX2, which copy both matrices and zero C each time, take 3 to 4 times
// as long for one row, 1.3 to 1.5 times for 24 rows, and 1.1 to 1.4 times for 96, with 64 to 2,304
// terms (Zen 3). Those for AVX-512 take 1.0 to 1.1 times as long with at most 64 terms and columns,
// and 1.1 to 1.9 times with 128 to 1,024 (Zen 5).

// Tiles of 16 columns in panels of 32 would read every other cache line, for which there is half of
// the first cache: products with 1,024 terms and columns took 1.1 to 1.3 times as long (Zen 3).
ptrdiff_t pinion_panel_columns(void) {
#ifdef PINION_AVX512
  if (has_wide_registers()) return 2 * PINION_LANES;
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
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
  for (ptrdiff_t j = 0; j < n; j += panel, panels += k * panel) {
    for (ptrdiff_t i = 0; i < panel; i += 8) {
      if (j + i + 8 <= n) {
        transpose8(b + (j + i) * ldb, ldb, k, panels + i, panel);
        continue;
      }
      for (ptrdiff_t l = 0; l < k; l++) {
        for (ptrdiff_t c = i; c < i + 8; c++) {
          panels[l * panel + c] = j + c < n ? b[(j + c) * ldb + l] : 0;
        }
      }
    }
  }
}

PINION_CLONES
static void pack_transposed(
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, ptrdiff_t panel, float *panels) {
  if (panel == PINION_LANES) {
    pack_transposed_body(b, ldb, n, k, PINION_LANES, panels);
  } else {
    pack_transposed_body(b, ldb, n, k, 2 * PINION_LANES, panels);
  }
}

void pinion_pack_transposed_panels(
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, float *panels) {
  pack_transposed(b, ldb, n, k, pinion_panel_columns(), panels);
}

// The narrow kernel is limited by the number of its instructions where a core is shared by two
// hardware threads: with addresses computed once for four terms it takes 0.75 to 0.8 times as long
// (Zen 3). Matrices that come from beyond the second cache are fetched ahead: B, one panel before
// its product, which takes a tenth off the time of 36 products of (64, 256) · (256, 256).
//
// At most `most_terms` terms are summed one after the other in registers, in blocks of nearly as
// many; the blocks' sums are added up in C. The error of 5,525 terms in one sum is 3 to 4 times as
// large. Two or three blocks take 1 to 4 % longer than one (Zen 3).
enum { most_terms = 768 };

/// Adds one term to each sum.
PINION_INLINE void add_term(
    vector16 sums[most_rows][most_vectors], ptrdiff_t rows, ptrdiff_t vectors,
    const float *const *a, ptrdiff_t term, const float *b) {
  const vector16 *terms = (const vector16 *)b;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (ptrdiff_t v = 0; v < vectors; v++) sums[i][v] += a[i][term] * terms[v];
  }
}

/// Adds the bias to at most sixteen columns of some rows, and rectifies them. Not inlined, as
/// `store_part`.
__attribute__((noinline)) static void finish_part(
    const pinion_panel_product *p, const float *bias, ptrdiff_t rows, ptrdiff_t count, float *c) {
  for (ptrdiff_t i = 0; i < rows; i++, c += p->ldc) {
    vector16 z = load16(c, count);
    if (bias) z += load16(bias, count);
    store16(c, p->rectifies ? rectify(z, p->slope) : z, count);
  }
}

#ifdef PINION_AVX512
/// Writes or adds the first `count` of sixteen sums to some rows of C, adds the bias to them and
/// rectifies them. Not inlined, as `store_part`.
PINION_AVX512 __attribute__((noinline)) static void store_masked(
    const pinion_panel_product *p, const vector16 *sums, ptrdiff_t rows, ptrdiff_t count, int adds,
    const float *bias, int rectifies, float *c) {
  __mmask16 lanes = first_lanes(count);
  vector16 b = bias ? _mm512_maskz_loadu_ps(lanes, bias) : _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < rows; i++, c += p->ldc) {
    vector16 z = sums[i];
    if (adds) z = _mm512_maskz_loadu_ps(lanes, c) + z;
    if (bias) z += b;
    _mm512_mask_storeu_ps(c, lanes, rectifies ? rectify_wide(z, p->slope) : z);
  }
}
#endif

/// Adds terms to C at some rows and at a column of one or two vectors, or sets C to the first ones
/// unless all are added.
PINION_INLINE void panel_tile(
    const pinion_panel_product *p, ptrdiff_t panel, ptrdiff_t rows, ptrdiff_t vectors,
    ptrdiff_t first, ptrdiff_t column, ptrdiff_t term, ptrdiff_t end) {
  vector16 sums[most_rows][most_vectors] = {{{0}}};
  const float *a[most_rows];
  const float *b = p->panels + column / panel * panel * p->k + column % panel;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
    a[i] = p->a + (first + i) * p->lda;
    if (panel == PINION_LANES) __builtin_prefetch(p->c + (first + i) * p->ldc + column);
  }
  ptrdiff_t l = term;
  for (; panel == PINION_LANES && l + unrolled_terms <= end; l += unrolled_terms) {
#pragma clang loop unroll(full)
    for (ptrdiff_t u = 0; u < unrolled_terms; u++) {
      add_term(sums, rows, vectors, a, l + u, b + (l + u) * panel);
    }
  }
  if (panel > PINION_LANES) {
    add_wide_terms(sums, rows, vectors, p->a + first * p->lda + l, p->lda, b + l * panel, end - l);
  } else {
    for (; l < end; l++) add_term(sums, rows, vectors, a, l, b + l * panel);
  }
  int adds = term > 0 || p->adds, finishes = end == p->k && (p->bias || p->rectifies);
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < vectors && column < p->end; v++, column += PINION_LANES) {
    ptrdiff_t count = p->end - column;
    const float *bias = p->bias ? p->bias + column : p->bias;
    float *c = p->c + first * p->ldc + column;
    vector16 part[most_rows];
    if (finishes && count >= PINION_LANES) {
#pragma clang loop unroll(full)
      for (ptrdiff_t i = 0; i < rows; i++) {
        vector16 *to = (vector16 *)(c + i * p->ldc), z = sums[i][v];
        if (adds) z = *to + z;
        if (bias) z += *(const vector16 *)bias;
        *to = p->rectifies ? rectify(z, p->slope) : z;
      }
      continue;
    }
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) part[i] = sums[i][v];
#ifdef PINION_AVX512
    if (panel > PINION_LANES && count < PINION_LANES) {
      store_masked(p, part, rows, count, adds, finishes ? bias : 0, finishes && p->rectifies, c);
      continue;
    }
#endif
    store_tile(part, rows, count, adds, c, p->ldc);
    if (finishes) finish_part(p, bias, rows, least(PINION_LANES, count), c);
  }
}

/// The same at a column of half a vector: of a panel whose other half are zeros.
PINION_INLINE void half_tile(
    const pinion_panel_product *p, ptrdiff_t rows, ptrdiff_t first, ptrdiff_t column,
    ptrdiff_t term, ptrdiff_t end) {
  vector8 sums[half_lanes] = {{0}};
  const float *a[half_lanes], *b = p->panels + column * p->k;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) a[i] = p->a + (first + i) * p->lda;
#pragma clang loop unroll_count(4)
  for (ptrdiff_t l = term; l < end; l++) {
    vector8 terms = *(const vector8 *)(b + l * PINION_LANES);
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < rows; i++) sums[i] += a[i][l] * terms;
  }
  int adds = term > 0 || p->adds;
  ptrdiff_t count = p->end - column;
  float *c = p->c + first * p->ldc + column;
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < rows; i++) {
    float *to = c + i * p->ldc;
    store8(to, adds ? load8(to, count) + sums[i] : sums[i], count);
  }
  if (end == p->k && (p->bias || p->rectifies)) {
    finish_part(p, p->bias ? p->bias + column : p->bias, rows, count, c);
  }
}

/// Fetches `count` rows of the panel after the one of a column, from `row` on.
PINION_INLINE void fetch_next_panel(
    const pinion_panel_product *p, ptrdiff_t panel, ptrdiff_t column, ptrdiff_t row,
    ptrdiff_t count) {
  ptrdiff_t next = column / panel + 1, end = least(p->k, row + count);
  if (next * panel >= p->end) return;
  const float *b = p->panels + next * panel * p->k;
  for (; row < end; row++) __builtin_prefetch(b + row * panel, 0, 2);
}

/// C at a column of one or two vectors, or of half a vector for none, in tiles of nearly as many
/// rows and terms each.
PINION_INLINE void panel_column(
    const pinion_panel_product *p, ptrdiff_t panel, ptrdiff_t tile_rows, ptrdiff_t vectors,
    ptrdiff_t column) {
  ptrdiff_t tiles = (p->m + tile_rows - 1) / tile_rows, divisor = most(1, tiles);
  ptrdiff_t fewest = p->m / divisor, larger = p->m % divisor;
  // With few tiles, the instructions would take longer than the waits.
  ptrdiff_t fetches = panel == PINION_LANES && tiles >= 6 ? (p->k + tiles - 1) / tiles : 0;
  ptrdiff_t term = 0, blocks = (p->k + most_terms - 1) / most_terms;
  // C is set once even if there are no terms.
  do {
    ptrdiff_t end = blocks > 1 ? term + (p->k - term + blocks - 1) / blocks : p->k;
    for (ptrdiff_t tile = 0, first = 0; tile < tiles; tile++) {
      if (fetches && term == 0) fetch_next_panel(p, panel, column, tile * fetches, fetches);
      ptrdiff_t count = fewest + (tile < larger);
      // With a compile-time number of rows, so that the sums stay in registers.
#pragma clang loop unroll(full)
      for (ptrdiff_t rows = 1; rows <= tile_rows; rows++) {
        if (count != rows) continue;
        if (vectors == 0) {
          half_tile(p, rows, first, column, term, end);
        } else {
          panel_tile(p, panel, rows, vectors, first, column, term, end);
        }
      }
      first += count;
    }
    term = end;
  } while (--blocks > 0);
}

/// Tiles of 6 × 16 sums, twelve of the 16 registers of AVX2, and of 8 × 8.
PINION_CLONES
static void multiply_narrow(const pinion_panel_product *p) {
  for (ptrdiff_t j = p->first; j < p->end; j += PINION_LANES) {
    if (p->end - j > half_lanes) {
      panel_column(p, PINION_LANES, 6, 1, j);
    } else {
      panel_column(p, PINION_LANES, half_lanes, 0, j);
    }
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
