#include "pinion_kernels.h"
#include "shallow.h"
#include "wide_windows.h"

// Blocks of outputs are limited by the number of instructions where a core is shared by two
// hardware threads. With the addresses of the pixels computed once for four terms, 8 to 64 channels
// took 0.85 to 0.95 times as long (Zen 3). It does not pay for few terms; the addresses of twelve
// pixels, as blocks of eight filters have, would not fit the registers for integers.
enum { unrolled_terms = 4, few_terms = 7, narrow_pixels = 6 };

/// Adds term l to each sum.
#define WINDOW_TERM(vector, l, pixel)                                                              \
  {                                                                                                \
    vector weight = *(const vector *)(weights + (l)*lanes);                                        \
    for (ptrdiff_t p = 0; p < count; p++) sums[p] += (pixel)[l] * weight;                          \
  }

/// `count` outputs from j on, channels o..<o + n.
#define WINDOW_BLOCK(vector, load, store, rectified)                                               \
  const float *part = w->matrix + o * w->matrix_rows;                                              \
  ptrdiff_t lanes = sizeof(vector) / sizeof(float), step = w->step;                                \
  vector sums[12], start = {0};                                                                    \
  if (w->bias) start = load(w->bias + o, n);                                                       \
  for (ptrdiff_t p = 0; p < count; p++) sums[p] = start;                                           \
  for (ptrdiff_t r = 0; r < w->row_count; r++) {                                                   \
    const float *x = w->rows[r] + j * step, *weights = part + w->first[r] * lanes;                 \
    ptrdiff_t l = 0;                                                                               \
    if (lanes == PINION_LANES && w->run > few_terms) {                                             \
      const float *pixels[12];                                                                     \
      for (ptrdiff_t p = 0; p < count; p++) pixels[p] = x + p * step;                              \
      for (; l + unrolled_terms <= w->run; l += unrolled_terms) {                                  \
        for (ptrdiff_t u = 0; u < unrolled_terms; u++) WINDOW_TERM(vector, l + u, pixels[p])       \
      }                                                                                            \
    }                                                                                              \
    for (; l < w->run; l++) WINDOW_TERM(vector, l, x + p * step)                                   \
  }                                                                                                \
  float *to = w->to + j * w->to_step + o;                                                          \
  for (ptrdiff_t p = 0; p < count; p++) store(to + p * w->to_step, rectified(sums[p], w->slope), n);

PINION_INLINE void window_block16(
    ptrdiff_t count, const window_row *w, ptrdiff_t j, ptrdiff_t o,
    ptrdiff_t n){WINDOW_BLOCK(vector16, load16, store16, rectify)}

PINION_INLINE void window_block8(
    ptrdiff_t count, const window_row *w, ptrdiff_t j, ptrdiff_t o,
    ptrdiff_t n){WINDOW_BLOCK(vector8, load8, store8, rectify8)}

PINION_INLINE void multiply_windows(const window_row *w) {
  ptrdiff_t o = 0, wide = wide_of(w->outputs);
  if (w->count == 0) return;
  ptrdiff_t part = part_of(w->count, narrow_pixels);
  for (; o + PINION_LANES <= wide; o += PINION_LANES) {
    ptrdiff_t n = least(PINION_LANES, w->outputs - o);
    for (ptrdiff_t j = 0; j < w->count; j += part) {
      ptrdiff_t count = least(part, w->count - j);
      WITH_CONSTANT_TO_6(count, window_block16, w, j, o, n)
    }
  }
  if (o >= wide) return;
  part = part_of(w->count, 12);
  for (ptrdiff_t j = 0; j < w->count; j += part) {
    ptrdiff_t count = least(part, w->count - j);
    WITH_CONSTANT(count, window_block8, w, j, o, w->outputs - o)
  }
}

// MARK: Few outputs

/// The sum of sixteen floats.
PINION_INLINE float sum_of(vector16 v) {
  vector8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  vector4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                 __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// `count` pixels from j on.
PINION_INLINE void dot_block(ptrdiff_t count, ptrdiff_t outputs, const window_row *w, ptrdiff_t j) {
  vector16 sums[6];
  float rest[6] = {0};
  for (ptrdiff_t k = 0; k < count * outputs; k++) sums[k] = (vector16){0};
  for (ptrdiff_t r = 0; r < w->row_count; r++) {
    const float *x = w->rows[r] + j * w->step, *weights = w->matrix + w->first[r];
    ptrdiff_t l = 0;
    for (; l + PINION_LANES <= w->run; l += PINION_LANES) {
      for (ptrdiff_t c = 0; c < outputs; c++) {
        vector16 weight = *(const vector16 *)(weights + c * w->matrix_rows + l);
        for (ptrdiff_t p = 0; p < count; p++) {
          sums[p * outputs + c] += *(const vector16 *)(x + p * w->step + l) * weight;
        }
      }
    }
    for (; l < w->run; l++) {
      for (ptrdiff_t k = 0; k < count * outputs; k++) {
        rest[k] += x[k / outputs * w->step + l] * weights[k % outputs * w->matrix_rows + l];
      }
    }
  }
  for (ptrdiff_t k = 0; k < count * outputs; k++) {
    w->to[(j + k / outputs) * w->to_step + k % outputs] = sum_of(sums[k]) + rest[k];
  }
}

/// Blocks of up to `pixels` pixels.
PINION_INLINE void dot_blocks(ptrdiff_t pixels, ptrdiff_t outputs, const window_row *w) {
  ptrdiff_t j = 0;
  for (; j + pixels <= w->count; j += pixels) dot_block(pixels, outputs, w, j);
  for (; j < w->count; j++) dot_block(1, outputs, w, j);
}

PINION_INLINE void dot_windows(const window_row *w) {
  switch (w->outputs) {
    case 1:
      dot_blocks(6, 1, w);
      break;
    case 2:
      dot_blocks(3, 2, w);
      break;
    default:
      dot_blocks(2, 3, w);
  }
}

PINION_CLONES
static void multiply_narrow_windows(const window_row *row) { multiply_windows(row); }

void pinion_multiply_windows(const window_row *row) {
#ifdef PINION_AVX512
  if (has_wide_registers()) return multiply_wide_windows(row);
#endif
  multiply_narrow_windows(row);
}

PINION_CLONES
static void dot_narrow_windows(const window_row *row) { dot_windows(row); }

void pinion_dot_windows(const window_row *row) {
#ifdef PINION_AVX512
  if (has_wide_registers()) return dot_wide_windows(row);
#endif
  dot_narrow_windows(row);
}

// MARK: The output

ptrdiff_t pinion_shallow_packed(const pinion_windows *w, ptrdiff_t filters) {
  return w->kernel_height * run_of(w) * wide_of(filters);
}

void pinion_shallow_pack(
    const pinion_windows *w, ptrdiff_t filters, const float *kernel, float *packed) {
  pack_columns(kernel, w->kernel_height * run_of(w), filters, packed);
}

PINION_INLINE void output_rows(pinion_shallow_output_pass s) {
  const pinion_windows w = s.windows;
  ptrdiff_t run = run_of(&w), line = w.width * w.channels;
  padded_rows rows = {s.scratch, w.kernel_height, padded_of(&w), w.pad_left * w.channels, line, 0};
  window_row row = {
      .run = run,
      .step = step_of(&w),
      .matrix = s.packed,
      .matrix_rows = w.kernel_height * run,
      .bias = s.bias,
      .slope = s.slope,
      .outputs = s.filters,
      .count = w.output_width,
      .to_step = s.filters};
  for (ptrdiff_t r = s.first_row; r < s.first_row + s.row_count; r++) {
    ptrdiff_t image = r / w.output_height, i = r - image * w.output_height;
    ptrdiff_t top = i * w.stride_height - w.pad_top;
    ptrdiff_t low = most(0, top), high = most(low, least(w.height, top + w.kernel_height));
    if (i == 0) rows.done = 0;
    pad_rows(&rows, s.images + image * w.height * line, low, high);
    row.row_count = high - low;
    for (ptrdiff_t k = low; k < high; k++) {
      row.rows[k - low] = padded_row(&rows, k);
      row.first[k - low] = (k - top) * run;
    }
    row.to = s.output + r * w.output_width * s.filters;
    pinion_multiply_windows(&row);
  }
}

PINION_CLONES
void pinion_shallow_output(const pinion_shallow_output_pass *pass) { output_rows(*pass); }
