#ifndef PINION_KEY_REGISTERS_H
#define PINION_KEY_REGISTERS_H

#include <stdint.h>

#include "register_transposes.h"
#include "vector16.h"

// Registers of eight keys of 32 bits, and of four of 64: what the merge sort needs of them.

typedef int32_t keys_int32 __attribute__((vector_size(32), aligned(4)));
typedef int64_t keys_int64 __attribute__((vector_size(32), aligned(8)));

PINION_INLINE keys_int32 reversed_int32(keys_int32 v) {
  return __builtin_shufflevector(v, v, 7, 6, 5, 4, 3, 2, 1, 0);
}

/// Sorts two registers, each of which holds a bitonic sequence.
PINION_INLINE void sort_bitonic_int32(keys_int32 *first, keys_int32 *second) {
  keys_int32 low = __builtin_shufflevector(*first, *second, 0, 1, 2, 3, 8, 9, 10, 11);
  keys_int32 high = __builtin_shufflevector(*first, *second, 4, 5, 6, 7, 12, 13, 14, 15);
  keys_int32 small = __builtin_elementwise_min(low, high);
  keys_int32 large = __builtin_elementwise_max(low, high);
  low = __builtin_shufflevector(small, large, 0, 1, 8, 9, 4, 5, 12, 13);
  high = __builtin_shufflevector(small, large, 2, 3, 10, 11, 6, 7, 14, 15);
  small = __builtin_elementwise_min(low, high);
  large = __builtin_elementwise_max(low, high);
  low = __builtin_shufflevector(small, large, 0, 2, 8, 10, 4, 6, 12, 14);
  high = __builtin_shufflevector(small, large, 1, 3, 9, 11, 5, 7, 13, 15);
  small = __builtin_elementwise_min(low, high);
  large = __builtin_elementwise_max(low, high);
  // Elements 0 4 2 6 and 1 5 3 7 of both sequences. With shifts, as the compiler makes slow
  // permutations of all lanes of the shuffles that this is.
  typedef uint64_t pairs __attribute__((vector_size(32)));
  const uint64_t even = 0xFFFFFFFF;
  low = (keys_int32)(((pairs)small & even) | (pairs)large << 32);
  high = (keys_int32)((pairs)small >> 32 | ((pairs)large & ~even));
  *first = __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11);
  *second = __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
}

PINION_TRANSPOSE_8X8(transpose_int32, keys_int32)

PINION_INLINE keys_int64 reversed_int64(keys_int64 v) {
  return __builtin_shufflevector(v, v, 3, 2, 1, 0);
}

PINION_INLINE void sort_bitonic_int64(keys_int64 *first, keys_int64 *second) {
  keys_int64 low = __builtin_shufflevector(*first, *second, 0, 1, 4, 5);
  keys_int64 high = __builtin_shufflevector(*first, *second, 2, 3, 6, 7);
  keys_int64 small = __builtin_elementwise_min(low, high);
  keys_int64 large = __builtin_elementwise_max(low, high);
  low = __builtin_shufflevector(small, large, 0, 4, 2, 6);
  high = __builtin_shufflevector(small, large, 1, 5, 3, 7);
  small = __builtin_elementwise_min(low, high);
  large = __builtin_elementwise_max(low, high);
  // Elements 0 2 and 1 3 of both sequences.
  low = __builtin_shufflevector(small, large, 0, 4, 2, 6);
  high = __builtin_shufflevector(small, large, 1, 5, 3, 7);
  *first = __builtin_shufflevector(low, high, 0, 1, 4, 5);
  *second = __builtin_shufflevector(low, high, 2, 3, 6, 7);
}

PINION_TRANSPOSE_4X4(transpose_int64, keys_int64)

#endif
