#include <string.h>

#include "merge_sort.h"
#include "quicksort.h"

// Sorts of rows of numbers, as keys that are integers in the same order. With AVX-512, numbers of
// 32 bits are sorted by quicksort.h, elsewhere and those of 64 bits by merge_sort.h: 10⁶ floats in
// 0.4 of the time, rows of 1,000 in 0.6 (Zen 5). Equal keys have equal bits, so that both give the
// same result.

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
