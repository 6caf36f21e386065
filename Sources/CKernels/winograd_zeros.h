#ifndef PINION_WINOGRAD_ZEROS_H
#define PINION_WINOGRAD_ZEROS_H

#include <string.h>

#include "pinion_winograd.h"
#include "vector16.h"

// Shared by the two searches for exact zeros in a kernel's gradient. In C for wide vectors:
// compiled for Swift's baseline, the searches take a tenth of the backward pass.
//
// Channels all of whose x are zero, and filters all of whose dz are, need no search: minimal
// filtering itself sums zeros for them.

enum { taps = 9, word = 64 };

/// Values c ..< c + n of a pixel.
PINION_INLINE vector16
load_values(const pinion_winograd_values *v, ptrdiff_t pixel, ptrdiff_t c, ptrdiff_t n) {
  ptrdiff_t place = pixel * v->count + c;
  vector16 x = load16(v->values + place, n);
  return v->outputs ? rectify_gradient(x, load16(v->outputs + place, n), v->slope) : x;
}

#endif
