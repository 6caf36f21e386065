#ifndef PINION_WINDOW_PAIRS_H
#define PINION_WINDOW_PAIRS_H

#include "shallow.h"

#ifdef PINION_AVX512

// Products of windows for 32 channels at a time, with AVX-512.

enum { pair_pixels = 8, pair_lanes = 2 * PINION_LANES };

/// `count` outputs from j on, channels o..<o + 32. Sixteen channels are limited by the loads of the
/// pixels, and take 1.2 to 1.5 times as long (Emerald Rapids).
PINION_INLINE void window_pair(ptrdiff_t count, const window_row *w, ptrdiff_t j, ptrdiff_t o) {
  ptrdiff_t one = w->step * (ptrdiff_t)sizeof(float), three = 3 * one, five = 5 * one;
  ptrdiff_t seven = 7 * one;
  // Hidden from the compiler, which would otherwise keep an address for each pixel.
  __asm__("" : "+r"(one), "+r"(three), "+r"(five), "+r"(seven));
  const ptrdiff_t offsets[pair_pixels] = {0, one, 2 * one, three, 4 * one, five, 2 * three, seven};
  const vector16 *bias = (const vector16 *)(w->bias + o);
  vector16 sums[pair_pixels][2];
  for (ptrdiff_t p = 0; p < count; p++) {
    for (ptrdiff_t v = 0; v < 2; v++) sums[p][v] = w->bias ? bias[v] : (vector16){0};
  }
  const float *matrix = w->matrix + o * w->matrix_rows;
  for (ptrdiff_t r = 0; r < w->row_count; r++) {
    const char *x = (const char *)(w->rows[r] + j * w->step);
    const vector16 *first = (const vector16 *)(matrix + w->first[r] * PINION_LANES);
    const vector16 *second = first + w->matrix_rows;
    for (ptrdiff_t l = 0; l < w->run; l++, x += sizeof(float)) {
      vector16 weights = first[l], others = second[l];
      for (ptrdiff_t p = 0; p < count; p++) {
        float pixel = *(const float *)(x + offsets[p]);
        sums[p][0] += pixel * weights;
        sums[p][1] += pixel * others;
      }
    }
  }
  float *to = w->to + j * w->to_step + o;
  for (ptrdiff_t p = 0; p < count; p++, to += w->to_step) {
    for (ptrdiff_t v = 0; v < 2; v++) {
      *(vector16 *)(to + v * PINION_LANES) = rectify(sums[p][v], w->slope);
    }
  }
}

/// Channels in pairs of vectors, as far as there are.
PINION_INLINE void window_pairs(const window_row *w) {
  ptrdiff_t part = part_of(w->count, pair_pixels);
  for (ptrdiff_t o = 0; o + pair_lanes <= w->outputs; o += pair_lanes) {
    for (ptrdiff_t j = 0; j < w->count; j += part) {
      ptrdiff_t count = least(part, w->count - j);
      WITH_CONSTANT_TO_8(count, window_pair, w, j, o)
    }
  }
}

PINION_AVX512
static void multiply_pairs(const window_row *w) { window_pairs(w); }

#endif

#endif
