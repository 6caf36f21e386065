#ifndef PINION_WIDE_H
#define PINION_WIDE_H

#include "pinion_kernels.h"
#include "vector16.h"

/// Whether the processor has AVX-512, for functions that choose a layout by it.
PINION_INLINE int has_wide_registers(void) {
#ifdef PINION_AVX512
  return __builtin_cpu_supports("x86-64-v4");
#else
  return 0;
#endif
}

#ifdef PINION_AVX512
#include <immintrin.h>

/// A helper of functions for AVX-512 alone.
#define PINION_WIDE PINION_AVX512 PINION_INLINE

/// A mask of the first `count` lanes.
PINION_WIDE __mmask16 first_lanes(ptrdiff_t count) {
  return count >= PINION_LANES ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

/// `rectify` of vector16.h, which is not compiled for AVX-512 alone.
PINION_WIDE vector16 rectify_wide(vector16 z, float slope) {
  __mmask16 below = _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_blend_ps(below, z, slope == 0 ? (vector16){0} : slope * z);
}

#endif

#endif
