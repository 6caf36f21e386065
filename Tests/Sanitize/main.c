#include <stdio.h>
#include <stdlib.h>

#include "sanitize.h"

// Runs each C kernel over random shapes beside plain loops, to be built with the sanitizers:
//
//     sanitize-kernels NUMBER-OF-SHAPES

int main(int count, char **arguments) {
  static void (*const checks[])(void) = {
      check_columns,     check_placed_columns,
      check_pooling,     check_average_pooling,
      check_shallow,     check_depthwise,
      check_winograd,    check_strided_winograd,
      check_elementwise, check_training_steps,
      check_dropout,     check_normalization,
      check_activations, check_units,
      check_softmax,     check_rows,
      check_elementary,  check_pairs,
      check_reductions,  check_transposes,
      check_sorts,       check_copies,
      check_remainders,  check_small_products,
      check_panels,      check_transposed_product,
      check_positions,   check_each_row,
  };
  enum { check_count = sizeof checks / sizeof checks[0] };
  long shapes = count > 1 ? atol(arguments[1]) : 1000;
  for (long shape = 0; shape < shapes; shape++) {
    for (int check = 0; check < check_count; check++) {
      seed((uint64_t)shape * check_count + (uint64_t)check + 1);
      checks[check]();
      free_all();
    }
  }
  printf("%ld shapes of each of %d kinds\n", shapes, check_count);
  return 0;
}
