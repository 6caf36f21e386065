#include "pinion_kernels.h"
#include "places.h"

// Sums over rows of `count` values for each place of the last axis, such as a channel; in C for the
// reason given in normalization.c.

/// Σ (x − center), or Σ (x − center)².
PINION_INLINE void add_powers(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, int squared,
    float *sums) {
#define POWERS(type, c)                                                                            \
  type m = AT(type, center + c), sum = AT(type, sums + c);                                         \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    type d = AT(type, x + i) - m;                                                                  \
    sum += squared ? d * d : d;                                                                    \
  }                                                                                                \
  *(type *)(sums + c) = sum;
  FOR_EACH_PLACE(count, POWERS);
}

PINION_INLINE void add_place_powers(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, int squared,
    float *sums) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float centers[most_copied], wide[most_copied] = {0};
    copy_places(center, count, centers);
    add_powers(x, rows / copies, copies * count, centers, squared, wide);
    add_copies(wide, count, sums);
    done = rows / copies * copies;
  }
  add_powers(x + done * count, rows - done, count, center, squared, sums);
}

PINION_CLONES
void pinion_add_place_deviations(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums) {
  add_place_powers(x, rows, count, center, 0, sums);
}

PINION_CLONES
void pinion_add_place_squares(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums) {
  add_place_powers(x, rows, count, center, 1, sums);
}

PINION_INLINE void add_products(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    float *sums, float *products) {
#define PRODUCTS(type, c)                                                                          \
  type m = AT(type, mean + c), sum = AT(type, sums + c);                                           \
  type product = AT(type, products + c);                                                           \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    type gradient = AT(type, dy + i);                                                              \
    sum += gradient;                                                                               \
    product += gradient * (AT(type, x + i) - m);                                                   \
  }                                                                                                \
  *(type *)(sums + c) = sum;                                                                       \
  *(type *)(products + c) = product;
  FOR_EACH_PLACE(count, PRODUCTS);
}

PINION_CLONES
void pinion_add_place_products(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    float *sums, float *products) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float means[most_copied], wide[2][most_copied] = {{0}};
    copy_places(mean, count, means);
    add_products(dy, x, rows / copies, copies * count, means, wide[0], wide[1]);
    add_copies(wide[0], count, sums);
    add_copies(wide[1], count, products);
    done = rows / copies * copies;
  }
  ptrdiff_t start = done * count;
  add_products(dy + start, x + start, rows - done, count, mean, sums, products);
}

// MARK: Means over all rows

PINION_INLINE void add_values(const float *x, ptrdiff_t rows, ptrdiff_t count, float *sums) {
#define VALUES(type, c)                                                                            \
  type sum = AT(type, sums + c);                                                                   \
  for (ptrdiff_t i = c; i < rows * count; i += count) sum += AT(type, x + i);                      \
  *(type *)(sums + c) = sum;
  FOR_EACH_PLACE(count, VALUES);
}

PINION_INLINE void add_blocks(const float *x, ptrdiff_t rows, ptrdiff_t count, float *sums) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    add_values(x + r * count, least(block, rows - r), count, sums);
  }
}

PINION_CLONES
void pinion_add_places(const float *x, ptrdiff_t rows, ptrdiff_t count, float *sums) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[most_copied] = {0};
    add_blocks(x, rows / copies, copies * count, wide);
    add_copies(wide, count, sums);
    done = rows / copies * copies;
  }
  add_blocks(x + done * count, rows - done, count, sums);
}

PINION_INLINE void fill_rows(const float *values, ptrdiff_t rows, ptrdiff_t count, float *to) {
  for (ptrdiff_t r = 0; r < rows; r++, to += count) {
#define COPY(type, c) *(type *)(to + c) = AT(type, values + c);
    FOR_EACH_PLACE(count, COPY);
  }
}

PINION_CLONES
void pinion_fill_places(const float *values, ptrdiff_t rows, ptrdiff_t count, float *to) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[most_copied];
    copy_places(values, count, wide);
    fill_rows(wide, rows / copies, copies * count, to);
    done = rows / copies * copies;
  }
  fill_rows(values, rows - done, count, to + done * count);
}
