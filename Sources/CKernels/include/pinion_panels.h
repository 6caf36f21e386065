#ifndef PINION_PANELS_H
#define PINION_PANELS_H

#include <stddef.h>

/// The columns of a panel, P: 16 or 32, depending on the processor.
ptrdiff_t pinion_panel_columns(void);

/// Writes B, (k, n) with rows `ldb` apart, as panels: (⌈n / P⌉, k, P), zeros after the last column.
void pinion_pack_panels(const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, float *panels);

/// The same for a B whose transpose, (n, k), is in memory with rows `ldb` apart.
void pinion_pack_transposed_panels(
    const float *b, ptrdiff_t ldb, ptrdiff_t n, ptrdiff_t k, float *panels);

/// C = A·B or, if `adds`, C += A·B, at columns first..<end, where `first` is a multiple of 16.
typedef struct {
  ptrdiff_t m, first, end, k;
  /// A, (m, k) with rows `lda` apart.
  const float *a;
  ptrdiff_t lda;
  /// B as panels of `pinion_pack_panels`, from its first column on.
  const float *panels;
  int adds;
  /// C from its first column on, with rows `ldc` apart.
  float *c;
  ptrdiff_t ldc;
  /// The numbers, from the first column on, that are added to each row of C at last, or null.
  const float *bias;
  /// Whether C is then multiplied by the slope where it is below zero.
  int rectifies;
  float slope;
} pinion_panel_product;

void pinion_multiply_panels(const pinion_panel_product *product);

/// C = Aᵀ·B or, if `adds`, C += Aᵀ·B.
typedef struct {
  ptrdiff_t m, n, k;
  /// A, (k, m) with rows `lda` apart.
  const float *a;
  ptrdiff_t lda;
  /// B, (k, n) with rows `ldb` apart.
  const float *b;
  ptrdiff_t ldb;
  int adds;
  /// C, (m, n) with rows `ldc` apart.
  float *c;
  ptrdiff_t ldc;
} pinion_transposed_product;

void pinion_multiply_transposed(const pinion_transposed_product *product);

#endif
