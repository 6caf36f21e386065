// Vectors of 8 or 16 numbers: VECTOR is their type, OF_WIDTH(f) a function for them. This and the
// headers of passes are included once for each WIDTH, and therefore have no guards.

#undef JOINED
#undef JOIN
#undef VECTOR
#undef MASK
#undef OF_WIDTH
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define VECTOR JOIN(vector, WIDTH)
#define MASK JOIN(mask, WIDTH)
#define OF_WIDTH(name) JOIN(name##_, WIDTH)

/// The first `count` of a vector's floats, followed by zeros.
PINION_INLINE VECTOR OF_WIDTH(load)(const float *from, ptrdiff_t count) {
  if (count == WIDTH) return *(const VECTOR *)from;
  float lanes[WIDTH] = {0};
  for (ptrdiff_t i = 0; i < count; i++) lanes[i] = from[i];
  return *(const VECTOR *)lanes;
}

/// Writes the first `count` of a vector's floats.
PINION_INLINE void OF_WIDTH(store)(float *to, VECTOR v, ptrdiff_t count) {
  if (count == WIDTH) {
    *(VECTOR *)to = v;
    return;
  }
  float lanes[WIDTH];
  *(VECTOR *)lanes = v;
  for (ptrdiff_t i = 0; i < count; i++) to[i] = lanes[i];
}

/// a where the mask's bits are set, b elsewhere.
PINION_INLINE VECTOR OF_WIDTH(selected)(MASK mask, VECTOR a, VECTOR b) {
  return (VECTOR)(((MASK)a & mask) | ((MASK)b & ~mask));
}

/// As `rectify`.
PINION_INLINE VECTOR OF_WIDTH(rectified)(VECTOR z, float slope) {
  return OF_WIDTH(selected)(z < 0, slope == 0 ? (VECTOR){0} : slope * z, z);
}

/// As `rectify_gradient`.
PINION_INLINE VECTOR OF_WIDTH(rectified_gradient)(VECTOR dy, VECTOR y, float slope) {
  return OF_WIDTH(selected)(y > 0, dy, slope == 0 ? (VECTOR){0} : slope * dy);
}

/// Sets `n` of `occurring` to −1 where a mask is set.
PINION_INLINE void OF_WIDTH(add_occurring)(MASK any, int32_t *occurring, ptrdiff_t n) {
  for (ptrdiff_t l = 0; l < n; l++) occurring[l] |= any[l];
}
