#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// How often the process has asked for memory so far, by malloc and its kin; on any thread.
///
/// A program that links this has its own malloc in front of the C library's. Elsewhere than with
/// glibc, and under sanitizers, which do the same, it counts nothing and returns -1.
long allocation_count(void);

/// The bytes of the heap in use, with those that malloc has mapped; -1 where nothing is counted.
long allocated_bytes(void);

#endif
