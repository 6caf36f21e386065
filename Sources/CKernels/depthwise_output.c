#include "depthwise.h"
#include "pinion_kernels.h"

ptrdiff_t pinion_depthwise_scratch(const pinion_windows *w, ptrdiff_t multiplier) {
  if (is_wide(w->channels, multiplier)) return 0;
  // The kernel and its gradient, a row of dx, rows of x and rows of dz.
  ptrdiff_t kernel = w->kernel_height * w->kernel_width;
  return wide_of(w->channels * multiplier) *
         (2 * kernel + w->width + w->kernel_height * (w->width + w->output_width));
}

PINION_INLINE void output_rows(pinion_depthwise_output_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t outputs = w.channels * s.multiplier, wide = wide_of(outputs);
  ptrdiff_t taps = w.kernel_height * w.kernel_width;
  wide_kernel kernel = {s.kernel, w.kernel_width * wide, wide};
  if (outputs != wide) {
    widen(s.kernel, taps, outputs, 1, wide, s.scratch);
    kernel.first = s.scratch;
  }
  int takes_pairs = is_wide(w.channels, s.multiplier) && pinion_takes_pairs(&w);
  ptrdiff_t end = s.first_row + s.row_count;
  for (ptrdiff_t r = s.first_row; r < end; r++) {
    ptrdiff_t image = r / w.output_height, i = r - image * w.output_height;
    const float *from = s.images + image * w.height * w.width * w.channels;
    float *to = s.output + (r - s.first_row) * w.output_width * outputs;
    fetch_next_rows(&w, from, i);
    if (takes_pairs && r + 1 < end && i + 1 < w.output_height) {
      fetch_next_rows(&w, from, i + 1);
      pinion_convolve_pair(&w, from, i, kernel, s.bias, s.slope, to);
      r += 1;
      continue;
    }
    wide_rows x = rows_under(&w, from, i, s.multiplier, s.scratch + taps * wide);
    convolve_row(&w, x, kernel, s.bias, s.slope, outputs, outputs, to);
  }
}

PINION_CLONES
void pinion_depthwise_output(const pinion_depthwise_output_pass *pass) { output_rows(*pass); }
