#include "depthwise.h"
#include "pinion_kernels.h"
#include "wide.h"

// Two rows of the output of a depthwise convolution at a time, with so many pixels of each that
// twelve sums fill the registers: they do not wait for each other's additions, and a weight is read
// once for all of them. The weights of places that margins of zeros add must be finite, or their
// products are not zero.

enum { most_pixels = 6, most_vectors = 4 };

/// What the outputs of two rows share.
typedef struct {
  /// The pixel in column 0 of the image row under the first row of the kernel and the first row of
  /// the output, and floats between the image rows under neighboring rows of the kernel, and of the
  /// output.
  const float *x;
  ptrdiff_t row_step, pair_step;
  /// The rows of the kernel that lie over the image for each row of the output.
  range rows[2];
  /// Floats of a pixel of the image, and between the pixels under neighboring taps of a row and
  /// under neighboring outputs.
  ptrdiff_t wide, tap_step, pixel_step;
  /// The taps of a row.
  ptrdiff_t taps;
  wide_kernel kernel;
  /// Floats between outputs of a row, and between the rows.
  ptrdiff_t to_step, to_line;
  /// Rows of the image that the next rows of the output need first: their number, floats from x,
  /// and floats from one to the next.
  ptrdiff_t rows_ahead, ahead, line;
  /// Whether there is a second row.
  int is_pair;
  /// (wide,), or null.
  const float *bias;
  float slope;
} output_rows;

/// Bytes of one and of several pixels.
typedef struct {
  ptrdiff_t one, three, five;
} pixel_steps;

PINION_INLINE pixel_steps steps_of(ptrdiff_t step) {
  ptrdiff_t one = step * (ptrdiff_t)sizeof(float);
  pixel_steps by = {one, 3 * one, 5 * one};
  // Hidden from the compiler, which would otherwise keep a pointer for each pixel, in memory.
  __asm__("" : "+r"(by.one), "+r"(by.three), "+r"(by.five));
  return by;
}

/// Prefetches what the next two rows of the output need first, under some of these columns: rows
/// are too short for the processor's own prefetching. To the second cache, as rows of many images
/// share places in the first.
PINION_INLINE void fetch_ahead(
    const output_rows *s, range channels, const float *x, ptrdiff_t columns) {
  x += s->ahead + channels.low;
  ptrdiff_t count = (columns - 1) * s->pixel_step + channels.high - channels.low;
  for (ptrdiff_t r = 0; r < s->rows_ahead; r++, x += s->line) {
    for (ptrdiff_t i = 0; i < count; i += PINION_LANES) __builtin_prefetch(x + i, 0, 2);
  }
}

// Vectors of sixteen fill cache lines: with vectors of eight, rows from beyond the first cache take
// 1.3 times as long (Zen 3). Those are for what is left.

// clang-format off: the order matters.
#define ROWS_INLINE PINION_INLINE
#define WIDTH 8
#include "width_vectors.h"
#define ROWS OF_WIDTH
#define ROWS_PIXELS 6
#define ROWS_VECTORS 4
#define ROWS_RECTIFY rectified_8
#include "depthwise_rows.h"
#undef WIDTH
#undef ROWS_PIXELS
#undef ROWS_VECTORS
#undef ROWS_RECTIFY
#define WIDTH 16
#include "width_vectors.h"
#define ROWS_PIXELS 3
#define ROWS_VECTORS 2
#define ROWS_RECTIFY rectified_16
#include "depthwise_rows.h"
#undef ROWS
#undef ROWS_INLINE
#undef ROWS_PIXELS
#undef ROWS_VECTORS
#undef ROWS_RECTIFY
// clang-format on

PINION_CLONES
static void convolve_rows_of_8(
    const pinion_windows *w, const output_rows *s, range channels, float *to) {
  convolve_columns_8(w, s, channels, to);
}

/// All channels of a few pixels come before the next pixels, in the order of memory: with images
/// beyond the caches, one vector of channels of all pixels at a time takes 1.5 to 3 times as long
/// (16 × 16 pixels of 128 channels, Zen 3).
PINION_CLONES
static void convolve_rows_of_16(
    const pinion_windows *w, const output_rows *s, range channels, float *to) {
  convolve_columns_16(w, s, channels, to);
}

#ifdef PINION_AVX512
// clang-format off: the order matters.
#define ROWS(name) name##_of_register
#define ROWS_INLINE PINION_WIDE
#define ROWS_PIXELS 6
#define ROWS_VECTORS 4
#define ROWS_RECTIFY rectify_wide
#include "depthwise_rows.h"
#undef WIDTH
// clang-format on

PINION_AVX512
static void convolve_wide_rows(
    const pinion_windows *w, const output_rows *s, range channels, float *to) {
  convolve_columns_of_register(w, s, channels, to);
}
#else
static void convolve_wide_rows(
    const pinion_windows *w, const output_rows *s, range channels, float *to) {
  convolve_rows_of_16(w, s, channels, to);
}
#endif

void pinion_convolve_rows(
    const wide_image *x, ptrdiff_t i, ptrdiff_t count, wide_kernel kernel, const float *bias,
    float slope, wide_outputs to) {
  const pinion_windows *w = &x->windows;
  ptrdiff_t top = i * w->stride_height - w->pad_top, next = top + w->stride_height;
  output_rows s = {
      .x = x->rows + top * x->line,
      .row_step = w->dilation_height * x->line,
      .pair_step = w->stride_height * x->line,
      .wide = w->channels,
      .tap_step = w->dilation_width * w->channels,
      .pixel_step = w->stride_width * w->channels,
      .taps = w->kernel_width,
      .kernel = kernel,
      .to_step = to.step,
      .to_line = to.line,
      .is_pair = count == 2,
      .rows_ahead = count * w->stride_height,
      .ahead = ((w->kernel_height - 1) * w->dilation_height + 1) * x->line,
      .line = x->line,
      .bias = bias,
      .slope = slope};
  s.rows[0] = steps_inside(top, w->dilation_height, w->height, w->kernel_height);
  if (s.is_pair) s.rows[1] = steps_inside(next, w->dilation_height, w->height, w->kernel_height);
  // Empty ranges lie at an end of the other one, where the loops expect them.
  range *first = &s.rows[0], *second = &s.rows[1];
  if (first->low >= first->high) *first = (range){second->high, second->high};
  if (second->low >= second->high) *second = (range){first->low, first->low};
  range whole = {0, s.wide / PINION_LANES * PINION_LANES};
  if (whole.high > 0 && has_wide_registers()) {
    convolve_wide_rows(w, &s, whole, to.first);
  } else if (whole.high > 0) {
    convolve_rows_of_16(w, &s, whole, to.first);
  }
  if (whole.high < s.wide) convolve_rows_of_8(w, &s, (range){whole.high, s.wide}, to.first);
}
