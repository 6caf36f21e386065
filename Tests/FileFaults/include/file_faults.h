#ifndef FILE_FAULTS_H
#define FILE_FAULTS_H

#include <stddef.h>
#include <sys/types.h>

// A program that links this has its own functions for files and its own malloc in front of the C
// library's. They count the calls on files in one folder, and all allocations while there is one;
// they can have one of them fail, and can record those on files. Without glibc they do nothing;
// sanitizers have such functions too.

enum fault_call {
  fault_open,
  fault_write,
  fault_fsync,
  fault_linkat,
  fault_rename,
  fault_ftruncate,
  fault_fchmod,
  fault_close,
  fault_mkdir,
  fault_pread,
  fault_allocation,
  fault_calls
};

/// Counts calls from now on, of files whose paths start with `folder`; an empty one ends it.
void fault_watch(const char *folder);

/// Has the call with the number `at`, counted from 1 since `fault_watch`, fail with an `errno`, and
/// the later ones if `lasts`. A write with the error 0 writes half of its bytes; an error below 0
/// raises that signal, in a write after half of its bytes. `at` 0: none.
void fault_set(enum fault_call call, long at, int error, int lasts);

/// How many such calls there were since `fault_watch`.
long fault_count(enum fault_call call);

/// How often a fault was injected since `fault_watch`.
long fault_hits(void);

/// One recorded call. Paths are those given; `file` is an inode number.
struct fault_record {
  enum fault_record_kind {
    record_create,
    record_write,
    record_truncate,
    record_sync,
    record_link,
    record_rename,
    record_unlink,
    record_mkdir
  } kind;
  ino_t file;
  char *path;
  char *to;
  off_t offset;
  size_t count;
  unsigned char *bytes;
};

/// Starts or ends recording; starting forgets what was recorded.
void fault_recording(int is_on);

/// The recorded calls in their order.
const struct fault_record *fault_records(size_t *count);

#endif
