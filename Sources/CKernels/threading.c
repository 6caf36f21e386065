#define _GNU_SOURCE
#include <sched.h>
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
