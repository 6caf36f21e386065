#include "pinion_kernels.h"
#include "pinion_tensors.h"
#include "vector16.h"

typedef uint32_t words8 __attribute__((vector_size(32), aligned(4)));
typedef uint64_t words4 __attribute__((vector_size(32), aligned(8)));

/// to[i·to_stride + j] ← from[j·from_stride + i] for i, j < 8.
PINION_INLINE void tile32(
    const uint32_t *from, ptrdiff_t from_stride, uint32_t *to, ptrdiff_t to_stride) {
  words8 a[8], b[8];
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j++) a[j] = *(const words8 *)(from + j * from_stride);
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j += 2) {
    b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j += 4) {
    a[j] = __builtin_shufflevector(b[j], b[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    a[j + 1] = __builtin_shufflevector(b[j], b[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    a[j + 2] = __builtin_shufflevector(b[j + 1], b[j + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    a[j + 3] = __builtin_shufflevector(b[j + 1], b[j + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    *(words8 *)(to + i * to_stride) =
        __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(words8 *)(to + (i + 4) * to_stride) =
        __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// As above for i, j < 4.
PINION_INLINE void tile64(
    const uint64_t *from, ptrdiff_t from_stride, uint64_t *to, ptrdiff_t to_stride) {
  words4 a[4], b[4];
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) a[j] = *(const words4 *)(from + j * from_stride);
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j += 2) {
    b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 4, 2, 6);
    b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 1, 5, 3, 7);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++) {
    *(words4 *)(to + i * to_stride) = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 4, 5);
    *(words4 *)(to + (i + 2) * to_stride) = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 6, 7);
  }
}

/// Defines NAME: tiles of SIDE × SIDE elements, in blocks whose lines fit the first cache.
#define PINION_TRANSPOSE(NAME, TYPE, TILE, SIDE)                                                   \
  PINION_INLINE void NAME##_body(                                                                  \
      const TYPE *from, ptrdiff_t from_stride, TYPE *to, ptrdiff_t to_stride, ptrdiff_t rows,      \
      ptrdiff_t columns) {                                                                         \
    enum { side = SIDE, block = 8 * side };                                                        \
    for (ptrdiff_t top = 0; top < rows; top += block) {                                            \
      ptrdiff_t bottom = least(top + block, rows);                                                 \
      for (ptrdiff_t j = 0; j < columns; j += side) {                                              \
        ptrdiff_t end = least(j + side, columns), i = top;                                         \
        for (; end - j == side && i + side <= bottom; i += side) {                                 \
          TILE(from + j * from_stride + i, from_stride, to + i * to_stride + j, to_stride);        \
        }                                                                                          \
        for (; i < bottom; i++) {                                                                  \
          for (ptrdiff_t l = j; l < end; l++) to[i * to_stride + l] = from[l * from_stride + i];   \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  PINION_CLONES                                                                                    \
  void NAME(                                                                                       \
      const TYPE *from, ptrdiff_t from_stride, TYPE *to, ptrdiff_t to_stride, ptrdiff_t rows,      \
      ptrdiff_t columns) {                                                                         \
    NAME##_body(from, from_stride, to, to_stride, rows, columns);                                  \
  }

PINION_TRANSPOSE(pinion_transpose32, uint32_t, tile32, 8)
PINION_TRANSPOSE(pinion_transpose64, uint64_t, tile64, 4)
