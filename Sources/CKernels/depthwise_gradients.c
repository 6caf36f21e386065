#include "depthwise_scratch.h"
#include "pinion_kernels.h"

// MARK: Image

/// Sums wide pixels of gradients over each channel's kernels: dx[c] ← Σ, or dx[c] ← dx[c] + Σ.
PINION_INLINE void narrow(
    const float *from, ptrdiff_t count, ptrdiff_t channels, ptrdiff_t multiplier, ptrdiff_t wide,
    int accumulates, float *to) {
  for (ptrdiff_t p = 0; p < count; p++, from += wide, to += channels) {
    if (multiplier == 1 && accumulates) {
      for (ptrdiff_t c = 0; c < channels; c++) to[c] += from[c];
      continue;
    }
    for (ptrdiff_t c = 0; c < channels; c++) {
      float sum = accumulates ? to[c] : 0;
      for (ptrdiff_t k = 0; k < multiplier; k++) sum += from[c * multiplier + k];
      to[c] = sum;
    }
  }
}

/// The kernel of a part, read backward.
PINION_INLINE wide_kernel
backward_kernel(const pinion_windows *w, ptrdiff_t r, ptrdiff_t c, wide_kernel kernel) {
  ptrdiff_t row =
      taps_reaching(r, w->kernel_height, w->stride_height, w->dilation_height, w->pad_top).last;
  ptrdiff_t tap =
      taps_reaching(c, w->kernel_width, w->stride_width, w->dilation_width, w->pad_left).last;
  kernel.first += row * kernel.row_step + tap * kernel.tap_step;
  kernel.row_step *= -w->stride_height;
  kernel.tap_step *= -w->stride_width;
  return kernel;
}

/// What all images share.
typedef struct {
  const pinion_windows *windows;
  ptrdiff_t multiplier, outputs, wide;
  wide_kernel kernel;
  backward_reach reach;
  row_copies copies;
  product_copies products;
  /// Of `depthwise_scratch`.
  float *rows, *x, *dz, *dz_rows;
} gradients_plan;

/// Writes the gradient of an image, some rows of each part at a time.
PINION_INLINE void image_gradient(const gradients_plan *s, const float *gradients, float *dx) {
  const pinion_windows *w = s->windows;
  ptrdiff_t across = w->stride_width, down = w->stride_height, line = w->width * w->channels;
  ptrdiff_t wide = s->wide, parts = rounded_up(w->height, down), copied = 0;
  int narrows = !has_whole_vectors(w, s->multiplier);
  const pinion_windows whole = backward_windows(w, s->outputs, 0, 0);
  margins m = s->copies.is_copied ? s->reach.columns : (margins){0, 0};
  wide_image dz = {gradients, w->output_width * s->outputs, whole};
  enum { most_rows = 8 };
  ptrdiff_t block = narrows ? 2 : most_rows;
  if (s->copies.is_copied) block = most(2, least(block, s->copies.outputs / 2 * 2));
  for (ptrdiff_t i = 0; i < parts; i += block) {
    ptrdiff_t end = least(parts, i + block);
    if (s->copies.is_copied && end > copied) {
      copied = least(parts, i + s->copies.outputs);
      range under = {i + s->reach.rows.low, copied - 1 + s->reach.rows.high};
      under = overlap(under, (range){0, w->output_height});
      dz = copy_rows(&whole, gradients, 1, (range){0, s->outputs}, under, m, s->dz);
    }
    for (ptrdiff_t r = 0; r < down; r++) {
      for (ptrdiff_t c = 0; c < across && c < w->width; c++) {
        const pinion_windows part = backward_windows(w, s->outputs, r, c);
        const wide_kernel kernel = backward_kernel(w, r, c, s->kernel);
        dz.windows = with_margins(part, wide, m);
        for (ptrdiff_t k = i; k < least(end, part.output_height); k += 2) {
          float *target = dx + (k * down + r) * line + c * wide;
          wide_outputs to = {target, across * wide, down * line};
          if (narrows) to = (wide_outputs){s->rows + c * wide, across * wide, w->width * wide};
          ptrdiff_t rows = least(2, part.output_height - k);
          pinion_convolve_rows(&dz, k, rows, kernel, 0, 1, to);
        }
      }
      for (ptrdiff_t k = i; narrows && k < end && k * down + r < w->height; k++) {
        const float *row = s->rows + (k - i) * w->width * wide;
        float *target = dx + (k * down + r) * line;
        narrow(row, w->width, w->channels, s->multiplier, wide, 0, target);
      }
    }
  }
}

// MARK: Kernel

/// Adds the products of an image's inputs and dz to the kernel's gradient, (kernel_height,
/// kernel_width, wide).
PINION_INLINE void image_products(
    const gradients_plan *s, const float *image, const float *gradients, float *to) {
  const pinion_windows *w = s->windows;
  const row_copies copies = s->products.rows;
  if (!copies.is_copied) {
    wide_image x = {image, w->width * w->channels, *w};
    pinion_add_tap_products(&x, gradients, s->wide, (range){0, w->output_height}, to);
    return;
  }
  for (ptrdiff_t i = 0; i < w->output_height; i += copies.outputs) {
    range rows = {i, least(w->output_height, i + copies.outputs)};
    const float *dz = gradients;
    if (s->outputs != s->wide) {
      ptrdiff_t pixels = (rows.high - rows.low) * w->output_width;
      const float *from = gradients + i * w->output_width * s->outputs;
      widen(from, pixels, s->outputs, 1, s->wide, s->dz_rows);
      dz = s->dz_rows - i * w->output_width * s->wide;
    }
    range under = rows_under(w, rows);
    for (ptrdiff_t c = 0; c < w->channels; c += s->products.channels) {
      range channels = {c, least(w->channels, c + s->products.channels)};
      wide_image x = copy_rows(w, image, s->multiplier, channels, under, margins_of(w), s->x);
      // All rows that are read were copied.
      x.rows -= w->pad_top * x.line;
      x.windows.pad_top = 0;
      x.windows.height = (w->output_height - 1) * w->stride_height + span_of(w);
      pinion_add_tap_products(&x, dz + c, s->wide, rows, to + c);
    }
  }
}

// MARK: Pass

PINION_CLONES
void pinion_depthwise_gradients(const pinion_depthwise_gradients_pass *pass) {
  const pinion_depthwise_gradients_pass s = *pass;
  const pinion_windows *w = &s.windows;
  ptrdiff_t outputs = w->channels * s.multiplier, wide = wide_of(outputs);
  ptrdiff_t taps = w->kernel_height * w->kernel_width;
  ptrdiff_t size = w->height * w->width * w->channels;
  ptrdiff_t output_size = w->output_height * w->output_width * outputs;
  const depthwise_scratch places = scratch_of(w, s.multiplier);
  gradients_plan plan = {
      .windows = w,
      .multiplier = s.multiplier,
      .outputs = outputs,
      .wide = wide,
      .kernel = {s.kernel, w->kernel_width * wide, wide},
      .reach = reach_of(w, outputs),
      .products = product_copies_of(w, s.multiplier),
      .rows = s.scratch + places.output.rows,
      .x = s.scratch + places.output.x,
      .dz = s.scratch + places.dz,
      .dz_rows = s.scratch + places.products};
  plan.copies = gradient_copies(w, outputs, plan.reach);
  float *to = s.kernel_gradient;
  if (outputs != wide) {
    float *weights = s.scratch + places.output.kernel, *sums = s.scratch + places.sums;
    widen(s.kernel, taps, outputs, 1, wide, weights);
    plan.kernel.first = weights;
    if (to) to = memset(sums, 0, sizeof(float) * taps * wide);
  }
  for (ptrdiff_t n = 0; n < s.count; n++) {
    const float *image = s.images + n * size, *gradients = s.gradients + n * output_size;
    if (to) image_products(&plan, image, gradients, to);
    if (s.image_gradients) image_gradient(&plan, gradients, s.image_gradients + n * size);
  }
  if (to && outputs != wide) narrow(to, taps, outputs, 1, wide, 1, s.kernel_gradient);
}
