#include "pinion_kernels.h"
#include "shallow.h"

ptrdiff_t pinion_shallow_packed(const pinion_windows *w, ptrdiff_t filters) {
  return w->kernel_height * run_of(w) * wide_of(filters);
}

void pinion_shallow_pack(
    const pinion_windows *w, ptrdiff_t filters, const float *kernel, float *packed) {
  pack_columns(kernel, w->kernel_height * run_of(w), filters, packed);
}

PINION_INLINE void output_rows(pinion_shallow_output_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t run = run_of(&w), line = w.width * w.channels;
  padded_rows rows = {s.scratch, w.kernel_height, padded_of(&w), w.pad_left * w.channels, line, 0};
  window_row row = {
      .run = run,
      .step = step_of(&w),
      .matrix = s.packed,
      .matrix_rows = w.kernel_height * run,
      .bias = s.bias,
      .slope = s.slope,
      .outputs = s.filters,
      .count = w.output_width,
      .to_step = s.filters};
  for (ptrdiff_t r = s.first_row; r < s.first_row + s.row_count; r++) {
    ptrdiff_t image = r / w.output_height, i = r - image * w.output_height;
    ptrdiff_t top = i * w.stride_height - w.pad_top;
    ptrdiff_t low = most(0, top), high = most(low, least(w.height, top + w.kernel_height));
    if (i == 0) rows.done = 0;
    pad_rows(&rows, s.images + image * w.height * line, low, high);
    row.row_count = high - low;
    for (ptrdiff_t k = low; k < high; k++) {
      row.rows[k - low] = padded_row(&rows, k);
      row.first[k - low] = (k - top) * run;
    }
    row.to = s.output + r * w.output_width * s.filters;
    pinion_multiply_windows(&row);
  }
}

PINION_CLONES
void pinion_shallow_output(const pinion_shallow_output_pass *pass) { output_rows(*pass); }
