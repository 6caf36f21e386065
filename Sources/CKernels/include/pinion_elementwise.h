#ifndef PINION_ELEMENTWISE_H
#define PINION_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

/// z ← slope·(z + bias) where that is below zero, else z + bias, for rows of `width` values.
/// `bias`: (width,), or null.
void pinion_rectify(float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias, float slope);

/// dy ← slope·dy where y ≤ 0.
void pinion_rectify_gradient(float *gradients, const float *values, ptrdiff_t count, float slope);

/// values ← factor·values.
void pinion_scale(float *values, ptrdiff_t count, float factor);

/// values ← values + bias, (width,), for rows of `width` values.
void pinion_add_bias(float *values, ptrdiff_t rows, ptrdiff_t width, const float *bias);

/// sums ← sums + Σ over the rows of `width` values.
void pinion_add_column_sums(const float *values, ptrdiff_t rows, ptrdiff_t width, float *sums);

/// 1 for each word of Philox 4×32-10 at or above the threshold, else 0.
///
/// The words are those of the blocks from `first` on of a stream of a seed, four a block, in order.
void pinion_dropout_mask(
    uint64_t seed, uint64_t stream, uint64_t first, uint32_t threshold, ptrdiff_t count,
    uint8_t *mask);

/// y ← scale·x where the mask is not 0, else 0; y may be x.
void pinion_dropout(const float *x, const uint8_t *mask, float scale, ptrdiff_t count, float *y);

/// y ← factor·(x − mean) + offset; y may be x.
void pinion_normalize(
    const float *x, ptrdiff_t count, float mean, float factor, float offset, float *y);

/// dx ← factor·(dy + (slope·(x − mean) + constant)); dx may be dy.
void pinion_normalize_gradient(
    const float *dy, const float *x, ptrdiff_t count, float mean, float factor, float slope,
    float constant, float *dx);

/// The same for rows of `count` values, each place of a row with its own coefficients, (count,).
void pinion_normalize_places(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean, const float *factor,
    const float *offset, float *y);
void pinion_normalize_places_gradient(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    const float *factor, const float *slope, const float *constant, float *dx);

/// Adds to the sums over the rows of each of `count` places: Σ (x − center); Σ (x − center)²; Σ dy
/// and Σ dy·(x − mean).
void pinion_add_place_deviations(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums);
void pinion_add_place_squares(
    const float *x, ptrdiff_t rows, ptrdiff_t count, const float *center, float *sums);
void pinion_add_place_products(
    const float *dy, const float *x, ptrdiff_t rows, ptrdiff_t count, const float *mean,
    float *sums, float *products);

/// Adds to the sums over the rows: Σ x.
void pinion_add_places(const float *x, ptrdiff_t rows, ptrdiff_t count, float *sums);

/// Every row ← the values, (count,).
void pinion_fill_places(const float *values, ptrdiff_t rows, ptrdiff_t count, float *to);

/// Σ (x − mean), and Σ (x − mean)², each in 16 partial sums.
float pinion_sum_deviations(const float *x, ptrdiff_t count, float mean);
float pinion_sum_squares(const float *x, ptrdiff_t count, float mean);

/// Σ dy and Σ dy·(x − mean), each in 16 partial sums.
void pinion_sum_products(
    const float *dy, const float *x, ptrdiff_t count, float mean, float *sum, float *products);

/// Whether the magnitudes of all values are below a positive bound; NaN is not.
int pinion_are_below(const float *values, ptrdiff_t count, float bound);

/// to[i] = bytes[i] / 255, rounded once.
void pinion_scale_bytes(const uint8_t *bytes, ptrdiff_t count, float *to);

/// The coefficients of a step of Adam: α, 1 − β₁, 1 − β₂, ε.
typedef struct {
  float alpha, mean_rate, square_rate, epsilon;
} pinion_adam_step;

/// m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), w ← w − α · m / (√v + ε). Returns whether all
/// of them are finite.
int pinion_adam(
    float *w, const float *g, float *m, float *v, ptrdiff_t count, const pinion_adam_step *step);

#endif
