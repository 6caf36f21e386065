#ifndef PINION_DEPTHWISE_SCRATCH_H
#define PINION_DEPTHWISE_SCRATCH_H

#include "depthwise.h"

// The parts of a depthwise convolution's scratch memory.

/// dx as convolutions of dz: with every `stride`-th tap of the kernel, read backward, for the rows
/// r, r + stride, … of the image and the columns c, c + stride, …. These are the taps that reach
/// such a sequence of rows or columns: their number, the last of them, and the padding.
typedef struct {
  ptrdiff_t count, last, pad;
} backward_taps;

PINION_INLINE backward_taps taps_reaching(
    ptrdiff_t first, ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t dilation, ptrdiff_t pad) {
  ptrdiff_t tap = (first + pad) % stride;
  backward_taps taps = {tap < kernel ? rounded_up(kernel - tap, stride) : 0, 0, 0};
  taps.last = tap + stride * (taps.count - 1);
  taps.pad = (taps.count - 1) * dilation - (first + pad - tap) / stride;
  return taps;
}

/// The windows on dz of the part with rows from r on and columns from c on. A part without taps
/// has a kernel of height or width 0.
PINION_INLINE pinion_windows
backward_windows(const pinion_windows *w, ptrdiff_t outputs, ptrdiff_t r, ptrdiff_t c) {
  backward_taps rows =
      taps_reaching(r, w->kernel_height, w->stride_height, w->dilation_height, w->pad_top);
  backward_taps columns =
      taps_reaching(c, w->kernel_width, w->stride_width, w->dilation_width, w->pad_left);
  pinion_windows back = *w;
  back.channels = outputs;
  back.height = w->output_height;
  back.width = w->output_width;
  back.output_height = rounded_up(most(0, w->height - r), w->stride_height);
  back.output_width = rounded_up(most(0, w->width - c), w->stride_width);
  back.kernel_height = rows.count;
  back.kernel_width = columns.count;
  back.stride_height = back.stride_width = 1;
  back.pad_top = rows.pad;
  back.pad_left = columns.pad;
  return back;
}

/// What all parts reach together of dz.
typedef struct {
  margins columns;
  /// From the row that a row of each part is numbered as.
  range rows;
} backward_reach;

PINION_INLINE backward_reach reach_of(const pinion_windows *w, ptrdiff_t outputs) {
  backward_reach reach = {{0, 0}, {0, 1}};
  for (ptrdiff_t r = 0; r < w->stride_height; r++) {
    pinion_windows part = backward_windows(w, outputs, r, 0);
    ptrdiff_t end = (part.kernel_height - 1) * part.dilation_height + 1 - part.pad_top;
    reach.rows.low = least(reach.rows.low, -part.pad_top);
    reach.rows.high = most(reach.rows.high, end);
  }
  for (ptrdiff_t c = 0; c < w->stride_width; c++) {
    pinion_windows part = backward_windows(w, outputs, 0, c);
    margins m = margins_of(&part);
    reach.columns.left = most(reach.columns.left, m.left);
    reach.columns.right = most(reach.columns.right, m.right);
  }
  return reach;
}

/// Rows that are copied at a time.
typedef struct {
  int is_copied;
  /// The most rows of the image, and the rows of the output for which they are copied.
  ptrdiff_t rows, outputs;
  /// Floats of a copied row.
  ptrdiff_t line;
} row_copies;

/// `reach`: the rows under an output row; `step`: the image rows from one to the next.
PINION_INLINE row_copies copies_of(
    const pinion_windows *w, ptrdiff_t multiplier, margins m, ptrdiff_t reach, ptrdiff_t step) {
  row_copies copies = {.is_copied = is_copied(w, multiplier, m)};
  if (!copies.is_copied) return copies;
  copies.line = (w->width + m.left + m.right) * wide_of(w->channels * multiplier);
  copies.rows = copied_rows(copies.line, step, reach);
  copies.outputs = (copies.rows - reach) / step + 1;
  return copies;
}

/// The rows under a window.
PINION_INLINE ptrdiff_t span_of(const pinion_windows *w) {
  return (w->kernel_height - 1) * w->dilation_height + 1;
}

/// The rows under some rows of the output, which may lie beyond the image.
PINION_INLINE range rows_under(const pinion_windows *w, range outputs) {
  ptrdiff_t last = (outputs.high - 1) * w->stride_height - w->pad_top;
  return (range){outputs.low * w->stride_height - w->pad_top, last + span_of(w)};
}

/// Those of x.
PINION_INLINE row_copies input_copies(const pinion_windows *w, ptrdiff_t multiplier) {
  return copies_of(w, multiplier, margins_of(w), span_of(w), w->stride_height);
}

/// Those of dz for dx.
PINION_INLINE row_copies
gradient_copies(const pinion_windows *w, ptrdiff_t outputs, backward_reach reach) {
  pinion_windows back = backward_windows(w, outputs, 0, 0);
  return copies_of(&back, 1, reach.columns, reach.rows.high - reach.rows.low, 1);
}

/// Those of x for the gradient of the kernel, with as many channels at a time as leave room for
/// some rows: sums over few rows and columns, as at edges, take most of their time to load and
/// store.
typedef struct {
  row_copies rows;
  ptrdiff_t channels;
} product_copies;

PINION_INLINE product_copies product_copies_of(const pinion_windows *w, ptrdiff_t multiplier) {
  margins m = margins_of(w);
  ptrdiff_t reach = span_of(w), step = w->stride_height;
  ptrdiff_t end = (w->output_height - 1) * step + reach - w->pad_top;
  int has_edges = m.left + m.right > 0 || w->pad_top > 0 || end > w->height;
  int is_whole = has_whole_vectors(w, multiplier);
  product_copies copies = {
      .channels = is_whole ? least(w->channels, fewest_in_place) : w->channels};
  copies.rows.is_copied = !is_whole || (has_edges && has_many_edges(w));
  copies.rows.line = (w->width + m.left + m.right) * wide_of(copies.channels * multiplier);
  copies.rows.rows = least(end + w->pad_top, copied_rows(copies.rows.line, step, reach));
  copies.rows.outputs = (copies.rows.rows - reach) / step + 1;
  return copies;
}

/// Where the parts that both passes use start, in floats.
typedef struct {
  /// If pixels are not whole vectors: the kernel, the bias, and two wide rows of the output or of
  /// dx.
  ptrdiff_t kernel, bias, rows;
  /// Copied rows of x, the last part of the output's.
  ptrdiff_t x;
} output_scratch;

PINION_INLINE output_scratch output_scratch_of(const pinion_windows *w, ptrdiff_t multiplier) {
  output_scratch s = {0};
  if (has_whole_vectors(w, multiplier)) return s;
  ptrdiff_t wide = wide_of(w->channels * multiplier);
  s.bias = w->kernel_height * w->kernel_width * wide;
  s.rows = s.bias + wide;
  s.x = s.rows + 2 * most(w->width, w->output_width) * wide;
  return s;
}

/// All parts.
typedef struct {
  output_scratch output;
  /// The gradient of the kernel, if pixels are not whole vectors.
  ptrdiff_t sums;
  /// Copied rows of dz for dx, and for the kernel's gradient.
  ptrdiff_t dz, products;
  ptrdiff_t end;
} depthwise_scratch;

PINION_INLINE depthwise_scratch scratch_of(const pinion_windows *w, ptrdiff_t multiplier) {
  ptrdiff_t outputs = w->channels * multiplier, wide = wide_of(outputs);
  int parts = !has_whole_vectors(w, multiplier);
  row_copies x = input_copies(w, multiplier), products = product_copies_of(w, multiplier).rows;
  row_copies dz = gradient_copies(w, outputs, reach_of(w, outputs));
  ptrdiff_t inputs = x.is_copied ? least(x.rows, w->height) * x.line : 0;
  if (products.is_copied) inputs = most(inputs, products.rows * products.line);
  depthwise_scratch s = {.output = output_scratch_of(w, multiplier)};
  s.sums = s.output.x + inputs;
  s.dz = s.sums + (parts ? w->kernel_height * w->kernel_width * wide : 0);
  s.products = s.dz + (dz.is_copied ? least(dz.rows, w->output_height) * dz.line : 0);
  s.end = s.products + (parts ? products.outputs * w->output_width * wide : 0);
  return s;
}

#endif
