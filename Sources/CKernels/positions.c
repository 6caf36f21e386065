#include "pinion_kernels.h"
#include "vector16.h"

typedef uint32_t words8 __attribute__((vector_size(32), aligned(4)));
typedef int32_t integers8 __attribute__((vector_size(32), aligned(4)));

PINION_CLONES
void pinion_interleave32(
    const uint32_t *first, const uint32_t *second, ptrdiff_t count, uint32_t *to) {
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) {
    words8 a = *(const words8 *)(first + i), b = *(const words8 *)(second + i);
    *(words8 *)(to + 2 * i) = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    *(words8 *)(to + 2 * i + 8) = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (; i < count; i++) {
    to[2 * i] = first[i];
    to[2 * i + 1] = second[i];
  }
}

PINION_CLONES
void pinion_range_int32(
    const int32_t *x, ptrdiff_t count, int32_t *least_of_all, int32_t *greatest) {
  int32_t low = x[0], high = x[0];
  ptrdiff_t i = 0;
  if (count >= 16) {
    integers8 lows[2], highs[2];
    for (int part = 0; part < 2; part++) {
      lows[part] = highs[part] = *(const integers8 *)(x + 8 * part);
    }
    for (; i + 16 <= count; i += 16) {
#pragma clang loop unroll(full)
      for (int part = 0; part < 2; part++) {
        integers8 v = *(const integers8 *)(x + i + 8 * part);
        lows[part] = __builtin_elementwise_min(lows[part], v);
        highs[part] = __builtin_elementwise_max(highs[part], v);
      }
    }
    low = __builtin_reduce_min(__builtin_elementwise_min(lows[0], lows[1]));
    high = __builtin_reduce_max(__builtin_elementwise_max(highs[0], highs[1]));
  }
  for (; i < count; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  *least_of_all = low;
  *greatest = high;
}

void pinion_scatter_add_float(
    const float *values, const int32_t *positions, ptrdiff_t count, float *to) {
  enum { part = 8, ahead = 32 };
  ptrdiff_t i = 0;
  for (; i + part + ahead <= count; i += part) {
#pragma clang loop unroll(full)
    for (int j = 0; j < part; j++) __builtin_prefetch(to + positions[i + ahead + j], 1);
#pragma clang loop unroll(full)
    for (int j = 0; j < part; j++) to[positions[i + j]] += values[i + j];
  }
  for (; i < count; i++) to[positions[i]] += values[i];
}
