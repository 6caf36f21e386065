internal import Glibc

/// A reference that each thread sets for itself, for what must reach code below a caller whose signatures say nothing of it.
///
/// The thread does not keep the object alive; ``withValue(_:_:)`` does, while its body runs.
package struct ThreadLocal<Object: AnyObject & Sendable>: Sendable {
  private let key: pthread_key_t

  /// Of no value on any thread. A process has 1024 keys, so this is made once, as a static constant.
  package init() {
    var key = pthread_key_t()
    let code = pthread_key_create(&key, nil)
    require(code == 0, "no key for a value of each thread: error \(code)")
    self.key = key
  }

  /// What the calling thread set.
  package var value: Object? {
    pthread_getspecific(key).map { Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with the value set on the calling thread, and puts back the one before.
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
