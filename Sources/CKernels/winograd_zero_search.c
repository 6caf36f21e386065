#include "pinion_kernels.h"
#include "noted_taps.h"

// Exact zeros of a kernel's gradient. In C for wide vectors: compiled for Swift's baseline, the
// searches take a tenth of the backward pass.
//
// Channels all of whose x are zero, and filters all of whose dz are, need no search: minimal
// filtering itself sums zeros for them.

PINION_CLONES
void pinion_winograd_note_taps(
    const pinion_windows *windows, tile_place place, int is_input,
    const pinion_winograd_values *values, const pinion_winograd_taps *search, ptrdiff_t c,
    ptrdiff_t n) {
  if (is_input) {
    pinion_winograd_values x = {values->values, 0, 1, values->count};
    note_taps(windows, place, 1, &x, search, c, n);
  } else {
    note_taps(windows, place, 0, values, search, c, n);
  }
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

// The exact search: elements (tap, channel, filter) all of whose products are zero.
//
// A word holds 64 pixels of a channel or a filter, one bit a pixel that is not zero; a product that
// is not zero is a bit set in both words. An element whose channel and filter have both occurred,
// that is were not zero in some pixel, is tested on the first 64 outputs of the call in which the
// later of them occurred first. Elements without a product there are open: they are tested on all
// further outputs, until one closes them.

/// What is kept from call to call.
typedef struct {
  /// The number of open elements.
  uint64_t *open_count;
  /// All ones for the filters and channels that occurred: (filters,) and (channels,).
  uint64_t *filters, *channels;
  /// A bit for each open element, (taps, channels, words of filters).
  uint64_t *open;
} search_state;

PINION_INLINE ptrdiff_t words_of(ptrdiff_t filters) { return (filters + word - 1) / word; }

PINION_INLINE search_state state_of(uint64_t *memory, ptrdiff_t channels, ptrdiff_t filters) {
  search_state s;
  s.open_count = memory;
  s.filters = memory + 1;
  s.channels = s.filters + filters;
  s.open = s.channels + channels;
  return s;
}

ptrdiff_t pinion_winograd_zeros_state(ptrdiff_t channels, ptrdiff_t filters) {
  return 1 + filters + channels + taps * channels * words_of(filters);
}

ptrdiff_t pinion_winograd_zeros_scratch(ptrdiff_t channels, ptrdiff_t filters) {
  return 2 * filters + (1 + taps) * channels;
}

/// Marks the values that are not zero in some pixel as occurred, and sets `fresh` to all ones for
/// those that had not occurred before, else to 0. Returns whether there are any.
PINION_INLINE int note_fresh(
    const pinion_winograd_values *v, ptrdiff_t pixels, uint64_t *occurred, uint64_t *fresh) {
  int found = 0;
  for (ptrdiff_t c = 0; c < v->count; c += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, v->count - c);
    mask16 any;
    for (ptrdiff_t l = 0; l < PINION_LANES; l++) any[l] = l < n && !occurred[c + l] ? 0 : -1;
    for (ptrdiff_t p = 0; p < pixels && !all16(any); p++) {
      any |= load_values(v, p, c, n) != 0;
    }
    for (ptrdiff_t l = 0; l < n; l++) {
      fresh[c + l] = any[l] && !occurred[c + l] ? ~(uint64_t)0 : 0;
      if (!fresh[c + l]) continue;
      occurred[c + l] = ~(uint64_t)0;
      found = 1;
    }
  }
  return found;
}

/// Sets bit `place` in the words of those values of a pixel that are not zero: words (count,).
PINION_INLINE void add_pixel(
    const pinion_winograd_values *v, ptrdiff_t pixel, ptrdiff_t place, uint64_t *words) {
  const float *values = v->values + pixel * v->count;
  const float *outputs = v->outputs ? v->outputs + pixel * v->count : 0;
  uint64_t bit = (uint64_t)1 << place;
  if (outputs) {
    for (ptrdiff_t i = 0; i < v->count; i++) {
      float below = v->slope == 0 ? 0 : v->slope * values[i];
      words[i] |= (outputs[i] > 0 ? values[i] : below) != 0 ? bit : 0;
    }
  } else {
    for (ptrdiff_t i = 0; i < v->count; i++) words[i] |= values[i] != 0 ? bit : 0;
  }
}

/// Adds the inputs under an output, counted through the images, to the words of each tap, (taps,
/// channels).
PINION_INLINE void add_window(
    const pinion_windows *g, const pinion_winograd_values *x, ptrdiff_t output, ptrdiff_t place,
    uint64_t *words) {
  ptrdiff_t column = output % g->output_width, line = output / g->output_width;
  ptrdiff_t row = line % g->output_height, image = line / g->output_height;
  for (ptrdiff_t tap = 0; tap < taps; tap++) {
    ptrdiff_t i = row * g->stride_height + tap / 3 - g->pad_top;
    ptrdiff_t j = column * g->stride_width + tap % 3 - g->pad_left;
    if (i < 0 || i >= g->height || j < 0 || j >= g->width) continue;
    add_pixel(x, (image * g->height + i) * g->width + j, place, words + tap * x->count);
  }
}

/// Closes the open elements of a row that have a product; returns how many.
PINION_INLINE uint64_t
close_elements(uint64_t x, const uint64_t *dz, ptrdiff_t words, uint64_t *open) {
  uint64_t closed = 0;
  if (!x) return 0;
  for (ptrdiff_t w = 0; w < words; w++) {
    for (uint64_t left = open[w]; left; left &= left - 1) {
      uint64_t lowest = left & -left;
      if (!(x & dz[w * word + __builtin_ctzll(left)])) continue;
      open[w] &= ~lowest;
      closed++;
    }
  }
  return closed;
}

/// Opens the elements of a row, among the filters in `mask`, that have no product; returns how
/// many.
PINION_INLINE uint64_t open_elements(
    uint64_t x, const uint64_t *dz, const uint64_t *mask, ptrdiff_t filters, uint64_t *open) {
  uint64_t missing = 0, opened = 0;
  for (ptrdiff_t f = 0; f < filters; f++) missing |= -(uint64_t)((x & dz[f]) == 0) & mask[f];
  if (!missing) return 0;
  for (ptrdiff_t f = 0; f < filters; f++) {
    if (!mask[f] || (x & dz[f])) continue;
    open[f / word] |= (uint64_t)1 << (f % word);
    opened++;
  }
  return opened;
}

PINION_CLONES
void pinion_winograd_zeros_search(
    const pinion_windows *g, const pinion_winograd_values *inputs,
    const pinion_winograd_values *gradients, ptrdiff_t count, uint64_t *state, uint64_t *scratch) {
  ptrdiff_t channels = inputs->count, filters = gradients->count;
  search_state s = state_of(state, channels, filters);
  uint64_t *dz = scratch, *fresh_filters = dz + filters;
  uint64_t *fresh_channels = fresh_filters + filters, *x = fresh_channels + channels;
  ptrdiff_t words = words_of(filters), pixels = count * g->output_height * g->output_width;
  int is_fresh = note_fresh(inputs, count * g->height * g->width, s.channels, fresh_channels);
  is_fresh |= note_fresh(gradients, pixels, s.filters, fresh_filters);
  for (ptrdiff_t first = 0; first < pixels && (is_fresh || *s.open_count); first += word) {
    ptrdiff_t n = least(word, pixels - first);
    memset(dz, 0, sizeof(uint64_t) * filters);
    memset(x, 0, sizeof(uint64_t) * taps * channels);
    for (ptrdiff_t p = 0; p < n; p++) {
      add_pixel(gradients, first + p, p, dz);
      add_window(g, inputs, first + p, p, x);
    }
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
      for (ptrdiff_t c = 0; c < channels; c++) {
        ptrdiff_t row = tap * channels + c;
        uint64_t *open = s.open + row * words;
        *s.open_count -= close_elements(x[row], dz, words, open);
        if (!is_fresh || !s.channels[c]) continue;
        const uint64_t *mask = fresh_channels[c] ? s.filters : fresh_filters;
        *s.open_count += open_elements(x[row], dz, mask, filters, open);
      }
    }
    is_fresh = 0;
  }
}

void pinion_winograd_zeros_clear(
    const uint64_t *state, ptrdiff_t channels, ptrdiff_t filters, float *gradient) {
  search_state s = state_of((uint64_t *)state, channels, filters);
  if (!*s.open_count) return;
  ptrdiff_t words = words_of(filters);
  for (ptrdiff_t row = 0; row < taps * channels; row++) {
    const uint64_t *open = s.open + row * words;
    for (ptrdiff_t f = 0; f < filters; f++) {
      if (open[f / word] >> (f % word) & 1) gradient[row * filters + f] = 0;
    }
  }
}
