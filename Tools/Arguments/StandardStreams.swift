// Apart from files that import Foundation, which re-exports Glibc without `@preconcurrency`: C declares
// `stdout` and `stderr` as mutable global variables.
@preconcurrency internal import Glibc

enum StandardStreams {
  /// Makes standard output line-buffered, also in files and pipes.
  static func flushEachLine() { setvbuf(stdout, nil, _IOLBF, 0) }

  /// Writes a line to standard error.
  static func writeError(_ line: String) {
    fflush(nil)
    fputs(line + "\n", stderr)
  }
}
