/// Sees to it that enough bytes arrive in each stretch of the time that is spent waiting for them.
///
/// Time that the receiver spends on what has arrived does not count.
struct StallWatch {
  let limit: Duration
  let minimumBytes: Int
  private var waited = Duration.zero
  private var bytes = 0

  init(seconds: Double, minimumBytes: Int) {
    limit = .seconds(seconds)
    self.minimumBytes = minimumBytes
  }

  /// What is left of the current stretch.
  var rest: Duration { limit - waited }

  mutating func received(_ count: Int) { bytes += count }

  /// Throws ``Stalled`` if a stretch ends with too few bytes.
  mutating func passed(_ time: Duration) throws(Stalled) {
    waited += time
    guard waited >= limit else { return }
    guard bytes >= minimumBytes else { throw Stalled(received: bytes) }
    (waited, bytes) = (.zero, 0)
  }
}
