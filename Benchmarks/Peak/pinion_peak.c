#include "pinion_kernels.h"
#include "pinion_peak.h"

// Lets the compiler make one instruction of `a * x + y`.
#pragma STDC FP_CONTRACT ON

/// Keeps the compiler from working the result out beforehand or dropping it.
static volatile float sink;

// clang-format off

// A loop of `CHAINS` independent chains a = a·x + y on vectors of `BYTES`; the chains' values
// stay near 1, so that nothing overflows and no denormal slows the loop.
#define PEAK_LOOP(NAME, BYTES, CHAINS)                                            \
  PINION_CLONES double NAME(long rounds) {                                        \
    typedef float vector __attribute__((vector_size(BYTES)));                     \
    enum { width = BYTES / sizeof(float) };                                       \
    vector chain[CHAINS];                                                         \
    vector x, y;                                                                  \
    for (int i = 0; i < width; i++) x[i] = 0.5f + sink, y[i] = 0.5f + sink;       \
    for (int c = 0; c < CHAINS; c++) chain[c] = y + (float)c;                     \
    for (long round = 0; round < rounds; round++) {                               \
      _Pragma("clang loop unroll(full)")                                          \
      for (int c = 0; c < CHAINS; c++) chain[c] = chain[c] * x + y;               \
    }                                                                             \
    for (int c = 1; c < CHAINS; c++) chain[0] += chain[c];                        \
    float sum = 0;                                                                \
    for (int i = 0; i < width; i++) sum += chain[0][i];                           \
    sink = sum * 0;                                                               \
    return 2.0 * width * CHAINS * (double)rounds;                                 \
  }

PEAK_LOOP(pinion_peak_64_bytes, 64, 10)
PEAK_LOOP(pinion_peak_32_bytes, 32, 12)
