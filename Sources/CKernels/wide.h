#ifndef PINION_WIDE_H
#define PINION_WIDE_H

#include "pinion_kernels.h"
#include "vector16.h"

#ifdef PINION_AVX512
#include <immintrin.h>

/// A helper of functions for AVX-512 alone.
#define PINION_WIDE PINION_AVX512 PINION_INLINE

/// A mask of the first `count` lanes.
PINION_WIDE __mmask16 first_lanes(ptrdiff_t count) {
  return count >= PINION_LANES ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

#endif

#endif
