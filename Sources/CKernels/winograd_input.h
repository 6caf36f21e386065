// The input's side of Winograd's algorithm, tiles to planes, and the gradients of planes to those
// of tiles. Included once for each WIDTH.

/// v = Bᵀ·d: d (6,), v (6,).
WIDTH_INLINE void OF_WIDTH(input_1d)(const VECTOR *d, VECTOR *v) {
  VECTOR even_p = d[4] - Q2 * d[2], odd_p = P1 * (d[3] - Q2 * d[1]);
  VECTOR even_q = d[4] - P2 * d[2], odd_q = Q1 * (d[3] - P2 * d[1]);
  v[0] = d[4] + (P2 * Q2) * d[0] - (P2 + Q2) * d[2];
  v[1] = even_p + odd_p;
  v[2] = even_p - odd_p;
  v[3] = even_q + odd_q;
  v[4] = even_q - odd_q;
  v[5] = d[5] + (P2 * Q2) * d[1] - (P2 + Q2) * d[3];
}

/// Transforms `n` channels of a tile whose inputs in the image are `inside`. Returns the set of
/// those that are not zero in some channel, if `finds_live`, or, with `met`, whether one is not
/// zero in a channel that lacks taps.
WIDTH_INLINE uint64_t OF_WIDTH(input_tile)(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, uint64_t inside, float *to, ptrdiff_t plane,
    ptrdiff_t n, int finds_live, const int32_t *met) {
  _Alignas(64) VECTOR half[36];
  VECTOR d[6], v[6];
  MASK bits = {0};
  uint64_t live = 0;
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < 6; j++) {
    uint64_t column = 0;
    for (ptrdiff_t i = 0; i < 6; i++) {
      // The choice of an address takes no branch.
      d[i] = LOAD(inside >> (6 * i + j) & 1 ? from + i * row + j * pixel : no_values, n);
      if (finds_live) column |= (uint64_t)OF_WIDTH(is_any)(d[i] != 0) << (6 * i);
      if (met) bits |= (MASK)d[i];
    }
    live |= column << j;
    OF_WIDTH(input_1d)(d, v);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = v[i];
  }
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < 6; i++) {
    OF_WIDTH(input_1d)(half + 6 * i, v);
    for (ptrdiff_t j = 0; j < 6; j++) STORE(to + (6 * i + j) * plane, v[j], n);
  }
  return met ? (uint64_t)OF_WIDTH(are_lacking)(bits, met, n) : live;
}

/// The same with a search for taps.
WIDTH_INLINE void OF_WIDTH(input_tile_searched)(
    const pinion_winograd_input_pass *w, tile_place p, const float *from, ptrdiff_t row,
    ptrdiff_t c, ptrdiff_t n, uint64_t inside, float *to) {
  ptrdiff_t channels = w->tiles.block.windows.channels;
  uint64_t lacks = OF_WIDTH(input_tile)(
      from + c, row, channels, inside, to + c, w->tiles.plane, n, 0, w->taps.met + c);
  if (!lacks) return;
  pinion_winograd_values x = {w->images, 0, 1, channels};
  pinion_winograd_note_taps(&w->tiles.block.windows, p, 1, &x, &w->taps, c, n);
}

WIDTH_INLINE void OF_WIDTH(input_tiles)(pinion_winograd_input_pass w) {
  ptrdiff_t channels = w.tiles.block.windows.channels, plane = w.tiles.plane;
  ptrdiff_t row = w.tiles.block.windows.width * channels;
  for (ptrdiff_t t = 0; t < w.tiles.block.count; t++) {
    tile_place p = place_of(&w.tiles.block, 4, 1, t);
    uint64_t inside = inputs_in_image(p), live = w.zeros ? 0 : inside;
    const float *from = w.images + input_offset(&w.tiles.block, p);
    float *to = w.planes + t * w.tiles.stride;
    ptrdiff_t c = 0;
    for (; c + WIDTH <= channels; c += WIDTH) {
      fetch_planes(&w.tiles, to + c, c, channels);
      // The first channels nearly always suffice to find all.
      if (live != inside) {
        live |= OF_WIDTH(input_tile)(from + c, row, channels, inside, to + c, plane, WIDTH, 1, 0);
      } else if (w.taps.met && OF_WIDTH(is_any)(OF_WIDTH(lacking)(w.taps.met + c, WIDTH))) {
        OF_WIDTH(input_tile_searched)(&w, p, from, row, c, WIDTH, inside, to);
      } else {
        OF_WIDTH(input_tile)(from + c, row, channels, inside, to + c, plane, WIDTH, 0, 0);
      }
    }
    if (c < channels && w.taps.met) {
      OF_WIDTH(input_tile_searched)(&w, p, from, row, c, channels - c, inside, to);
    } else if (c < channels) {
      live |=
          OF_WIDTH(input_tile)(from + c, row, channels, inside, to + c, plane, channels - c, 1, 0);
    }
    if (w.zeros) w.zeros[t] = outputs_of_zeros(live);
  }
}

/// d = B·v: v (6,), d (6,).
WIDTH_INLINE void OF_WIDTH(input_gradient_1d)(const VECTOR *v, VECTOR *d) {
  VECTOR sum_p = v[1] + v[2], difference_p = P1 * (v[1] - v[2]);
  VECTOR sum_q = v[3] + v[4], difference_q = Q1 * (v[3] - v[4]);
  d[0] = (P2 * Q2) * v[0];
  d[1] = (P2 * Q2) * v[5] - Q2 * difference_p - P2 * difference_q;
  d[2] = -(P2 + Q2) * v[0] - Q2 * sum_p - P2 * sum_q;
  d[3] = difference_p + difference_q - (P2 + Q2) * v[5];
  d[4] = v[0] + sum_p + sum_q;
  d[5] = v[5];
}

/// The gradient of `n` channels of a tile at its inputs in `reached`, and 0 at others, added to the
/// inputs in `inside`, or set in those that are in `fresh` too.
WIDTH_INLINE void OF_WIDTH(input_gradient_tile)(
    const float *from, ptrdiff_t plane, uint64_t reached, uint64_t inside, uint64_t fresh,
    float *to, ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t n) {
  _Alignas(64) VECTOR half[36];
  VECTOR v[6], d[6];
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) v[i] = LOAD(from + (6 * i + j) * plane, n);
    OF_WIDTH(input_gradient_1d)(v, d);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = d[i];
  }
#pragma clang loop unroll(disable)
  for (ptrdiff_t i = 0; i < 6; i++, to += row, reached >>= 6, inside >>= 6, fresh >>= 6) {
    OF_WIDTH(input_gradient_1d)(half + 6 * i, d);
#pragma clang loop unroll(full)
    for (ptrdiff_t j = 0; j < 6; j++) {
      if (!((inside & (reached | fresh)) >> j & 1)) continue;
      VECTOR sum = reached >> j & 1 ? d[j] : (VECTOR){0};
      if (!(fresh >> j & 1)) sum += LOAD(to + j * pixel, n);
      STORE(to + j * pixel, sum, n);
    }
  }
}

WIDTH_INLINE void OF_WIDTH(input_gradient_tiles)(pinion_winograd_input_gradient_pass w) {
  ptrdiff_t channels = w.tiles.block.windows.channels, plane = w.tiles.plane;
  ptrdiff_t row = w.tiles.block.windows.width * channels;
  for (ptrdiff_t t = 0; t < w.tiles.block.count; t++) {
    tile_place p = place_of(&w.tiles.block, 4, 1, t);
    float *to = w.images + input_offset(&w.tiles.block, p);
    const float *from = w.planes + t * w.tiles.stride;
    uint64_t reached = w.reached[t], inside = inputs_in_image(p), fresh = fresh_inputs(p);
    int is_inner = (reached & inside) == ALL_INPUTS && fresh == INNER_INPUTS;
    for (ptrdiff_t c = 0; c < channels; c += WIDTH) {
      ptrdiff_t n = least(WIDTH, channels - c);
      fetch_planes(&w.tiles, from + c, c, channels);
      if (n < WIDTH) {
        OF_WIDTH(input_gradient_tile)
        (from + c, plane, reached, inside, fresh, to + c, row, channels, n);
      } else if (is_inner) {
        OF_WIDTH(input_gradient_tile)
        (from + c, plane, ALL_INPUTS, ALL_INPUTS, INNER_INPUTS, to + c, row, channels, WIDTH);
      } else {
        OF_WIDTH(input_gradient_tile)
        (from + c, plane, reached, inside, fresh, to + c, row, channels, WIDTH);
      }
    }
  }
}
