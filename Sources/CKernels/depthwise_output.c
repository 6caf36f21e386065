#include "depthwise_scratch.h"
#include "pinion_kernels.h"

ptrdiff_t pinion_depthwise_scratch(const pinion_windows *w, ptrdiff_t multiplier) {
  return scratch_of(w, multiplier).end;
}

/// Copies the first `outputs` floats of wide pixels.
PINION_INLINE void take_outputs(
    const float *from, ptrdiff_t count, ptrdiff_t wide, ptrdiff_t outputs, float *to) {
  for (ptrdiff_t p = 0; p < count; p++) {
    memcpy(to + p * outputs, from + p * wide, sizeof(float) * outputs);
  }
}

/// What all images share.
typedef struct {
  const pinion_windows *windows;
  ptrdiff_t multiplier, outputs, wide;
  wide_kernel kernel;
  const float *bias;
  float slope;
  row_copies copies;
  /// Of `depthwise_scratch`.
  float *rows, *x;
} output_plan;

/// Writes rows of an image's output.
PINION_INLINE void image_output(const output_plan *s, const float *image, range rows, float *to) {
  const pinion_windows *w = s->windows;
  ptrdiff_t line = w->output_width * s->outputs, copied = rows.low;
  wide_image x = {image, w->width * w->channels, *w};
  for (ptrdiff_t i = rows.low; i < rows.high; i += 2, to += 2 * line) {
    ptrdiff_t count = least(2, rows.high - i);
    if (s->copies.is_copied && i + count > copied) {
      copied = least(rows.high, i + s->copies.outputs);
      range under = overlap(rows_under(w, (range){i, copied}), (range){0, w->height});
      x = copy_rows(w, image, s->multiplier, (range){0, w->channels}, under, margins_of(w), s->x);
    }
    if (s->outputs == s->wide) {
      pinion_convolve_rows(
          &x, i, count, s->kernel, s->bias, s->slope, (wide_outputs){to, s->wide, line});
      continue;
    }
    wide_outputs target = {s->rows, s->wide, w->output_width * s->wide};
    pinion_convolve_rows(&x, i, count, s->kernel, s->bias, s->slope, target);
    take_outputs(s->rows, count * w->output_width, s->wide, s->outputs, to);
  }
}

PINION_CLONES
void pinion_depthwise_output(const pinion_depthwise_output_pass *pass) {
  const pinion_depthwise_output_pass s = *pass;
  const pinion_windows *w = &s.windows;
  ptrdiff_t outputs = w->channels * s.multiplier, wide = wide_of(outputs);
  const output_scratch places = output_scratch_of(w, s.multiplier);
  output_plan plan = {
      .windows = w,
      .multiplier = s.multiplier,
      .outputs = outputs,
      .wide = wide,
      .kernel = {s.kernel, w->kernel_width * wide, wide},
      .bias = s.bias,
      .slope = s.slope,
      .copies = input_copies(w, s.multiplier),
      .rows = s.scratch + places.rows,
      .x = s.scratch + places.x};
  if (outputs != wide) {
    float *weights = s.scratch + places.kernel, *biases = s.scratch + places.bias;
    widen(s.kernel, w->kernel_height * w->kernel_width, outputs, 1, wide, weights);
    plan.kernel.first = weights;
    if (s.bias) widen(s.bias, 1, outputs, 1, wide, biases);
    if (s.bias) plan.bias = biases;
  }
  ptrdiff_t end = s.first_row + s.row_count;
  for (ptrdiff_t r = s.first_row; r < end;) {
    ptrdiff_t image = r / w->output_height, i = r - image * w->output_height;
    range rows = {i, least(w->output_height, i + end - r)};
    image_output(
        &plan, s.images + image * w->height * w->width * w->channels, rows,
        s.output + (r - s.first_row) * w->output_width * outputs);
    r += rows.high - rows.low;
  }
}
