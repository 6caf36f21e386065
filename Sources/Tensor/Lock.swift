internal import Glibc

/// A POSIX mutex with a condition variable, which the thread sanitizer understands.
package final class Lock: Sendable {
  // Constants whose targets are safe to share.
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

  /// Acquires the lock if it is free; followed by ``unlock()``.
  package func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Waits on the condition; the lock must be held and is released while waiting. May wake
  /// spuriously.
  package func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes all waiting threads; the lock must be held.
  package func wakeAll() { pthread_cond_broadcast(condition) }
}

/// A thread-local reference, for context that function signatures do not carry.
///
/// The thread does not retain the object; ``withValue(_:_:)`` does while its body runs.
package struct ThreadLocal<Object: AnyObject & Sendable>: Sendable {
  private let key: pthread_key_t

  /// Without a value on any thread. Create it as a static constant: a process has 1024 keys.
  package init() {
    var key = pthread_key_t()
    let code = pthread_key_create(&key, nil)
    require(code == 0, "no key for a value of each thread: error \(code)")
    self.key = key
  }

  /// The calling thread's value.
  package var value: Object? {
    pthread_getspecific(key).map { Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with the value set on the calling thread, then restores the previous one.
  package func withValue<Result, Failure: Error>(
    _ object: Object, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passUnretained(object).toOpaque())
    defer {
      pthread_setspecific(key, before)
      withExtendedLifetime(object) {}
    }
    return try body()
  }
}
