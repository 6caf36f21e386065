#ifndef PINION_KEY_NETWORK_H
#define PINION_KEY_NETWORK_H

#include "wide.h"

#ifdef PINION_AVX512

// Bitonic sort of up to sixteen registers of keys, which hold a sequence column by column: each
// column is sorted by a network over registers, and columns are merged in pairs. Of a merge, only
// the steps between columns need shuffles.
//
// Source: Batcher, Sorting networks and their applications (1968).

enum { most_registers = 16 };

typedef int32_t keys16 __attribute__((vector_size(64), aligned(4)));

// The networks with the fewest exchanges known; that of sixteen is Green's (1969), in the order of
// Dobbelaere's list.
static const signed char exchanges2[][2] = {{0, 1}};
static const signed char exchanges4[][2] = {{0, 2}, {1, 3}, {0, 1}, {2, 3}, {1, 2}};
static const signed char exchanges8[][2] = {{0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6},
                                            {3, 7}, {0, 1}, {2, 3}, {4, 5}, {6, 7}, {2, 4}, {3, 5},
                                            {1, 4}, {3, 6}, {1, 2}, {3, 4}, {5, 6}};
static const signed char exchanges16[][2] = {
    {0, 13}, {1, 12}, {2, 15},  {3, 14},  {4, 8},   {5, 6},   {7, 11},  {9, 10},  {0, 5},
    {1, 7},  {2, 9},  {3, 4},   {6, 13},  {8, 14},  {10, 15}, {11, 12}, {0, 1},   {2, 3},
    {4, 5},  {6, 8},  {7, 9},   {10, 11}, {12, 13}, {14, 15}, {0, 2},   {1, 3},   {4, 10},
    {5, 11}, {6, 7},  {8, 9},   {12, 14}, {13, 15}, {1, 2},   {3, 12},  {4, 6},   {5, 7},
    {8, 10}, {9, 11}, {13, 14}, {1, 4},   {2, 6},   {5, 8},   {7, 10},  {9, 13},  {11, 14},
    {2, 4},  {3, 6},  {9, 12},  {11, 13}, {3, 5},   {6, 8},   {7, 9},   {10, 12}, {3, 4},
    {5, 6},  {7, 8},  {9, 10},  {11, 12}, {6, 7},   {8, 9}};

PINION_WIDE void exchange(keys16 *v, int i, int j) {
  keys16 own = v[i];
  v[i] = __builtin_elementwise_min(own, v[j]);
  v[j] = __builtin_elementwise_max(own, v[j]);
}

/// Lanes i ^ MASK of v.
#define PINION_XOR(v, MASK)                                                                        \
  __builtin_shufflevector(                                                                         \
      v, v, 0 ^ MASK, 1 ^ MASK, 2 ^ MASK, 3 ^ MASK, 4 ^ MASK, 5 ^ MASK, 6 ^ MASK, 7 ^ MASK,        \
      8 ^ MASK, 9 ^ MASK, 10 ^ MASK, 11 ^ MASK, 12 ^ MASK, 13 ^ MASK, 14 ^ MASK, 15 ^ MASK)

PINION_WIDE keys16 lanes_xor(keys16 v, int mask) {
  switch (mask) {
    case 1:
      return PINION_XOR(v, 1);
    case 2:
      return PINION_XOR(v, 2);
    case 3:
      return PINION_XOR(v, 3);
    case 4:
      return PINION_XOR(v, 4);
    case 7:
      return PINION_XOR(v, 7);
    default:
      return PINION_XOR(v, 15);
  }
}

/// The smaller of a and b in the lanes without the bit `half`, the larger in the others.
PINION_WIDE keys16 ordered(keys16 a, keys16 b, int half) {
  const keys16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  keys16 small = __builtin_elementwise_min(a, b), large = __builtin_elementwise_max(a, b);
  keys16 upper = (lane & half) != 0;
  return (large & upper) | (small & ~upper);
}

/// Merges neighboring sequences of `half` sorted columns.
PINION_WIDE void merge_columns(keys16 *v, int count, int half) {
  // Key i of a pair of sequences with the i-th from its end.
  keys16 turned[most_registers];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) turned[i] = lanes_xor(v[count - 1 - i], 2 * half - 1);
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) v[i] = ordered(v[i], turned[i], half);
#pragma clang loop unroll(full)
  for (int step = half / 2; step > 0; step /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) v[i] = ordered(v[i], lanes_xor(v[i], step), step);
  }
#pragma clang loop unroll(full)
  for (int step = count / 2; step > 0; step /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      if (!(i & step)) exchange(v, i, i + step);
    }
  }
}

/// Sorts `count` registers, 1, 2, 4, 8 or 16: key i is in lane i / count of register i % count.
PINION_WIDE void sort_columns(keys16 *v, int count) {
  const signed char(*exchanges)[2] = count == 2   ? exchanges2
                                     : count == 4 ? exchanges4
                                     : count == 8 ? exchanges8
                                                  : exchanges16;
  const int most[] = {0, 1, 5, 19, 60};
  int number = most[__builtin_ctz((unsigned)count)];
#pragma clang loop unroll(full)
  for (int e = 0; e < number; e++) exchange(v, exchanges[e][0], exchanges[e][1]);
#pragma clang loop unroll(full)
  for (int half = 1; half < PINION_LANES; half *= 2) merge_columns(v, count, half);
}

/// Moves key i to lane i % 16 of register i / 16.
PINION_WIDE void columns_to_rows(keys16 *v, int count) {
  keys16 wide[most_registers];
#pragma clang loop unroll(full)
  for (int round = 1; round < count; round *= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count / 2; i++) {
      keys16 a = v[i], b = v[i + count / 2];
      wide[2 * i] =
          __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      wide[2 * i + 1] = __builtin_shufflevector(
          a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) v[i] = wide[i];
  }
}

#endif
#endif
