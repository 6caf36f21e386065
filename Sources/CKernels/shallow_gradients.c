#include "line_gradients.h"
#include "pinion_kernels.h"
#include "shallow.h"

// MARK: Kernel

/// A padded row of the image, and a row of dz, (columns, wide), whose column j reads the padded row
/// from j·step on.
typedef struct {
  const float *padded;
  ptrdiff_t run, step;
  const float *dz;
  ptrdiff_t columns, wide;
  /// (run, wide): added to.
  float *gradient;
} row_pair;

/// Adds xᵀ·dz over a row for `count` values of a kernel row from l on and a vector of filters from
/// o on, in `streams` interleaved sums each.
#define GRADIENT_BLOCK(vector)                                                                     \
  vector sums[12];                                                                                 \
  float *to = row->gradient + l * row->wide + o;                                                   \
  const float *x = row->padded + l, *dz = row->dz + o;                                             \
  ptrdiff_t j = 0, wide = row->wide, step = row->step;                                             \
  for (ptrdiff_t k = 0; k < count; k++) sums[k] = *(const vector *)(to + k * wide);                \
  for (ptrdiff_t k = count; k < streams * count; k++) sums[k] = (vector){0};                       \
  for (; j + streams <= row->columns; j += streams) {                                              \
    for (ptrdiff_t s = 0; s < streams; s++, x += step, dz += wide) {                               \
      vector gradient = *(const vector *)dz;                                                       \
      for (ptrdiff_t k = 0; k < count; k++) sums[s * count + k] += x[k] * gradient;                \
    }                                                                                              \
  }                                                                                                \
  if (j < row->columns) {                                                                          \
    vector gradient = *(const vector *)dz;                                                         \
    for (ptrdiff_t k = 0; k < count; k++) sums[k] += x[k] * gradient;                              \
  }                                                                                                \
  for (ptrdiff_t k = 0; k < count; k++) {                                                          \
    *(vector *)(to + k * wide) = streams == 2 ? sums[k] + sums[count + k] : sums[k];               \
  }

PINION_INLINE void gradient_block16(
    ptrdiff_t count, ptrdiff_t streams, const row_pair *row, ptrdiff_t l,
    ptrdiff_t o){GRADIENT_BLOCK(vector16)}

PINION_INLINE void gradient_block8(
    ptrdiff_t count, ptrdiff_t streams, const row_pair *row, ptrdiff_t l,
    ptrdiff_t o){GRADIENT_BLOCK(vector8)}

/// Adds xᵀ·dz over a row.
PINION_INLINE void add_kernel_gradient(const row_pair *row) {
  ptrdiff_t o = 0, part = part_of(row->run, block_size());
  for (; o + PINION_LANES <= row->wide; o += PINION_LANES) {
    for (ptrdiff_t l = 0; l < row->run; l += part) {
      ptrdiff_t count = least(part, row->run - l);
      // The number of streams depends on the shape alone, as the order of a sum does.
      if (row->run <= 3) {
        WITH_CONSTANT_TO_3(count, gradient_block16, 2, row, l, o)
      } else {
        WITH_CONSTANT_TO_8(count, gradient_block16, 1, row, l, o)
      }
    }
  }
  if (o >= row->wide) return;
  part = part_of(row->run, 12);
  for (ptrdiff_t l = 0; l < row->run; l += part) {
    ptrdiff_t count = least(part, row->run - l);
    if (row->run <= 6) {
      WITH_CONSTANT_TO_6(count, gradient_block8, 2, row, l, o)
    } else {
      WITH_CONSTANT(count, gradient_block8, 1, row, l, o)
    }
  }
}

/// Adds the sum over the pixels of a row of dz, (columns, wide), to the bias's gradient.
PINION_INLINE void add_bias_gradient(
    const float *dz, ptrdiff_t columns, ptrdiff_t filters, float *bias) {
  ptrdiff_t wide = wide_of(filters);
  for (ptrdiff_t o = 0; o < filters; o += half_lanes) {
    vector8 sums[4] = {{0}, {0}, {0}, {0}};
    ptrdiff_t j = 0, n = least(half_lanes, filters - o);
    for (; j + 4 <= columns; j += 4) {
      for (ptrdiff_t s = 0; s < 4; s++) sums[s] += *(const vector8 *)(dz + (j + s) * wide + o);
    }
    for (; j < columns; j++) sums[0] += *(const vector8 *)(dz + j * wide + o);
    store8(bias + o, load8(bias + o, n) + ((sums[0] + sums[1]) + (sums[2] + sums[3])), n);
  }
}

/// dz = dy where y > 0, else slope·dy, or dy without outputs.
PINION_INLINE void rectify_row(
    const float *gradients, const float *outputs, float slope, ptrdiff_t count, float *dz) {
  if (!outputs) {
    memcpy(dz, gradients, sizeof(float) * count);
    return;
  }
  ptrdiff_t i = 0;
  for (; i + PINION_LANES <= count; i += PINION_LANES) {
    *(vector16 *)(dz + i) = rectify_gradient(
        *(const vector16 *)(gradients + i), *(const vector16 *)(outputs + i), slope);
  }
  for (; i < count; i++) {
    dz[i] = outputs[i] > 0 ? gradients[i] : slope == 0 ? 0 : slope * gradients[i];
  }
}

// MARK: Images

// dx of pixel (p, q) sums dz·W over the taps (u, v) and the outputs that read it, (i, j) with
// i·stride + u = p + pad: every stride-th tap, in descending order while i and j ascend. So each
// stride-th row of dx, and each stride-th column of it, is a convolution of dz with every stride-th
// tap of the kernel backward.

/// The taps first, first + stride, … of an axis.
PINION_INLINE ptrdiff_t taps_from(ptrdiff_t first, ptrdiff_t size, ptrdiff_t stride) {
  return first < size ? (size - 1 - first) / stride + 1 : 0;
}

/// Columns of zeros before a padded row of dz.
PINION_INLINE ptrdiff_t columns_before(const pinion_windows *w) {
  return taps_from(0, w->kernel_width, w->stride_width) - 1;
}

/// Columns of a padded row of dz.
PINION_INLINE ptrdiff_t padded_columns(const pinion_windows *w) {
  ptrdiff_t last = (w->width - 1 + w->pad_left) / w->stride_width + 1;
  return columns_before(w) + most(w->output_width, last);
}

/// Rows of dz that a row of dx reads.
PINION_INLINE ptrdiff_t gradient_rows(const pinion_windows *w) {
  return taps_from(0, w->kernel_height, w->stride_height);
}

/// Whether there are too few channels to fill vectors, so that these run along the windows: with
/// AVX-512, if the windows are long, half of a vector is too few.
PINION_INLINE int has_few_channels(const pinion_windows *w, ptrdiff_t filters) {
#ifdef PINION_AVX512
  int is_wide = __builtin_cpu_supports("x86-64-v4");
#else
  int is_wide = 0;
#endif
  int are_long = w->kernel_width * filters >= 2 * PINION_LANES * w->stride_width;
  return w->channels <= (is_wide && are_long ? half_lanes : 3);
}

ptrdiff_t pinion_shallow_packed_backward(const pinion_windows *w, ptrdiff_t filters) {
  return w->kernel_height * w->kernel_width * filters * wide_of(w->channels);
}

// The kernel of each class of columns, its taps backward: from (kernel_height, kernel_width,
// channels, filters) to a matrix (kernel_height · taps · filters, channels) as `pack_columns` lays
// it out, or to its transpose.
void pinion_shallow_pack_backward(
    const pinion_windows *w, ptrdiff_t filters, const float *kernel, float *to) {
  ptrdiff_t channels = w->channels, wide = wide_of(channels);
  for (ptrdiff_t b = 0; b < least(w->stride_width, w->kernel_width); b++) {
    ptrdiff_t taps = taps_from(b, w->kernel_width, w->stride_width);
    ptrdiff_t rows = w->kernel_height * taps * filters;
    memset(to, 0, sizeof(float) * rows * wide);
    for (ptrdiff_t c = 0; c < channels; c++) {
      ptrdiff_t first = c / PINION_LANES * PINION_LANES;
      ptrdiff_t step = has_few_channels(w, filters) ? 1 : least(PINION_LANES, wide - first);
      float *column = to + (has_few_channels(w, filters) ? rows * c : rows * first + c - first);
      for (ptrdiff_t row = 0; row < w->kernel_height * taps; row++) {
        ptrdiff_t u = row / taps, v = b + (taps - 1 - row % taps) * w->stride_width;
        const float *from = kernel + ((u * w->kernel_width + v) * channels + c) * filters;
        for (ptrdiff_t f = 0; f < filters; f++) column[(row * filters + f) * step] = from[f];
      }
    }
    to += rows * wide;
  }
}

/// Row p of dx, (width, channels), from the rows of dz that are in memory.
PINION_INLINE void image_gradient_row(
    const pinion_windows *w, ptrdiff_t filters, const padded_rows *dz, const float *kernels,
    ptrdiff_t p, float *to) {
  window_row row = {
      .step = filters,
      .slope = 1,
      .outputs = w->channels,
      .to_step = w->stride_width * w->channels};
  ptrdiff_t u = (p + w->pad_top) % w->stride_height, i = (p + w->pad_top) / w->stride_height;
  const float *padded[pinion_shallow_limit];
  ptrdiff_t taps_of[pinion_shallow_limit];
  for (; u < w->kernel_height && i >= 0; u += w->stride_height, i--) {
    if (i >= w->output_height) continue;
    padded[row.row_count] = padded_row(dz, i);
    taps_of[row.row_count++] = u;
  }
  for (ptrdiff_t b = 0; b < w->stride_width; b++) {
    ptrdiff_t taps = taps_from(b, w->kernel_width, w->stride_width);
    // The first pixel of the class, and the column of dz that its first tap reads.
    ptrdiff_t q = (b - w->pad_left % w->stride_width + w->stride_width) % w->stride_width;
    ptrdiff_t j = (q + w->pad_left) / w->stride_width + columns_before(w) - most(taps - 1, 0);
    row.run = taps * filters;
    row.matrix = kernels;
    row.matrix_rows = w->kernel_height * row.run;
    for (ptrdiff_t r = 0; r < row.row_count; r++) {
      row.rows[r] = padded[r] + j * filters;
      row.first[r] = taps_of[r] * row.run;
    }
    row.count = q < w->width ? (w->width - 1 - q) / w->stride_width + 1 : 0;
    row.to = to + q * w->channels;
    if (has_few_channels(w, filters)) {
      pinion_dot_windows(&row);
    } else {
      pinion_multiply_windows(&row);
    }
    kernels += row.matrix_rows * wide_of(w->channels);
  }
}

// MARK: Passes

ptrdiff_t pinion_shallow_scratch(const pinion_windows *w, ptrdiff_t filters) {
  ptrdiff_t rows = w->kernel_height * padded_of(w);
  ptrdiff_t dz = gradient_rows(w) * padded_columns(w) * filters;
  if (has_lines(w, filters)) return rows + dz + line_scratch(w, filters);
  // A wide row of dz, and the kernel's wide gradient.
  ptrdiff_t wide_rows = w->output_width + w->kernel_height * run_of(w);
  return rows + dz + (filters % half_lanes ? wide_rows * wide_of(filters) : 0);
}

/// Where the gradients of the kernel and the bias are summed.
typedef struct {
  ptrdiff_t filters;
  /// Whether they are those of line_gradients.h.
  int are_lines;
  /// (filters, line), or a wide row of dz.
  float *row;
  /// (filters, 16), after the lines.
  float *bias;
  /// (taps, filters, 16), or (height · run, wide).
  float *kernel;
} gradient_sums;

PINION_INLINE gradient_sums begin_sums(const pinion_shallow_gradients_pass *s, float *memory) {
  const pinion_windows *w = &s->windows;
  ptrdiff_t taps = w->kernel_height * w->kernel_width, wide = wide_of(s->filters);
  gradient_sums sums = {.filters = s->filters, .are_lines = has_lines(w, s->filters)};
  sums.row = memory;
  if (sums.are_lines) {
    sums.bias = memory + s->filters * line_of(w);
    sums.kernel = sums.bias + s->filters * PINION_LANES;
    memset(sums.bias, 0, sizeof(float) * (taps + 1) * s->filters * PINION_LANES);
  } else if (wide != s->filters) {
    sums.kernel = memory + w->output_width * wide;
    memset(sums.kernel, 0, sizeof(float) * taps * w->channels * wide);
  } else {
    sums.kernel = s->kernel_gradient;
  }
  return sums;
}

/// Adds those of a row of dz, (output_width, filters), and of the rows low..<high of the image,
/// which start at row `top` of the kernel's.
PINION_INLINE void add_row(
    const pinion_shallow_gradients_pass *s, const gradient_sums *sums, const float *dz,
    const padded_rows *rows, ptrdiff_t low, ptrdiff_t high, ptrdiff_t top) {
  const pinion_windows *w = &s->windows;
  ptrdiff_t wide = wide_of(s->filters), run = run_of(w);
#ifdef PINION_AVX512
  if (sums->are_lines) {
    make_lines(w, s->filters, dz, sums->row, sums->bias);
    for (ptrdiff_t k = low; k < high; k++) {
      float *to = sums->kernel + (k - top) * run * s->filters * PINION_LANES;
      add_lines(w, s->filters, padded_row(rows, k), sums->row, to);
    }
    return;
  }
#endif
  if (wide != s->filters) {
    widen_rows(dz, w->output_width, s->filters, sums->row);
    dz = sums->row;
  }
  if (s->bias_gradient) add_bias_gradient(dz, w->output_width, s->filters, s->bias_gradient);
  for (ptrdiff_t k = low; k < high; k++) {
    float *to = sums->kernel + (k - top) * run * wide;
    row_pair pair = {padded_row(rows, k), run, step_of(w), dz, w->output_width, wide, to};
    add_kernel_gradient(&pair);
  }
}

/// Adds the sums to the gradients.
PINION_INLINE void end_sums(const pinion_shallow_gradients_pass *s, const gradient_sums *sums) {
  ptrdiff_t rows = s->windows.kernel_height * run_of(&s->windows), wide = wide_of(s->filters);
#ifdef PINION_AVX512
  if (sums->are_lines) {
    add_line_sums(sums->kernel, rows * s->filters, s->kernel_gradient);
    if (s->bias_gradient) add_line_sums(sums->bias, s->filters, s->bias_gradient);
    return;
  }
#endif
  if (wide == s->filters) return;
  for (ptrdiff_t k = 0; k < rows; k++) {
    for (ptrdiff_t f = 0; f < s->filters; f++) {
      s->kernel_gradient[k * s->filters + f] += sums->kernel[k * wide + f];
    }
  }
}

PINION_INLINE void all_gradients(pinion_shallow_gradients_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t line = w.width * w.channels, height = w.kernel_height;
  ptrdiff_t row_size = w.output_width * s.filters;
  padded_rows rows = {s.scratch, height, padded_of(&w), w.pad_left * w.channels, line, 0};
  padded_rows gradients = {
      rows.memory + height * rows.padded, gradient_rows(&w), padded_columns(&w) * s.filters,
      columns_before(&w) * s.filters,     row_size,          0};
  gradient_sums sums = begin_sums(&s, gradients.memory + gradients.count * gradients.padded);
  for (ptrdiff_t image = 0; image < s.count; image++) {
    const float *x = s.images + image * w.height * line;
    float *dx = s.image_gradients;
    if (dx) dx += image * w.height * line;
    ptrdiff_t done = 0;
    rows.done = 0;
    for (ptrdiff_t i = 0; i < w.output_height; i++) {
      ptrdiff_t start = (image * w.output_height + i) * row_size;
      float *dz = pad_row(&gradients, i, 0);
      rectify_row(
          s.gradients + start, s.outputs ? s.outputs + start : s.outputs, s.slope, row_size, dz);
      ptrdiff_t top = i * w.stride_height - w.pad_top;
      ptrdiff_t low = most(0, top), high = most(low, least(w.height, top + height));
      pad_rows(&rows, x, low, high);
      add_row(&s, &sums, dz, &rows, low, high, top);
      // The rows that no later row of dz reaches.
      ptrdiff_t end = i + 1 < w.output_height ? top + w.stride_height : w.height;
      for (; dx && done < least(end, w.height); done++) {
        image_gradient_row(&w, s.filters, &gradients, s.packed, done, dx + done * line);
      }
    }
  }
  end_sums(&s, &sums);
}

PINION_CLONES
void pinion_shallow_gradients(const pinion_shallow_gradients_pass *pass) { all_gradients(*pass); }
