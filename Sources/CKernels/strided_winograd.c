#include "pinion_kernels.h"
#include "places.h"
#include "tile_places.h"
#include "wide.h"
#include "winograd_taps.h"

// Minimal filtering of 3 × 3 convolutions with a stride of 2.
//
// Two outputs of a filter with three taps and a stride of 2, from five inputs:
//
//     y₀ = g₀·d₀ + g₁·d₁ + g₂·d₂        y₁ = g₀·d₂ + g₁·d₃ + g₂·d₄
//
// The even inputs meet the filter (g₀, g₂) with a stride of 1, for which Winograd's F(2, 2) takes
// three multiplications instead of four; the odd ones meet g₁ alone:
//
//     a = g₀·(d₀ − d₂) + g₁·d₁    b = (g₀ + g₂)·d₂    c = g₂·(d₄ − d₂) + g₁·d₃
//     y₀ = a + b                  y₁ = b + c
//
// and, nested in two dimensions, 25 multiplications for a tile of 2 × 2 outputs instead of 36,
// which are added up to 3 × 3 sums: sum (a, a) has four of them, (a, b) two, (b, b) one. The
// elements of a transformed tile that belong to one sum are neighbors, so that each sum is one
// matrix product.
//
// Each output is computed from the inputs of its own window only. All of its terms are exactly zero
// if these are.

/// The five elements of a row or column are d₀ − d₂, d₂, d₄ − d₂, d₁ and d₃, of the sums a, b, c, a
/// and c. Those of a tile in the order of the sums (a, a), (a, b), … (c, c):
static const ptrdiff_t strided_order[5][5] = {
    {0, 4, 6, 1, 7},
    {10, 12, 13, 11, 14},
    {15, 19, 21, 16, 22},
    {2, 5, 8, 3, 9},
    {17, 20, 23, 18, 24}};

// clang-format off: the order matters.
#define WIDTH 8
#include "width_vectors.h"
#include "width_taps.h"
#include "strided_winograd_tiles.h"
#undef WIDTH
#ifdef PINION_AVX512
#define HAS_MASKS
#define WIDTH 16
#include "width_vectors.h"
#include "width_taps.h"
#include "strided_winograd_tiles.h"
#endif
// clang-format on

/// Defines a pass with the machine's vectors.
#ifdef PINION_AVX512
#define STRIDED_PASS(name, parameters, arguments)                                                  \
  PINION_CLONES                                                                                    \
  static void name##_of_8 parameters { name##_8 arguments; }                                       \
  PINION_AVX512                                                                                    \
  static void name##_of_16 parameters { name##_16 arguments; }                                     \
  void pinion_##name parameters {                                                                  \
    if (pinion_panel_columns() > PINION_LANES) {                                                   \
      name##_of_16 arguments;                                                                      \
    } else {                                                                                       \
      name##_of_8 arguments;                                                                       \
    }                                                                                              \
  }
#else
#define STRIDED_PASS(name, parameters, arguments)                                                  \
  PINION_CLONES                                                                                    \
  void pinion_##name parameters { name##_8 arguments; }
#endif

STRIDED_PASS(
    strided_input,
    (const pinion_tiles *tiles, const float *images, ptrdiff_t stride, float *elements,
     const pinion_winograd_taps *taps),
    (tiles, images, stride, elements, taps))
STRIDED_PASS(
    strided_input_gradient,
    (const pinion_tiles *tiles, const float *elements, ptrdiff_t stride, float *images),
    (tiles, elements, stride, images))
STRIDED_PASS(
    strided_output,
    (const pinion_tiles *tiles, ptrdiff_t filters, const float *sums, ptrdiff_t plane,
     ptrdiff_t stride, const float *bias, float slope, float *images),
    (tiles, filters, sums, plane, stride, bias, slope, images))
STRIDED_PASS(
    strided_output_gradient,
    (const pinion_tiles *tiles, ptrdiff_t filters, const float *images, ptrdiff_t plane,
     ptrdiff_t stride, float *sums, const pinion_winograd_taps *taps),
    (tiles, filters, images, plane, stride, sums, taps))

/// The taps of the elements g₀, g₀ + g₂, g₂, g₁ and g₁, as bits.
static const int strided_taps[5] = {1, 5, 4, 2, 2};

PINION_CLONES
void pinion_strided_kernel(
    const float *kernel, ptrdiff_t count, ptrdiff_t element, float *transformed) {
  ptrdiff_t place = 0;
  while (strided_order[place / 5][place % 5] != element) place++;
  int rows = strided_taps[place / 5], columns = strided_taps[place % 5], adds = 0;
  for (ptrdiff_t tap = 0; tap < 9; tap++) {
    if (!(rows >> tap / 3 & 1 && columns >> tap % 3 & 1)) continue;
    const float *from = kernel + tap * count;
    for (ptrdiff_t c = 0; c < count; c++) {
      transformed[c] = adds ? transformed[c] + from[c] : from[c];
    }
    adds = 1;
  }
}

PINION_CLONES
void pinion_strided_kernel_gradient(const float *elements, ptrdiff_t count, float *gradient) {
  // A tap is in two elements of each direction.
  static const ptrdiff_t of_tap[3][2] = {{0, 1}, {3, 4}, {1, 2}};
  for (ptrdiff_t tap = 0; tap < 9; tap++) {
    const ptrdiff_t *i = of_tap[tap / 3], *j = of_tap[tap % 3];
    const float *a = elements + strided_order[i[0]][j[0]] * count;
    const float *b = elements + strided_order[i[0]][j[1]] * count;
    const float *c = elements + strided_order[i[1]][j[0]] * count;
    const float *d = elements + strided_order[i[1]][j[1]] * count;
    float *to = gradient + tap * count;
    for (ptrdiff_t l = 0; l < count; l++) to[l] = (a[l] + b[l]) + (c[l] + d[l]);
  }
}
