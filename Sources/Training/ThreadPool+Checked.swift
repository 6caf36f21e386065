internal import PinionTensor

extension ThreadPool {
  /// A pool of exactly `threads` threads, with the address space that OpenBLAS needs for them.
  ///
  /// Throws ``TrainingError`` or `ResourceError` if the number is outside its range or the system
  /// does not provide the threads.
  static func checked(threads: Int) throws -> ThreadPool {
    guard (1...threadLimit).contains(threads) else {
      throw TrainingError.argument(
        "threads", expected: "1 to \(threadLimit)", found: "\(threads)")
    }
    try Resources.requireAddressSpace(threads: threads)
    let pool = ThreadPool(threads: threads)
    guard pool.threadCount == threads else {
      throw ResourceError(
        purpose: "a pool of threads", needed: "\(threads) threads",
        found: "the system grants \(pool.threadCount) (a limit of processes, or of memory)")
    }
    return pool
  }
}
