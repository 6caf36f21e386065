// Vectors of 8 or 16 numbers: VECTOR is their type, LOAD, STORE and OF_WIDTH(f) are functions for
// them, which WIDTH_INLINE declares. This and the headers of passes are included once for each
// WIDTH, and therefore have no guards. With HAS_MASKS, vectors of 16 are for AVX-512 alone, whose
// masks load and store parts of them.

#undef JOINED
#undef JOIN
#undef VECTOR
#undef MASK
#undef LOAD
#undef STORE
#undef OF_WIDTH
#undef WIDTH_INLINE
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define VECTOR JOIN(vector, WIDTH)
#define MASK JOIN(mask, WIDTH)
#define OF_WIDTH(name) JOIN(name##_, WIDTH)
#ifdef HAS_MASKS
#define LOAD load_lanes
#define STORE store_lanes
#define WIDTH_INLINE PINION_WIDE
#else
#define LOAD JOIN(load, WIDTH)
#define STORE JOIN(store, WIDTH)
#define WIDTH_INLINE PINION_INLINE
#endif

#ifdef HAS_MASKS
/// As `load16`.
PINION_WIDE vector16 load_lanes(const float *from, ptrdiff_t n) {
  return n == WIDTH ? *(const vector16 *)from : _mm512_maskz_loadu_ps(first_lanes(n), from);
}

/// As `store16`.
PINION_WIDE void store_lanes(float *to, vector16 v, ptrdiff_t n) {
  if (n == WIDTH) {
    *(vector16 *)to = v;
  } else {
    _mm512_mask_storeu_ps(to, first_lanes(n), v);
  }
}
#endif

/// a where the mask's bits are set, b elsewhere.
WIDTH_INLINE VECTOR OF_WIDTH(selected)(MASK mask, VECTOR a, VECTOR b) {
  return (VECTOR)(((MASK)a & mask) | ((MASK)b & ~mask));
}

/// As `rectify`.
WIDTH_INLINE VECTOR OF_WIDTH(rectified)(VECTOR z, float slope) {
  return OF_WIDTH(selected)(z < 0, slope == 0 ? (VECTOR){0} : slope * z, z);
}

/// As `rectify_gradient`.
WIDTH_INLINE VECTOR OF_WIDTH(rectified_gradient)(VECTOR dy, VECTOR y, float slope) {
  return OF_WIDTH(selected)(y > 0, dy, slope == 0 ? (VECTOR){0} : slope * dy);
}

/// Whether any of a mask's bits is set.
WIDTH_INLINE int OF_WIDTH(is_any)(MASK mask) { return __builtin_reduce_or(mask) != 0; }
