#include <math.h>
#include <string.h>

#include "sanitize.h"

/// Random numbers, NaN, infinities and zeros of both signs among them.
static float special_number(void) {
  static const float specials[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f};
  ptrdiff_t choice = between(0, 19);
  return choice < 5 ? specials[choice] : (float)between(-8, 8) / 4;
}

static int same(double a, double b) { return a == b || (a != a && b != b); }

static double larger(double a, double b) { return a > b || a != a ? a : b; }

static double smaller(double a, double b) { return a < b || a != a ? a : b; }

/// Defines a check of the functions of two numbers of a type, of all steps, also in place.
#define CHECK_PAIRS(TYPE)                                                                          \
  static void check_pairs_##TYPE(void) {                                                           \
    typedef void pair(const TYPE *, ptrdiff_t, const TYPE *, ptrdiff_t, TYPE *, ptrdiff_t);        \
    typedef void comparison(                                                                       \
        const TYPE *, ptrdiff_t, const TYPE *, ptrdiff_t, uint8_t *, ptrdiff_t);                   \
    static pair *const pairs[] = {pinion_add_##TYPE,      pinion_subtract_##TYPE,                  \
                                  pinion_multiply_##TYPE, pinion_divide_##TYPE,                    \
                                  pinion_maximum_##TYPE,  pinion_minimum_##TYPE};                  \
    static comparison *const comparisons[] = {                                                     \
        pinion_less_##TYPE, pinion_less_or_equal_##TYPE, pinion_equal_##TYPE,                      \
        pinion_unequal_##TYPE};                                                                    \
    ptrdiff_t count = between(0, 70), left_step = between(0, 1), right_step = between(0, 1);       \
    ptrdiff_t left_count = left_step ? count : 1, right_count = right_step ? count : 1;            \
    TYPE *left = zero_bytes(left_count * (ptrdiff_t)sizeof(TYPE));                                 \
    TYPE *right = zero_bytes(right_count * (ptrdiff_t)sizeof(TYPE));                               \
    TYPE *result = zero_bytes(count * (ptrdiff_t)sizeof(TYPE));                                    \
    uint8_t *truth = zero_bytes(count);                                                            \
    for (ptrdiff_t i = 0; i < left_count; i++) left[i] = special_number();                         \
    for (ptrdiff_t i = 0; i < right_count; i++) right[i] = special_number();                       \
    for (int f = 0; f < 4; f++) {                                                                  \
      comparisons[f](left, left_step, right, right_step, truth, count);                            \
      for (ptrdiff_t i = 0; i < count; i++) {                                                      \
        TYPE a = left[i * left_step], b = right[i * right_step];                                   \
        int expected[] = {a < b, a <= b, a == b, a != b};                                          \
        require_that("a comparison", truth[i] == expected[f]);                                     \
      }                                                                                            \
    }                                                                                              \
    if (left_step) {                                                                               \
      pinion_finite_##TYPE(left, count, truth);                                                    \
      pinion_clip_##TYPE(left, count, -1, 1, result);                                              \
      for (ptrdiff_t i = 0; i < count; i++) {                                                      \
        TYPE a = left[i];                                                                          \
        require_that("finiteness", truth[i] == (isfinite(a) != 0));                                \
        require_that("clipping", same(result[i], a<-1 ? -1 : a> 1 ? 1 : a));                       \
      }                                                                                            \
    }                                                                                              \
    for (int f = 0; f < 6; f++) {                                                                  \
      int in_place = (int)between(0, 2);                                                           \
      TYPE *target = result;                                                                       \
      const TYPE *from_left = left, *from_right = right;                                           \
      if (in_place == 1 && left_step == 1) {                                                       \
        memcpy(result, left, (size_t)count * sizeof(TYPE));                                        \
        from_left = result;                                                                        \
      } else if (in_place == 2 && right_step == 1) {                                               \
        memcpy(result, right, (size_t)count * sizeof(TYPE));                                       \
        from_right = result;                                                                       \
      }                                                                                            \
      pairs[f](from_left, left_step, from_right, right_step, target, count);                       \
      for (ptrdiff_t i = 0; i < count; i++) {                                                      \
        TYPE a = left[i * left_step], b = right[i * right_step];                                   \
        TYPE expected[] = {a + b, a - b, a * b, a / b, (TYPE)larger(a, b), (TYPE)smaller(a, b)};   \
        require_that("a function of two numbers", same(result[i], expected[f]));                   \
      }                                                                                            \
    }                                                                                              \
  }

CHECK_PAIRS(float)
CHECK_PAIRS(double)

/// Defines a check of the selection between elements of a size.
#define CHECK_SELECT(NAME, TYPE)                                                                   \
  static void check_##NAME(void) {                                                                 \
    ptrdiff_t count = between(0, 70), first_step = between(0, 1), second_step = between(0, 1);     \
    ptrdiff_t first_count = first_step ? count : 1, second_count = second_step ? count : 1;        \
    TYPE *first = zero_bytes(first_count * (ptrdiff_t)sizeof(TYPE));                               \
    TYPE *second = zero_bytes(second_count * (ptrdiff_t)sizeof(TYPE));                             \
    TYPE *result = zero_bytes(count * (ptrdiff_t)sizeof(TYPE));                                    \
    uint8_t *mask = zero_bytes(count);                                                             \
    for (ptrdiff_t i = 0; i < count; i++) mask[i] = (uint8_t)between(0, 1);                        \
    for (ptrdiff_t i = 0; i < first_count; i++) first[i] = (TYPE)between(0, PTRDIFF_MAX - 1);      \
    for (ptrdiff_t i = 0; i < second_count; i++) second[i] = (TYPE)between(0, PTRDIFF_MAX - 1);    \
    pinion_##NAME(mask, first, first_step, second, second_step, result, count);                    \
    for (ptrdiff_t i = 0; i < count; i++) {                                                        \
      TYPE expected = mask[i] ? first[i * first_step] : second[i * second_step];                   \
      require_that("a selection", result[i] == expected);                                          \
    }                                                                                              \
  }

CHECK_SELECT(select8, uint8_t)
CHECK_SELECT(select32, uint32_t)
CHECK_SELECT(select64, uint64_t)

static void check_bits(void) {
  ptrdiff_t count = between(0, 300);
  uint8_t *left = zero_bytes(count), *right = zero_bytes(count), *result = zero_bytes(count);
  ptrdiff_t ones = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    left[i] = (uint8_t)between(0, 1);
    right[i] = (uint8_t)between(0, 1);
    ones += left[i];
  }
  require_that("a count of ones", pinion_count_ones(left, count) == ones);
  pinion_and(left, 1, right, 1, result, count);
  for (ptrdiff_t i = 0; i < count; i++) require_that("and", result[i] == (left[i] & right[i]));
  pinion_or(left, 1, right, 1, result, count);
  for (ptrdiff_t i = 0; i < count; i++) require_that("or", result[i] == (left[i] | right[i]));
  pinion_xor(left, 1, right, 1, result, count);
  for (ptrdiff_t i = 0; i < count; i++) require_that("xor", result[i] == (left[i] ^ right[i]));
}

void check_pairs(void) {
  check_pairs_float();
  check_pairs_double();
  check_select8();
  check_select32();
  check_select64();
  check_bits();
}

/// Whether two sums of numbers of magnitude 1 are equal but for the order of their terms.
static int is_near(double found, double expected, ptrdiff_t count) {
  return fabs(found - expected) <= 1e-15 * (double)(count * count + 1);
}

void check_reductions(void) {
  // More than 255 vectors of 64 bytes now and then, as many as fit a byte's sum.
  ptrdiff_t many = between(0, 20) ? 0 : between(16000, 34000);
  uint8_t *bytes = zero_bytes(many);
  memset(bytes, 1, (size_t)many);
  require_that("a count of many ones", pinion_count_ones(bytes, many) == many);

  ptrdiff_t rows = between(0, 9), columns = between(1, 40), stride = columns + between(0, 3);
  ptrdiff_t count = rows ? (rows - 1) * stride + columns : 0;
  float *x = random_floats(count);
  double *wide = zero_doubles(count), *means = zero_doubles(columns);
  for (ptrdiff_t i = 0; i < count; i++) wide[i] = x[i];
  for (ptrdiff_t j = 0; j < columns; j++) means[j] = (double)between(-4, 4) / 8;
  double mean = means[0], sum = 0, squares = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    sum += wide[i];
    squares += (wide[i] - mean) * (wide[i] - mean);
  }
  require_that("a sum of floats", is_near(pinion_sum_float(x, count), sum, count));
  require_that("a sum of doubles", is_near(pinion_sum_double(wide, count), sum, count));
  require_that(
      "squares of floats", is_near(pinion_sum_of_squares_float(x, count, mean), squares, count));
  require_that(
      "squares of doubles",
      is_near(pinion_sum_of_squares_double(wide, count, mean), squares, count));

  double *found[4], *expected[2];
  for (int i = 0; i < 4; i++) found[i] = zero_doubles(columns);
  for (int i = 0; i < 2; i++) expected[i] = zero_doubles(columns);
  pinion_add_rows_float(x, rows, stride, columns, found[0]);
  pinion_add_rows_double(wide, rows, stride, columns, found[1]);
  pinion_add_squares_float(x, rows, stride, columns, means, found[2]);
  pinion_add_squares_double(wide, rows, stride, columns, means, found[3]);
  for (ptrdiff_t i = 0; i < rows; i++) {
    for (ptrdiff_t j = 0; j < columns; j++) {
      double value = wide[i * stride + j], distance = value - means[j];
      expected[0][j] += value;
      expected[1][j] += distance * distance;
    }
  }
  for (ptrdiff_t j = 0; j < columns; j++) {
    // Rows are added one after another, in any build.
    require_that("columns of floats", found[0][j] == expected[0][j]);
    require_that("columns of doubles", found[1][j] == expected[0][j]);
    require_that("squares of columns", is_near(found[2][j], expected[1][j], rows));
    require_that("squares of columns", is_near(found[3][j], expected[1][j], rows));
  }
}

/// Defines a check of the transpose of elements of a size.
#define CHECK_TRANSPOSE(NAME, TYPE)                                                                \
  static void check_##NAME(void) {                                                                 \
    ptrdiff_t rows = between(0, 150), columns = between(0, 40);                                    \
    ptrdiff_t from_stride = rows + between(0, 3), to_stride = columns + between(0, 3);             \
    ptrdiff_t from_count = columns && rows ? (columns - 1) * from_stride + rows : 0;               \
    ptrdiff_t to_count = columns && rows ? (rows - 1) * to_stride + columns : 0;                   \
    TYPE *from = zero_bytes(from_count * (ptrdiff_t)sizeof(TYPE));                                 \
    TYPE *to = zero_bytes(to_count * (ptrdiff_t)sizeof(TYPE));                                     \
    for (ptrdiff_t i = 0; i < from_count; i++) from[i] = (TYPE)i + 1;                              \
    pinion_##NAME(from, from_stride, to, to_stride, rows, columns);                                \
    for (ptrdiff_t k = 0; k < to_count; k++) {                                                     \
      ptrdiff_t i = k / to_stride, j = k % to_stride;                                              \
      TYPE expected = j < columns ? from[j * from_stride + i] : 0;                                 \
      require_that("a transpose of planes", to[k] == expected);                                    \
    }                                                                                              \
  }

CHECK_TRANSPOSE(transpose32, uint32_t)
CHECK_TRANSPOSE(transpose64, uint64_t)

void check_transposes(void) {
  check_transpose32();
  check_transpose64();
}
