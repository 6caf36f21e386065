#ifndef PINION_TRANSPOSE8_H
#define PINION_TRANSPOSE8_H

#include "places.h"
#include "register_transposes.h"

PINION_TRANSPOSE_8X8(transpose_floats, vector8)

/// to[l·step + j] ← from[j·row + l] for j < 8, l < k.
PINION_INLINE void transpose8(
    const float *from, ptrdiff_t row, ptrdiff_t k, float *to, ptrdiff_t step) {
  for (ptrdiff_t l = 0; l < k; l += 8) {
    // The last tile, with some rows that are written twice.
    if (l + 8 > k && k >= 8) l = k - 8;
    if (l + 8 <= k) {
      vector8 v[8];
#pragma clang loop unroll(full)
      for (int j = 0; j < 8; j++) v[j] = AT(vector8, from + j * row + l);
      transpose_floats(v);
#pragma clang loop unroll(full)
      for (int i = 0; i < 8; i++) *(vector8 *)(to + (l + i) * step) = v[i];
    } else {
      for (ptrdiff_t i = l; i < k; i++) {
        for (ptrdiff_t j = 0; j < 8; j++) to[i * step + j] = from[j * row + i];
      }
    }
  }
}

#endif
