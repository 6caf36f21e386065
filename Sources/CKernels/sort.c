#include <string.h>

#include "pinion_kernels.h"
#include "quicksort.h"
#include "register_transposes.h"
#include "vector16.h"

// Merge sort by bitonic networks: blocks are sorted in registers, and runs are merged by a network
// of four registers without a branch that depends on the numbers, so that the time depends on the
// count alone. With AVX-512, numbers of 32 bits are sorted by quicksort.h instead: 10⁶ floats in
// 0.4 of the time, rows of 1,000 in 0.6 (Zen 5). Equal keys have equal bits, so that both sorts
// give the same result.
//
// Source: Chhugani et al., Efficient implementation of sorting on multi-core SIMD CPU architecture
// (2008).

typedef int32_t keys_int32 __attribute__((vector_size(32), aligned(4)));
typedef int64_t keys_int64 __attribute__((vector_size(32), aligned(8)));

// MARK: Registers of eight keys

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

// MARK: Registers of four keys

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

// MARK: Runs

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

// MARK: Rows of numbers

/// Defines the key of a number, which has its bits: below zero, all but the sign are inverted.
#define PINION_KEYS(REAL, TYPE, LARGEST)                                                           \
  PINION_INLINE TYPE##_t key_of_##REAL(REAL value) {                                               \
    TYPE##_t bits;                                                                                 \
    memcpy(&bits, &value, sizeof bits);                                                            \
    return value == value ? bits ^ ((bits >> (8 * sizeof bits - 1)) & LARGEST) : LARGEST;          \
  }                                                                                                \
  PINION_INLINE REAL REAL##_of_key(TYPE##_t key) {                                                 \
    TYPE##_t bits = key ^ ((key >> (8 * sizeof key - 1)) & LARGEST);                               \
    REAL value, nan = (REAL)__builtin_nan("");                                                     \
    memcpy(&value, &bits, sizeof value);                                                           \
    return key == LARGEST ? nan : value;                                                           \
  }

PINION_KEYS(float, int32, INT32_MAX)
PINION_KEYS(double, int64, INT64_MAX)
PINION_INLINE int32_t key_of_int32_t(int32_t value) { return value; }
PINION_INLINE int32_t int32_t_of_key(int32_t key) { return key; }

/// The largest block.
enum { most_keys = 64 };

ptrdiff_t pinion_sort_capacity(ptrdiff_t count) {
  return count % most_keys == 0 ? count : 2 * (count / most_keys + 1) * most_keys;
}

/// Defines the sort of rows of numbers, of which a register holds LANES. The runs are merged back
/// and forth between the scratch and, if a row consists of whole blocks, its result.
#define PINION_SORT_ROWS(ACCESS, NAME, REAL, TYPE, LANES, LARGEST)                                 \
  PINION_CLONES                                                                                    \
  ACCESS void NAME(                                                                                \
      const REAL *x, ptrdiff_t rows, ptrdiff_t count, int descends, REAL *y, TYPE##_t *scratch) {  \
    enum { block = LANES * LANES };                                                                \
    TYPE##_t flip = descends ? -1 : 0;                                                             \
    ptrdiff_t padded = (count + block - 1) / block * block, run = least(padded, PINION_CHUNK);     \
    for (; rows > 0; rows--, x += count, y += count) {                                             \
      TYPE##_t *other =                                                                            \
          count % most_keys == 0 ? (TYPE##_t *)y : scratch + pinion_sort_capacity(count) / 2;      \
      int isSwapped = 0;                                                                           \
      for (ptrdiff_t start = 0; start < padded; start += PINION_CHUNK) {                           \
        TYPE##_t *keys = scratch + start;                                                          \
        ptrdiff_t size = least(PINION_CHUNK, padded - start);                                      \
        ptrdiff_t real = least(size, count - start);                                               \
        for (ptrdiff_t i = 0; i < real; i++) keys[i] = key_of_##REAL(x[start + i]) ^ flip;         \
        for (ptrdiff_t i = real; i < size; i++) keys[i] = LARGEST;                                 \
        for (ptrdiff_t i = 0; i < size; i += block) sort_block_##TYPE(keys + i);                   \
        isSwapped = merge_all_##TYPE(keys, size, block, run, other + start);                       \
      }                                                                                            \
      TYPE##_t *from = isSwapped ? other : scratch, *to = isSwapped ? scratch : other;             \
      if (merge_all_##TYPE(from, padded, run, padded, to)) from = to;                              \
      for (ptrdiff_t i = 0; i < count; i++) {                                                      \
        TYPE##_t key;                                                                              \
        memcpy(&key, from + i, sizeof key);                                                        \
        REAL value = REAL##_of_key(key ^ flip);                                                    \
        memcpy(y + i, &value, sizeof value);                                                       \
      }                                                                                            \
    }                                                                                              \
  }

PINION_SORT_ROWS(static, merge_sort_float, float, int32, 8, INT32_MAX)
PINION_SORT_ROWS(, pinion_sort_double, double, int64, 4, INT64_MAX)
PINION_SORT_ROWS(static, merge_sort_int32, int32_t, int32, 8, INT32_MAX)

/// Defines a sort of rows of 32-bit numbers by the quicksort, where the processor has AVX-512.
#ifdef PINION_AVX512
#define PINION_CHOOSE_SORT(NAME, REAL, ORDER, MERGE_SORT)                                          \
  void NAME(                                                                                       \
      const REAL *x, ptrdiff_t rows, ptrdiff_t count, int descends, REAL *y, int32_t *scratch) {   \
    if (__builtin_cpu_supports("x86-64-v4")) {                                                     \
      key_order order = ORDER;                                                                     \
      order.flip = descends ? -1 : 0;                                                              \
      quicksort_rows((const int32_t *)x, rows, count, order, (int32_t *)y, scratch);               \
    } else {                                                                                       \
      MERGE_SORT(x, rows, count, descends, y, scratch);                                            \
    }                                                                                              \
  }
#else
#define PINION_CHOOSE_SORT(NAME, REAL, ORDER, MERGE_SORT)                                          \
  void NAME(                                                                                       \
      const REAL *x, ptrdiff_t rows, ptrdiff_t count, int descends, REAL *y, int32_t *scratch) {   \
    MERGE_SORT(x, rows, count, descends, y, scratch);                                              \
  }
#endif

PINION_CHOOSE_SORT(pinion_sort_float, float, float_order, merge_sort_float)
PINION_CHOOSE_SORT(pinion_sort_int32, int32_t, int32_order, merge_sort_int32)
