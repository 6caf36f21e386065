#include "pinion_kernels.h"
#include "vector16.h"

// In C for wide vectors: compiled for Swift's baseline, pooling takes four times as long, which
// adds some 7 % to a training step of a convolutional network.

typedef uint16_t places16 __attribute__((vector_size(32), aligned(2)));

/// The rows and columns of a window that lie inside the image.
typedef struct {
  ptrdiff_t row_low, row_high, column_low, column_high;
} window_part;

PINION_INLINE window_part part_of(const pinion_windows *w, ptrdiff_t top, ptrdiff_t left) {
  window_part p;
  p.row_low = most(0, -top);
  p.column_low = most(0, -left);
  p.row_high = most(p.row_low, least(w->kernel_height, w->height - top));
  p.column_high = most(p.column_low, least(w->kernel_width, w->width - left));
  return p;
}

PINION_INLINE void largest(
    const float *from, ptrdiff_t row, ptrdiff_t pixel, window_part p, ptrdiff_t kernel_width,
    float *to, uint16_t *origins, ptrdiff_t n) {
  vector16 best = load16(from + p.row_low * row + p.column_low * pixel, n);
  mask16 origin = (mask16){0} + (int)(p.row_low * kernel_width + p.column_low);
  for (ptrdiff_t i = p.row_low; i < p.row_high; i++) {
    for (ptrdiff_t j = p.column_low; j < p.column_high; j++) {
      vector16 value = load16(from + i * row + j * pixel, n);
      // The first NaN wins: `value <= best` is false for a NaN, and `best == best` once best is
      // one.
      mask16 larger = ~(value <= best) & (best == best);
      best = select16(larger, value, best);
      origin = (larger & ((mask16){0} + (int)(i * kernel_width + j))) | (origin & ~larger);
    }
  }
  store16(to, best, n);
  if (!origins) return;
  places16 places = __builtin_convertvector(origin, places16);
  if (n == PINION_LANES) {
    *(places16 *)origins = places;
  } else {
    for (ptrdiff_t i = 0; i < n; i++) origins[i] = places[i];
  }
}

/// `whole`: whether sixteen values may be read and written in place of the last channels. The
/// excess is written again with the next windows.
PINION_INLINE void pool_window(
    const float *from, ptrdiff_t row, ptrdiff_t channels, window_part p, ptrdiff_t kernel_width,
    int whole, float *to, uint16_t *origins) {
  ptrdiff_t c = 0, end = whole ? channels : channels - PINION_LANES + 1;
  for (; c < end; c += PINION_LANES) {
    largest(
        from + c, row, channels, p, kernel_width, to + c, origins ? origins + c : origins,
        PINION_LANES);
  }
  if (c < channels) {
    largest(
        from + c, row, channels, p, kernel_width, to + c, origins ? origins + c : origins,
        channels - c);
  }
}

PINION_CLONES
void pinion_max_pool(
    const pinion_windows *w, const float *images, ptrdiff_t count, float *output,
    uint16_t *origins) {
  ptrdiff_t row = w->width * w->channels;
  ptrdiff_t input_end = count * w->height * row;
  ptrdiff_t output_end = count * w->output_height * w->output_width * w->channels;
  ptrdiff_t excess = (PINION_LANES - w->channels % PINION_LANES) % PINION_LANES;
  const window_part square = {0, 2, 0, 2};
  for (ptrdiff_t r = 0; r < count * w->output_height; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      window_part p = part_of(w, top, left);
      ptrdiff_t start = (image * w->height + top) * row + left * w->channels;
      ptrdiff_t place = (r * w->output_width + j) * w->channels;
      ptrdiff_t last = start + (p.row_high - 1) * row + p.column_high * w->channels;
      int whole = last + excess <= input_end && place + w->channels + excess <= output_end;
      const float *from = images + start;
      uint16_t *places = origins ? origins + place : origins;
      // A 2 × 2 window inside the image, with constant bounds for the compiler to unroll.
      if (p.row_low == 0 && p.row_high == 2 && p.column_low == 0 && p.column_high == 2 &&
          w->kernel_width == 2) {
        pool_window(from, row, w->channels, square, 2, whole, output + place, places);
      } else {
        pool_window(from, row, w->channels, p, w->kernel_width, whole, output + place, places);
      }
    }
  }
}

PINION_INLINE void spread(
    const float *from, const uint16_t *origins, ptrdiff_t row, ptrdiff_t pixel, window_part p,
    ptrdiff_t kernel_width, int adds, float *to, ptrdiff_t n) {
  vector16 gradient = load16(from, n);
  places16 places = {0};
  if (n == PINION_LANES) {
    places = *(const places16 *)origins;
  } else {
    for (ptrdiff_t i = 0; i < n; i++) places[i] = origins[i];
  }
  mask16 origin = __builtin_convertvector(places, mask16);
  for (ptrdiff_t i = p.row_low; i < p.row_high; i++) {
    for (ptrdiff_t j = p.column_low; j < p.column_high; j++) {
      mask16 here = origin == (mask16){0} + (int)(i * kernel_width + j);
      vector16 value = select16(here, gradient, (vector16){0});
      float *target = to + i * row + j * pixel;
      store16(target, adds ? load16(target, n) + value : value, n);
    }
  }
}

/// `whole` as for `pool_window`.
PINION_INLINE void spread_window(
    const float *from, const uint16_t *origins, ptrdiff_t row, ptrdiff_t channels, window_part p,
    ptrdiff_t kernel_width, int adds, int whole, float *to) {
  ptrdiff_t c = 0, end = whole ? channels : channels - PINION_LANES + 1;
  for (; c < end; c += PINION_LANES) {
    spread(from + c, origins + c, row, channels, p, kernel_width, adds, to + c, PINION_LANES);
  }
  if (c < channels) {
    spread(from + c, origins + c, row, channels, p, kernel_width, adds, to + c, channels - c);
  }
}

PINION_CLONES
void pinion_max_pool_gradient(
    const pinion_windows *w, const float *gradients, const uint16_t *origins, ptrdiff_t count,
    float *images) {
  ptrdiff_t row = w->width * w->channels;
  int overlap = w->stride_height < w->kernel_height || w->stride_width < w->kernel_width;
  int cover = w->stride_height == w->kernel_height && w->stride_width == w->kernel_width &&
              w->output_height * w->stride_height - w->pad_top >= w->height &&
              w->output_width * w->stride_width - w->pad_left >= w->width;
  if (overlap || !cover) {
    ptrdiff_t total = count * w->height * row;
    for (ptrdiff_t i = 0; i < total; i++) images[i] = 0;
  }
  ptrdiff_t end = count * w->output_height * w->output_width * w->channels;
  ptrdiff_t excess = (PINION_LANES - w->channels % PINION_LANES) % PINION_LANES;
  const window_part square = {0, 2, 0, 2};
  for (ptrdiff_t r = 0; r < count * w->output_height; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      window_part p = part_of(w, top, left);
      float *to = images + (image * w->height + top) * row + left * w->channels;
      ptrdiff_t place = (r * w->output_width + j) * w->channels;
      // The excess stays in the row, whose next pixels are written after it: not with more than
      // sixteen channels, whose first ones are written before.
      int whole = cover && w->channels < PINION_LANES &&
                  (left + p.column_high) * w->channels + excess <= row &&
                  place + w->channels + excess <= end;
      if (!overlap && p.row_low == 0 && p.row_high == 2 && p.column_low == 0 &&
          p.column_high == 2 && w->kernel_width == 2) {
        spread_window(
            gradients + place, origins + place, row, w->channels, square, 2, 0, whole, to);
      } else {
        spread_window(
            gradients + place, origins + place, row, w->channels, p, w->kernel_width, overlap,
            whole, to);
      }
    }
  }
}
