internal import Glibc

/// How much memory the process has used at most.
package enum PeakMemory {
  /// Resident bytes; Linux counts them in KiB.
  package static var bytes: Int {
    var usage = rusage()
    guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1_024
  }
}
