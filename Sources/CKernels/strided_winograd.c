#include "pinion_kernels.h"
#include "places.h"
#include "vector16.h"

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

/// The place of a tile: 2 × 2 outputs and the 5 × 5 inputs under them.
typedef struct {
  /// The image, and the first row and column of the outputs and of the inputs, which may be
  /// negative.
  ptrdiff_t image, row, column, top, left;
  /// The inputs inside the image: rows row_low ..< row_high, columns column_low ..< column_high.
  ptrdiff_t row_low, row_high, column_low, column_high;
  /// The outputs inside the image: the first `rows` rows and `columns` columns.
  ptrdiff_t rows, columns;
} strided_place;

PINION_INLINE strided_place strided_place_of(const pinion_strided_tiles *w, ptrdiff_t tile) {
  ptrdiff_t across = (w->output_width + 1) / 2, down = (w->output_height + 1) / 2;
  strided_place p;
  p.image = tile / (across * down);
  ptrdiff_t within = tile - p.image * across * down;
  p.row = within / across * 2;
  p.column = within % across * 2;
  p.top = 2 * p.row - w->pad_top;
  p.left = 2 * p.column - w->pad_left;
  p.row_low = most(0, -p.top);
  p.column_low = most(0, -p.left);
  p.row_high = least(5, w->height - p.top);
  p.column_high = least(5, w->width - p.left);
  p.rows = least(2, w->output_height - p.row);
  p.columns = least(2, w->output_width - p.column);
  return p;
}

PINION_INLINE int strided_has_all_inputs(strided_place p) {
  return p.row_low == 0 && p.column_low == 0 && p.row_high == 5 && p.column_high == 5;
}

/// The offset of a tile's first input in images.
PINION_INLINE ptrdiff_t
strided_input_offset(const pinion_strided_tiles *w, strided_place p, ptrdiff_t channels) {
  return ((p.image * w->height + p.top) * w->width + p.left) * channels;
}

/// The offset of a tile's first output in images.
PINION_INLINE ptrdiff_t
strided_output_offset(const pinion_strided_tiles *w, strided_place p, ptrdiff_t filters) {
  return ((p.image * w->output_height + p.row) * w->output_width + p.column) * filters;
}

// clang-format off: the order matters.
#define WIDTH 8
#include "winograd_vectors.h"
#include "strided_winograd_tiles.h"
#undef WIDTH
#define WIDTH 16
#include "winograd_vectors.h"
#include "strided_winograd_tiles.h"
// clang-format on

/// Defines a pass with the machine's vectors.
#define STRIDED_PASS(name, parameters, arguments)                                                  \
  PINION_CLONES                                                                                    \
  static void name##_of_8 parameters { name##_8 arguments; }                                       \
  PINION_CLONES                                                                                    \
  static void name##_of_16 parameters { name##_16 arguments; }                                     \
  void pinion_##name parameters {                                                                  \
    if (pinion_panel_columns() > PINION_LANES) {                                                   \
      name##_of_16 arguments;                                                                      \
    } else {                                                                                       \
      name##_of_8 arguments;                                                                       \
    }                                                                                              \
  }

STRIDED_PASS(
    strided_input,
    (const pinion_strided_tiles *tiles, ptrdiff_t channels, const float *images, ptrdiff_t stride,
     float *elements),
    (tiles, channels, images, stride, elements))
STRIDED_PASS(
    strided_input_gradient,
    (const pinion_strided_tiles *tiles, ptrdiff_t channels, const float *elements, ptrdiff_t stride,
     float *images),
    (tiles, channels, elements, stride, images))
STRIDED_PASS(
    strided_output,
    (const pinion_strided_tiles *tiles, ptrdiff_t filters, const float *sums, ptrdiff_t plane,
     ptrdiff_t stride, const float *bias, float slope, float *images),
    (tiles, filters, sums, plane, stride, bias, slope, images))
STRIDED_PASS(
    strided_output_gradient,
    (const pinion_strided_tiles *tiles, ptrdiff_t filters, const float *images, ptrdiff_t plane,
     ptrdiff_t stride, float *sums),
    (tiles, filters, images, plane, stride, sums))

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
