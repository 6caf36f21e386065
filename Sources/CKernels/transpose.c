#include "pinion_kernels.h"

enum { block = 16 };

PINION_CLONES
void pinion_transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to) {
  for (ptrdiff_t i = 0; i < rows; i += block) {
    ptrdiff_t rows_here = rows - i < block ? rows - i : block;
    for (ptrdiff_t j = 0; j < columns; j += block) {
      ptrdiff_t columns_here = columns - j < block ? columns - j : block;
      for (ptrdiff_t k = 0; k < rows_here; k++) {
        for (ptrdiff_t l = 0; l < columns_here; l++) {
          to[(j + l) * rows + i + k] = from[(i + k) * columns + j + l];
        }
      }
    }
  }
}
