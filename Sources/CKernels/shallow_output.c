#include "pinion_kernels.h"
#include "shallow.h"

enum { pixels = 8 };

ptrdiff_t pinion_shallow_scratch(const pinion_windows *w, ptrdiff_t filters) {
  // Padded rows, their gradients, a row of dz, and the transposed kernel.
  return 2 * w->kernel_height * padded_of(w) + w->output_width * filters +
         w->kernel_height * filters * PINION_LANES;
}

/// Computes `count` neighboring outputs for `width` vectors of filters, `n` of them in the last.
///
/// rows (kernel_height, padded), from the first output's window on; kernel and bias from the first
/// filter on; `to`: (count, filters).
PINION_INLINE void output_block(
    pinion_shallow_output_pass s, const float *rows, const float *kernel, const float *bias,
    float *to, ptrdiff_t count, ptrdiff_t width, ptrdiff_t n) {
  ptrdiff_t padded = padded_of(&s.windows), run = run_of(&s.windows), step = step_of(&s.windows);
  vector16 sums[pixels][2];
  for (ptrdiff_t v = 0; v < width; v++) {
    ptrdiff_t here = v == width - 1 ? n : PINION_LANES;
    vector16 b = {0};
    if (bias) b = load16(bias + v * PINION_LANES, here);
    for (ptrdiff_t p = 0; p < count; p++) sums[p][v] = b;
  }
  for (ptrdiff_t i = 0; i < s.windows.kernel_height; i++) {
    for (ptrdiff_t l = 0; l < run; l++) {
      const float *x = rows + i * padded + l;
      const float *weights = kernel + (i * run + l) * s.filters;
      for (ptrdiff_t v = 0; v < width; v++) {
        vector16 weight = load16(weights + v * PINION_LANES, v == width - 1 ? n : PINION_LANES);
        for (ptrdiff_t p = 0; p < count; p++) sums[p][v] += x[p * step] * weight;
      }
    }
  }
  for (ptrdiff_t p = 0; p < count; p++) {
    for (ptrdiff_t v = 0; v < width; v++) {
      store16(
          to + p * s.filters + v * PINION_LANES, rectify(sums[p][v], s.slope),
          v == width - 1 ? n : PINION_LANES);
    }
  }
}

PINION_INLINE void output_rows(pinion_shallow_output_pass s) {
  const pinion_windows w = s.windows;
  for (ptrdiff_t r = s.first_row; r < s.first_row + s.row_count; r++) {
    ptrdiff_t image = r / w.output_height;
    const float *from = s.images + image * w.height * w.width * w.channels;
    pad_rows(&w, from, top_of(&w, image, r), s.scratch);
    for (ptrdiff_t j = 0; j < w.output_width; j += pixels) {
      ptrdiff_t count = least(pixels, w.output_width - j);
      const float *rows = s.scratch + j * step_of(&w);
      float *to = s.output + (r * w.output_width + j) * s.filters;
      ptrdiff_t f = 0;
      for (; f + 2 * PINION_LANES <= s.filters; f += 2 * PINION_LANES) {
        const float *bias = s.bias ? s.bias + f : s.bias;
        if (count == pixels) {
          output_block(s, rows, s.kernel + f, bias, to + f, pixels, 2, PINION_LANES);
        } else {
          output_block(s, rows, s.kernel + f, bias, to + f, count, 2, PINION_LANES);
        }
      }
      for (; f < s.filters; f += PINION_LANES) {
        const float *bias = s.bias ? s.bias + f : s.bias;
        ptrdiff_t n = least(PINION_LANES, s.filters - f);
        output_block(s, rows, s.kernel + f, bias, to + f, count, 1, n);
      }
    }
  }
}

PINION_CLONES
void pinion_shallow_output(const pinion_shallow_output_pass *pass) { output_rows(*pass); }
