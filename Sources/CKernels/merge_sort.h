#ifndef PINION_MERGE_SORT_H
#define PINION_MERGE_SORT_H

#include "key_registers.h"
#include "pinion_kernels.h"

// Merge sort by bitonic networks: blocks are sorted in registers, and runs are merged by a network
// of four registers without a branch that depends on the numbers, so that the time depends on the
// count alone.
//
// Source: Chhugani et al., Efficient implementation of sorting on multi-core SIMD CPU architecture
// (2008).

// The networks with the fewest exchanges for eight and for four numbers.
static const signed char exchanges_int32[][2] = {
    {0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}, {0, 1}, {2, 3},
    {4, 5}, {6, 7}, {2, 4}, {3, 5}, {1, 4}, {3, 6}, {1, 2}, {3, 4}, {5, 6}};
static const signed char exchanges_int64[][2] = {{0, 2}, {1, 3}, {0, 1}, {2, 3}, {1, 2}};

/// Keys that are sorted together while they are in the L2 cache.
#define PINION_CHUNK 32768

/// Defines the sort of keys of a type, of which a register holds LANES.
#define PINION_SORT(TYPE, LANES)                                                                     \
  /* Merges two sorted sequences, each of a half of `count` registers. */                            \
  PINION_INLINE void merge_registers_##TYPE(keys_##TYPE *v, int count) {                             \
    keys_##TYPE turned[LANES];                                                                       \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count / 2; i++) {                         \
      turned[i] = reversed_##TYPE(v[count - 1 - i]);                                                 \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count / 2; i++) {                         \
      keys_##TYPE own = v[i];                                                                        \
      v[i] = __builtin_elementwise_min(own, turned[i]);                                              \
      v[count / 2 + i] = __builtin_elementwise_max(own, turned[i]);                                  \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int step = count / 4; step > 0; step /= 2) {             \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {                           \
        if (i & step) continue;                                                                      \
        keys_##TYPE own = v[i];                                                                      \
        v[i] = __builtin_elementwise_min(own, v[i + step]);                                          \
        v[i + step] = __builtin_elementwise_max(own, v[i + step]);                                   \
      }                                                                                              \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i += 2) {                          \
      sort_bitonic_##TYPE(v + i, v + i + 1);                                                         \
    }                                                                                                \
  }                                                                                                  \
  /* Sorts LANES registers, of which each lane holds a column. */                                    \
  PINION_INLINE void sort_block_##TYPE(TYPE##_t *keys) {                                             \
    enum { exchanges = sizeof exchanges_##TYPE / sizeof exchanges_##TYPE[0] };                       \
    keys_##TYPE v[LANES];                                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) {                             \
      v[i] = *(const keys_##TYPE *)(keys + i * LANES);                                               \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int e = 0; e < exchanges; e++) {                         \
      int i = exchanges_##TYPE[e][0], j = exchanges_##TYPE[e][1];                                    \
      keys_##TYPE own = v[i];                                                                        \
      v[i] = __builtin_elementwise_min(own, v[j]);                                                   \
      v[j] = __builtin_elementwise_max(own, v[j]);                                                   \
    }                                                                                                \
    transpose_##TYPE(v);                                                                             \
    _Pragma("clang loop unroll(full)") for (int run = 2; run <= LANES; run *= 2) {                   \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i += run) {                      \
        merge_registers_##TYPE(v + i, run);                                                          \
      }                                                                                              \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) {                             \
      *(keys_##TYPE *)(keys + i * LANES) = v[i];                                                     \
    }                                                                                                \
  }                                                                                                  \
  /* The next pair of registers of two runs whose next keys are at *first and *second: that with   \
     the smaller key, or the only one. */ \
  PINION_INLINE ptrdiff_t next_##TYPE(                                                               \
      const TYPE##_t *from, ptrdiff_t *first, ptrdiff_t middle, ptrdiff_t *second,                   \
      ptrdiff_t end) {                                                                               \
    enum { pair = 2 * LANES };                                                                       \
    ptrdiff_t i = *first, j = *second, other;                                                        \
    if (i < middle && j < end) {                                                                     \
      /* All bits set for the second run. */                                                         \
      other = -(ptrdiff_t)(from[j] < from[i]);                                                       \
    } else {                                                                                         \
      other = -(ptrdiff_t)(i >= middle);                                                             \
    }                                                                                                \
    *first = i + (pair & ~other);                                                                    \
    *second = j + (pair & other);                                                                    \
    return i ^ ((i ^ j) & other);                                                                    \
  }                                                                                                  \
  /* As above, from the ends of both runs, which are behind *first and *second. */                   \
  PINION_INLINE ptrdiff_t last_##TYPE(                                                               \
      const TYPE##_t *from, ptrdiff_t *first, ptrdiff_t *second, ptrdiff_t middle) {                 \
    enum { pair = 2 * LANES };                                                                       \
    ptrdiff_t i = *first, j = *second, other;                                                        \
    if (i > 0 && j > middle) {                                                                       \
      other = -(ptrdiff_t)(from[j - 1] > from[i - 1]);                                               \
    } else {                                                                                         \
      other = -(ptrdiff_t)(i <= 0);                                                                  \
    }                                                                                                \
    i -= pair & ~other;                                                                              \
    j -= pair & other;                                                                               \
    *first = i;                                                                                      \
    *second = j;                                                                                     \
    return i ^ ((i ^ j) & other);                                                                    \
  }                                                                                                  \
  PINION_INLINE void load_##TYPE(const TYPE##_t *from, keys_##TYPE *v) {                             \
    v[0] = *(const keys_##TYPE *)from;                                                               \
    v[1] = *(const keys_##TYPE *)(from + LANES);                                                     \
  }                                                                                                  \
  PINION_INLINE void store_##TYPE(TYPE##_t *to, const keys_##TYPE *v) {                              \
    *(keys_##TYPE *)to = v[0];                                                                       \
    *(keys_##TYPE *)(to + LANES) = v[1];                                                             \
  }                                                                                                  \
  /* Merges the runs from[0 ..< middle] and from[middle ..< end], both of whole blocks, from       \
     the beginning and from the end at once: the processor works at one while the other waits. */ \
  PINION_INLINE void merge_##TYPE(                                                                   \
      const TYPE##_t *from, ptrdiff_t middle, ptrdiff_t end, TYPE##_t *to) {                         \
    enum { pair = 2 * LANES, ahead = 16 * pair };                                                    \
    ptrdiff_t first = pair, second = middle + pair;                                                  \
    ptrdiff_t first_end = middle - pair, second_end = end - pair;                                    \
    /* The smallest and the largest keys that were read and not written. */                          \
    keys_##TYPE low[4], high[4];                                                                     \
    load_##TYPE(from, low);                                                                          \
    load_##TYPE(from + middle, low + 2);                                                             \
    load_##TYPE(from + first_end, high);                                                             \
    load_##TYPE(from + second_end, high + 2);                                                        \
    for (ptrdiff_t i = 0;;) {                                                                        \
      merge_registers_##TYPE(low, 4);                                                                \
      merge_registers_##TYPE(high, 4);                                                               \
      store_##TYPE(to + i, low);                                                                     \
      i += pair;                                                                                     \
      store_##TYPE(to + end - i, high + 2);                                                          \
      if (2 * i >= end) break;                                                                       \
      low[0] = low[2];                                                                               \
      low[1] = low[3];                                                                               \
      ptrdiff_t next = next_##TYPE(from, &first, middle, &second, end);                              \
      ptrdiff_t last = last_##TYPE(from, &first_end, &second_end, middle);                           \
      load_##TYPE(from + next, low + 2);                                                             \
      load_##TYPE(from + last, high + 2);                                                            \
      /* For data beyond the L2 cache, this saves a fifth of the time. */                            \
      __builtin_prefetch(from + next + ahead);                                                       \
      __builtin_prefetch(from + last - ahead);                                                       \
      __builtin_prefetch(to + i + ahead, 1);                                                         \
      __builtin_prefetch(to + end - i - ahead, 1);                                                   \
    }                                                                                                \
  }                                                                                                  \
  /* Merges neighboring runs of a width into runs of twice that width. */                            \
  PINION_INLINE void merge_runs_##TYPE(                                                              \
      const TYPE##_t *from, ptrdiff_t width, ptrdiff_t count, TYPE##_t *to) {                        \
    for (ptrdiff_t start = 0; start < count; start += 2 * width) {                                   \
      ptrdiff_t size = least(2 * width, count - start);                                              \
      if (size <= width) {                                                                           \
        memcpy(to + start, from + start, (size_t)size * sizeof *to);                                 \
      } else {                                                                                       \
        merge_##TYPE(from + start, width, size, to + start);                                         \
      }                                                                                              \
    }                                                                                                \
  }                                                                                                  \
  /* Merges sorted runs of a width until they are of the length `end`. Returns whether the         \
     result is in `other`. */ \
  PINION_INLINE int merge_all_##TYPE(                                                                \
      TYPE##_t *keys, ptrdiff_t count, ptrdiff_t width, ptrdiff_t end, TYPE##_t *other) {            \
    int isSwapped = 0;                                                                               \
    for (; width < end; width *= 2, isSwapped = !isSwapped) {                                        \
      merge_runs_##TYPE(isSwapped ? other : keys, width, count, isSwapped ? keys : other);           \
    }                                                                                                \
    return isSwapped;                                                                                \
  }

PINION_SORT(int32, 8)
PINION_SORT(int64, 4)

#endif
