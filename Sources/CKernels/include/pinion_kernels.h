#ifndef PINION_KERNELS_H
#define PINION_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "pinion_activations.h"
#include "pinion_elementary.h"
#include "pinion_depthwise.h"
#include "pinion_elementwise.h"
#include "pinion_panels.h"
#include "pinion_rows.h"
#include "pinion_shallow.h"
#include "pinion_strided_winograd.h"
#include "pinion_tensors.h"
#include "pinion_tiles.h"
#include "pinion_windows.h"
#include "pinion_winograd.h"

/// Compiles a function once for each instruction set; the loader chooses. Under the address and the
/// thread sanitizer, which crash at start-up on the ifuncs that this makes, it compiles for one
/// instruction set only.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PINION_NO_CLONES 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(PINION_NO_CLONES)
#define PINION_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/// Compiles a function for x86-64-v4 alone, for tiles that need its 32 registers; the caller checks
/// the processor first. Undefined where such code cannot be compiled: the function is then omitted.
#define PINION_AVX512 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#else
#define PINION_CLONES
#ifdef __AVX512F__
#define PINION_AVX512
#endif
#endif

/// Sets flush-to-zero and denormals-are-zero for the calling thread, and returns the previous state
/// for `pinion_float_mode_restore`. Denormal operands slow floating-point kernels by an order of
/// magnitude.
uint64_t pinion_float_mode_enter(void);

/// Restores the state that `pinion_float_mode_enter` returned.
void pinion_float_mode_restore(uint64_t state);

/// The number of cores that the process may run on.
long pinion_available_cores(void);

/// Has OpenBLAS map `count` of the buffers that threads hold inside a product; they stay mapped.
/// Does nothing if the library does not export its allocator.
void pinion_reserve_blas_buffers(int count);

/// Writes the transpose (columns, rows) of a matrix (rows, columns).
void pinion_transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to);

/// The processor's hint for the body of a spin loop.
void pinion_spin_pause(void);

#endif
