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

/// Whether a kernel row reads a run of neighboring floats.
PINION_INLINE int reads_runs(const pinion_windows *w, ptrdiff_t groups) {
  return groups == 1 && (w->dilation_width == 1 || w->kernel_width == 1);
}

PINION_INLINE void gather_runs(
    const pinion_windows *w, const float *images, ptrdiff_t first_row, ptrdiff_t row_count,
    float *columns) {
  ptrdiff_t run = w->kernel_width * w->channels, line = w->width * w->channels;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    const float *from = images + image * w->height * line;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      ptrdiff_t low = most(0, -left);
      ptrdiff_t high = most(low, least(w->kernel_width, w->width - left));
      for (ptrdiff_t k = 0; k < w->kernel_height; k++) {
        ptrdiff_t i = top + k * w->dilation_height;
        if (i < 0 || i >= w->height) {
          zero(columns, run);
        } else if (high - low == w->kernel_width) {
          copy(columns, from + i * line + left * w->channels, run);
        } else {
          zero(columns, low * w->channels);
          copy(
              columns + low * w->channels, from + i * line + (left + low) * w->channels,
              (high - low) * w->channels);
          zero(columns + high * w->channels, run - high * w->channels);
        }
        columns += run;
      }
    }
  }
}

PINION_INLINE void scatter_runs(
    const pinion_windows *w, const float *columns, ptrdiff_t first_row, ptrdiff_t row_count,
    float *images) {
  ptrdiff_t run = w->kernel_width * w->channels, line = w->width * w->channels;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++) {
    ptrdiff_t image = r / w->output_height;
    ptrdiff_t top = (r - image * w->output_height) * w->stride_height - w->pad_top;
    float *to = images + image * w->height * line;
    for (ptrdiff_t j = 0; j < w->output_width; j++) {
      ptrdiff_t left = j * w->stride_width - w->pad_left;
      ptrdiff_t low = most(0, -left);
      ptrdiff_t high = most(low, least(w->kernel_width, w->width - left));
      for (ptrdiff_t k = 0; k < w->kernel_height; k++, columns += run) {
        ptrdiff_t i = top + k * w->dilation_height;
        if (i < 0 || i >= w->height) continue;
        float *target = to + i * line + (left + low) * w->channels;
        const float *source = columns + low * w->channels;
        ptrdiff_t count = (high - low) * w->channels;
        for (ptrdiff_t f = 0; f < count; f++) target[f] += source[f];
      }
    }
  }
}

/// One row of an image under windows that do not overlap: row k of theirs, and zeros beside them.
PINION_INLINE void place_line(
    const pinion_windows *w, const float *columns, ptrdiff_t k, float *line) {
  ptrdiff_t channels = w->channels, window = w->kernel_height * w->kernel_width * channels;
  for (ptrdiff_t j = 0; j < w->output_width; j++, columns += window) {
    ptrdiff_t left = j * w->stride_width - w->pad_left, start = most(0, left);
    ptrdiff_t next = j + 1 < w->output_width ? left + w->stride_width : w->width;
    ptrdiff_t end = most(start, least(next, left + w->kernel_width));
    copy(
        line + start * channels, columns + (k * w->kernel_width + start - left) * channels,
        (end - start) * channels);
    zero(line + end * channels, (next - end) * channels);
  }
}

/// The pixel of an image under a tap of the window of output row r and column j, −1 outside.
PINION_INLINE ptrdiff_t
pixel_under(const pinion_windows *w, ptrdiff_t r, ptrdiff_t j, ptrdiff_t k, ptrdiff_t l) {
  ptrdiff_t image = r / w->output_height;
  ptrdiff_t row = (r - image * w->output_height) * w->stride_height - w->pad_top;
  ptrdiff_t column = j * w->stride_width - w->pad_left + l * w->dilation_width;
  row += k * w->dilation_height;
  if (row < 0 || row >= w->height || column < 0 || column >= w->width) return -1;
  return (image * w->height + row) * w->width + column;
}

/// Runs the statement that follows for each tap of each window, with the index `pixel` of its pixel
/// in the images and the offset `place` of the first group's channels in the columns.
#define FOR_EACH_PIXEL(w, size)                                                                    \
  for (ptrdiff_t r = first_row, place = 0; r < first_row + row_count; r++)                         \
    for (ptrdiff_t j = 0; j < (w)->output_width; j++, place += taps * ((w)->channels - (size)))    \
      for (ptrdiff_t tap = 0; tap < taps; tap++, place += (size))                                  \
        for (ptrdiff_t once = 1, pixel = pixel_under(                                              \
                                     (w), r, j, tap / (w)->kernel_width, tap % (w)->kernel_width); \
             once; once = 0)

PINION_INLINE void gather_pixels(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t first_row,
    ptrdiff_t row_count, float *columns) {
  ptrdiff_t taps = w->kernel_height * w->kernel_width, size = w->channels / groups;
  FOR_EACH_PIXEL(w, size) {
    for (ptrdiff_t g = 0; g < groups; g++) {
      float *to = columns + place + g * taps * size;
      if (pixel < 0) {
        zero(to, size);
      } else {
        copy(to, images + pixel * w->channels + g * size, size);
      }
    }
  }
}

PINION_INLINE void scatter_pixels(
    const pinion_windows *w, ptrdiff_t groups, const float *columns, ptrdiff_t first_row,
    ptrdiff_t row_count, float *images) {
  ptrdiff_t taps = w->kernel_height * w->kernel_width, size = w->channels / groups;
  FOR_EACH_PIXEL(w, size) {
    if (pixel < 0) continue;
    for (ptrdiff_t g = 0; g < groups; g++) {
      const float *from = columns + place + g * taps * size;
      float *to = images + pixel * w->channels + g * size;
      for (ptrdiff_t c = 0; c < size; c++) to[c] += from[c];
    }
  }
}

PINION_CLONES
void pinion_gather_columns(
    const pinion_windows *w, ptrdiff_t groups, const float *images, ptrdiff_t first_row,
    ptrdiff_t row_count, float *columns) {
  if (reads_runs(w, groups)) {
    gather_runs(w, images, first_row, row_count, columns);
  } else {
    gather_pixels(w, groups, images, first_row, row_count, columns);
  }
}

PINION_CLONES
void pinion_scatter_columns(
    const pinion_windows *w, ptrdiff_t groups, const float *columns, ptrdiff_t first_row,
    ptrdiff_t row_count, float *images) {
  if (reads_runs(w, groups)) {
    scatter_runs(w, columns, first_row, row_count, images);
  } else {
    scatter_pixels(w, groups, columns, first_row, row_count, images);
  }
}

PINION_CLONES
void pinion_place_columns(
    const pinion_windows *w, const float *columns, ptrdiff_t first_row, ptrdiff_t row_count,
    float *images) {
  ptrdiff_t line = w->width * w->channels;
  ptrdiff_t size = w->output_width * w->kernel_height * w->kernel_width * w->channels;
  for (ptrdiff_t r = first_row; r < first_row + row_count; r++, columns += size) {
    ptrdiff_t image = r / w->output_height, row = r - image * w->output_height;
    ptrdiff_t top = row * w->stride_height - w->pad_top;
    ptrdiff_t next = row + 1 < w->output_height ? top + w->stride_height : w->height;
    for (ptrdiff_t i = most(0, top); i < next; i++) {
      float *to = images + (image * w->height + i) * line;
      if (i - top < w->kernel_height) {
        place_line(w, columns, i - top, to);
      } else {
        zero(to, line);
      }
    }
  }
}
