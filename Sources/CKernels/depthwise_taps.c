#include "depthwise.h"
#include "pinion_kernels.h"

/// The sums of as many taps stay in registers.
enum { most_taps = 14 };

/// The products of the inputs under rows of the output with these rows' dz.
typedef struct {
  /// The input under tap (0, 0) of the output at (0, 0), which may lie outside of the image, and
  /// floats between inputs for neighboring rows and columns of the output, and of the kernel.
  const float *x;
  ptrdiff_t x_row, x_column, row_tap, column_tap;
  /// dz of the output at (0, 0), and floats between its rows and columns.
  const float *dz;
  ptrdiff_t dz_row, dz_column;
  /// The gradients of the taps, and floats between rows of them and between taps.
  float *to;
  ptrdiff_t to_row, to_tap;
} tap_products;

/// The rows of the output whose windows have the kernel's row u inside the image.
PINION_INLINE range rows_of(const pinion_windows *w, ptrdiff_t u) {
  return steps_inside(
      u * w->dilation_height - w->pad_top, w->stride_height, w->height, w->output_height);
}

// clang-format off: the order matters.
#define WIDTH 8
#include "width_vectors.h"
#include "depthwise_taps.h"
#undef WIDTH
#define WIDTH 16
#include "width_vectors.h"
#include "depthwise_taps.h"
#undef WIDTH
// clang-format on

PINION_CLONES
static void add_products_of_8(
    const pinion_windows *w, const tap_products *s, range channels, range rows) {
  add_products_8(w, s, channels, rows, most_taps);
}

PINION_CLONES
static void add_products_of_16(
    const pinion_windows *w, const tap_products *s, range channels, range rows,
    ptrdiff_t most_sums) {
  add_products_16(w, s, channels, rows, most_sums);
}

void pinion_add_tap_products(
    const wide_image *x, const float *dz, ptrdiff_t wide, range rows, float *to) {
  const pinion_windows *w = &x->windows;
  ptrdiff_t pixel = w->channels;
  tap_products s = {
      .x = x->rows - w->pad_top * x->line - w->pad_left * pixel,
      .x_row = w->stride_height * x->line,
      .x_column = w->stride_width * pixel,
      .row_tap = w->dilation_height * x->line,
      .column_tap = w->dilation_width * pixel,
      .dz = dz,
      .dz_row = w->output_width * wide,
      .dz_column = wide,
      .to = to,
      .to_row = w->kernel_width * wide,
      .to_tap = wide};
  range whole = {0, pixel / PINION_LANES * PINION_LANES};
  // A vector of sixteen is one of 32 registers or two of sixteen.
  ptrdiff_t sums = pinion_panel_columns() > PINION_LANES ? most_taps : most_taps / 2;
  // Rows that stay in the first cache, for one vector of channels, while all taps read them.
  ptrdiff_t block = most(1, 128 / w->output_width);
  for (ptrdiff_t i = rows.low; i < rows.high; i += block) {
    range part = {i, least(rows.high, i + block)};
    add_products_of_16(w, &s, whole, part, sums);
    add_products_of_8(w, &s, (range){whole.high, pixel}, part);
  }
}
