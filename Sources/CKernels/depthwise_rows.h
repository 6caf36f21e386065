// One or two rows of a depthwise convolution, for vectors of WIDTH numbers. Included once for each
// WIDTH and instruction set, with ROWS(name), a name for it; ROWS_PIXELS, the most pixels of a row
// whose sums stay in registers; ROWS_VECTORS, the most vectors of one pixel; ROWS_INLINE, the
// functions' attributes; ROWS_RECTIFY(z, slope), `rectify` for them.

/// Adds the products of a tap to `count` neighboring sums of the first row of the output, whose
/// windows have the pixels from `row` on under it, of the second, or of both.
ROWS_INLINE void ROWS(add_tap)(
    pixel_steps by, const char *row, const char *next, const float *tap, ptrdiff_t count, int first,
    int second, VECTOR sums[2][most_pixels]) {
  const ptrdiff_t offsets[most_pixels] = {0, by.one, 2 * by.one, by.three, 4 * by.one, by.five};
  VECTOR weight = *(const VECTOR *)tap;
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++) {
    if (first) sums[0][p] += *(const VECTOR *)(row + offsets[p]) * weight;
    if (second) sums[1][p] += *(const VECTOR *)(next + offsets[p]) * weight;
  }
  // Pixels that several taps share would be kept in registers, which sixteen are too few for; with
  // 32, their addresses would be kept in memory.
  __asm__ volatile("" ::: "memory");
}

/// The same for a row of taps; x: the image row under it. `taps`: a compile-time constant, or 0.
ROWS_INLINE void ROWS(add_kernel_row)(
    const output_rows *s, pixel_steps by, const float *x, const float *weights, ptrdiff_t taps,
    ptrdiff_t count, int first, int second, VECTOR sums[2][most_pixels]) {
  const char *row = (const char *)x, *next = (const char *)(x + s->pair_step);
  ptrdiff_t kernel_step = s->kernel.tap_step, step = s->tap_step * (ptrdiff_t)sizeof(float);
  if (taps > 0) {
#pragma clang loop unroll(full)
    for (ptrdiff_t v = 0; v < taps; v++, weights += kernel_step, row += step, next += step) {
      ROWS(add_tap)(by, row, next, weights, count, first, second, sums);
      // As in `steps_of`.
      __asm__("" : "+r"(row), "+r"(next));
    }
    return;
  }
#pragma clang loop unroll(disable)
  for (ptrdiff_t v = s->taps; v > 0; v--, weights += kernel_step, row += step, next += step) {
    ROWS(add_tap)(by, row, next, weights, count, first, second, sums);
  }
}

/// `count` neighboring outputs of both rows, a compile-time constant, for the channels from o on.
/// x: the first window's pixel under the first tap, in the image row under the kernel's first row.
ROWS_INLINE void ROWS(convolve_pixels)(
    const output_rows *s, pixel_steps by, ptrdiff_t o, const float *x, ptrdiff_t taps,
    ptrdiff_t count, float *to) {
  VECTOR sums[2][most_pixels], start = {0};
  if (s->bias) start = *(const VECTOR *)(s->bias + o);
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++) sums[0][p] = sums[1][p] = start;
  // The second row of the output is lower: rows of the kernel above the image end first there, and
  // rows below it begin first.
  const range first = s->rows[0], second = s->rows[1];
  ptrdiff_t u = second.low;
  const float *weights = s->kernel.first + u * s->kernel.row_step + o;
  x += u * s->row_step + o;
  for (; u < first.low; u++, x += s->row_step, weights += s->kernel.row_step) {
    ROWS(add_kernel_row)(s, by, x, weights, 0, count, 0, 1, sums);
  }
  for (; u < second.high; u++, x += s->row_step, weights += s->kernel.row_step) {
    ROWS(add_kernel_row)(s, by, x, weights, taps, count, 1, 1, sums);
  }
  for (; u < first.high; u++, x += s->row_step, weights += s->kernel.row_step) {
    ROWS(add_kernel_row)(s, by, x, weights, 0, count, 1, 0, sums);
  }
  to += o;
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++, to += s->to_step) {
    *(VECTOR *)to = ROWS_RECTIFY(sums[0][p], s->slope);
    if (s->is_pair) *(VECTOR *)(to + s->to_line) = ROWS_RECTIFY(sums[1][p], s->slope);
  }
}

/// As many of some columns whose windows lie inside the image as are not single ones, for a range
/// of channels. `taps`: those of a row, a compile-time constant, or 0.
ROWS_INLINE ptrdiff_t ROWS(convolve_inside)(
    const output_rows *s, range channels, const float *x, ptrdiff_t taps, ptrdiff_t columns,
    float *to) {
  pixel_steps by = steps_of(s->pixel_step);
  ptrdiff_t rest = columns;
#define PIXELS(count)                                                                              \
  for (ptrdiff_t o = channels.low; o < channels.high; o += WIDTH) {                                \
    ROWS(convolve_pixels)(s, by, o, x, taps, count, to);                                           \
  }                                                                                                \
  fetch_ahead(s, channels, x, count);                                                              \
  rest -= count, x += count * s->pixel_step, to += count * s->to_step;
  while (rest >= ROWS_PIXELS) {
    PIXELS(ROWS_PIXELS)
  }
  if (ROWS_PIXELS > 4 && rest >= 4) {
    PIXELS(4)
  }
  if (rest >= 2) {
    PIXELS(2)
  }
#undef PIXELS
  return columns - rest;
}

/// The outputs of both rows in one column, for some vectors of channels, a compile-time constant:
/// their sums do not wait for each other. x: as above.
ROWS_INLINE void ROWS(convolve_column)(
    const output_rows *s, ptrdiff_t o, const float *x, range taps, ptrdiff_t vectors, float *to) {
  VECTOR sums[2][most_vectors];
#pragma clang loop unroll(full)
  for (ptrdiff_t l = 0; l < vectors; l++) {
    sums[0][l] = s->bias ? *(const VECTOR *)(s->bias + o + l * WIDTH) : (VECTOR){0};
    sums[1][l] = sums[0][l];
  }
  const range first = s->rows[0], second = s->rows[1];
  for (ptrdiff_t u = second.low; u < first.high; u++) {
    int has_first = u >= first.low, has_second = u < second.high;
    for (ptrdiff_t v = taps.low; v < taps.high; v++) {
      const float *from = x + u * s->row_step + v * s->tap_step + o;
      const float *weight = s->kernel.first + u * s->kernel.row_step + v * s->kernel.tap_step + o;
#pragma clang loop unroll(full)
      for (ptrdiff_t l = 0; l < vectors; l++) {
        VECTOR factor = *(const VECTOR *)(weight + l * WIDTH);
        if (has_first) sums[0][l] += *(const VECTOR *)(from + l * WIDTH) * factor;
        if (has_second) {
          sums[1][l] += *(const VECTOR *)(from + s->pair_step + l * WIDTH) * factor;
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t l = 0; l < vectors; l++) {
    float *target = to + o + l * WIDTH;
    *(VECTOR *)target = ROWS_RECTIFY(sums[0][l], s->slope);
    if (s->is_pair) *(VECTOR *)(target + s->to_line) = ROWS_RECTIFY(sums[1][l], s->slope);
  }
}

/// Both rows, for a range of channels.
ROWS_INLINE void ROWS(convolve_columns)(
    const pinion_windows *w, const output_rows *s, range channels, float *to) {
  range inside = columns_inside(w);
  for (ptrdiff_t j = 0; j < w->output_width; j++, to += s->to_step) {
    ptrdiff_t left = j * w->stride_width - w->pad_left;
    const float *x = s->x + left * s->wide;
    if (j == inside.low && inside.low + 1 < inside.high) {
      ptrdiff_t columns = inside.high - inside.low, done;
      switch (w->kernel_width) {
        case 3:
          done = ROWS(convolve_inside)(s, channels, x, 3, columns, to);
          break;
        case 5:
          done = ROWS(convolve_inside)(s, channels, x, 5, columns, to);
          break;
        case 7:
          done = ROWS(convolve_inside)(s, channels, x, 7, columns, to);
          break;
        default:
          done = ROWS(convolve_inside)(s, channels, x, 0, columns, to);
          break;
      }
      to += (done - 1) * s->to_step;
      j += done - 1;
      continue;
    }
    range taps = steps_inside(left, w->dilation_width, w->width, w->kernel_width);
    ptrdiff_t o = channels.low;
    for (; ROWS_VECTORS > 2 && o + 4 * WIDTH <= channels.high; o += 4 * WIDTH) {
      ROWS(convolve_column)(s, o, x, taps, 4, to);
    }
    for (; o + 2 * WIDTH <= channels.high; o += 2 * WIDTH) {
      ROWS(convolve_column)(s, o, x, taps, 2, to);
    }
    for (; o < channels.high; o += WIDTH) ROWS(convolve_column)(s, o, x, taps, 1, to);
  }
}
