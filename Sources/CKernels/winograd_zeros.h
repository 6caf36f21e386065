#ifndef PINION_WINOGRAD_ZEROS_H
#define PINION_WINOGRAD_ZEROS_H

#include <string.h>

#include "pinion_winograd.h"
#include "vector16.h"

// What both searches for exact zeros of a kernel's gradient share. In C for wide vectors: the
// searches would take a tenth of the backward pass otherwise.
//
// Where all of a channel's x or of a filter's dz are zero, Winograd's algorithm sums zeros, too:
// the searches need not find those.

enum { taps = 9, word = 64 };

/// A pixel's `n` values from `c` on.
PINION_INLINE vector16
load_values(const pinion_winograd_values *v, ptrdiff_t pixel, ptrdiff_t c, ptrdiff_t n) {
  ptrdiff_t place = pixel * v->count + c;
  vector16 x = load16(v->values + place, n);
  return v->outputs ? rectify_gradient(x, load16(v->outputs + place, n), v->slope) : x;
}

#endif
