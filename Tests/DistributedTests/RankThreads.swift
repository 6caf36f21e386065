import Foundation
import PinionDistributed
import PinionTensor

/// The results of `body` on each of several ranks, which are threads: not tasks, whose number of
/// threads may be too small for ranks that wait for each other.
func ranks<Result: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (any Communicator) throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    for communicator in ThreadCommunicator.group(of: count) {
      group.addTask {
        try await withCheckedThrowingContinuation { continuation in
          let thread = Thread {
            continuation.resume(
              with: Swift.Result { (communicator.rank, try body(communicator)) })
          }
          thread.stackSize = 8 << 20
          thread.start()
        }
      }
    }
    var results: [Int: Result] = [:]
    for try await (rank, result) in group { results[rank] = result }
    return (0..<count).map { results[$0]! }
  }
}
