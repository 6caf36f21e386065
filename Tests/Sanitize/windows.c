#include <math.h>

#include "sanitize.h"

// Columns and max pooling: copies and comparisons, which are exact.

void check_columns(void) {
  ptrdiff_t groups = between(0, 1) ? 1 : between(2, 5);
  pinion_windows w = random_windows(7, 7, 4, between(1, 3), groups * between(1, 40 / groups));
  ptrdiff_t count = between(1, 3), taps = w.kernel_height * w.kernel_width;
  ptrdiff_t part = taps * w.channels / groups;
  ptrdiff_t all = count * w.output_height, first = between(0, all - 1);
  ptrdiff_t rows = between(1, all - first);
  ptrdiff_t size = rows * w.output_width * taps * w.channels;
  ptrdiff_t floats = count * w.height * w.width * w.channels;
  float *images = random_floats(floats), *columns = random_floats(size);
  pinion_gather_columns(&w, groups, images, first, rows, columns);
  double *scattered = zero_doubles(floats);
  float *target = zero_floats(floats);
  pinion_scatter_columns(&w, groups, columns, first, rows, target);
  for (ptrdiff_t place = 0; place < size; place++) {
    ptrdiff_t window = place / (part * groups), row = first + window / w.output_width;
    ptrdiff_t c = place / part % groups * (w.channels / groups) + place % (w.channels / groups);
    ptrdiff_t tap = place % part / (w.channels / groups);
    ptrdiff_t pixel = pixel_of(
        &w, row / w.output_height, row % w.output_height, window % w.output_width,
        tap / w.kernel_width, tap % w.kernel_width);
    float expected = pixel < 0 ? 0 : images[pixel * w.channels + c];
    require_that("gathered columns", columns[place] == expected);
    if (pixel >= 0) scattered[pixel * w.channels + c] += columns[place];
  }
  expect("scattered columns", target, scattered, floats, 64);
}

/// Windows that do not overlap.
void check_placed_columns(void) {
  pinion_windows w = random_windows(4, 4, 5, 1, between(1, 40));
  if (w.stride_height < w.kernel_height || w.stride_width < w.kernel_width) return;
  ptrdiff_t count = between(1, 3), rows = count * w.output_height, part = between(0, rows);
  ptrdiff_t line = w.output_width * w.kernel_height * w.kernel_width * w.channels;
  ptrdiff_t floats = count * w.height * w.width * w.channels;
  float *columns = random_floats(rows * line), *found = random_floats(floats);
  float *scattered = zero_floats(floats);
  pinion_scatter_columns(&w, 1, columns, 0, rows, scattered);
  pinion_place_columns(&w, columns, 0, part, found);
  pinion_place_columns(&w, columns + part * line, part, rows - part, found);
  for (ptrdiff_t i = 0; i < floats; i++) require_that("placed columns", found[i] == scattered[i]);
}

void check_pooling(void) {
  pinion_windows w = random_windows(4, 4, 4, 1, between(1, 40));
  ptrdiff_t count = between(1, 3), pixels = count * w.output_height * w.output_width;
  ptrdiff_t size = pixels * w.channels, floats = count * w.height * w.width * w.channels;
  float *images = random_floats(floats), *output = random_floats(size);
  float *alone = random_floats(size), *gradients = random_floats(size);
  // Some equal values, of which the first counts.
  for (ptrdiff_t i = 0; i < floats; i += 3) images[i] = roundf(images[i]);
  uint16_t *origins = zero_bytes((ptrdiff_t)sizeof(uint16_t) * size);
  pinion_max_pool(&w, images, count, output, origins);
  pinion_max_pool(&w, images, count, alone, 0);
  double *expected = zero_doubles(floats);
  for (ptrdiff_t place = 0; place < size; place++) {
    ptrdiff_t pixel = place / w.channels, c = place % w.channels;
    ptrdiff_t j = pixel % w.output_width, i = pixel / w.output_width % w.output_height;
    ptrdiff_t best = -1, origin = 0;
    for (ptrdiff_t tap = 0; tap < w.kernel_height * w.kernel_width; tap++) {
      ptrdiff_t here = pixel_of(
          &w, pixel / (w.output_width * w.output_height), i, j, tap / w.kernel_width,
          tap % w.kernel_width);
      if (here < 0) continue;
      if (best >= 0 && images[here * w.channels + c] <= images[best * w.channels + c]) continue;
      best = here;
      origin = tap;
    }
    require_that("a maximum", output[place] == images[best * w.channels + c]);
    require_that("a maximum without its place", alone[place] == output[place]);
    require_that("the place of a maximum", origins[place] == origin);
    expected[best * w.channels + c] += gradients[place];
  }
  float *found = random_floats(floats);
  pinion_max_pool_gradient(&w, gradients, origins, count, found);
  expect("gradients of a pooling", found, expected, floats, 64);
}

void check_average_pooling(void) {
  pinion_windows w = random_windows(4, 4, 4, 1, between(1, 40));
  ptrdiff_t count = between(1, 3), pixels = count * w.output_height * w.output_width;
  ptrdiff_t size = pixels * w.channels, floats = count * w.height * w.width * w.channels;
  float *images = random_floats(floats), *output = random_floats(size);
  float *gradients = random_floats(size), *found = random_floats(floats);
  double *means = zero_doubles(size), *expected = zero_doubles(floats);
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
    ptrdiff_t taps = w.kernel_height * w.kernel_width, inside = 0;
    for (ptrdiff_t pass = 0; pass < 2; pass++) {
      for (ptrdiff_t tap = 0; tap < taps; tap++) {
        ptrdiff_t here = pixel_of(
            &w, pixel / (w.output_width * w.output_height),
            pixel / w.output_width % w.output_height, pixel % w.output_width, tap / w.kernel_width,
            tap % w.kernel_width);
        if (here < 0) continue;
        if (pass == 0) inside++;
        for (ptrdiff_t c = 0; pass == 1 && c < w.channels; c++) {
          means[pixel * w.channels + c] += (double)images[here * w.channels + c] / inside;
          expected[here * w.channels + c] += (double)gradients[pixel * w.channels + c] / inside;
        }
      }
    }
  }
  pinion_average_pool(&w, images, count, output);
  expect("averages", output, means, size, 64);
  pinion_average_pool_gradient(&w, gradients, count, found);
  expect("gradients of averages", found, expected, floats, 64);
}
