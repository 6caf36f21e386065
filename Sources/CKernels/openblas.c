#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pinion_kernels.h"

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

/// Whether OpenBLAS's threads may still wait for their buffers: OpenBLAS 0.3.21 retries forever.
static int may_wait_for_buffers(void) {
  size_t size = (size_t)pinion_available_cores() * blas_buffer;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *memory = mmap(0, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return 1;
  munmap(memory, size);
  return 0;
}

/// Ends the process without OpenBLAS's destructor, which waits for its threads, if those may wait.
static void exit_without_openblas(int status, void *unused) {
  (void)unused;
  if (!may_wait_for_buffers()) return;
  fflush(0);
  _exit(status);
}

static int has_limit(int resource) {
  struct rlimit limit;
  return !getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY;
}

/// Only where there is a limit of the address space (`ulimit -v`) or of data (`-d`). OpenBLAS
/// starts its threads when it is loaded, so a program that computes nothing has them, too.
/// Registered before `main`, so that all of the program's exit handlers come first.
__attribute__((constructor)) static void watch_address_space(void) {
  if (has_limit(RLIMIT_AS) || has_limit(RLIMIT_DATA)) on_exit(exit_without_openblas, 0);
}

#endif

#if defined(__linux__) && defined(__x86_64__)

// OpenBLAS's choice of kernels: in no header, but exported by builds that choose at run time.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));
// Ends OpenBLAS's threads, as before `fork`; a product that needs them starts them again. Builds
// without threads do not export it.
extern int blas_thread_shutdown_(void) __attribute__((weak));

static const char core_type[] = "OPENBLAS_CORETYPE";

static int lacks_avx2(const char *core) {
  static const char *const names[] = {
      "Prescott",  "Core2",   "Penryn",      "Dunnington", "Atom",
      "Nano",      "Nehalem", "Sandybridge", "Opteron",    "Opteron_SSE3",
      "Barcelona", "Bobcat",  "Bulldozer",   "Piledriver", "Steamroller",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(core, names[i]) == 0) return 1;
  }
  return 0;
}

enum core { cooperlake, skylakex, haswell };

static int runs(enum core core) {
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (core == haswell) return avx2;
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
  return avx512 && (core == skylakex || __builtin_cpu_supports("avx512bf16"));
}

/// OpenBLAS knows processors by their model numbers. A newer one gets its fallback, the kernels of
/// Prescott without AVX: version 0.3.21 on Emerald Rapids, where those of Cooperlake train 2 to 4
/// times as fast. They are replaced unless the user chose them, and before `main`, since no product
/// may run meanwhile. OpenBLAS's own threads, which make a choice, too, when they start, are ended
/// first; where they may never end, the fallback remains.
__attribute__((constructor)) static void replace_fallback_kernels(void) {
  static const char *const names[] = {"Cooperlake", "SkylakeX", "Haswell"};
  if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || !openblas_get_corename) return;
  if (getenv(core_type)) return;
  if (!lacks_avx2(openblas_get_corename()) || !runs(haswell)) return;
  if (may_wait_for_buffers()) return;
  if (blas_thread_shutdown_) blas_thread_shutdown_();
  for (enum core core = cooperlake; core <= haswell; core++) {
    if (!runs(core)) continue;
    setenv(core_type, names[core], 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv(core_type);
    // A build without these kernels falls back again.
    if (!lacks_avx2(openblas_get_corename())) return;
  }
}

#endif
