#include "pinion_kernels.h"
#include "winograd_zeros.h"

// The quick search: taps by which a channel is only multiplied by pixels all of whose dz are zero,
// or a filter by pixels all of whose x are.

/// A set of taps: a bit for each, and one for values that are not zero somewhere.
enum { is_there = 1 << taps, all_met = (is_there << 1) - 1 };

/// The taps by which a pixel is multiplied by a pixel of `other` that is not zero: an output by
/// the inputs under it, or, with `is_input`, an input by the outputs that read it.
PINION_INLINE int taps_of(
    const pinion_windows *g, ptrdiff_t pixel, int is_input, const pinion_winograd_values *other) {
  ptrdiff_t width = is_input ? g->width : g->output_width;
  ptrdiff_t height = is_input ? g->height : g->output_height;
  ptrdiff_t other_width = is_input ? g->output_width : g->width;
  ptrdiff_t other_height = is_input ? g->output_height : g->height;
  ptrdiff_t column = pixel % width, line = pixel / width;
  ptrdiff_t row = line % height, image = line / height;
  int met = is_there;
  for (ptrdiff_t tap = 0; tap < taps; tap++) {
    ptrdiff_t down = tap / 3 - g->pad_top, right = tap % 3 - g->pad_left;
    ptrdiff_t i = is_input ? row - down : row * g->stride_height + down;
    ptrdiff_t j = is_input ? column - right : column * g->stride_width + right;
    if (is_input) {
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

/// Adds the taps of `n` values from `c` on to their sets, `met`, as far as they occur. `first`:
/// (word,), the taps of the first pixels, or −1 where they are not known yet.
PINION_INLINE void note_taps_of(
    const pinion_windows *g, const pinion_winograd_values *v, int is_input,
    const pinion_winograd_values *other, ptrdiff_t pixels, ptrdiff_t c, ptrdiff_t n,
    const int32_t *occurring, int *first, int32_t *met) {
  mask16 bits, wanted;
  for (ptrdiff_t l = 0; l < PINION_LANES; l++) {
    bits[l] = l < n ? met[c + l] : all_met;
    wanted[l] = l < n ? occurring[c + l] : 0;
  }
  for (ptrdiff_t p = 0; p < pixels; p++) {
    mask16 missing = wanted & (bits != all_met);
    if (!any16(missing)) break;
    mask16 here = load_values(v, p, c, n) != 0;
    if (!any16(here & missing)) continue;
    int found = p < word ? first[p] : -1;
    if (found < 0) found = taps_of(g, p, is_input, other);
    if (p < word) first[p] = found;
    bits |= here & found;
  }
  for (ptrdiff_t l = 0; l < n; l++) met[c + l] = bits[l];
}

/// Adds the taps of all values to their sets: met (count,).
PINION_INLINE void note_taps(
    const pinion_windows *g, const pinion_winograd_values *v, int is_input,
    const pinion_winograd_values *other, ptrdiff_t pixels, const int32_t *occurring, int32_t *met) {
  // The first pixels nearly always suffice, and their taps are the same for all vectors.
  int first[word];
  for (ptrdiff_t p = 0; p < word; p++) first[p] = -1;
  ptrdiff_t c = 0;
  for (; c + PINION_LANES <= v->count; c += PINION_LANES) {
    note_taps_of(g, v, is_input, other, pixels, c, PINION_LANES, occurring, first, met);
  }
  if (c < v->count) {
    note_taps_of(g, v, is_input, other, pixels, c, v->count - c, occurring, first, met);
  }
}

PINION_CLONES
void pinion_winograd_taps_search(
    const pinion_windows *g, const pinion_winograd_values *inputs,
    const pinion_winograd_values *gradients, ptrdiff_t count, const int32_t *occurring_inputs,
    const int32_t *occurring_gradients, int32_t *channels, int32_t *filters) {
  ptrdiff_t input_pixels = count * g->height * g->width;
  ptrdiff_t output_pixels = count * g->output_height * g->output_width;
  note_taps(g, inputs, 1, gradients, input_pixels, occurring_inputs, channels);
  note_taps(g, gradients, 0, inputs, output_pixels, occurring_gradients, filters);
}

void pinion_winograd_taps_clear(
    const int32_t *channels, ptrdiff_t channel_count, const int32_t *filters,
    ptrdiff_t filter_count, float *gradient) {
  ptrdiff_t plane = channel_count * filter_count;
  for (ptrdiff_t c = 0; c < channel_count; c++) {
    if (channels[c] == all_met || !channels[c]) continue;
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
      if (channels[c] >> tap & 1) continue;
      memset(gradient + tap * plane + c * filter_count, 0, sizeof(float) * filter_count);
    }
  }
  for (ptrdiff_t f = 0; f < filter_count; f++) {
    if (filters[f] == all_met || !filters[f]) continue;
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
      if (filters[f] >> tap & 1) continue;
      float *to = gradient + tap * plane + f;
      for (ptrdiff_t c = 0; c < channel_count; c++) to[c * filter_count] = 0;
    }
  }
}
