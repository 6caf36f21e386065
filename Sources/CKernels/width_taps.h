// Sets of taps, for vectors of WIDTH numbers. Included once for each WIDTH.

/// The lanes of `n` sets of taps that are not full.
WIDTH_INLINE MASK OF_WIDTH(lacking)(const int32_t *met, ptrdiff_t n) {
  MASK sets;
  if (n == WIDTH) {
    memcpy(&sets, met, sizeof sets);
  } else {
    for (ptrdiff_t l = 0; l < WIDTH; l++) sets[l] = l < n ? met[l] : all_met;
  }
  return sets != all_met;
}

/// Whether the bits of some float, in a lane whose set of taps is not full, are not those of a
/// zero.
WIDTH_INLINE int OF_WIDTH(are_lacking)(MASK bits, const int32_t *met, ptrdiff_t n) {
  return OF_WIDTH(is_any)(((bits & INT32_MAX) != 0) & OF_WIDTH(lacking)(met, n));
}
