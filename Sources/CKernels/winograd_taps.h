#ifndef PINION_WINOGRAD_TAPS_H
#define PINION_WINOGRAD_TAPS_H

#include "winograd_zeros.h"

// The quick search: taps by which a channel is only multiplied by pixels all of whose dz are zero,
// or a filter by pixels all of whose x are.

/// A set of taps: a bit for each, and one for values that are not zero somewhere.
enum { is_there = 1 << taps, all_met = (is_there << 1) - 1 };

/// Those of the `wanted` taps by which a pixel is multiplied by a pixel of `other` that is not
/// zero: an output by the inputs under it, or, with `is_input`, an input by the outputs that read
/// it.
PINION_INLINE int taps_of(
    const pinion_windows *g, ptrdiff_t pixel, int is_input, const pinion_winograd_values *other,
    int wanted) {
  ptrdiff_t width = is_input ? g->width : g->output_width;
  ptrdiff_t height = is_input ? g->height : g->output_height;
  ptrdiff_t other_width = is_input ? g->output_width : g->width;
  ptrdiff_t other_height = is_input ? g->output_height : g->height;
  ptrdiff_t column = pixel % width, line = pixel / width;
  ptrdiff_t row = line % height, image = line / height;
  int met = is_there;
  for (ptrdiff_t tap = 0; tap < taps; tap++) {
    if (!(wanted >> tap & 1)) continue;
    ptrdiff_t down = tap / 3 - g->pad_top, right = tap % 3 - g->pad_left;
    ptrdiff_t i = is_input ? row - down : row * g->stride_height + down;
    ptrdiff_t j = is_input ? column - right : column * g->stride_width + right;
    // Divisions would take most of the time.
    if (is_input && (g->stride_height > 1 || g->stride_width > 1)) {
      if (i < 0 || j < 0 || i % g->stride_height || j % g->stride_width) continue;
      i /= g->stride_height, j /= g->stride_width;
    }
    if (i < 0 || i >= other_height || j < 0 || j >= other_width) continue;
    ptrdiff_t start = ((image * other_height + i) * other_width + j) * other->count;
    const float *outputs = other->outputs ? other->outputs + start : 0;
    if (is_live(other->values + start, outputs, other->slope, other->count)) met |= 1 << tap;
  }
  return met;
}

/// Sixteen integers that are zero only where the floats are.
PINION_INLINE mask16 bits16(const float *from, ptrdiff_t n) {
  return (mask16)load16(from, n) & INT32_MAX;
}

/// The first pixel in p..<end that may have one of the `missing` values, or `end`.
PINION_INLINE ptrdiff_t next_pixel(
    const pinion_winograd_values *v, ptrdiff_t p, ptrdiff_t end, ptrdiff_t c, ptrdiff_t n,
    mask16 missing) {
  // Where y or dy is zero, so is `rectify_gradient` without a slope. y is zero in more pixels: a
  // pooling passes gradients to many of those, too.
  const float *from = (v->outputs && v->slope == 0 ? v->outputs : v->values) + c;
  ptrdiff_t count = v->count;
  for (; p + 4 <= end; p += 4) {
    const float *four = from + p * count;
    mask16 any = (bits16(four, n) | bits16(four + count, n)) |
                 (bits16(four + 2 * count, n) | bits16(four + 3 * count, n));
    if (any16((any != 0) & missing)) break;
  }
  while (p < end && !any16((bits16(from + p * count, n) != 0) & missing)) p++;
  return p;
}

/// Where `note_taps` searches.
typedef struct {
  const pinion_windows *windows;
  const pinion_winograd_values *values, *other;
  int is_input;
  /// The pixel at which the search begins, and the taps of the first ones, or −1 where they are not
  /// known yet: they nearly always suffice, and are the same for all vectors.
  ptrdiff_t start;
  int first[word];
} tap_search;

/// Adds the taps of values in some pixels to their sets, until these are full.
PINION_INLINE mask16 note_pixels(
    tap_search *s, ptrdiff_t p, ptrdiff_t end, ptrdiff_t c, ptrdiff_t n, mask16 wanted,
    mask16 bits) {
  for (;; p++) {
    mask16 missing = wanted & (bits != all_met);
    if (!any16(missing)) break;
    p = next_pixel(s->values, p, end, c, n, missing);
    if (p == end) break;
    mask16 here = load_values(s->values, p, c, n) != 0;
    mask16 lacking = here & missing & ~bits;
    if (!any16(lacking)) continue;
    ptrdiff_t place = p - s->start;
    int found;
    if (place >= 0 && place < word) {
      found = s->first[place];
      if (found < 0) found = taps_of(s->windows, p, s->is_input, s->other, all_met);
      s->first[place] = found;
    } else {
      found = taps_of(s->windows, p, s->is_input, s->other, __builtin_reduce_or(lacking));
    }
    bits |= here & found;
  }
  return bits;
}

/// Adds the taps of `n` values from `c` on to their sets, `met`, as far as they occur.
PINION_INLINE void note_taps_of(
    tap_search *s, ptrdiff_t pixels, ptrdiff_t c, ptrdiff_t n, const int32_t *occurring,
    int32_t *met) {
  mask16 bits, wanted;
  for (ptrdiff_t l = 0; l < PINION_LANES; l++) {
    bits[l] = l < n ? met[c + l] : all_met;
    wanted[l] = l < n ? occurring[c + l] : 0;
  }
  bits = note_pixels(s, s->start, pixels, c, n, wanted, bits);
  bits = note_pixels(s, 0, s->start, c, n, wanted, bits);
  for (ptrdiff_t l = 0; l < n; l++) met[c + l] = bits[l];
}

/// Adds the taps of all values to their sets: met (count,).
///
/// The search begins in the middle of the first image, (height, width): outer pixels lack taps, and
/// are often background.
PINION_INLINE void note_taps(
    const pinion_windows *g, const pinion_winograd_values *v, int is_input,
    const pinion_winograd_values *other, ptrdiff_t pixels, const int32_t *occurring, int32_t *met) {
  ptrdiff_t width = is_input ? g->width : g->output_width;
  ptrdiff_t height = is_input ? g->height : g->output_height;
  tap_search search = {g, v, other, is_input, least(pixels, height / 2 * width + width / 2), {0}};
  for (ptrdiff_t p = 0; p < word; p++) search.first[p] = -1;
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= v->count; c += PINION_LANES) {
    note_taps_of(&search, pixels, c, PINION_LANES, occurring, met);
  }
  if (c < v->count) note_taps_of(&search, pixels, c, v->count - c, occurring, met);
}

#endif
