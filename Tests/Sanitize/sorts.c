#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sanitize.h"

/// Defines a check of a sort of rows beside the C library's, of lengths around those of blocks.
#define CHECK_SORT(TYPE, NAME, KEY, NUMBER)                                                        \
  static int compare_##NAME(const void *left, const void *right) {                                 \
    TYPE a, b;                                                                                     \
    memcpy(&a, left, sizeof a);                                                                    \
    memcpy(&b, right, sizeof b);                                                                   \
    if (a != a || b != b) return (a != a) - (b != b);                                              \
    if (a == b) return (signbit((double)b) != 0) - (signbit((double)a) != 0);                      \
    return a < b ? -1 : 1;                                                                         \
  }                                                                                                \
  static void check_##NAME(void) {                                                                 \
    ptrdiff_t rows = between(0, 3);                                                                \
    ptrdiff_t count = between(0, 3) ? between(0, 300) : 64 * between(0, 8);                        \
    if (between(0, 7) == 0) count = between(250, 5000);                                            \
    if (between(0, 200) == 0) count = between(32000, 70000);                                       \
    int descends = (int)between(0, 1), in_place = (int)between(0, 1);                              \
    ptrdiff_t all = rows * count, range = between(0, 1) ? 3 : 100000;                              \
    TYPE *x = zero_bytes(all * (ptrdiff_t)sizeof(TYPE));                                           \
    TYPE *y = in_place ? x : zero_bytes(all * (ptrdiff_t)sizeof(TYPE));                            \
    TYPE *expected = zero_bytes(all * (ptrdiff_t)sizeof(TYPE));                                    \
    KEY *scratch = zero_bytes(pinion_sort_capacity(count) * (ptrdiff_t)sizeof(KEY));               \
    for (ptrdiff_t i = 0; i < all; i++) expected[i] = x[i] = NUMBER;                               \
    for (ptrdiff_t row = 0; row < rows; row++) {                                                   \
      qsort(expected + row * count, (size_t)count, sizeof(TYPE), compare_##NAME);                  \
    }                                                                                              \
    pinion_sort_##NAME(x, rows, count, descends, y, scratch);                                      \
    for (ptrdiff_t row = 0; row < rows; row++) {                                                   \
      for (ptrdiff_t i = 0; i < count; i++) {                                                      \
        TYPE found = y[row * count + (descends ? count - 1 - i : i)];                              \
        require_that("a sort", compare_##NAME(&found, expected + row * count + i) == 0);           \
      }                                                                                            \
    }                                                                                              \
  }

static double number(ptrdiff_t range) {
  static const double special[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0, -0.0};
  ptrdiff_t choice = between(0, 40);
  return choice < 6 ? special[choice] : (double)between(-range, range) / 8;
}

CHECK_SORT(float, float, int32_t, (float)number(range))
CHECK_SORT(double, double, int64_t, number(range))
CHECK_SORT(int32_t, int32, int32_t, (int32_t)between(-range, range) * 20000)

static int compare_keys(const void *left, const void *right) {
  const int32_t *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

/// Numbers of which the quicksort's samples are always the smallest that are left, so that each
/// pivot separates few, until it is no more taken from a sample.
static void numbers_against_pivots(int32_t *x, ptrdiff_t count) {
  ptrdiff_t *left = zero_bytes(count * (ptrdiff_t)sizeof *left), number = count;
  int32_t next = 0;
  for (ptrdiff_t i = 0; i < count; i++) left[i] = i, x[i] = INT32_MAX;
  while (number > 256) {
    ptrdiff_t samples = number < 2048 ? 16 : 64, step = number / samples, above = 0;
    int32_t sorted[64];
    for (ptrdiff_t i = 0; i < samples; i++) {
      int32_t *sample = x + left[i * step + step / 2];
      if (*sample == INT32_MAX) *sample = next++;
      sorted[i] = *sample;
    }
    qsort(sorted, (size_t)samples, sizeof *sorted, compare_keys);
    for (ptrdiff_t i = 0; i < number; i++) {
      if (x[left[i]] > sorted[samples / 2 - 1]) left[above++] = left[i];
    }
    number = above;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    if (x[i] == INT32_MAX) x[i] = next++;
  }
}

static void check_order_against_pivots(void) {
  ptrdiff_t count = between(1000, 4000);
  int32_t *x = zero_bytes(count * (ptrdiff_t)sizeof *x);
  int32_t *scratch = zero_bytes(pinion_sort_capacity(count) * (ptrdiff_t)sizeof *scratch);
  numbers_against_pivots(x, count);
  pinion_sort_int32(x, 1, count, 0, x, scratch);
  for (ptrdiff_t i = 0; i < count; i++) require_that("an order against pivots", x[i] == i);
}

void check_sorts(void) {
  check_float();
  check_double();
  check_int32();
  if (between(0, 20) == 0) check_order_against_pivots();
}

void check_copies(void) {
  ptrdiff_t rows = between(0, 5), size = between(0, 300);
  if (between(0, 50) == 0) size = between(65000, 140000);
  ptrdiff_t from_stride = between(0, 3) ? size + between(0, 40) : 0;
  ptrdiff_t to_stride = size + between(0, 40);
  ptrdiff_t from_count = rows ? (rows - 1) * from_stride + size : 0;
  ptrdiff_t to_count = rows ? (rows - 1) * to_stride + size : 0;
  uint8_t *from = zero_bytes(from_count), *to = zero_bytes(to_count);
  for (ptrdiff_t i = 0; i < from_count; i++) from[i] = (uint8_t)between(1, 255);
  pinion_copy_rows(from, from_stride, to, to_stride, rows, size);
  for (ptrdiff_t i = 0; i < to_count; i++) {
    ptrdiff_t row = i / to_stride, place = i % to_stride;
    uint8_t expected = place < size ? from[row * from_stride + place] : 0;
    require_that("a copy of rows", to[i] == expected);
  }
}

void check_small_products(void) {
  ptrdiff_t m = between(0, 30), n = between(8, 60), k = between(0, 20);
  float *a = random_floats(m * k), *b = random_floats(k * n), *c = zero_floats(m * n);
  double *expected = zero_doubles(m * n);
  for (ptrdiff_t i = 0; i < m; i++) {
    for (ptrdiff_t j = 0; j < n; j++) {
      for (ptrdiff_t l = 0; l < k; l++) expected[i * n + j] += (double)a[i * k + l] * b[l * n + j];
    }
  }
  pinion_small_product(m, n, k, a, b, c);
  expect("a small product", c, expected, m * n, 40);
  if (pinion_has_wide_product()) {
    float *wide = zero_floats(m * n);
    pinion_wide_product(m, n, k, a, b, wide);
    expect("a wide product", wide, expected, m * n, 40);
  }
  float *turned = zero_floats(k * n), *scratch = zero_floats(16 * k), *same = zero_floats(m * n);
  for (ptrdiff_t i = 0; i < k * n; i++) turned[i % n * k + i / n] = b[i];
  pinion_small_transposed_product(m, n, k, a, turned, scratch, same);
  for (ptrdiff_t i = 0; i < m * n; i++) require_that("a transposed product", same[i] == c[i]);
}

void check_panels(void) {
  ptrdiff_t m = between(0, 40), n = between(1, 90), k = between(0, 30);
  // Some have several blocks of terms.
  if (between(0, 9) == 0) k += between(740, 1700);
  ptrdiff_t lda = k + between(0, 2), ldc = n + between(0, 2), panel = pinion_panel_columns();
  ptrdiff_t width = (n + panel - 1) / panel * panel;
  float *a = random_floats(m ? (m - 1) * lda + k : 0), *b = random_floats(k * n);
  ptrdiff_t floats = m ? (m - 1) * ldc + n : 0, adds = between(0, 1);
  float *turned = zero_floats(k * n), *c = random_floats(floats), *before = zero_floats(floats);
  if (floats) memcpy(before, c, sizeof(float) * (size_t)floats);
  float *panels = random_floats(width * k), *others = random_floats(width * k);
  for (ptrdiff_t i = 0; i < k * n; i++) turned[i % n * k + i / n] = b[i];
  pinion_pack_panels(b, n, n, k, panels);
  pinion_pack_transposed_panels(turned, k, n, k, others);
  for (ptrdiff_t i = 0; i < width * k; i++) {
    ptrdiff_t column = i / (panel * k) * panel + i % panel, row = i / panel % k;
    float expected = column < n ? b[row * n + column] : 0;
    require_that("a panel", panels[i] == expected && others[i] == expected);
  }
  // A part of the columns, with rows as far apart as in all of B.
  ptrdiff_t from = between(0, n - 1), part = n - from;
  ptrdiff_t part_width = (part + panel - 1) / panel * panel;
  float *some = random_floats(part_width * k);
  pinion_pack_panels(b + from, n, part, k, some);
  for (ptrdiff_t i = 0; i < part_width * k; i++) {
    ptrdiff_t column = i / (panel * k) * panel + i % panel, row = i / panel % k;
    require_that("a part's panel", some[i] == (column < part ? b[row * n + from + column] : 0));
  }
  // The transpose of a part of its terms, whose rows are as far apart as all terms.
  ptrdiff_t terms = between(0, k), start = between(0, k - terms);
  pinion_pack_transposed_panels(turned + start, k, n, terms, others);
  for (ptrdiff_t i = 0; i < width * terms; i++) {
    ptrdiff_t column = i / (panel * terms) * panel + i % panel, row = start + i / panel % terms;
    require_that("a transposed part", others[i] == (column < n ? b[row * n + column] : 0));
  }
  const float *bias = between(0, 1) ? random_floats(n) : 0;
  int rectifies = (int)between(0, 1);
  float slope = between(0, 2) / 2.0f;
  // In two parts, which may be cut within a panel.
  ptrdiff_t cut = between(0, n / 16) * 16;
  pinion_panel_product product = {m,         0, cut, k,    a,         lda,  panels,
                                  (int)adds, c, ldc, bias, rectifies, slope};
  pinion_multiply_panels(&product);
  product.first = cut, product.end = n;
  pinion_multiply_panels(&product);
  for (ptrdiff_t i = 0; i < m; i++) {
    double *expected = zero_doubles(n);
    for (ptrdiff_t j = 0; j < n; j++) {
      if (adds) expected[j] = before[i * ldc + j];
      for (ptrdiff_t l = 0; l < k; l++) expected[j] += (double)a[i * lda + l] * b[l * n + j];
      if (bias) expected[j] += bias[j];
      if (rectifies) expected[j] = plain_rectified(expected[j], slope);
    }
    expect("a product with panels", c + i * ldc, expected, n, k > 30 ? (double)k : 40);
    for (ptrdiff_t j = n; i + 1 < m && j < ldc; j++) {
      require_that("the gap between rows", c[i * ldc + j] == before[i * ldc + j]);
    }
  }
}

void check_transposed_product(void) {
  // Beyond the numbers of terms and of columns that the kernel takes at once, some at distances
  // that conflict in the caches.
  ptrdiff_t m = between(0, 9) ? between(0, 40) : between(90, 210), n = between(1, 90);
  ptrdiff_t k = between(0, 9) ? between(0, 70) : between(120, 400), adds = between(0, 1);
  ptrdiff_t lda = between(0, 3) ? m + between(0, 2) : 1024, ldb = n + between(0, 2);
  ptrdiff_t ldc = n + between(0, 2);
  if (!between(0, 3)) ldb = 1024;
  float *a = random_floats(k ? (k - 1) * lda + m : 0);
  float *b = random_floats(k ? (k - 1) * ldb + n : 0);
  float *c = random_floats(m * ldc), *before = zero_floats(m * ldc);
  if (m) memcpy(before, c, sizeof(float) * (size_t)(m * ldc));
  pinion_transposed_product product = {m, n, k, a, lda, b, ldb, (int)adds, c, ldc};
  pinion_multiply_transposed(&product);
  double *expected = zero_doubles(n);
  for (ptrdiff_t i = 0; i < m; i++) {
    for (ptrdiff_t j = 0; j < n; j++) {
      expected[j] = adds ? before[i * ldc + j] : 0;
      for (ptrdiff_t l = 0; l < k; l++) expected[j] += (double)a[l * lda + i] * b[l * ldb + j];
    }
    expect("a transposed product", c + i * ldc, expected, n, k > 80 ? (double)k : 80);
    for (ptrdiff_t j = n; j < ldc; j++) {
      require_that("the gap between rows", c[i * ldc + j] == before[i * ldc + j]);
    }
  }
}

void check_positions(void) {
  ptrdiff_t count = between(1, 150), size = between(1, 40);
  int32_t *positions = zero_bytes(count * (ptrdiff_t)sizeof *positions);
  float *values = random_floats(count), *sums = random_floats(size), *found = zero_floats(size);
  uint32_t *words = zero_bytes(8 * count);
  memcpy(found, sums, sizeof(float) * (size_t)size);
  int32_t low = INT32_MAX, high = INT32_MIN, least = 0, greatest = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    positions[i] = (int32_t)between(0, size - 1);
    sums[positions[i]] += values[i];
    low = positions[i] < low ? positions[i] : low;
    high = positions[i] > high ? positions[i] : high;
  }
  pinion_scatter_add_float(values, positions, count, found);
  for (ptrdiff_t i = 0; i < size; i++) require_that("scattered sums", found[i] == sums[i]);
  pinion_range_int32(positions, count, &least, &greatest);
  require_that("a range", least == low && greatest == high);
  uint32_t *first = zero_bytes(4 * count), *second = zero_bytes(4 * count);
  for (ptrdiff_t i = 0; i < count; i++) {
    first[i] = (uint32_t)i;
    second[i] = ~first[i];
  }
  pinion_interleave32(first, second, count, words);
  for (ptrdiff_t i = 0; i < 2 * count; i++) {
    require_that("interleaved words", words[i] == (i % 2 ? second : first)[i / 2]);
  }
}

void check_remainders(void) {
  ptrdiff_t count = between(0, 70), left_step = between(0, 1), right_step = between(0, 1);
  ptrdiff_t left_count = left_step ? count : 1, right_count = right_step ? count : 1;
  float *left = zero_floats(left_count), *right = zero_floats(right_count);
  float *result = zero_floats(count);
  for (ptrdiff_t i = 0; i < left_count; i++) left[i] = (float)number(100000);
  for (ptrdiff_t i = 0; i < right_count; i++) right[i] = (float)number(100);
  pinion_remainder_float(left, left_step, right, right_step, result, count);
  for (ptrdiff_t i = 0; i < count; i++) {
    float a = left[i * left_step], b = right[i * right_step], rest = fmodf(a, b);
    if (rest == 0) {
      rest = copysignf(0, b);
    } else if ((rest < 0) != (b < 0)) {
      rest += b;
    }
    require_that("a remainder", result[i] == rest || (result[i] != result[i] && rest != rest));
    require_that("its sign", rest != rest || !signbit(result[i]) == !signbit(rest));
  }
}
