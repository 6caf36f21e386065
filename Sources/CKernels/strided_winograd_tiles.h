// The passes over tiles of a convolution with a stride of 2, for vectors of WIDTH numbers. Included
// once for each WIDTH.

/// Five inputs of a row or a column; zeros unless `inside`.
WIDTH_INLINE VECTOR OF_WIDTH(strided_load)(const float *from, int inside, ptrdiff_t n) {
  return inside ? LOAD(from, n) : (VECTOR){0};
}

/// Row i of Bᵀ·d, d (5, 5); with `whole`, all inputs are in the image.
WIDTH_INLINE void OF_WIDTH(strided_input_row)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, tile_place p, int whole, ptrdiff_t i,
    ptrdiff_t n, VECTOR *t) {
#pragma clang loop unroll(full)
  for (ptrdiff_t j = 0; j < 5; j++) {
    int column = j >= p.column_low && j < p.column_high;
#define AT_ROW(r)                                                                                  \
  OF_WIDTH(strided_load)                                                                           \
  (from + (r)*row + j * pixel, whole || (column && (r) >= p.row_low && (r) < p.row_high), n)
    // In the order of `strided_order`: the rows 0, 2 and 4, then 1 and 3.
    t[j] = AT_ROW(i == 0 ? 0 : i == 1 ? 2 : i == 2 ? 4 : i == 3 ? 1 : 3);
    if (i == 0 || i == 2) t[j] -= AT_ROW(2);
#undef AT_ROW
  }
}

/// Whether one of `n` channels that lack taps is not zero in a tile's inputs, or one of `n` filters
/// in its outputs' gradients.
WIDTH_INLINE int OF_WIDTH(strided_lacking)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t rows, ptrdiff_t columns,
    const int32_t *met, ptrdiff_t n) {
  if (!OF_WIDTH(is_any)(OF_WIDTH(lacking)(met, n))) return 0;
  MASK bits = {0};
  for (ptrdiff_t i = 0; i < rows; i++) {
    for (ptrdiff_t j = 0; j < columns; j++) bits |= (MASK)LOAD(from + i * row + j * pixel, n);
  }
  return OF_WIDTH(are_lacking)(bits, met, n);
}

/// Adds the taps of the values of a tile to their sets: of its inputs, or of the gradients of its
/// outputs.
WIDTH_INLINE void OF_WIDTH(strided_search)(
    const pinion_tiles *w, tile_place p, int is_input, const float *images, ptrdiff_t count,
    const pinion_winograd_taps *taps) {
  pinion_winograd_values values = {images, 0, 1, count};
  ptrdiff_t width = is_input ? w->windows.width : w->windows.output_width;
  ptrdiff_t start = is_input ? input_offset(w, p) + (p.row_low * width + p.column_low) * count
                             : output_offset(w, p, count);
  ptrdiff_t rows = is_input ? p.row_high - p.row_low : p.rows;
  ptrdiff_t columns = is_input ? p.column_high - p.column_low : p.columns;
  for (ptrdiff_t c = 0; c < count; c += WIDTH) {
    ptrdiff_t n = least(WIDTH, count - c);
    const float *from = images + start + c;
    if (!OF_WIDTH(strided_lacking)(from, width * count, count, rows, columns, taps->met + c, n)) {
      continue;
    }
    pinion_winograd_note_taps(&w->windows, p, is_input, &values, taps, c, n);
  }
}

WIDTH_INLINE void OF_WIDTH(strided_input_tile)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, tile_place p, int whole, ptrdiff_t n,
    float *to) {
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 5; i++) {
    VECTOR t[5];
    OF_WIDTH(strided_input_row)(from, row, pixel, p, whole, i, n, t);
    STORE(to + strided_order[i][0] * pixel, t[0] - t[2], n);
    STORE(to + strided_order[i][1] * pixel, t[2], n);
    STORE(to + strided_order[i][2] * pixel, t[4] - t[2], n);
    STORE(to + strided_order[i][3] * pixel, t[1], n);
    STORE(to + strided_order[i][4] * pixel, t[3], n);
  }
}

WIDTH_INLINE void OF_WIDTH(strided_input)(
    const pinion_tiles *w, const float *images, ptrdiff_t stride, float *elements,
    const pinion_winograd_taps *taps) {
  ptrdiff_t channels = w->windows.channels, row = w->windows.width * channels;
  for (ptrdiff_t t = 0; t < w->count; t++, elements += stride) {
    tile_place p = place_of(w, 2, 2, t);
    const float *from = images + input_offset(w, p);
    int whole = has_all_inputs(p);
    ptrdiff_t c = 0;
    for (; c + WIDTH <= channels; c += WIDTH) {
      if (whole) {
        OF_WIDTH(strided_input_tile)(from + c, row, channels, p, 1, WIDTH, elements + c);
      } else {
        OF_WIDTH(strided_input_tile)(from + c, row, channels, p, 0, WIDTH, elements + c);
      }
    }
    if (c < channels) {
      OF_WIDTH(strided_input_tile)(from + c, row, channels, p, 0, channels - c, elements + c);
    }
    if (taps && taps->met) OF_WIDTH(strided_search)(w, p, 1, images, channels, taps);
  }
}

/// d = B·v for a row or a column of five elements.
WIDTH_INLINE void OF_WIDTH(strided_input_gradient_1d)(const VECTOR *v, VECTOR *d) {
  d[0] = v[0];
  d[1] = v[3];
  d[2] = v[1] - v[0] - v[2];
  d[3] = v[4];
  d[4] = v[2];
}

WIDTH_INLINE void OF_WIDTH(strided_input_gradient_tile)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, tile_place p, int whole, ptrdiff_t n,
    float *to) {
  VECTOR rows[5][5];
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 5; i++) {
    VECTOR v[5];
#pragma clang loop unroll(full)
    for (ptrdiff_t j = 0; j < 5; j++) v[j] = LOAD(from + strided_order[i][j] * pixel, n);
    OF_WIDTH(strided_input_gradient_1d)(v, rows[i]);
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t j = 0; j < 5; j++) {
    VECTOR v[5], d[5];
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < 5; i++) v[i] = rows[i][j];
    OF_WIDTH(strided_input_gradient_1d)(v, d);
    int column = j >= p.column_low && j < p.column_high;
#pragma clang loop unroll(full)
    for (ptrdiff_t i = 0; i < 5; i++) {
      if (!whole && !(column && i >= p.row_low && i < p.row_high)) continue;
      float *target = to + i * row + j * pixel;
      STORE(target, LOAD(target, n) + d[i], n);
    }
  }
}

WIDTH_INLINE void OF_WIDTH(strided_input_gradient)(
    const pinion_tiles *w, const float *elements, ptrdiff_t stride, float *images) {
  ptrdiff_t channels = w->windows.channels, row = w->windows.width * channels;
  for (ptrdiff_t t = 0; t < w->count; t++, elements += stride) {
    tile_place p = place_of(w, 2, 2, t);
    float *to = images + input_offset(w, p);
    int whole = has_all_inputs(p);
    ptrdiff_t c = 0;
    for (; c + WIDTH <= channels; c += WIDTH) {
      if (whole) {
        OF_WIDTH(strided_input_gradient_tile)(elements + c, row, channels, p, 1, WIDTH, to + c);
      } else {
        OF_WIDTH(strided_input_gradient_tile)(elements + c, row, channels, p, 0, WIDTH, to + c);
      }
    }
    if (c < channels) {
      OF_WIDTH(strided_input_gradient_tile)
      (elements + c, row, channels, p, 0, channels - c, to + c);
    }
  }
}

/// The outputs of a tile's first `rows` rows and `columns` columns.
WIDTH_INLINE void OF_WIDTH(strided_output_tile)(
    const float *from, ptrdiff_t plane, const float *bias, float slope, ptrdiff_t rows,
    ptrdiff_t columns, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t n, float *to) {
  VECTOR left[3], right[3], b = {0};
  if (bias) b = LOAD(bias, n);
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 3; i++) {
    const float *at = from + 3 * i * plane;
    VECTOR both = LOAD(at + plane, n);
    left[i] = LOAD(at, n) + both;
    right[i] = both + LOAD(at + 2 * plane, n);
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 2; i++) {
    if (i >= rows) continue;
    VECTOR first = left[2 * i] + left[1] + b, second = right[2 * i] + right[1] + b;
    STORE(to + i * row, OF_WIDTH(rectified)(first, slope), n);
    if (columns > 1) STORE(to + i * row + pixel, OF_WIDTH(rectified)(second, slope), n);
  }
}

WIDTH_INLINE void OF_WIDTH(strided_output)(
    const pinion_tiles *w, ptrdiff_t filters, const float *sums, ptrdiff_t plane, ptrdiff_t stride,
    const float *bias, float slope, float *images) {
  ptrdiff_t row = w->windows.output_width * filters;
  for (ptrdiff_t t = 0; t < w->count; t++, sums += stride) {
    tile_place p = place_of(w, 2, 2, t);
    float *to = images + output_offset(w, p, filters);
    ptrdiff_t c = 0;
    if (has_all_outputs(p)) {
      for (; c + WIDTH <= filters; c += WIDTH) {
        OF_WIDTH(strided_output_tile)
        (sums + c, plane, bias ? bias + c : bias, slope, 2, 2, row, filters, WIDTH, to + c);
      }
    }
    for (; c < filters; c += WIDTH) {
      OF_WIDTH(strided_output_tile)
      (sums + c, plane, bias ? bias + c : bias, slope, p.rows, p.columns, row, filters,
       least(WIDTH, filters - c), to + c);
    }
  }
}

WIDTH_INLINE void OF_WIDTH(strided_output_gradient_tile)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t rows, ptrdiff_t columns,
    ptrdiff_t n, ptrdiff_t plane, float *to) {
  // Of the first row, of both and of the second.
  VECTOR left[3], right[3];
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 2; i++) {
    left[2 * i] = OF_WIDTH(strided_load)(from + i * row, i < rows, n);
    right[2 * i] = OF_WIDTH(strided_load)(from + i * row + pixel, i < rows && columns > 1, n);
  }
  left[1] = left[0] + left[2], right[1] = right[0] + right[2];
#pragma clang loop unroll(full)
  for (ptrdiff_t i = 0; i < 3; i++) {
    float *at = to + 3 * i * plane;
    STORE(at, left[i], n);
    STORE(at + plane, left[i] + right[i], n);
    STORE(at + 2 * plane, right[i], n);
  }
}

WIDTH_INLINE void OF_WIDTH(strided_output_gradient)(
    const pinion_tiles *w, ptrdiff_t filters, const float *images, ptrdiff_t plane,
    ptrdiff_t stride, float *sums, const pinion_winograd_taps *taps) {
  ptrdiff_t row = w->windows.output_width * filters;
  for (ptrdiff_t t = 0; t < w->count; t++, sums += stride) {
    tile_place p = place_of(w, 2, 2, t);
    const float *from = images + output_offset(w, p, filters);
    ptrdiff_t c = 0;
    if (has_all_outputs(p)) {
      for (; c + WIDTH <= filters; c += WIDTH) {
        OF_WIDTH(strided_output_gradient_tile)
        (from + c, row, filters, 2, 2, WIDTH, plane, sums + c);
      }
    }
    for (; c < filters; c += WIDTH) {
      OF_WIDTH(strided_output_gradient_tile)
      (from + c, row, filters, p.rows, p.columns, least(WIDTH, filters - c), plane, sums + c);
    }
    if (taps && taps->met) OF_WIDTH(strided_search)(w, p, 0, images, filters, taps);
  }
}
