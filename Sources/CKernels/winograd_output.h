// The output's side of Winograd's algorithm, planes to tiles, and the gradients of tiles to those
// of planes. Included once for each WIDTH.

/// y = Aᵀ·m: m (6,), y (4,).
WIDTH_INLINE void OF_WIDTH(output_1d)(const VECTOR *m, VECTOR *y) {
  VECTOR sum_p = m[1] + m[2], difference_p = m[1] - m[2];
  VECTOR sum_q = m[3] + m[4], difference_q = m[3] - m[4];
  y[0] = m[0] + sum_p + sum_q;
  y[1] = P1 * difference_p + Q1 * difference_q;
  y[2] = P2 * sum_p + Q2 * sum_q;
  y[3] = m[5] + P3 * difference_p + Q3 * difference_q;
}

/// Writes `n` filters of a tile's outputs in `inside`; those in `zeros` are f(bias).
WIDTH_INLINE void OF_WIDTH(output_tile)(
    const float *from, ptrdiff_t plane, const float *bias, float slope, int inside, uint64_t zeros,
    float *to, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t n) {
  _Alignas(64) VECTOR half[24];
  VECTOR m[6], y[4];
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) m[i] = LOAD(from + (6 * i + j) * plane, n);
    OF_WIDTH(output_1d)(m, y);
    for (ptrdiff_t i = 0; i < 4; i++) half[6 * i + j] = y[i];
  }
  VECTOR b = {0};
  if (bias) b = LOAD(bias, n);
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < 4; i++, to += row, inside >>= 4, zeros >>= 4) {
    OF_WIDTH(output_1d)(half + 6 * i, y);
#pragma clang loop unroll(full)
    for (ptrdiff_t j = 0; j < 4; j++) {
      if (!(inside >> j & 1)) continue;
      VECTOR z = zeros >> j & 1 ? b : y[j] + b;
      STORE(to + j * pixel, OF_WIDTH(rectified)(z, slope), n);
    }
  }
}

WIDTH_INLINE void OF_WIDTH(output_tiles)(pinion_winograd_output_pass w) {
  ptrdiff_t row = w.tiles.block.windows.output_width * w.filters, pixel = w.filters;
  ptrdiff_t plane = w.tiles.plane;
  for (ptrdiff_t t = 0; t < w.tiles.block.count; t++) {
    tile_place p = place_of(&w.tiles.block, 4, 1, t);
    float *to = w.images + output_offset(&w.tiles.block, p, w.filters);
    const float *from = w.planes + t * w.tiles.stride;
    uint64_t zeros = w.zeros[t];
    int inside = outputs_in_image(p);
    for (ptrdiff_t c = 0; c < w.filters; c += WIDTH) {
      ptrdiff_t n = least(WIDTH, w.filters - c);
      const float *bias = w.bias ? w.bias + c : w.bias;
      fetch_planes(&w.tiles, from + c, c, w.filters);
      if (n < WIDTH) {
        OF_WIDTH(output_tile)
        (from + c, plane, bias, w.slope, inside, zeros, to + c, row, pixel, n);
      } else if (inside == ALL_OUTPUTS && !zeros) {
        OF_WIDTH(output_tile)
        (from + c, plane, bias, w.slope, ~0, 0, to + c, row, pixel, WIDTH);
      } else {
        OF_WIDTH(output_tile)
        (from + c, plane, bias, w.slope, inside, zeros, to + c, row, pixel, WIDTH);
      }
    }
  }
}

/// m = A·y: y (4,), m (6,).
WIDTH_INLINE void OF_WIDTH(output_gradient_1d)(const VECTOR *y, VECTOR *m) {
  VECTOR even_p = y[0] + P2 * y[2], odd_p = P1 * y[1] + P3 * y[3];
  VECTOR even_q = y[0] + Q2 * y[2], odd_q = Q1 * y[1] + Q3 * y[3];
  m[0] = y[0];
  m[1] = even_p + odd_p;
  m[2] = even_p - odd_p;
  m[3] = even_q + odd_q;
  m[4] = even_q - odd_q;
  m[5] = y[3];
}

/// Transforms the gradients of `n` filters of a tile's outputs in `inside`. Returns the set of
/// those that are not zero in some filter, if `finds_live`, and, with `met`, LACKS_TAPS if one is
/// not zero in a filter that lacks taps.
WIDTH_INLINE int OF_WIDTH(output_gradient_tile)(
    const float *gradients, const float *outputs, float slope, ptrdiff_t row, ptrdiff_t pixel,
    int inside, float *bias_gradient, float *to, ptrdiff_t plane, ptrdiff_t n, int finds_live,
    const int32_t *met) {
  _Alignas(64) VECTOR half[24];
  VECTOR y[4], m[6], sum = {0};
  MASK bits = {0};
  int live = 0;
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < 4; j++) {
    int column = 0;
    for (ptrdiff_t i = 0; i < 4; i++) {
      int is_inside = inside >> (4 * i + j) & 1;
      ptrdiff_t place = i * row + j * pixel;
      y[i] = LOAD(is_inside ? gradients + place : no_values, n);
      if (outputs) {
        VECTOR output = LOAD(is_inside ? outputs + place : no_values, n);
        y[i] = OF_WIDTH(rectified_gradient)(y[i], output, slope);
      }
      sum += y[i];
      if (met) bits |= (MASK)y[i];
      if (finds_live) column |= OF_WIDTH(is_any)(y[i] != 0) << (4 * i);
    }
    live |= column << j;
    OF_WIDTH(output_gradient_1d)(y, m);
    for (ptrdiff_t i = 0; i < 6; i++) half[4 * i + j] = m[i];
  }
  if (bias_gradient) STORE(bias_gradient, LOAD(bias_gradient, n) + sum, n);
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < 6; i++) {
    OF_WIDTH(output_gradient_1d)(half + 4 * i, m);
    for (ptrdiff_t j = 0; j < 6; j++) STORE(to + (6 * i + j) * plane, m[j], n);
  }
  return met && OF_WIDTH(are_lacking)(bits, met, n) ? live | LACKS_TAPS : live;
}

/// The same for tile `t` of a pass, whose first output is at `start`, and its filters from `c` on.
WIDTH_INLINE int OF_WIDTH(output_gradient_part)(
    const pinion_winograd_output_gradient_pass *w, ptrdiff_t start, int inside, ptrdiff_t t,
    ptrdiff_t c, ptrdiff_t n, int finds_live, const int32_t *met) {
  ptrdiff_t place = start + c;
  float *to = w->planes + t * w->tiles.stride + c;
  fetch_planes(&w->tiles, to, c, w->filters);
  return OF_WIDTH(output_gradient_tile)(
      w->gradients + place, w->outputs ? w->outputs + place : w->outputs, w->slope,
      w->tiles.block.windows.output_width * w->filters, w->filters, inside,
      w->bias_gradient ? w->bias_gradient + c : w->bias_gradient, to, w->tiles.plane, n, finds_live,
      met);
}

/// The same with a search for taps.
WIDTH_INLINE int OF_WIDTH(output_gradient_searched)(
    const pinion_winograd_output_gradient_pass *w, tile_place p, ptrdiff_t start, int inside,
    ptrdiff_t t, ptrdiff_t c, ptrdiff_t n) {
  int live = OF_WIDTH(output_gradient_part)(w, start, inside, t, c, n, 1, w->taps.met + c);
  if (!(live & LACKS_TAPS)) return live;
  pinion_winograd_values dz = {w->gradients, w->outputs, w->slope, w->filters};
  pinion_winograd_note_taps(&w->tiles.block.windows, p, 0, &dz, &w->taps, c, n);
  return live & ALL_OUTPUTS;
}

WIDTH_INLINE void OF_WIDTH(output_gradient_tiles)(pinion_winograd_output_gradient_pass w) {
  for (ptrdiff_t t = 0; t < w.tiles.block.count; t++) {
    tile_place p = place_of(&w.tiles.block, 4, 1, t);
    ptrdiff_t start = output_offset(&w.tiles.block, p, w.filters), c = 0;
    int inside = outputs_in_image(p), live = 0;
    for (; c + WIDTH <= w.filters; c += WIDTH) {
      if (w.taps.met && OF_WIDTH(is_any)(OF_WIDTH(lacking)(w.taps.met + c, WIDTH))) {
        live |= OF_WIDTH(output_gradient_searched)(&w, p, start, inside, t, c, WIDTH);
      } else if (live != inside) {
        live |= OF_WIDTH(output_gradient_part)(&w, start, inside, t, c, WIDTH, 1, 0);
      } else {
        OF_WIDTH(output_gradient_part)(&w, start, inside, t, c, WIDTH, 0, 0);
      }
    }
    if (c < w.filters && w.taps.met) {
      live |= OF_WIDTH(output_gradient_searched)(&w, p, start, inside, t, c, w.filters - c);
    } else if (c < w.filters) {
      live |= OF_WIDTH(output_gradient_part)(&w, start, inside, t, c, w.filters - c, 1, 0);
    }
    w.reached[t] = inputs_under(live);
  }
}
