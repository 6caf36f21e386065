#ifndef PINION_WIDE_WINDOWS_H
#define PINION_WIDE_WINDOWS_H

#include "shallow.h"
#include "wide.h"

#ifdef PINION_AVX512

// Rows of outputs with AVX-512: 32 channels at a time, as 16 are limited by the loads of the pixels
// and take 1.2 to 1.5 times as long, and masked stores in place of several (Emerald Rapids).

enum { wide_pixels = 8 };

/// `count` outputs from j on, channels from o on: `vectors` parts of `pack_columns`, the last of
/// them of `lanes` columns, both compile-time constants.
PINION_WIDE void wide_tile(
    ptrdiff_t count, ptrdiff_t vectors, ptrdiff_t lanes, const window_row *w, ptrdiff_t j,
    ptrdiff_t o) {
  ptrdiff_t one = w->step * (ptrdiff_t)sizeof(float), three = 3 * one, five = 5 * one;
  ptrdiff_t seven = 7 * one, last = vectors - 1, rest = w->outputs - o - last * PINION_LANES;
  // Hidden from the compiler, which would otherwise keep an address for each pixel.
  __asm__("" : "+r"(one), "+r"(three), "+r"(five), "+r"(seven));
  const ptrdiff_t offsets[wide_pixels] = {0, one, 2 * one, three, 4 * one, five, 2 * three, seven};
  const __mmask16 masks[2] = {first_lanes(vectors > 1 ? PINION_LANES : rest), first_lanes(rest)};
  vector16 sums[wide_pixels][2];
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < vectors; v++) {
    vector16 start = {0};
    if (w->bias) start = _mm512_maskz_loadu_ps(masks[v], w->bias + o + v * PINION_LANES);
#pragma clang loop unroll(full)
    for (ptrdiff_t p = 0; p < count; p++) sums[p][v] = start;
  }
  const float *matrix = w->matrix + o * w->matrix_rows;
  for (ptrdiff_t r = 0; r < w->row_count; r++) {
    const char *x = (const char *)(w->rows[r] + j * w->step);
    const float *first = matrix + w->first[r] * PINION_LANES;
    const float *final = matrix + last * w->matrix_rows * PINION_LANES + w->first[r] * lanes;
    for (ptrdiff_t l = 0; l < w->run; l++, x += sizeof(float)) {
      vector16 weights[2];
      if (vectors > 1) weights[0] = *(const vector16 *)(first + l * PINION_LANES);
      weights[last] = _mm512_maskz_loadu_ps(first_lanes(lanes), final + l * lanes);
#pragma clang loop unroll(full)
      for (ptrdiff_t p = 0; p < count; p++) {
        float pixel = *(const float *)(x + offsets[p]);
#pragma clang loop unroll(full)
        for (ptrdiff_t v = 0; v < vectors; v++) sums[p][v] += pixel * weights[v];
      }
    }
  }
  float *to = w->to + j * w->to_step + o;
#pragma clang loop unroll(full)
  for (ptrdiff_t p = 0; p < count; p++, to += w->to_step) {
#pragma clang loop unroll(full)
    for (ptrdiff_t v = 0; v < vectors; v++) {
      vector16 y = rectify_wide(sums[p][v], w->slope);
      _mm512_mask_storeu_ps(to + v * PINION_LANES, masks[v], y);
    }
  }
}

PINION_WIDE void wide_tiles(ptrdiff_t vectors, ptrdiff_t lanes, const window_row *w, ptrdiff_t o) {
  ptrdiff_t part = part_of(w->count, wide_pixels);
  for (ptrdiff_t j = 0; j < w->count; j += part) {
    ptrdiff_t count = least(part, w->count - j);
    WITH_CONSTANT_TO_8(count, wide_tile, vectors, lanes, w, j, o)
  }
}

// Windows one float apart, of one channel: vectors run along the row, where those of at most eight
// outputs would be half empty. The order of the terms is the same.

enum { line_vectors = 2 };

/// Sixteen of the sums of a vector of pixels in the order of memory, from 16·k on; `outputs` and k
/// are compile-time constants.
PINION_WIDE vector16
interleaved(const vector16 sums[half_lanes][line_vectors], ptrdiff_t v, int outputs, int k) {
  const mask16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const mask16 place = lanes + PINION_LANES * k, pixel = place / outputs;
  const mask16 output = place - pixel * outputs;
  vector16 result = {0};
#pragma clang loop unroll(full)
  for (int o = 0; o < outputs; o += 2) {
    int next = o + 1 < outputs ? o + 1 : o;
    mask16 index = (output - o) * PINION_LANES + pixel;
    vector16 pair = _mm512_permutex2var_ps(sums[o][v], (__m512i)index, sums[next][v]);
    mask16 chosen = output >> 1 == o >> 1;
    result = (vector16)(((mask16)pair & chosen) | ((mask16)result & ~chosen));
  }
  return result;
}

/// `count` pixels from j on, at most those of two vectors.
PINION_WIDE void line_tile(ptrdiff_t outputs, const window_row *w, ptrdiff_t j, ptrdiff_t count) {
  const __mmask16 masks[line_vectors] = {first_lanes(count), first_lanes(count - PINION_LANES)};
  vector16 sums[half_lanes][line_vectors];
#pragma clang loop unroll(full)
  for (ptrdiff_t o = 0; o < outputs; o++) {
    sums[o][0] = sums[o][1] = _mm512_set1_ps(w->bias ? w->bias[o] : 0);
  }
  for (ptrdiff_t r = 0; r < w->row_count; r++) {
    const float *x = w->rows[r] + j, *weights = w->matrix + w->first[r] * half_lanes;
    for (ptrdiff_t l = 0; l < w->run; l++, x++, weights += half_lanes) {
      vector16 pixels[line_vectors];
      pixels[0] = _mm512_maskz_loadu_ps(masks[0], x);
      pixels[1] = _mm512_maskz_loadu_ps(masks[1], x + PINION_LANES);
#pragma clang loop unroll(full)
      for (ptrdiff_t o = 0; o < outputs; o++) {
        sums[o][0] += pixels[0] * weights[o];
        sums[o][1] += pixels[1] * weights[o];
      }
    }
  }
  float *to = w->to + j * outputs;
#pragma clang loop unroll(full)
  for (ptrdiff_t v = 0; v < line_vectors; v++) {
    ptrdiff_t left = (count - v * PINION_LANES) * outputs;
#pragma clang loop unroll(full)
    for (ptrdiff_t k = 0; k < outputs; k++, to += PINION_LANES, left -= PINION_LANES) {
      vector16 y = rectify_wide(interleaved(sums, v, (int)outputs, (int)k), w->slope);
      _mm512_mask_storeu_ps(to, first_lanes(left), y);
    }
  }
}

PINION_WIDE void line_tiles(const window_row *w) {
  ptrdiff_t part = part_of(w->count, line_vectors * PINION_LANES);
  for (ptrdiff_t j = 0; j < w->count; j += part) {
    ptrdiff_t count = least(part, w->count - j);
    WITH_CONSTANT_TO_8(w->outputs, line_tile, w, j, count)
  }
}

// Few outputs, by a matrix (outputs, matrix_rows): vectors run along the windows.

/// `pixels` outputs from j on; `outputs` are at most eight, both compile-time constants.
PINION_WIDE void dot_tile(ptrdiff_t outputs, ptrdiff_t pixels, const window_row *w, ptrdiff_t j) {
  vector16 sums[half_lanes][half_lanes];
#pragma clang loop unroll(full)
  for (ptrdiff_t k = 0; k < pixels * outputs; k++) {
    sums[k / outputs][k % outputs] = _mm512_setzero_ps();
  }
  for (ptrdiff_t r = 0; r < w->row_count; r++) {
    const float *x = w->rows[r] + j * w->step, *weights = w->matrix + w->first[r];
    for (ptrdiff_t l = 0; l < w->run; l += PINION_LANES, x += PINION_LANES) {
      __mmask16 mask = first_lanes(w->run - l);
      vector16 values[half_lanes];
#pragma clang loop unroll(full)
      for (ptrdiff_t p = 0; p < pixels; p++) {
        values[p] = _mm512_maskz_loadu_ps(mask, x + p * w->step);
      }
#pragma clang loop unroll(full)
      for (ptrdiff_t c = 0; c < outputs; c++) {
        vector16 weight = _mm512_maskz_loadu_ps(mask, weights + c * w->matrix_rows + l);
#pragma clang loop unroll(full)
        for (ptrdiff_t p = 0; p < pixels; p++) sums[p][c] += values[p] * weight;
      }
    }
  }
#pragma clang loop unroll(full)
  for (ptrdiff_t k = 0; k < pixels * outputs; k++) {
    float *to = w->to + (j + k / outputs) * w->to_step + k % outputs;
    *to = _mm512_reduce_add_ps(sums[k / outputs][k % outputs]);
  }
}

/// Tiles of as many pixels as fit the registers with their sums. The last one ends with the row,
/// and computes some pixels again.
PINION_WIDE void dot_tiles(ptrdiff_t outputs, const window_row *w) {
  const ptrdiff_t pixels = outputs <= 3 ? 6 : outputs <= 6 ? 4 : 3;
  if (w->count < pixels) {
    for (ptrdiff_t j = 0; j < w->count; j++) dot_tile(outputs, 1, w, j);
    return;
  }
  for (ptrdiff_t j = 0; j < w->count; j += pixels) {
    dot_tile(outputs, pixels, w, least(j, w->count - pixels));
  }
}

PINION_AVX512
static void dot_wide_windows(const window_row *w){WITH_CONSTANT_TO_8(w->outputs, dot_tiles, w)}

PINION_AVX512 static void multiply_wide_windows(const window_row *w) {
  if (w->count == 0) return;
  if (w->step == 1 && w->outputs <= half_lanes && w->to_step == w->outputs &&
      w->count >= half_lanes) {
    return line_tiles(w);
  }
  ptrdiff_t o = 0, wide = wide_of(w->outputs);
  for (; o + 2 * PINION_LANES <= wide; o += 2 * PINION_LANES) wide_tiles(2, PINION_LANES, w, o);
  switch (wide - o) {
    case 3 * half_lanes:
      wide_tiles(2, half_lanes, w, o);
      break;
    case 2 * half_lanes:
      wide_tiles(1, PINION_LANES, w, o);
      break;
    case half_lanes:
      wide_tiles(1, half_lanes, w, o);
      break;
  }
}

#endif

#endif
