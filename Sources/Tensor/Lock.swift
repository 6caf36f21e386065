internal import Glibc

/// A POSIX mutex with a condition variable, which the thread sanitizer understands.
@safe package final class Lock: Sendable {
  // Constants whose targets are safe to share.
  nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  package func withLock<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Acquires the lock if it is free; followed by ``unlock()``.
  package func tryLock() -> Bool { unsafe pthread_mutex_trylock(mutex) == 0 }

  package func unlock() { unsafe pthread_mutex_unlock(mutex) }

  /// Waits on the condition; the lock must be held and is released while waiting. May wake
  /// spuriously.
  package func wait() { unsafe pthread_cond_wait(condition, mutex) }

  /// Wakes all waiting threads; the lock must be held.
  package func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}

/// A thread-local reference, for context that function signatures do not carry.
///
/// The thread does not retain the object; ``withValue(_:_:)`` does while its body runs.
package struct ThreadLocal<Object: AnyObject & Sendable>: Sendable {
  private let key: pthread_key_t

  /// Without a value on any thread. Create it as a static constant: a process has 1024 keys.
  package init() {
    var key = pthread_key_t()
    let code = unsafe pthread_key_create(&key, nil)
    require(code == 0, "no key for a value of each thread: error \(code)")
    self.key = key
  }

  /// The calling thread's value.
  package var value: Object? {
    unsafe pthread_getspecific(key).map {
      unsafe Unmanaged<Object>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// Runs `body` with the value set on the calling thread, then restores the previous one.
  package func withValue<Result, Failure: Error>(
    _ object: Object, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = unsafe pthread_getspecific(key)
    unsafe pthread_setspecific(key, Unmanaged.passUnretained(object).toOpaque())
    defer {
      unsafe pthread_setspecific(key, before)
      withExtendedLifetime(object) {}
    }
    return try body()
  }
}
