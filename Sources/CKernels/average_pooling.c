#include <string.h>

#include "pinion_kernels.h"
#include "places.h"

// In C for vectors of any number of channels: in Swift, where each pixel is a call and a loop of
// few channels, average pooling takes a tenth of a prediction of LeNet-5.

/// The pixels of an image under a window, and the reciprocal of their number.
typedef struct {
  ptrdiff_t top, bottom, left, right;
  float factor;
} window;

PINION_INLINE window window_at(const pinion_windows *w, ptrdiff_t i, ptrdiff_t j) {
  ptrdiff_t row = i * w->stride_height - w->pad_top, column = j * w->stride_width - w->pad_left;
  window under = {
      most(0, row), least(w->height, row + w->kernel_height), most(0, column),
      least(w->width, column + w->kernel_width), 0};
  under.factor = 1 / (float)((under.bottom - under.top) * (under.right - under.left));
  return under;
}

/// The mean of rows × columns pixels. With compile-time constants, no branch depends on them, and
/// the reads of many windows go to memory at a time.
PINION_INLINE void average(
    const float *first, ptrdiff_t row, ptrdiff_t channels, ptrdiff_t rows, ptrdiff_t columns,
    float factor, float *to) {
#define AVERAGE(type, c)                                                                           \
  type sum = AT(type, first + c);                                                                  \
  for (ptrdiff_t k = 0; k < rows; k++) {                                                           \
    const float *pixels = first + k * row + c;                                                     \
    for (ptrdiff_t l = k == 0; l < columns; l++) sum += AT(type, pixels + l * channels);           \
  }                                                                                                \
  *(type *)(to + c) = sum * factor;
  FOR_EACH_PLACE(channels, AVERAGE);
}

PINION_INLINE void average_window(
    const float *image, window u, ptrdiff_t width, ptrdiff_t channels, float *to) {
  const float *first = image + (u.top * width + u.left) * channels;
  ptrdiff_t rows = u.bottom - u.top, columns = u.right - u.left, row = width * channels;
  if (rows == 2 && columns == 2) {
    average(first, row, channels, 2, 2, u.factor, to);
  } else {
    average(first, row, channels, rows, columns, u.factor, to);
  }
}

/// Adds the gradient's part to each pixel, with constants as for `average`.
PINION_INLINE void spread(
    const float *gradient, ptrdiff_t row, ptrdiff_t channels, ptrdiff_t rows, ptrdiff_t columns,
    float factor, float *first) {
#define SPREAD(type, c)                                                                            \
  type part = AT(type, gradient + c) * factor;                                                     \
  for (ptrdiff_t k = 0; k < rows; k++) {                                                           \
    for (ptrdiff_t l = 0; l < columns; l++) {                                                      \
      *(type *)(first + k * row + l * channels + c) += part;                                       \
    }                                                                                              \
  }
  FOR_EACH_PLACE(channels, SPREAD);
}

PINION_INLINE void spread_window(
    const float *gradient, window u, ptrdiff_t width, ptrdiff_t channels, float *image) {
  float *first = image + (u.top * width + u.left) * channels;
  ptrdiff_t rows = u.bottom - u.top, columns = u.right - u.left, row = width * channels;
  if (rows == 2 && columns == 2) {
    spread(gradient, row, channels, 2, 2, u.factor, first);
  } else {
    spread(gradient, row, channels, rows, columns, u.factor, first);
  }
}

PINION_CLONES
void pinion_average_pool(
    const pinion_windows *w, const float *images, ptrdiff_t count, float *output) {
  for (ptrdiff_t n = 0; n < count; n++, images += w->height * w->width * w->channels) {
    for (ptrdiff_t i = 0; i < w->output_height; i++) {
      for (ptrdiff_t j = 0; j < w->output_width; j++, output += w->channels) {
        average_window(images, window_at(w, i, j), w->width, w->channels, output);
      }
    }
  }
}

PINION_CLONES
void pinion_average_pool_gradient(
    const pinion_windows *w, const float *gradients, ptrdiff_t count, float *images) {
  ptrdiff_t size = w->height * w->width * w->channels;
  memset(images, 0, sizeof(float) * count * size);
  for (ptrdiff_t n = 0; n < count; n++, images += size) {
    for (ptrdiff_t i = 0; i < w->output_height; i++) {
      for (ptrdiff_t j = 0; j < w->output_width; j++, gradients += w->channels) {
        spread_window(gradients, window_at(w, i, j), w->width, w->channels, images);
      }
    }
  }
}
