import PinionDistributed
import PinionTensor

/// Measures what ranks exchange in a training step, by size: an exchange between neighbors, and the
/// sum of a vector over all ranks.
///
///     mpirun -n 2 .build/release/exchange-benchmark
///
/// Prints the shortest time of an exchange and of a sum, and the rate of the sum in bytes of the
/// vector a second.
@main
struct ExchangeBenchmark {
  private static let repetitions = 41
  private static let sizes = [
    1 << 3, 1 << 10, 1 << 13, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24,
  ]

  static func main() throws {
    let ranks = try MPICommunicator.start(timeout: .seconds(60))
    guard ranks.size > 1, ranks.size & (ranks.size - 1) == 0 else {
      print("start 2, 4, 8 … ranks: mpirun -n 2 exchange-benchmark")
      return ranks.end()
    }
    let isFirst = ranks.rank == 0
    if isFirst {
      print("\(ranks.size) ranks, \(ranks.library ?? "")")
      print("bytes      exchange µs   sum µs   sum MB/s")
    }
    let group = RankGroup(ranks, count: ranks.size)
    for size in sizes {
      let (vector, scratch) = (AlignedBuffer(count: size / 4), AlignedBuffer(count: size / 4))
      let exchange = shortest(ranks) {
        ranks.exchange(
          sending: vector.view.bytes, to: ranks.rank ^ 1, receiving: scratch.view.mutableBytes,
          from: ranks.rank ^ 1)
      }
      let sum = shortest(ranks) { group.sum(vector.view, scratch: scratch.view) }
      if isFirst {
        let columns = [
          NumberText.fixed(exchange * 1e6, decimals: 1), NumberText.fixed(sum * 1e6, decimals: 1),
          NumberText.fixed(Double(size) / sum / 1e6, decimals: 0),
        ]
        let text = "\(size)"
        print(
          text + String(repeating: " ", count: 11 - text.count)
            + columns.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined(
              separator: "  "))
      }
    }
    ranks.end()
  }

  /// The shortest time in seconds of a call that all ranks start together.
  private static func shortest(_ ranks: MPICommunicator, _ body: () -> Void) -> Double {
    let times = (0..<repetitions).map { _ in
      ranks.barrier()
      let start = ContinuousClock.now
      body()
      return start.duration(to: .now) / .seconds(1)
    }
    return times.min() ?? 0
  }
}
