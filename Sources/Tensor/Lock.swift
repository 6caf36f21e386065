internal import Glibc

/// A mutual exclusion with a condition to wait on: POSIX's, which the thread sanitizer understands.
package final class Lock: Sendable {
  // Constants whose targets POSIX makes safe to share.
  nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  package func withLock<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Takes the lock if nobody holds it; to be followed by ``unlock()``.
  package func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Sleeps until woken; the lock must be held, is released meanwhile and held again after. May wake for no reason.
  package func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes all that sleep; the lock must be held.
  package func wakeAll() { pthread_cond_broadcast(condition) }
}
