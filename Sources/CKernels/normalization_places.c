#include "pinion_kernels.h"
#include "places.h"

// Normalizations with statistics for each place of the last axis, such as a channel: rows of
// `count` values, one for each place.
//
// In C for wide vectors: compiled for Swift's baseline, they take a tenth of a prediction of a
// network with a normalization after each convolution, twice as long as here.

PINION_INLINE void normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
#define NORMALIZE(type, c)                                                                         \
  type m = AT(type, mean + c), f = AT(type, factor + c), b = AT(type, offset + c);                 \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    *(type *)(y + i) = f * (AT(type, x + i) - m) + b;                                              \
  }
  FOR_EACH_PLACE(count, NORMALIZE);
}

PINION_INLINE void propagate_places(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
#define PROPAGATE(type, c)                                                                         \
  type m = AT(type, mean + c), f = AT(type, factor + c);                                           \
  type s = AT(type, slope + c), k = AT(type, constant + c);                                        \
  for (ptrdiff_t i = c; i < rows * count; i += count) {                                            \
    *(type *)(dx + i) = f * (AT(type, dy + i) + (s * (AT(type, x + i) - m) + k));                  \
  }
  FOR_EACH_PLACE(count, PROPAGATE);
}

PINION_INLINE void normalize_blocks(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * count;
    normalize_places(x + start, least(block, rows - r), count, mean, factor, offset, y + start);
  }
}

PINION_CLONES
void pinion_normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[3][most_copied];
    copy_places(mean, count, wide[0]);
    copy_places(factor, count, wide[1]);
    copy_places(offset, count, wide[2]);
    normalize_blocks(x, rows / copies, copies * count, wide[0], wide[1], wide[2], y);
    done = rows / copies * copies;
  }
  ptrdiff_t start = done * count;
  normalize_blocks(x + start, rows - done, count, mean, factor, offset, y + start);
}

PINION_INLINE void propagate_blocks(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
  ptrdiff_t block = rows_of_block(count);
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t start = r * count;
    propagate_places(
        dy + start, x + start, least(block, rows - r), count, mean, factor, slope, constant,
        dx + start);
  }
}

PINION_CLONES
void pinion_normalize_places_gradient(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx) {
  ptrdiff_t done = 0;
  if (is_narrow(count, rows)) {
    float wide[4][most_copied];
    copy_places(mean, count, wide[0]);
    copy_places(factor, count, wide[1]);
    copy_places(slope, count, wide[2]);
    copy_places(constant, count, wide[3]);
    propagate_blocks(dy, x, rows / copies, copies * count, wide[0], wide[1], wide[2], wide[3], dx);
    done = rows / copies * copies;
  }
  ptrdiff_t start = done * count;
  propagate_blocks(
      dy + start, x + start, rows - done, count, mean, factor, slope, constant, dx + start);
}
