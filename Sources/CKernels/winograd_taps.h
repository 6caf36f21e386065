#ifndef PINION_WINOGRAD_TAPS_H
#define PINION_WINOGRAD_TAPS_H

#include <string.h>

#include "pinion_winograd.h"
#include "tile_places.h"

// The quick search for exact zeros: taps by which a channel is only multiplied by pixels all of
// whose dz are zero, or a filter by pixels all of whose x are. The passes over tiles search, as
// they read all values anyway: a tile is searched if a channel or a filter that is not zero in it
// lacks taps. Only a few do after the first tiles, and these are zero in most; a search of its own
// over the images took a twentieth of a training step (Emerald Rapids).

/// The number of taps, and of bits in a word.
enum { taps = 9, word = 64 };

/// A set of taps: a bit for each, and one for values that are not zero somewhere.
enum { is_there = 1 << taps, all_met = (is_there << 1) - 1 };

/// Adds the taps of `n` values from `c` on to their sets, as far as they occur in the pixels of a
/// tile: its inputs, or its outputs.
void pinion_winograd_note_taps(
    const pinion_windows *windows, tile_place place, int is_input,
    const pinion_winograd_values *values, const pinion_winograd_taps *search, ptrdiff_t c,
    ptrdiff_t n);

#endif
