#include <string.h>

#include "pinion_kernels.h"
#include "vector16.h"

typedef uint8_t bytes32 __attribute__((vector_size(32), aligned(1)));

PINION_INLINE void copy32(const uint8_t *from, uint8_t *to) {
  *(bytes32 *)to = *(const bytes32 *)from;
}

PINION_CLONES
void pinion_copy_rows(
    const void *from, ptrdiff_t from_stride, void *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t size) {
  const uint8_t *source = from;
  uint8_t *target = to;
  for (; rows > 0; rows--, source += from_stride, target += to_stride) {
    if (size < 32) {
      memcpy(target, source, (size_t)size);
      continue;
    }
    ptrdiff_t i = 0;
    for (; i + 128 <= size; i += 128) {
#pragma clang loop unroll(full)
      for (int part = 0; part < 128; part += 32) copy32(source + i + part, target + i + part);
    }
    for (; i + 32 <= size; i += 32) copy32(source + i, target + i);
    // The last bytes, with some that were copied before.
    copy32(source + size - 32, target + size - 32);
  }
}
