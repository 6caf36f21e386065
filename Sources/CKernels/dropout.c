#include <string.h>

#include "pinion_kernels.h"
#include "vector16.h"

// In C for the reason given in rectify.c.

typedef uint32_t words16 __attribute__((vector_size(64)));
typedef uint64_t longs8 __attribute__((vector_size(64)));

/// The halves of the 64-bit products of 16 words with a constant.
PINION_INLINE void multiply(words16 a, uint64_t constant, words16 *high, words16 *low) {
  longs8 pairs = (longs8)a;
  longs8 even = (pairs & 0xFFFFFFFFu) * constant, odd = (pairs >> 32) * constant;
  *high = (words16)((even >> 32) | (odd & 0xFFFFFFFF00000000u));
  *low = (words16)((even & 0xFFFFFFFFu) | (odd << 32));
}

PINION_INLINE void dropout_mask_body(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t threshold, ptrdiff_t count,
    uint8_t *mask) {
  const words16 steps = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (ptrdiff_t start = 0; start < count; start += 4 * PINION_LANES) {
    uint64_t block = first + (uint64_t)(start / 4);
    words16 c0 = (words16){0} + (uint32_t)block + steps;
    // The carry, where the low word of the block's number has overflowed.
    words16 c1 = (words16){0} + (uint32_t)(block >> 32) + ((words16)(c0 < steps) & 1);
    words16 c2 = (words16){0} + (uint32_t)stream;
    words16 c3 = (words16){0} + (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
      words16 left_high, left_low, right_high, right_low;
      multiply(c0, 0xD2511F53u, &left_high, &left_low);
      multiply(c2, 0xCD9E8D57u, &right_high, &right_low);
      c0 = right_high ^ c1 ^ k0;
      c1 = right_low;
      c2 = left_high ^ c3 ^ k1;
      c3 = left_low;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words16 all = (words16){0} + threshold;
    // One byte for each of a block's four words, the first lowest: in memory they lie in order.
    words16 kept = ((words16)(c0 >= all) & 1u) | ((words16)(c1 >= all) & (1u << 8)) |
                   ((words16)(c2 >= all) & (1u << 16)) | ((words16)(c3 >= all) & (1u << 24));
    ptrdiff_t here = count - start < 4 * PINION_LANES ? count - start : 4 * PINION_LANES;
    memcpy(mask + start, &kept, (size_t)here);
  }
}

PINION_CLONES
void pinion_dropout_mask(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t threshold, ptrdiff_t count,
    uint8_t *mask) {
  dropout_mask_body(seed, stream, first, threshold, count, mask);
}

PINION_CLONES
void pinion_dropout(const float *x, const uint8_t *mask, float scale, ptrdiff_t count, float *y) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float value = x[i] * scale;
    y[i] = mask[i] != 0 ? value : 0;
  }
}
