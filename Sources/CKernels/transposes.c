#include "pinion_kernels.h"
#include "pinion_tensors.h"
#include "register_transposes.h"
#include "vector16.h"

enum { block = 16 };

PINION_CLONES
void pinion_transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to) {
  for (ptrdiff_t i = 0; i < rows; i += block) {
    ptrdiff_t rows_here = rows - i < block ? rows - i : block;
    for (ptrdiff_t j = 0; j < columns; j += block) {
      ptrdiff_t columns_here = columns - j < block ? columns - j : block;
      for (ptrdiff_t k = 0; k < rows_here; k++) {
        for (ptrdiff_t l = 0; l < columns_here; l++) {
          to[(j + l) * rows + i + k] = from[(i + k) * columns + j + l];
        }
      }
    }
  }
}

typedef uint32_t words8 __attribute__((vector_size(32), aligned(4)));
typedef uint64_t words4 __attribute__((vector_size(32), aligned(8)));

PINION_TRANSPOSE_8X8(transpose_words8, words8)
PINION_TRANSPOSE_4X4(transpose_words4, words4)

/// to[i·to_stride + j] ← from[j·from_stride + i] for i, j < 8.
PINION_INLINE void tile32(
    const uint32_t *from, ptrdiff_t from_stride, uint32_t *to, ptrdiff_t to_stride) {
  words8 v[8];
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j++) v[j] = *(const words8 *)(from + j * from_stride);
  transpose_words8(v);
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) *(words8 *)(to + i * to_stride) = v[i];
}

/// As above for i, j < 4.
PINION_INLINE void tile64(
    const uint64_t *from, ptrdiff_t from_stride, uint64_t *to, ptrdiff_t to_stride) {
  words4 v[4];
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) v[j] = *(const words4 *)(from + j * from_stride);
  transpose_words4(v);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) *(words4 *)(to + i * to_stride) = v[i];
}

/// Defines NAME: tiles of SIDE × SIDE elements, in blocks whose lines fit the L1 cache.
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
