#include "pinion_kernels.h"
#include "winograd_tiles.h"
#include "winograd_transforms.h"

// The operands of Winograd's algorithm: the input's tiles and the kernel to planes, and planes to
// their gradients.
//
// In C for wide vectors: compiled for Swift's baseline, the transforms take three times as long,
// and a training step of a convolutional network a third longer.

// MARK: Input

/// The outputs of a tile whose windows hold only zeros, as a set of bits 4·i + j.
PINION_INLINE uint64_t outputs_of_zeros(pinion_winograd_input_pass w, tile_place p) {
  const float *from = w.images + input_offset(&w.tiles.geometry, p, w.channels);
  ptrdiff_t row = w.tiles.geometry.width * w.channels;
  uint64_t live = 0, zeros = 0;
  for (ptrdiff_t i = p.row_low; i < p.row_high; i++) {
    for (ptrdiff_t j = p.column_low; j < p.column_high; j++) {
      const float *pixel = from + i * row + j * w.channels;
      if (is_live(pixel, 0, 1, w.channels)) live |= (uint64_t)1 << (6 * i + j);
    }
  }
  if (live == ALL_INPUTS) return 0;
  for (ptrdiff_t i = 0; i < 4; i++) {
    for (ptrdiff_t j = 0; j < 4; j++) {
      if (!(live & window_at(i, j))) zeros |= (uint64_t)1 << (4 * i + j);
    }
  }
  return zeros;
}

/// Transforms `n` channels of a tile; with `inside`, all of its inputs are in the image.
PINION_INLINE void input_tile(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, tile_place p, int inside, float *to,
    ptrdiff_t plane, ptrdiff_t n, int32_t *occurring) {
  vector16 half[36], d[6], v[6];
  mask16 any = {0};
  for (ptrdiff_t j = 0; j < 6; j++) {
    if (inside) {
      for (ptrdiff_t i = 0; i < 6; i++) d[i] = load16(from + i * row + j * pixel, n);
    } else {
      for (ptrdiff_t i = 0; i < 6; i++) d[i] = (vector16){0};
      if (j >= p.column_low && j < p.column_high) {
        for (ptrdiff_t i = p.row_low; i < p.row_high; i++) {
          d[i] = load16(from + i * row + j * pixel, n);
        }
      }
    }
    if (occurring) {
      for (ptrdiff_t i = 0; i < 6; i++) any |= d[i] != 0;
    }
    input_1d(d, v);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = v[i];
  }
  if (occurring) add_occurring(any, occurring, n);
  for (ptrdiff_t i = 0; i < 6; i++) {
    input_1d(half + 6 * i, v);
    for (ptrdiff_t j = 0; j < 6; j++) store16(to + (6 * i + j) * plane, v[j], n);
  }
}

PINION_INLINE void input_tiles(pinion_winograd_input_pass w) {
  ptrdiff_t row = w.tiles.geometry.width * w.channels, pixel = w.channels, plane = w.tiles.plane;
  for (ptrdiff_t t = 0; t < w.tiles.count; t++) {
    tile_place p = place_of(&w.tiles.geometry, w.tiles.first + t);
    const float *from = w.images + input_offset(&w.tiles.geometry, p, w.channels);
    float *to = w.planes + t * w.channels;
    if (w.zeros) w.zeros[t] = outputs_of_zeros(w, p);
    int inside = has_all_inputs(p);
    for (ptrdiff_t c = 0; c < w.channels; c += PINION_LANES) {
      ptrdiff_t n = least(PINION_LANES, w.channels - c);
      int32_t *occurring = w.occurring ? w.occurring + c : w.occurring;
      if (n < PINION_LANES) {
        input_tile(from + c, row, pixel, p, 0, to + c, plane, n, occurring);
      } else if (inside) {
        input_tile(from + c, row, pixel, p, 1, to + c, plane, PINION_LANES, occurring);
      } else {
        input_tile(from + c, row, pixel, p, 0, to + c, plane, PINION_LANES, occurring);
      }
    }
  }
}

PINION_CLONES
void pinion_winograd_input(const pinion_winograd_input_pass *pass) { input_tiles(*pass); }

// MARK: Input's gradient

/// Adds the gradient of `n` channels of a tile; with `all`, of all 36 inputs, else of those in
/// `reached`.
PINION_INLINE void input_gradient_tile(
    const float *from, ptrdiff_t plane, tile_place p, int all, uint64_t reached, float *to,
    ptrdiff_t row, ptrdiff_t pixel, ptrdiff_t n) {
  vector16 half[36], v[6], d[6];
  for (ptrdiff_t j = 0; j < 6; j++) {
    for (ptrdiff_t i = 0; i < 6; i++) v[i] = load16(from + (6 * i + j) * plane, n);
    input_gradient_1d(v, d);
    for (ptrdiff_t i = 0; i < 6; i++) half[6 * i + j] = d[i];
  }
  for (ptrdiff_t i = all ? 0 : p.row_low; i < (all ? 6 : p.row_high); i++) {
    input_gradient_1d(half + 6 * i, d);
    for (ptrdiff_t j = all ? 0 : p.column_low; j < (all ? 6 : p.column_high); j++) {
      if (!all && !(reached >> (6 * i + j) & 1)) continue;
      float *target = to + i * row + j * pixel;
      store16(target, load16(target, n) + d[j], n);
    }
  }
}

PINION_INLINE void input_gradient_tiles(pinion_winograd_input_gradient_pass w) {
  ptrdiff_t row = w.tiles.geometry.width * w.channels, pixel = w.channels, plane = w.tiles.plane;
  for (ptrdiff_t t = 0; t < w.tiles.count; t++) {
    tile_place p = place_of(&w.tiles.geometry, w.tiles.first + t);
    float *to = w.images + input_offset(&w.tiles.geometry, p, w.channels);
    const float *from = w.planes + t * w.channels;
    uint64_t reached = w.reached[t];
    ptrdiff_t c = 0;
    if (has_all_inputs(p) && reached == ALL_INPUTS) {
      for (; c + PINION_LANES <= w.channels; c += PINION_LANES) {
        input_gradient_tile(from + c, plane, p, 1, reached, to + c, row, pixel, PINION_LANES);
      }
    } else {
      for (; c + PINION_LANES <= w.channels; c += PINION_LANES) {
        input_gradient_tile(from + c, plane, p, 0, reached, to + c, row, pixel, PINION_LANES);
      }
    }
    if (c < w.channels) {
      input_gradient_tile(from + c, plane, p, 0, reached, to + c, row, pixel, w.channels - c);
    }
  }
}

PINION_CLONES
void pinion_winograd_input_gradient(const pinion_winograd_input_gradient_pass *pass) {
  input_gradient_tiles(*pass);
}

// MARK: Kernel and its gradient

/// y = M·x for a column of `from` numbers and a constant matrix M (to, from).
typedef void column_product(const vector16 *x, vector16 *y);

/// Y = M·X·Mᵀ for `n` of the `count` matrices X, with M (to, from) given by `product`:
/// x (from, from, count), y (to, to, count). from · to = 18.
PINION_INLINE void transform_block(
    const float *x, ptrdiff_t from, float *y, ptrdiff_t to, column_product product, ptrdiff_t count,
    ptrdiff_t n) {
  // M·X, (to, from).
  vector16 half[18], column[6], result[6];
  for (ptrdiff_t j = 0; j < from; j++) {
    for (ptrdiff_t i = 0; i < from; i++) column[i] = load16(x + (from * i + j) * count, n);
    product(column, result);
    for (ptrdiff_t i = 0; i < to; i++) half[from * i + j] = result[i];
  }
  for (ptrdiff_t i = 0; i < to; i++) {
    product(half + from * i, result);
    for (ptrdiff_t j = 0; j < to; j++) store16(y + (to * i + j) * count, result[j], n);
  }
}

PINION_INLINE void transform(
    const float *x, ptrdiff_t from, float *y, ptrdiff_t to, column_product product,
    ptrdiff_t count) {
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= count; c += PINION_LANES) {
    transform_block(x + c, from, y + c, to, product, count, PINION_LANES);
  }
  if (c < count) transform_block(x + c, from, y + c, to, product, count, count - c);
}

/// U = G·g·Gᵀ: kernel (3, 3, count), planes (36, count).
PINION_CLONES
void pinion_winograd_kernel(const float *kernel, ptrdiff_t count, float *planes) {
  transform(kernel, 3, planes, 6, kernel_1d, count);
}

/// dg = Gᵀ·dU·G: planes (36, count), gradient (3, 3, count).
PINION_CLONES
void pinion_winograd_kernel_gradient(const float *planes, ptrdiff_t count, float *gradient) {
  transform(planes, 6, gradient, 3, kernel_gradient_1d, count);
}
