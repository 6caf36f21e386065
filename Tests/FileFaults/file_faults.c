#define _GNU_SOURCE
#include "file_faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

// One thread: what is watched is a run with one.
static char watched[PATH_MAX];
static long counts[fault_calls], fault_at, hits;
static enum fault_call fault_kind;
static int fault_error, fault_lasts, records_calls;
static struct fault_record *records;
static size_t record_count, record_room;

void fault_watch(const char *folder) {
  strncpy(watched, folder, sizeof watched - 1);
  memset(counts, 0, sizeof counts);
  hits = 0;
}

void fault_set(enum fault_call call, long at, int error, int lasts) {
  fault_kind = call, fault_at = at, fault_error = error, fault_lasts = lasts;
}

long fault_count(enum fault_call call) { return counts[call]; }

long fault_hits(void) { return hits; }

void fault_recording(int is_on) {
  records_calls = is_on;
  if (!is_on) return;
  for (size_t i = 0; i < record_count; i++) {
    free(records[i].path), free(records[i].to), free(records[i].bytes);
  }
  record_count = 0;
}

const struct fault_record *fault_records(size_t *count) {
  *count = record_count;
  return records;
}

#if defined(__GLIBC__) && !defined(SANITIZED)

static int is_watched(const char *path) {
  return watched[0] && path && strncmp(path, watched, strlen(watched)) == 0;
}

/// Writes the path of an open file; returns whether it is in the folder.
static int watched_path(int descriptor, char path[PATH_MAX]) {
  if (!watched[0]) return 0;
  char link[64];
  strcpy(link, "/proc/self/fd/");
  char digits[16];
  int n = 0;
  for (int rest = descriptor < 0 ? 0 : descriptor; n == 0 || rest; rest /= 10) {
    digits[n++] = (char)('0' + rest % 10);
  }
  size_t length = strlen(link);
  while (n) link[length++] = digits[--n];
  link[length] = 0;
  ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return is_watched(path);
}

static int is_watched_descriptor(int descriptor) {
  char path[PATH_MAX];
  return watched_path(descriptor, path);
}

/// Counts a call; whether it is to fail.
static int fails(enum fault_call call) {
  counts[call]++;
  if (call != fault_kind || fault_at == 0) return 0;
  if (counts[call] != fault_at && !(fault_lasts && counts[call] > fault_at)) return 0;
  hits++;
  // A write has written half of its bytes before.
  if (fault_error < 0 && call != fault_write) raise(-fault_error);
  return 1;
}

static struct fault_record *record(enum fault_record_kind kind, int descriptor) {
  if (record_count == record_room) {
    record_room = record_room ? 2 * record_room : 256;
    records = realloc(records, record_room * sizeof *records);
    if (!records) abort();
  }
  struct fault_record *new = &records[record_count++];
  memset(new, 0, sizeof *new);
  new->kind = kind;
  struct stat status;
  if (descriptor >= 0 && fstat(descriptor, &status) == 0) new->file = status.st_ino;
  return new;
}

static int result(long value) { return (int)value; }

static int open_file(const char *path, int flags, unsigned mode) {
  int counted = is_watched(path);
  if (counted && fails(fault_open)) {
    errno = fault_error;
    return -1;
  }
  struct stat status;
  int existed = counted && lstat(path, &status) == 0;
  int descriptor = result(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (counted && records_calls && descriptor >= 0) {
    if (flags & O_CREAT && !existed) record(record_create, descriptor)->path = strdup(path);
    if ((flags & __O_TMPFILE) == __O_TMPFILE) record(record_create, descriptor);
    if (flags & O_TRUNC) record(record_truncate, descriptor);
  }
  return descriptor;
}

int open(const char *path, int flags, ...) {
  unsigned mode = 0;
  if (flags & (O_CREAT | __O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, unsigned);
    va_end(rest);
  }
  return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (!is_watched_descriptor(descriptor)) return syscall(SYS_write, descriptor, bytes, count);
  if (fails(fault_write)) {
    if (fault_error < 0) {
      syscall(SYS_write, descriptor, bytes, count / 2);
      raise(-fault_error);
    }
    if (fault_error || count < 2) {
      errno = fault_error ? fault_error : EINTR;
      return -1;
    }
    count /= 2;
  }
  int flags = (int)syscall(SYS_fcntl, descriptor, F_GETFL);
  off_t offset = lseek(descriptor, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
  ssize_t written = syscall(SYS_write, descriptor, bytes, count);
  if (records_calls && written > 0) {
    struct fault_record *new = record(record_write, descriptor);
    new->offset = offset;
    new->count = (size_t)written;
    new->bytes = malloc((size_t)written);
    if (!new->bytes) abort();
    memcpy(new->bytes, bytes, (size_t)written);
  }
  return written;
}

static int on_descriptor(enum fault_call call, int descriptor) {
  if (!is_watched_descriptor(descriptor) || !fails(call)) return 0;
  errno = fault_error;
  return -1;
}

int fsync(int descriptor) {
  if (on_descriptor(fault_fsync, descriptor)) return -1;
  int outcome = result(syscall(SYS_fsync, descriptor));
  char path[PATH_MAX];
  if (records_calls && outcome == 0 && watched_path(descriptor, path)) {
    record(record_sync, descriptor)->path = strdup(path);
  }
  return outcome;
}

int ftruncate(int descriptor, off_t size) {
  if (on_descriptor(fault_ftruncate, descriptor)) return -1;
  int outcome = result(syscall(SYS_ftruncate, descriptor, size));
  if (records_calls && outcome == 0 && is_watched_descriptor(descriptor)) {
    record(record_truncate, descriptor)->offset = size;
  }
  return outcome;
}

int ftruncate64(int descriptor, off_t size) __attribute__((alias("ftruncate")));

int fchmod(int descriptor, mode_t mode) {
  if (on_descriptor(fault_fchmod, descriptor)) return -1;
  return result(syscall(SYS_fchmod, descriptor, mode));
}

/// Linux closes the descriptor even if it says that it failed.
int close(int descriptor) {
  int failed = on_descriptor(fault_close, descriptor), error = errno;
  int outcome = result(syscall(SYS_close, descriptor));
  if (!failed) return outcome;
  errno = error;
  return -1;
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
  if (on_descriptor(fault_pread, descriptor)) return -1;
  return syscall(SYS_pread64, descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset)
    __attribute__((alias("pread")));

static int on_path(enum fault_call call, const char *path) {
  if (!is_watched(path) || !fails(call)) return 0;
  errno = fault_error;
  return -1;
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  if (on_path(fault_linkat, to)) return -1;
  int outcome = result(syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
  if (records_calls && outcome == 0 && is_watched(to)) {
    struct stat status;
    struct fault_record *new = record(record_link, -1);
    if (lstat(to, &status) == 0) new->file = status.st_ino;
    new->path = strdup(to);
  }
  return outcome;
}

int rename(const char *from, const char *to) {
  if (on_path(fault_rename, to)) return -1;
  int outcome = result(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  if (records_calls && outcome == 0 && is_watched(to)) {
    struct fault_record *new = record(record_rename, -1);
    new->path = strdup(from);
    new->to = strdup(to);
  }
  return outcome;
}

int mkdir(const char *path, mode_t mode) {
  if (on_path(fault_mkdir, path)) return -1;
  int outcome = result(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  if (records_calls && outcome == 0 && is_watched(path)) {
    record(record_mkdir, -1)->path = strdup(path);
  }
  return outcome;
}

// glibc keeps its own functions under these names for those who put theirs in front.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// Weak, because the program of the tests links those of AllocationCounter, too.
#define WEAK __attribute__((weak))

static int allocation_fails(void) {
  if (!watched[0] || !fails(fault_allocation)) return 0;
  errno = fault_error;
  return 1;
}

WEAK void *malloc(size_t size) { return allocation_fails() ? NULL : __libc_malloc(size); }

WEAK void *calloc(size_t number, size_t size) {
  return allocation_fails() ? NULL : __libc_calloc(number, size);
}

WEAK void *realloc(void *memory, size_t size) {
  return allocation_fails() ? NULL : __libc_realloc(memory, size);
}

WEAK void *memalign(size_t alignment, size_t size) {
  return allocation_fails() ? NULL : __libc_memalign(alignment, size);
}

WEAK void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

WEAK int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *new = memalign(alignment, size);
  if (!new) return ENOMEM;
  *memory = new;
  return 0;
}

int unlink(const char *path) {
  int outcome = result(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
  if (records_calls && outcome == 0 && is_watched(path)) {
    record(record_unlink, -1)->path = strdup(path);
  }
  return outcome;
}

#endif
