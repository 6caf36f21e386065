#include "pinion_kernels.h"
#include "vector16.h"

// In C for wide vectors: compiled for Swift's baseline, copying columns adds a tenth to a training
// step with im2col.

PINION_INLINE void copy(float *to, const float *from, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    store16(to + i, load16(from + i, PINION_LANES), PINION_LANES);
  }
  for (; i < count; i++) to[i] = from[i];
}

PINION_INLINE void zero(float *to, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) to[i] = 0;
}

PINION_INLINE void gather_body(
    const pinion_windows *w, const float *images, ptrdiff_t first_row, ptrdiff_t row_count,
    float *columns) {
  ptrdiff_t run = w->kernel_width * w->channels, line = w->width * w->channels;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    const float *from = images + (image * w->height + top) * line;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      ptrdiff_t low = most(0, -left);
      ptrdiff_t high = most(low, least(w->kernel_width, w->width - left));
      for (ptrdiff_t k = 0; k < w->kernel_height; k++) {
        if (top + k < 0 || top + k >= w->height) {
          zero(columns, run);
        } else if (high - low == w->kernel_width) {
          copy(columns, from + k * line + left * w->channels, run);
        } else {
          zero(columns, low * w->channels);
          copy(
              columns + low * w->channels, from + k * line + (left + low) * w->channels,
              (high - low) * w->channels);
          zero(columns + high * w->channels, run - high * w->channels);
        }
        columns += run;
      }
    }
  }
}

PINION_CLONES
void pinion_gather_columns(
    const pinion_windows *w, const float *images, ptrdiff_t first_row, ptrdiff_t row_count,
    float *columns) {
  gather_body(w, images, first_row, row_count, columns);
}

PINION_CLONES
void pinion_scatter_columns(
    const pinion_windows *w, const float *columns, ptrdiff_t first_row, ptrdiff_t row_count,
    float *images) {
  ptrdiff_t run = w->kernel_width * w->channels, line = w->width * w->channels;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    float *to = images + (image * w->height + top) * line;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      ptrdiff_t low = most(0, -left);
      ptrdiff_t high = most(low, least(w->kernel_width, w->width - left));
      for (ptrdiff_t k = 0; k < w->kernel_height; k++, columns += run) {
        if (top + k < 0 || top + k >= w->height) continue;
        float *target = to + k * line + (left + low) * w->channels;
        const float *source = columns + low * w->channels;
        ptrdiff_t count = (high - low) * w->channels;
        for (ptrdiff_t i = 0; i < count; i++) target[i] += source[i];
      }
    }
  }
}
