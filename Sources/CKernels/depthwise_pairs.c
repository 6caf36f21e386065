#include "depthwise.h"
#include "wide.h"

// Two rows of the output of a depthwise convolution at a time, with up to twelve sums in the 32
// registers of AVX-512: four, as a single row has, wait for each other's additions. On 8 × 8 to
// 32 × 32 pixels, 3 × 3 kernels take 0.6 to 0.7 of the time (Zen 5).

#ifdef PINION_AVX512

enum { most_pixels = 6 };

/// The parameters that the outputs of two rows and of sixteen channels share.
typedef struct {
  /// The image row under the first row of the kernel and the first row of the output, and floats
  /// between the image rows under neighboring rows of the kernel, and of the output.
  const float *x;
  ptrdiff_t row_step, pair_step;
  /// The rows of the kernel that lie over the image for each row of the output.
  range rows[2];
  /// Floats of a pixel, and between the two rows of the output.
  ptrdiff_t wide, to_row;
  vector16 start;
  float slope;
} pair_outputs;

/// `rectify` of vector16.h, which is not compiled for AVX-512 alone.
PINION_WIDE vector16 rectify_wide(vector16 z, float slope) {
  __mmask16 below = _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_blend_ps(below, z, slope == 0 ? (vector16){0} : slope * z);
}

/// Adds the products of a row of the kernel to `count` neighboring sums of the first row of the
/// output, whose window has the image row x, of the second, or of both.
PINION_WIDE void add_kernel_row(
    const pair_outputs *s, const float *x, const float *weights, ptrdiff_t tap_step,
    ptrdiff_t stride, ptrdiff_t taps, ptrdiff_t count, int first, int second,
    vector16 sums[2][most_pixels]) {
  const float *next = x + s->pair_step;
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < taps; v++) {
    vector16 weight = *(const vector16 *)(weights + v * tap_step);
#pragma clang loop unroll(full)
    for (ptrdiff_t p = 0; p < count; p++) {
      ptrdiff_t pixel = (p * stride + v) * s->wide;
      if (first) sums[0][p] += *(const vector16 *)(x + pixel) * weight;
      if (second) sums[1][p] += *(const vector16 *)(next + pixel) * weight;
    }
  }
}

/// `count` neighboring outputs of both rows, a compile-time constant. `place`: the first window's
/// pixel in an image row, under the first of `taps` taps.
PINION_WIDE void convolve_pixel_pairs(
    const pair_outputs *s, ptrdiff_t place, wide_kernel kernel, ptrdiff_t stride, ptrdiff_t taps,
    ptrdiff_t count, float *to) {
  vector16 sums[2][most_pixels];
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++) sums[0][p] = sums[1][p] = s->start;
  // The second row of the output is lower: rows of the kernel above the image end first there, and
  // rows below it begin first.
  const range first = s->rows[0], second = s->rows[1];
  const float *x = s->x + second.low * s->row_step + place;
  const float *weights = kernel.first + second.low * kernel.row_step;
  ptrdiff_t u = second.low;
  for (; u < first.low; u++, x += s->row_step, weights += kernel.row_step) {
    add_kernel_row(s, x, weights, kernel.tap_step, stride, taps, count, 0, 1, sums);
  }
  for (; u < second.high; u++, x += s->row_step, weights += kernel.row_step) {
    add_kernel_row(s, x, weights, kernel.tap_step, stride, taps, count, 1, 1, sums);
  }
  for (; u < first.high; u++, x += s->row_step, weights += kernel.row_step) {
    add_kernel_row(s, x, weights, kernel.tap_step, stride, taps, count, 1, 0, sums);
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++, to += s->wide) {
    *(vector16 *)to = rectify_wide(sums[0][p], s->slope);
    *(vector16 *)(to + s->to_row) = rectify_wide(sums[1][p], s->slope);
  }
}

/// A column at an edge of the image.
PINION_WIDE void convolve_edge(
    const pair_outputs *s, ptrdiff_t place, wide_kernel kernel, ptrdiff_t taps, float *to) {
  if (taps == 2) {
    convolve_pixel_pairs(s, place, kernel, 1, 2, 1, to);
  } else {
    convolve_pixel_pairs(s, place, kernel, 1, taps, 1, to);
  }
}

/// The columns whose windows lie inside the image; stride and taps are compile-time constants.
PINION_WIDE void convolve_inside(
    const pair_outputs *s, ptrdiff_t place, wide_kernel kernel, ptrdiff_t stride, ptrdiff_t taps,
    ptrdiff_t columns, float *to) {
  ptrdiff_t step = stride * s->wide;
  for (; columns >= 6; columns -= 6, place += 6 * step, to += 6 * s->wide) {
    convolve_pixel_pairs(s, place, kernel, stride, taps, 6, to);
  }
  if (columns >= 4) {
    convolve_pixel_pairs(s, place, kernel, stride, taps, 4, to);
    columns -= 4, place += 4 * step, to += 4 * s->wide;
  }
  if (columns >= 2) {
    convolve_pixel_pairs(s, place, kernel, stride, taps, 2, to);
    columns -= 2, place += 2 * step, to += 2 * s->wide;
  }
  if (columns > 0) convolve_pixel_pairs(s, place, kernel, stride, taps, 1, to);
}

PINION_AVX512
static void convolve_pair(
    const pinion_windows *w, const float *image, ptrdiff_t i, wide_kernel kernel, const float *bias,
    float slope, float *to) {
  ptrdiff_t wide = w->channels, line = w->width * wide;
  ptrdiff_t top = i * w->stride_height - w->pad_top;
  pair_outputs s = {
      image + top * line,
      w->dilation_height * line,
      w->stride_height * line,
      {steps_inside(top, w->dilation_height, w->height, w->kernel_height),
       steps_inside(top + w->stride_height, w->dilation_height, w->height, w->kernel_height)},
      wide,
      w->output_width * wide,
      {0},
      slope};
  range inside = steps_inside(
      -w->pad_left, w->stride_width, most(0, w->width - w->kernel_width + 1), w->output_width);
  for (ptrdiff_t o = 0; o < wide; o += PINION_LANES, kernel.first += PINION_LANES) {
    if (bias) s.start = *(const vector16 *)(bias + o);
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      float *target = to + j * wide + o;
      if (j == inside.low && inside.low < inside.high) {
        ptrdiff_t columns = inside.high - inside.low, place = left * wide + o;
#pragma clang loop unroll(full)
        for (ptrdiff_t stride = 1; stride <= 2; stride++) {
          if (stride != w->stride_width) continue;
          if (w->kernel_width == 3) {
            convolve_inside(&s, place, kernel, stride, 3, columns, target);
          } else if (w->kernel_width == 5) {
            convolve_inside(&s, place, kernel, stride, 5, columns, target);
          } else {
            convolve_inside(&s, place, kernel, stride, 7, columns, target);
          }
        }
        j = inside.high - 1;
        continue;
      }
      range taps = steps_inside(left, 1, w->width, w->kernel_width);
      wide_kernel part = kernel;
      part.first += taps.low * kernel.tap_step;
      convolve_edge(&s, (left + taps.low) * wide + o, part, taps.high - taps.low, target);
    }
  }
}

int pinion_takes_pairs(const pinion_windows *w) {
  ptrdiff_t width = w->kernel_width;
  return (width == 3 || width == 5 || width == 7) && w->dilation_width == 1 &&
         w->stride_width <= 2 && __builtin_cpu_supports("x86-64-v4") != 0;
}

void pinion_convolve_pair(
    const pinion_windows *w, const float *image, ptrdiff_t i, wide_kernel kernel, const float *bias,
    float slope, float *to) {
  convolve_pair(w, image, i, kernel, bias, slope, to);
}
#else
int pinion_takes_pairs(const pinion_windows *w) {
  (void)w;
  return 0;
}

void pinion_convolve_pair(
    const pinion_windows *w, const float *image, ptrdiff_t i, wide_kernel kernel, const float *bias,
    float slope, float *to) {
  for (ptrdiff_t row = 0; row < 2; row++, to += w->output_width * w->channels) {
    wide_rows x = rows_under(w, image, i + row, 1, 0);
    pinion_convolve_row(w, x, kernel, bias, slope, w->channels, w->channels, to);
  }
}
#endif
