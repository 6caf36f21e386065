#include <string.h>

#include "pinion_kernels.h"
#include "vector16.h"

typedef uint8_t bytes32 __attribute__((vector_size(32), aligned(1)));

PINION_INLINE void copy32(const uint8_t *from, uint8_t *to) {
  *(bytes32 *)to = *(const bytes32 *)from;
}

/// Bytes of a row from which memcpy is the faster one; it takes half of the time where the source
/// is in the L2 cache (Zen 5).
enum { large_row = 65536 };

/// Copies large rows. A row that is repeated is copied in parts, each to all places while it is in
/// the cache: two copies of 4 MB take 0.75 of the time.
static void copy_large_rows(
    const uint8_t *from, ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t size) {
  ptrdiff_t part = from_stride == 0 ? large_row : size;
  for (ptrdiff_t start = 0; start < size; start += part) {
    for (ptrdiff_t row = 0; row < rows; row++) {
      memcpy(
          to + row * to_stride + start, from + row * from_stride + start,
          (size_t)least(part, size - start));
    }
  }
}

PINION_CLONES
void pinion_copy_rows(
    const void *from, ptrdiff_t from_stride, void *to, ptrdiff_t to_stride, ptrdiff_t rows,
    ptrdiff_t size) {
  const uint8_t *source = from;
  uint8_t *target = to;
  if (size >= large_row) {
    copy_large_rows(source, from_stride, target, to_stride, rows, size);
    return;
  }
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

typedef uint8_t byte16 __attribute__((vector_size(16), aligned(1)));

// All bytes are fetched first: images in a random order come from memory, and each conversion would
// wait for its own. With the vectors of the baseline and without that, as in Swift, 784 bytes take
// 1.5 times as long (Zen 3), a twentieth of a training step of a network of small dense layers.
//
// 1/255 is the sum of 2⁻⁸ + 2⁻¹⁶, whose product with a byte is exact, and a rest, whose product has
// an error of 2⁻⁴⁰ of the result. All quotients are farther than that from the middle between two
// floats, so that the sum is the quotient as a division rounds it; divisions alone took as long as
// all the rest of reading an image.
PINION_CLONES
void pinion_scale_bytes(const uint8_t *bytes, ptrdiff_t count, float *to) {
  const float first = 0x1.01p-8f, rest = (float)(1.0 / 255 - 0x1.01p-8);
  for (ptrdiff_t i = 0; i < count; i += 64) __builtin_prefetch(bytes + i);
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    vector16 values = __builtin_convertvector(*(const byte16 *)(bytes + i), vector16);
    *(vector16 *)(to + i) = values * first + values * rest;
  }
  for (; i < count; i++) to[i] = (float)bytes[i] * first + (float)bytes[i] * rest;
}
