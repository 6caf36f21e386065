#ifndef PINION_QUICKSORT_H
#define PINION_QUICKSORT_H

#include "key_network.h"

#ifdef PINION_AVX512

// Quicksort of 32-bit keys. A partition compresses each register into its keys up to the pivot and
// those above it, which are written to two arrays, so that no load waits for the count of either.
//
// Source: Bramas, A novel hybrid quicksort algorithm vectorized using AVX-512 on Intel Skylake
// (2017), whose partition is within one array.

/// How the bits of a number and its key are made of each other: those of a negative float are
/// inverted but for the sign, NaN is the largest key, and `flip` is −1 for the reverse order.
typedef struct {
  int32_t flip, inverted, largest, nan;
} key_order;

static const key_order float_order = {0, INT32_MAX, 0x7F800000, 0x7FC00000};
static const key_order int32_order = {0, 0, INT32_MAX, INT32_MAX};

PINION_WIDE keys16 keys_of_bits(keys16 bits, key_order order) {
  keys16 keys = bits ^ (bits >> 31 & order.inverted);
  keys16 isNaN = (bits & INT32_MAX) > order.largest;
  return ((keys & ~isNaN) | (isNaN & INT32_MAX)) ^ order.flip;
}

PINION_WIDE keys16 bits_of_keys(keys16 keys, key_order order) {
  keys ^= order.flip;
  keys16 bits = keys ^ (keys >> 31 & order.inverted), isNaN = keys == INT32_MAX;
  return (bits & ~isNaN) | (isNaN & order.nan);
}

/// The first `count` keys, and `rest` in the other lanes.
PINION_WIDE keys16 first_keys(keys16 keys, ptrdiff_t count, int32_t rest) {
  return (keys16)_mm512_mask_mov_epi32(_mm512_set1_epi32(rest), first_lanes(count), (__m512i)keys);
}

PINION_WIDE keys16 load_keys(const int32_t *from, ptrdiff_t count, int32_t rest) {
  return (keys16)_mm512_mask_loadu_epi32(_mm512_set1_epi32(rest), first_lanes(count), from);
}

PINION_WIDE void store_keys(int32_t *to, keys16 keys, ptrdiff_t count) {
  _mm512_mask_storeu_epi32(to, first_lanes(count), (__m512i)keys);
}

/// Sorts keys, or numbers if they are converted, that fill more than half of `registers` registers.
PINION_WIDE void sort_registers(
    const int32_t *from, ptrdiff_t count, int registers, int converts, key_order order,
    int32_t *to) {
  keys16 v[most_registers];
  int full = registers / 2;
#pragma clang loop unroll(full)
  for (int i = 0; i < registers; i++) {
    const int32_t *next = from + i * PINION_LANES;
    ptrdiff_t rest = count - i * PINION_LANES;
    v[i] = i < full ? *(const keys16 *)next : load_keys(next, rest, INT32_MAX);
    if (converts) {
      keys16 keys = keys_of_bits(v[i], order);
      v[i] = i < full ? keys : first_keys(keys, rest, INT32_MAX);
    }
  }
  sort_columns(v, registers);
  columns_to_rows(v, registers);
#pragma clang loop unroll(full)
  for (int i = 0; i < registers; i++) {
    keys16 bits = bits_of_keys(v[i], order);
    int32_t *next = to + i * PINION_LANES;
    if (i < full) {
      *(keys16 *)next = bits;
    } else {
      store_keys(next, bits, count - i * PINION_LANES);
    }
  }
}

enum { most_in_registers = most_registers * PINION_LANES };

PINION_WIDE void sort_few(
    const int32_t *from, ptrdiff_t count, int converts, key_order order, int32_t *to) {
  if (count > most_in_registers / 2) {
    sort_registers(from, count, most_registers, converts, order, to);
  } else if (count > 64) {
    sort_registers(from, count, 8, converts, order, to);
  } else if (count > 32) {
    sort_registers(from, count, 4, converts, order, to);
  } else if (count > 16) {
    sort_registers(from, count, 2, converts, order, to);
  } else {
    sort_registers(from, count, 1, converts, order, to);
  }
}

/// The median of `registers` · 16 numbers at equal distances.
PINION_WIDE int32_t
sampled_median(const int32_t *from, ptrdiff_t count, int registers, int converts, key_order order) {
  const keys16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  int32_t step = (int32_t)(least(count, INT32_MAX) / (registers * PINION_LANES));
  keys16 v[most_registers];
#pragma clang loop unroll(full)
  for (int i = 0; i < registers; i++) {
    keys16 places = (lane * registers + i) * step + step / 2;
    v[i] = (keys16)_mm512_i32gather_epi32((__m512i)places, from, sizeof *from);
    if (converts) v[i] = keys_of_bits(v[i], order);
  }
  sort_columns(v, registers);
  return v[registers - 1][PINION_LANES / 2 - 1];
}

PINION_WIDE int32_t pivot_of(const int32_t *from, ptrdiff_t count, int converts, key_order order) {
  return count < 2048 ? sampled_median(from, count, 1, converts, order)
                      : sampled_median(from, count, 4, converts, order);
}

enum { block_registers = 8 };

/// Writes the keys up to the pivot of `registers` registers to low[below...], the others to
/// high[above...], each as a whole register. Returns the number of the former.
///
/// All loads are before the first store: on Zen 5, a load that follows a store whose address is
/// not known doubles the time. A compressing store takes many times that of a compressed register.
PINION_WIDE ptrdiff_t partition_block(
    const int32_t *from, int registers, int32_t pivot, int32_t *low, int32_t *high, int converts,
    key_order order) {
  keys16 keys[block_registers];
  __mmask16 isLow[block_registers];
#pragma clang loop unroll(full)
  for (int i = 0; i < registers; i++) {
    keys[i] = *(const keys16 *)(from + i * PINION_LANES);
    if (converts) keys[i] = keys_of_bits(keys[i], order);
    isLow[i] = _mm512_cmple_epi32_mask((__m512i)keys[i], _mm512_set1_epi32(pivot));
  }
  ptrdiff_t below = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < registers; i++) {
    __m512i own = (__m512i)keys[i];
    *(keys16 *)(low + below) = (keys16)_mm512_maskz_compress_epi32(isLow[i], own);
    *(keys16 *)(high + i * PINION_LANES - below) =
        (keys16)_mm512_maskz_compress_epi32(_knot_mask16(isLow[i]), own);
    below += __builtin_popcount(isLow[i]);
  }
  return below;
}

/// Writes the keys up to the pivot to `low`, the others to `high`, one of which may be `from`, and
/// returns the number of the former. Each has room for `count` keys, and after i of them holds no
/// more than i, so that whole registers can be written there.
PINION_WIDE ptrdiff_t partition(
    const int32_t *from, ptrdiff_t count, int32_t pivot, int32_t *low, int32_t *high, int converts,
    key_order order) {
  enum { block = block_registers * PINION_LANES };
  ptrdiff_t i = 0, below = 0;
  for (; i + block <= count; i += block) {
    below += partition_block(
        from + i, block_registers, pivot, low + below, high + i - below, converts, order);
  }
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    below += partition_block(from + i, 1, pivot, low + below, high + i - below, converts, order);
  }
  keys16 keys = load_keys(from + i, count - i, 0);
  if (converts) keys = keys_of_bits(keys, order);
  __mmask16 real = first_lanes(count - i);
  __mmask16 isLow = _mm512_mask_cmple_epi32_mask(real, (__m512i)keys, _mm512_set1_epi32(pivot));
  __m512i rest = _mm512_maskz_compress_epi32(real & ~isLow, (__m512i)keys);
  ptrdiff_t number = __builtin_popcount(isLow);
  store_keys(low + below, (keys16)_mm512_maskz_compress_epi32(isLow, (__m512i)keys), number);
  store_keys(high + i - below, (keys16)rest, count - i - number);
  return below + number;
}

/// Keys in least ... greatest at `from`, which is `to` or `other`, two arrays with room for them.
typedef struct {
  const int32_t *from;
  ptrdiff_t count;
  int32_t *to, *other;
  int32_t least, greatest;
} key_part;

PINION_AVX512
static void sort_part(key_part part, int depth, key_order order);

/// Partitions a part, whose keys are numbers yet if they are converted, and sorts what results.
///
/// After `depth` partitions, the pivot is the middle of the range of keys, which has one key after
/// 32 more: no order of the numbers takes quadratic time.
PINION_WIDE void divide_part(key_part part, int depth, int converts, key_order order) {
  int32_t pivot = (int32_t)(((int64_t)part.least + part.greatest) >> 1);
  if (depth > 0) pivot = pivot_of(part.from, part.count, converts, order);
  // The keys above are then equal.
  if (pivot == part.greatest) pivot--;
  ptrdiff_t below = partition(part.from, part.count, pivot, part.to, part.other, converts, order);
  ptrdiff_t above = part.count - below;
  key_part low = {part.to, below, part.to, part.other + above, part.least, pivot};
  key_part high = {part.other, above, part.to + below, part.other, pivot + 1, part.greatest};
  sort_part(low, depth - 1, order);
  sort_part(high, depth - 1, order);
}

/// Writes the numbers of a part in order to `to`.
PINION_AVX512
static void sort_part(key_part part, int depth, key_order order) {
  if (part.count <= most_in_registers) {
    sort_few(part.from, part.count, 0, order, part.to);
  } else if (part.least < part.greatest) {
    divide_part(part, depth, 0, order);
  } else {
    keys16 value = bits_of_keys((keys16){0} + part.least, order);
    for (ptrdiff_t i = 0; i < part.count; i += PINION_LANES) {
      store_keys(part.to + i, value, part.count - i);
    }
  }
}

/// Sorts rows of numbers; y may be x, and `other` holds as many keys as a row.
PINION_AVX512
static void quicksort_rows(
    const int32_t *x, ptrdiff_t rows, ptrdiff_t count, key_order order, int32_t *y,
    int32_t *other) {
  if (count == 0) return;
  int depth = 2 * (64 - __builtin_clzll((unsigned long long)count));
  for (; rows > 0; rows--, x += count, y += count) {
    if (count <= most_in_registers) {
      sort_few(x, count, 1, order, y);
    } else {
      divide_part((key_part){x, count, y, other, INT32_MIN, INT32_MAX}, depth, 1, order);
    }
  }
}

#endif
#endif
