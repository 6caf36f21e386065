/// Times a piece of work: some repetitions, each of as many calls as fill the time asked for.
struct Stopwatch {
  /// How long one repetition lasts at least.
  let seconds: Double
  /// How many repetitions there are.
  let repetitions: Int

  /// The rate of `work(calls)`, of which one call does `operations` floating-point operations.
  func rate(operations: Double, _ work: (_ calls: Int) -> Void) -> Rate {
    var calls = 1
    var elapsed = time(calls, work)
    while elapsed < seconds {
      // Never more than ten times as many at once: the first calls are slow, and mislead.
      let factor = min(1.1 * seconds / max(elapsed, 1e-9), 10)
      calls = max(calls + 1, Int(Double(calls) * factor))
      elapsed = time(calls, work)
    }
    return Rate(
      samples: (0..<repetitions).map { _ in
        operations * Double(calls) / time(calls, work) / 1e9
      })
  }

  private func time(_ calls: Int, _ work: (_ calls: Int) -> Void) -> Double {
    ContinuousClock().measure { work(calls) } / .seconds(1)
  }
}
