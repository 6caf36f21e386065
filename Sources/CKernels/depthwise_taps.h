// The gradient of a depthwise kernel, for vectors of WIDTH numbers. Included once for each WIDTH.

/// Adds Σ x·dz over rows × columns of the output to the gradients of `group` × `taps` neighboring
/// taps, compile-time constants: so many sums hide the latency of their additions.
PINION_INLINE void OF_WIDTH(add_taps)(
    const tap_products *s, const float *x, const float *dz, ptrdiff_t rows, ptrdiff_t columns,
    ptrdiff_t group, ptrdiff_t taps, float *to) {
  VECTOR sums[most_taps];
#pragma clang loop unroll(full)
  for (ptrdiff_t t = 0; t < group * taps; t++) {
    sums[t] = *(const VECTOR *)(to + t / taps * s->to_row + t % taps * s->to_tap);
  }
  for (ptrdiff_t i = 0; i < rows; i++, x += s->x_row, dz += s->dz_row) {
    const float *from = x, *gradients = dz;
    for (ptrdiff_t j = 0; j < columns; j++, from += s->x_column, gradients += s->dz_column) {
      VECTOR gradient = *(const VECTOR *)gradients;
#pragma clang loop unroll(full)
      for (ptrdiff_t t = 0; t < group * taps; t++) {
        const float *at = from + t / taps * s->row_tap + t % taps * s->column_tap;
        sums[t] += *(const VECTOR *)at * gradient;
      }
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t t = 0; t < group * taps; t++) {
    *(VECTOR *)(to + t / taps * s->to_row + t % taps * s->to_tap) = sums[t];
  }
}

/// The same for the taps of a range in rows u..<u + group of the kernel, and WIDTH channels from o
/// on.
PINION_INLINE void OF_WIDTH(add_tap_range)(
    const tap_products *s, range rows, range columns, ptrdiff_t u, ptrdiff_t group, range taps,
    ptrdiff_t o) {
  const float *x = s->x + rows.low * s->x_row + columns.low * s->x_column + u * s->row_tap + o;
  const float *dz = s->dz + rows.low * s->dz_row + columns.low * s->dz_column + o;
  float *to = s->to + u * s->to_row + o;
  ptrdiff_t height = rows.high - rows.low, width = columns.high - columns.low;
  ptrdiff_t most_of_row = group == 3 ? 3 : 7;
  while (taps.low < taps.high) {
    ptrdiff_t count = least(taps.high - taps.low, most_of_row);
    const float *from = x + taps.low * s->column_tap;
    float *target = to + taps.low * s->to_tap;
#define TAPS(groups, of_row)                                                                       \
  case 10 * groups + of_row:                                                                       \
    OF_WIDTH(add_taps)(s, from, dz, height, width, groups, of_row, target);                        \
    break;
    switch (10 * group + count) {
      TAPS(1, 1)
      TAPS(1, 2)
      TAPS(1, 3)
      TAPS(1, 4)
      TAPS(1, 5)
      TAPS(1, 6)
      TAPS(1, 7)
      TAPS(2, 1)
      TAPS(2, 2)
      TAPS(2, 3)
      TAPS(2, 4)
      TAPS(2, 5)
      TAPS(2, 6)
      TAPS(2, 7)
      TAPS(3, 1)
      TAPS(3, 2)
      TAPS(3, 3)
    }
#undef TAPS
    taps.low += count;
  }
}

/// All taps of some rows of the kernel, for rows of the output where they all lie over the image.
PINION_INLINE void OF_WIDTH(add_kernel_rows)(
    const pinion_windows *w, const tap_products *s, range rows, ptrdiff_t u, ptrdiff_t group,
    ptrdiff_t o) {
  if (rows.low >= rows.high) return;
  range inside = columns_inside(w);
  for (ptrdiff_t j = 0; j < w->output_width; j++) {
    range columns = {j, j + 1}, taps = {0, w->kernel_width};
    if (j == inside.low && inside.low < inside.high) {
      columns = inside;
      j = inside.high - 1;
    } else {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      taps = steps_inside(left, w->dilation_width, w->width, w->kernel_width);
    }
    OF_WIDTH(add_tap_range)(s, rows, columns, u, group, taps, o);
  }
}

/// All taps, for some channels and rows of the output. `most_sums`: those that stay in registers.
PINION_INLINE void OF_WIDTH(add_products)(
    const pinion_windows *w, const tap_products *s, range channels, range rows,
    ptrdiff_t most_sums) {
  ptrdiff_t most_rows = most(1, least(w->kernel_width <= 3 ? 3 : 2, most_sums / w->kernel_width));
  for (ptrdiff_t o = channels.low; o < channels.high; o += WIDTH) {
    for (ptrdiff_t u = 0; u < w->kernel_height; u += most_rows) {
      ptrdiff_t group = least(most_rows, w->kernel_height - u);
      range common = rows;
      for (ptrdiff_t t = u; t < u + group; t++) common = overlap(common, rows_of(w, t));
      OF_WIDTH(add_kernel_rows)(w, s, common, u, group, o);
      for (ptrdiff_t t = u; t < u + group && group > 1; t++) {
        range own = overlap(rows, rows_of(w, t));
        range above = {own.low, least(own.high, common.low)};
        range below = {most(own.low, common.high), own.high};
        OF_WIDTH(add_kernel_rows)(w, s, above, t, 1, o);
        OF_WIDTH(add_kernel_rows)(w, s, below, t, 1, o);
      }
    }
  }
}
