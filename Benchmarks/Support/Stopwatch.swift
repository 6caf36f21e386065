/// Times a piece of work: some repetitions, each of as many calls as fill the time asked for.
package struct Stopwatch {
  /// How long one repetition lasts at least.
  package let seconds: Double
  /// How many repetitions there are.
  package let repetitions: Int

  /// A stopwatch for repetitions of at least `seconds`.
  package init(seconds: Double, repetitions: Int) {
    self.seconds = seconds
    self.repetitions = repetitions
  }

  /// The rate of `work(calls)`, of which one call does `operations` floating-point operations.
  package func rate(operations: Double, _ work: (_ calls: Int) -> Void) -> Rate {
    let calls = callsThatFill(work)
    return Rate(
      samples: (0..<repetitions).map { _ in
        operations * Double(calls) / time(calls, work) / 1e9
      })
  }

  /// The seconds of a call of each of several works, a list for each repetition: they take turns, so that what
  /// disturbs the machine disturbs all of them.
  package func seconds(ofEach works: [(_ calls: Int) -> Void]) -> [[Double]] {
    let calls = works.map(callsThatFill)
    return (0..<repetitions).map { _ in
      zip(works, calls).map { work, calls in time(calls, work) / Double(calls) }
    }
  }

  private func callsThatFill(_ work: (_ calls: Int) -> Void) -> Int {
    var calls = 1
    var elapsed = time(calls, work)
    while elapsed < seconds {
      // Never more than ten times as many at once: the first calls are slow, and mislead.
      let factor = min(1.1 * seconds / max(elapsed, 1e-9), 10)
      calls = max(calls + 1, Int(Double(calls) * factor))
      elapsed = time(calls, work)
    }
    return calls
  }

  private func time(_ calls: Int, _ work: (_ calls: Int) -> Void) -> Double {
    ContinuousClock().measure { work(calls) } / .seconds(1)
  }
}
