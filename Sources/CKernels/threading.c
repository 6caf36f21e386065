#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pinion_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

uint64_t pinion_float_mode_enter(void) {
  unsigned int state = _mm_getcsr();
  _mm_setcsr(state | 0x8040u);
  return state;
}

void pinion_float_mode_restore(uint64_t state) { _mm_setcsr((unsigned int)state); }

void pinion_spin_pause(void) { _mm_pause(); }

#elif defined(__aarch64__)

uint64_t pinion_float_mode_enter(void) {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  __asm__ volatile("msr fpcr, %0" : : "r"(state | (1ull << 24)));
  return state;
}

void pinion_float_mode_restore(uint64_t state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }

void pinion_spin_pause(void) { __asm__ volatile("yield"); }

#else

uint64_t pinion_float_mode_enter(void) { return 0; }
void pinion_float_mode_restore(uint64_t state) { (void)state; }
void pinion_spin_pause(void) {}

#endif

long pinion_available_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? online : 1;
}

// OpenBLAS's own allocator: in no header, but exported by every build.
extern void *blas_memory_alloc(int place) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

void pinion_reserve_blas_buffers(int count) {
  // Below the size of OpenBLAS's table of buffers.
  enum { most = 100 };
  void *buffers[most];
  if (!blas_memory_alloc || !blas_memory_free) return;
  if (count > most) count = most;
  for (int i = 0; i < count; i++) buffers[i] = blas_memory_alloc(0);
  for (int i = 0; i < count; i++) blas_memory_free(buffers[i]);
}

#if defined(__linux__)

/// Address space of an OpenBLAS buffer.
enum { blas_buffer = 128 << 20 };

/// Ends the process without OpenBLAS's destructor if its threads may still wait for their buffers:
/// OpenBLAS 0.3.21 retries forever, and the destructor waits for its threads.
static void exit_without_openblas(int status, void *unused) {
  (void)unused;
  size_t size = (size_t)pinion_available_cores() * blas_buffer;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *memory = mmap(0, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory != MAP_FAILED) {
    munmap(memory, size);
    return;
  }
  fflush(0);
  _exit(status);
}

/// Only where there is a limit of the address space (`ulimit -v`). OpenBLAS starts its threads when
/// it is loaded, so a program that computes nothing has them, too. Registered before `main`, so
/// that all of the program's exit handlers come first.
__attribute__((constructor)) static void watch_address_space(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) return;
  on_exit(exit_without_openblas, 0);
}

#endif
