#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sanitize.h"

// MARK: Random numbers

static uint64_t state, case_number;

static uint64_t next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void seed(uint64_t number) {
  case_number = number;
  state = number * 0x2545F4914F6CDD1Du;
}

ptrdiff_t between(ptrdiff_t low, ptrdiff_t high) {
  return low + (ptrdiff_t)(next() % (uint64_t)(high - low + 1));
}

// MARK: Memory

enum { most_blocks = 64 };
static void *blocks[most_blocks];
static int block_count;

static void *allocate(size_t bytes) {
  require_that("fewer blocks of memory in a case", block_count < most_blocks);
  void *block = malloc(bytes);
  require_that("memory", block != 0);
  memset(block, 0, bytes);
  return blocks[block_count++] = block;
}

float *zero_floats(ptrdiff_t count) {
  ptrdiff_t before = between(0, 15);
  return (float *)allocate(sizeof(float) * (size_t)(count + before)) + before;
}

float *random_floats(ptrdiff_t count) {
  float *values = zero_floats(count);
  for (ptrdiff_t i = 0; i < count; i++) values[i] = (float)(next() >> 40) / 8388608.0f - 1;
  return values;
}

float *random_factors(ptrdiff_t count, ptrdiff_t terms) {
  float *values = random_floats(count), scale = 1 / sqrtf((float)terms);
  for (ptrdiff_t i = 0; i < count; i++) values[i] *= scale;
  return values;
}

double *zero_doubles(ptrdiff_t count) { return allocate(sizeof(double) * (size_t)count); }

void *zero_bytes(ptrdiff_t bytes) { return allocate((size_t)bytes); }

void free_all(void) {
  while (block_count > 0) free(blocks[--block_count]);
}

// MARK: Comparisons

void require_that(const char *what, int holds) {
  if (holds) return;
  fprintf(stderr, "case %llu: %s\n", (unsigned long long)case_number, what);
  exit(1);
}

void expect(
    const char *what, const float *found, const double *expected, ptrdiff_t count,
    double roundings) {
  for (ptrdiff_t i = 0; i < count; i++) {
    double error = fabs(found[i] - expected[i]);
    if (error <= roundings * ldexp(1, -24) * (1 + fabs(expected[i]))) continue;
    fprintf(
        stderr, "case %llu: %s: element %td of %td is %.9g instead of %.9g\n",
        (unsigned long long)case_number, what, i, count, found[i], expected[i]);
    exit(1);
  }
}

// MARK: Convolutions as plain loops

pinion_windows random_windows(
    ptrdiff_t largest_height, ptrdiff_t largest_width, ptrdiff_t largest_stride,
    ptrdiff_t largest_dilation, ptrdiff_t channels) {
  pinion_windows w = {.channels = channels};
  w.height = between(1, 19);
  w.width = between(1, 19);
  w.kernel_height = between(1, largest_height);
  w.kernel_width = between(1, largest_width);
  w.stride_height = between(1, largest_stride);
  w.stride_width = between(1, largest_stride);
  w.dilation_height = between(1, largest_dilation);
  w.dilation_width = between(1, largest_dilation);
  ptrdiff_t span_height = (w.kernel_height - 1) * w.dilation_height + 1;
  ptrdiff_t span_width = (w.kernel_width - 1) * w.dilation_width + 1;
  if (between(0, 1)) {
    w.output_height = (w.height + w.stride_height - 1) / w.stride_height;
    w.output_width = (w.width + w.stride_width - 1) / w.stride_width;
    ptrdiff_t rows = (w.output_height - 1) * w.stride_height + span_height - w.height;
    ptrdiff_t columns = (w.output_width - 1) * w.stride_width + span_width - w.width;
    w.pad_top = rows > 0 ? rows / 2 : 0;
    w.pad_left = columns > 0 ? columns / 2 : 0;
  } else {
    if (w.height < span_height) w.height = span_height;
    if (w.width < span_width) w.width = span_width;
    w.output_height = (w.height - span_height) / w.stride_height + 1;
    w.output_width = (w.width - span_width) / w.stride_width + 1;
  }
  return w;
}

ptrdiff_t pixel_of(
    const pinion_windows *w, ptrdiff_t image, ptrdiff_t i, ptrdiff_t j, ptrdiff_t k, ptrdiff_t l) {
  ptrdiff_t row = i * w->stride_height + k * w->dilation_height - w->pad_top;
  ptrdiff_t column = j * w->stride_width + l * w->dilation_width - w->pad_left;
  if (row < 0 || row >= w->height || column < 0 || column >= w->width) return -1;
  return (image * w->height + row) * w->width + column;
}

/// Calls the code behind it with `output`, an output pixel, `input`, a pixel under its window, and
/// `tap` between them.
#define FOR_EACH_TAP(w, count)                                                                     \
  for (ptrdiff_t n = 0; n < (count); n++)                                                          \
    for (ptrdiff_t i = 0; i < (w)->output_height; i++)                                             \
      for (ptrdiff_t j = 0; j < (w)->output_width; j++)                                            \
        for (ptrdiff_t tap = 0; tap < (w)->kernel_height * (w)->kernel_width; tap++)               \
          for (ptrdiff_t output = (n * (w)->output_height + i) * (w)->output_width + j,            \
                         input = pixel_of(                                                         \
                             (w), n, i, j, tap / (w)->kernel_width, tap % (w)->kernel_width);      \
               input >= 0; input = -1)

void plain_convolution(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t count,
    const float *kernel, const float *bias, ptrdiff_t filters, double *output_values) {
  ptrdiff_t pixels = count * w->output_height * w->output_width;
  ptrdiff_t inputs = w->channels / groups, outputs = filters / groups;
  for (ptrdiff_t i = 0; i < pixels * filters; i++) {
    output_values[i] = bias ? bias[i % filters] : 0;
  }
  FOR_EACH_TAP (w, count) {
    for (ptrdiff_t f = 0; f < filters; f++) {
      for (ptrdiff_t c = 0; c < inputs; c++) {
        output_values[output * filters + f] +=
            (double)images[input * w->channels + f / outputs * inputs + c] *
            kernel[(tap * inputs + c) * filters + f];
      }
    }
  }
}

void plain_gradients(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t count,
    const float *kernel, const double *gradients, ptrdiff_t filters, double *kernel_gradient,
    double *bias_gradient, double *image_gradients) {
  ptrdiff_t pixels = count * w->output_height * w->output_width;
  ptrdiff_t inputs = w->channels / groups, outputs = filters / groups;
  for (ptrdiff_t i = 0; i < pixels * filters; i++) bias_gradient[i % filters] += gradients[i];
  FOR_EACH_TAP (w, count) {
    for (ptrdiff_t f = 0; f < filters; f++) {
      for (ptrdiff_t c = 0; c < inputs; c++) {
        double slope = gradients[output * filters + f];
        ptrdiff_t weight = (tap * inputs + c) * filters + f;
        ptrdiff_t place = input * w->channels + f / outputs * inputs + c;
        kernel_gradient[weight] += images[place] * slope;
        image_gradients[place] += kernel[weight] * slope;
      }
    }
  }
}

double plain_rectified(double z, double slope) { return z < 0 ? slope * z : z; }
