#ifndef PINION_REGISTER_TRANSPOSES_H
#define PINION_REGISTER_TRANSPOSES_H

#include "vector16.h"

/// Defines a function that transposes eight registers of eight elements of four bytes.
#define PINION_TRANSPOSE_8X8(NAME, VECTOR)                                                         \
  PINION_INLINE void NAME(VECTOR *v) {                                                             \
    VECTOR a[8], b[8];                                                                             \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 8; j += 2) {                            \
      a[j] = __builtin_shufflevector(v[j], v[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);                    \
      a[j + 1] = __builtin_shufflevector(v[j], v[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);              \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 8; j += 4) {                            \
      b[j] = __builtin_shufflevector(a[j], a[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);                    \
      b[j + 1] = __builtin_shufflevector(a[j], a[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);              \
      b[j + 2] = __builtin_shufflevector(a[j + 1], a[j + 3], 0, 1, 8, 9, 4, 5, 12, 13);            \
      b[j + 3] = __builtin_shufflevector(a[j + 1], a[j + 3], 2, 3, 10, 11, 6, 7, 14, 15);          \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {                               \
      v[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);                    \
      v[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);              \
    }                                                                                              \
  }

/// As above, four registers of four elements of eight bytes.
#define PINION_TRANSPOSE_4X4(NAME, VECTOR)                                                         \
  PINION_INLINE void NAME(VECTOR *v) {                                                             \
    VECTOR a[4];                                                                                   \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 4; j += 2) {                            \
      a[j] = __builtin_shufflevector(v[j], v[j + 1], 0, 4, 2, 6);                                  \
      a[j + 1] = __builtin_shufflevector(v[j], v[j + 1], 1, 5, 3, 7);                              \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 2; i++) {                               \
      v[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 1, 4, 5);                                  \
      v[i + 2] = __builtin_shufflevector(a[i], a[i + 2], 2, 3, 6, 7);                              \
    }                                                                                              \
  }

#endif
